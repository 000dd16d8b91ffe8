import { describe, expect, it } from "vitest";
import type { TimelineEvent } from "../live/events.ts";
import { fold } from "./world.ts";

let position = 0;
function event(source: string, type: string, detail: Record<string, unknown>, more: Partial<TimelineEvent> = {}): TimelineEvent {
  position++;
  const place = { account: "000000000000", region: "us-east-1", actor: "somebody", wall: 0 };
  return {
    ...place,
    id: `evt-${position}`,
    position,
    time: position * 1_000,
    source: `aws.${source}`,
    type,
    detail,
    resources: [],
    ...more,
  };
}

const action = (state: string, name: string, more: object = {}) =>
  event("codepipeline", "CodePipeline Action Execution State Change", {
    pipeline: "shop",
    "execution-id": "e1",
    stage: name === "Fetch" ? "Source" : "Deploy",
    action: name,
    state,
    type: { category: name === "Fetch" ? "Source" : "Deploy", provider: "S3" },
    ...more,
  });
const execution = (state: string, more: Partial<TimelineEvent> = {}) =>
  event("codepipeline", "CodePipeline Pipeline Execution State Change", { pipeline: "shop", "execution-id": "e1", state }, more);

describe("the fold", () => {
  it("knows the stages and actions of an execution, its commit, and why it ended", () => {
    const commit = "a".repeat(40);
    const world = fold([
      event("codepipeline", "Pipeline created", { pipeline: "shop", mode: "QUEUED" }),
      execution("STARTED"),
      action("STARTED", "Fetch"),
      action("SUCCEEDED", "Fetch", { "execution-result": { "external-execution-id": commit } }),
      action("STARTED", "Copy"),
      action("FAILED", "Copy"),
      execution("FAILED", { rule: "action Copy failed" }),
    ]);
    expect(world.pipelines.get("shop")).toMatchObject({ mode: "QUEUED", executions: ["e1"] });
    expect(world.executions.get("e1")).toMatchObject({ status: "FAILED", commit, rule: "action Copy failed" });
    const stages = world.executions
      .get("e1")
      ?.stages.map(({ name, actions }) => [name, ...actions.map((one) => `${one.name} ${one.status}`)]);
    expect(stages).toEqual([
      ["Source", "Fetch SUCCEEDED"],
      ["Deploy", "Copy FAILED"],
    ]);
  });

  it("stands at any instant: what came later is not there yet", () => {
    const events = [execution("STARTED"), action("STARTED", "Copy"), action("SUCCEEDED", "Copy"), execution("SUCCEEDED")];
    expect(fold(events.slice(0, 2)).executions.get("e1")).toMatchObject({ status: "STARTED", ended: undefined });
    expect(fold(events).executions.get("e1")).toMatchObject({ status: "SUCCEEDED", ended: events[3]?.time });
  });

  it("keeps every move of a deployment's traffic and the reason for which it was stopped", () => {
    const deploymentId = "d-1";
    const shifted = (targetWeight: number) =>
      event("codedeploy", "Traffic shifted", {
        deploymentId,
        functionName: "chat",
        alias: "live",
        currentVersion: "1",
        currentWeight: 100 - targetWeight,
        targetVersion: "2",
        targetWeight,
      });
    const world = fold([
      event("codedeploy", "Deployment created", { deploymentId, creator: "user", deploymentConfigName: "Canary" }),
      event("codedeploy", "Deployment started", { deploymentId }),
      shifted(10),
      event("codedeploy", "Deployment stopped", { deploymentId }, { rule: "the alarm errors went to ALARM" }),
    ]);
    expect(world.deployments.get(deploymentId)).toMatchObject({
      status: "STOPPED",
      rule: "the alarm errors went to ALARM",
      functionName: "chat",
      shifts: [{ targetVersion: "2", targetWeight: 10, currentWeight: 90 }],
    });
  });

  it("has alarms with their history and forgets those that are deleted", () => {
    const resources = ["arn:aws:cloudwatch:us-east-1:000000000000:alarm:errors"];
    const changed = (value: string) =>
      event(
        "cloudwatch",
        "CloudWatch Alarm State Change",
        { alarmName: "errors", state: { value } },
        { resources, rule: `it is ${value}` },
      );
    const world = fold([changed("OK"), changed("ALARM")]);
    expect([...world.alarms.values()]).toMatchObject([{ name: "errors", status: "ALARM", history: [{ to: "ALARM" }, { to: "OK" }] }]);
    const gone = event("cloudwatch", "CloudWatch Alarm Configuration Change", { alarmName: "errors", operation: "delete" }, { resources });
    expect(fold([changed("OK"), gone]).alarms.size).toBe(0);
  });
});
