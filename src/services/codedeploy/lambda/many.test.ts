import { CreateDeploymentCommand, CreateDeploymentGroupCommand } from "@aws-sdk/client-codedeploy";
import { CreateAliasCommand } from "@aws-sdk/client-lambda";
import { afterEach, expect, test } from "vitest";
import { ROLE } from "../../../../test/support/lambda.ts";
import type { ClockMode } from "../../../kernel/clock.ts";
import type { TimelineEvent } from "../../../kernel/events.ts";
import { appSpec, Rollout } from "./test-rollout.ts";

let rollout: Rollout;
afterEach(() => rollout.test.cloud.stop());

const MINUTE_MS = 60_000;

/** Lets virtual time pass in a mode until its end. */
async function pass(mode: (until: number) => ClockMode, minutes: number): Promise<void> {
  const { clock } = rollout.test.cloud.cloud;
  const arrived = new Promise<void>((resolve) => {
    const former = clock.onChange;
    clock.onChange = (state) => {
      former?.(state);
      if (state.mode.mode === "hold") resolve();
    };
  });
  clock.setMode(mode(clock.now() + minutes * MINUTE_MS));
  await arrived;
}

const skip = (until: number): ClockMode => ({ mode: "skip", until });
const warp = (until: number): ClockMode => ({ mode: "warp", factor: 1_200, until });

function ofDeployments(): TimelineEvent[] {
  return rollout.test.cloud.cloud.timeline.read({ source: "aws.codedeploy", limit: 10_000 });
}

// documented: https://docs.aws.amazon.com/codedeploy/latest/userguide/deployment-configurations.html
test("a hundred canaries at once each shift at their own minute, and nothing drifts", async () => {
  rollout = await Rollout.start();
  const { client, test: it } = rollout;
  const names = Array.from({ length: 100 }, (_, index) => `live${index}`);
  for (const Name of names) {
    await it.client.send(new CreateAliasCommand({ FunctionName: "orders", Name, FunctionVersion: "1" }));
    await client.send(
      new CreateDeploymentGroupCommand({
        applicationName: "shop",
        deploymentGroupName: Name,
        serviceRoleArn: ROLE,
        deploymentConfigName: "CodeDeployDefault.LambdaCanary10Percent30Minutes",
        deploymentStyle: { deploymentType: "BLUE_GREEN", deploymentOption: "WITH_TRAFFIC_CONTROL" },
      }),
    );
  }
  const began = rollout.ctx.now;
  await Promise.all(
    names.map((name) => {
      const content = appSpec().replace('"live"', JSON.stringify(name));
      const revision = { revisionType: "AppSpecContent", appSpecContent: { content } } as const;
      return client.send(new CreateDeploymentCommand({ applicationName: "shop", deploymentGroupName: name, revision }));
    }),
  );
  await pass(skip, 31);
  const shifts = ofDeployments().filter(({ type }) => type === "Traffic shifted");
  const seen = Map.groupBy(shifts, ({ detail }) => String(detail["alias"]));
  expect(seen.size).toBe(100);
  for (const [, own] of seen) {
    expect(own.map(({ time, detail }) => [time - began, detail["targetWeight"]])).toEqual([
      [0, 10],
      [30 * MINUTE_MS, 100],
    ]);
  }
});

// assumed: the clock is Orrery's own
test("hold, skip and warp tell of the same transitions in the same order", async () => {
  const told: string[][] = [];
  for (const mode of [undefined, skip, warp]) {
    rollout = await Rollout.start({ deploymentConfigName: "CodeDeployDefault.LambdaLinear10PercentEvery1Minute" });
    await rollout.deploy();
    if (mode === undefined) await rollout.minutes(12);
    else await pass(mode, 12);
    told.push(
      ofDeployments().map(({ type, detail }) => `${type} ${String(detail["targetWeight"] ?? detail["lifecycleEvent"] ?? "")}`.trim()),
    );
    if (told.length < 3) await rollout.test.cloud.stop();
  }
  const [hold, skipped, warped] = told;
  expect(hold?.filter((line) => line.startsWith("Traffic shifted"))).toHaveLength(10);
  expect(skipped).toEqual(hold);
  expect(warped).toEqual(hold);
});
