import {
  CloudFormationClient,
  CreateStackCommand,
  DescribeStackEventsCommand,
  DescribeStacksCommand,
  UpdateStackCommand,
} from "@aws-sdk/client-cloudformation";
import { CodeDeployClient, GetDeploymentCommand } from "@aws-sdk/client-codedeploy";
import { GetAliasCommand, LambdaClient } from "@aws-sdk/client-lambda";
import { App, DefaultStackSynthesizer, Duration, type IStackSynthesizer, Stack } from "aws-cdk-lib";
import { Alarm, ComparisonOperator, TreatMissingData } from "aws-cdk-lib/aws-cloudwatch";
import { LambdaDeploymentConfig, LambdaDeploymentGroup } from "aws-cdk-lib/aws-codedeploy";
import { Alias, Code, FunctionUrlAuthType, type IVersion, Function as LambdaFunction, Runtime } from "aws-cdk-lib/aws-lambda";
import { afterAll, beforeAll, expect, test } from "vitest";
import type { TimelineEvent } from "../../src/kernel/events.ts";
import { startCloud, type TestCloud } from "../support/cloud.ts";

/**
 * What the CDK makes of a function behind a LambdaDeploymentGroup, updated to a good and then to a bad version under load.
 * documented: https://docs.aws.amazon.com/cdk/api/v2/docs/aws-cdk-lib.aws_codedeploy-readme.html
 */
const GOOD = (text: string): string => `exports.handler = async () => ({ statusCode: 200, body: ${JSON.stringify(text)} });`;
const BAD = `exports.handler = async () => { throw new Error("this version is broken"); };`;
const HOOK = `
const { CodeDeployClient, PutLifecycleEventHookExecutionStatusCommand } = require("@aws-sdk/client-codedeploy");
exports.handler = async ({ DeploymentId: deploymentId, LifecycleEventHookExecutionId: lifecycleEventHookExecutionId }) => {
  const answer = { deploymentId, lifecycleEventHookExecutionId, status: "Succeeded" };
  await new CodeDeployClient({}).send(new PutLifecycleEventHookExecutionStatusCommand(answer));
};`;

/** The template of the stack with this code in its function. */
function synthesize(code: string): string {
  const app = new App({ analyticsReporting: false });
  const stack = new Stack(app, "Shop", {
    synthesizer: new DefaultStackSynthesizer({ generateBootstrapVersionRule: false }) as IStackSynthesizer,
  });
  const runtime = Runtime.NODEJS_22_X;
  const fn = new LambdaFunction(stack, "Function", {
    functionName: "shop",
    runtime,
    handler: "index.handler",
    code: Code.fromInline(code),
  });
  const alias = new Alias(stack, "Alias", { aliasName: "live", version: fn.currentVersion as IVersion });
  const hook = (id: string) => new LambdaFunction(stack, id, { runtime, handler: "index.handler", code: Code.fromInline(HOOK) });
  const group = new LambdaDeploymentGroup(stack, "Group", {
    alias,
    deploymentConfig: LambdaDeploymentConfig.CANARY_10PERCENT_30MINUTES,
    preHook: hook("Before"),
    postHook: hook("After"),
    alarms: [
      new Alarm(stack, "Errors", {
        metric: alias.metricErrors({ period: Duration.minutes(1) }),
        threshold: 1,
        evaluationPeriods: 1,
        comparisonOperator: ComparisonOperator.GREATER_THAN_OR_EQUAL_TO_THRESHOLD,
        treatMissingData: TreatMissingData.NOT_BREACHING,
      }),
    ],
  });
  expect(group.application.applicationName).toBeDefined();
  alias.addFunctionUrl({ authType: FunctionUrlAuthType.NONE });
  const [artifact] = app.synth().stacks;
  return JSON.stringify(artifact?.template ?? {});
}

let cloud: TestCloud;
let cfn: CloudFormationClient;

beforeAll(async () => {
  cloud = await startCloud({ seed: "canary" });
  cfn = new CloudFormationClient(cloud.clientConfig);
  const template = { StackName: "Shop", TemplateBody: synthesize(GOOD("one")), Capabilities: ["CAPABILITY_IAM" as const] };
  await cfn.send(new CreateStackCommand(template));
  await cloud.cloud.clock.advance(60_000);
  expect(await status()).toBe("CREATE_COMPLETE");
});
afterAll(() => cloud.stop());

async function status(): Promise<string | undefined> {
  return (await cfn.send(new DescribeStacksCommand({ StackName: "Shop" }))).Stacks?.[0]?.StackStatus;
}

async function alias(): Promise<[string | undefined, Record<string, number> | undefined]> {
  const found = await new LambdaClient(cloud.clientConfig).send(new GetAliasCommand({ FunctionName: "shop", Name: "live" }));
  return [found.FunctionVersion, found.RoutingConfig?.AdditionalVersionWeights];
}

async function orrery(method: "GET" | "POST", path: string, body?: object): Promise<Record<string, unknown>> {
  const sent = body === undefined ? {} : { body: JSON.stringify(body), headers: { "content-type": "application/json" } };
  return (await (await fetch(`${cloud.endpoint}/_orrery/${path}`, { method, ...sent })).json()) as Record<string, unknown>;
}

/** Updates the stack and lets 40 minutes pass in skip mode, with twelve requests a minute to the function's URL. */
async function update(code: string): Promise<{ readonly requests: number; readonly events: TimelineEvent[] }> {
  const after = cloud.cloud.timeline.last();
  const { clock } = cloud.cloud;
  const { FunctionUrlConfigs } = await cloud.ctx.call("lambda", "ListFunctionUrlConfigs", { FunctionName: "shop" });
  const url = `${cloud.endpoint}/_lambda-url/${new URL(FunctionUrlConfigs?.[0]?.FunctionUrl ?? "").hostname.split(".")[0]}/`;
  const load = await orrery("POST", "load/start", { url, rate: 0.2, durationMs: 30 * 60_000, requests: [{ path: "" }] });
  const template = { StackName: "Shop", TemplateBody: synthesize(code), Capabilities: ["CAPABILITY_IAM" as const] };
  await cfn.send(new UpdateStackCommand(template));
  const arrived = new Promise<void>((resolve) => {
    const former = clock.onChange;
    clock.onChange = (state) => {
      former?.(state);
      if (state.mode.mode === "hold") resolve();
    };
  });
  clock.setMode({ mode: "skip", until: cloud.ctx.now + 40 * 60_000 });
  await arrived;
  const { report } = (await orrery("GET", `load?id=${String(load["id"])}`)) as { report: { requests: number } };
  return { requests: report.requests, events: cloud.cloud.timeline.read({ after, limit: 10_000 }) };
}

const shifts = (events: readonly TimelineEvent[]): unknown[] =>
  events.filter(({ type }) => type === "Traffic shifted").map(({ detail }) => [detail["targetVersion"], detail["targetWeight"]]);

/** The types of the events from one back to what began it all. */
function chain(event: TimelineEvent | undefined): string[] {
  const types: string[] = [];
  for (let next = event; next !== undefined; next = cloud.cloud.timeline.find(next.cause ?? "")) types.push(next.type);
  return types;
}

test("a good version gets a tenth of the traffic for half an hour, and then all of it", async () => {
  const { requests, events } = await update(GOOD("two"));
  expect(await status()).toBe("UPDATE_COMPLETE");
  expect(await alias()).toEqual(["2", undefined]);
  expect(shifts(events)).toEqual([
    ["2", 10],
    ["2", 100],
  ]);
  const first = chain(events.find(({ type }) => type === "Traffic shifted"));
  expect(first.slice(0, 4)).toEqual(["Traffic shifted", "Alarms checked", "Lifecycle event started", "Lifecycle event succeeded"]);
  expect(first).toContain("Hook invoked");
  expect(first.at(-1)).toBe("CloudFormation Stack Status Change");
  const checks = events.filter(({ type }) => type === "Alarms checked");
  const seen = checks.at(-1)?.detail ?? {};
  expect(requests).toBeGreaterThan(200);
  expect(seen["intervalMinutes"]).toBe(30);
  expect(Number(seen["targetRequests"])).toBeGreaterThan(0);
  expect(Number(seen["currentRequests"])).toBeGreaterThan(Number(seen["targetRequests"]));
  expect(checks.at(-1)?.rule).toContain("none of 1 alarm is in ALARM");
});

test("a bad version is found by the alarm, and the traffic goes back with the stack", async () => {
  const { events } = await update(BAD);
  expect(await status()).toBe("UPDATE_ROLLBACK_COMPLETE");
  expect(await alias()).toEqual(["2", undefined]);
  expect(shifts(events)).toEqual([
    ["3", 10],
    ["2", 100],
  ]);
  const { StackEvents = [] } = await cfn.send(new DescribeStackEventsCommand({ StackName: "Shop" }));
  const failed = StackEvents.find((event) => event.ResourceStatus === "UPDATE_FAILED");
  expect(failed).toMatchObject({ ResourceType: "AWS::Lambda::Alias" });
  const [, deploymentId = ""] = /"(d-[A-Z0-9]{9}) failed\. One or more alarms/.exec(failed?.ResourceStatusReason ?? "") ?? [];
  const { deploymentInfo } = await new CodeDeployClient(cloud.clientConfig).send(new GetDeploymentCommand({ deploymentId }));
  expect(deploymentInfo).toMatchObject({ status: "Stopped", errorInformation: { code: "ALARM_ACTIVE" } });
  const back = events.findLast(({ type }) => type === "Traffic shifted");
  expect(chain(back)).toContain("CloudWatch Alarm State Change");
  const rolledBack = events.findLast(
    ({ type, detail }) => type === "CloudFormation Stack Status Change" && JSON.stringify(detail).includes("UPDATE_ROLLBACK_IN_PROGRESS"),
  );
  expect(chain(rolledBack)).toContain("CloudWatch Alarm State Change");
});
