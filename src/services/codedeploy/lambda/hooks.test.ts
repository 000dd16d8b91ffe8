import {
  ContinueDeploymentCommand,
  CreateDeploymentCommand,
  PutLifecycleEventHookExecutionStatusCommand,
} from "@aws-sdk/client-codedeploy";
import { afterEach, beforeEach, expect, test } from "vitest";
import { appSpec, GROUP, Rollout } from "./test-rollout.ts";

let rollout: Rollout;

beforeEach(async () => {
  rollout = await Rollout.start({ autoRollbackConfiguration: { enabled: true, events: ["DEPLOYMENT_FAILURE"] } });
  await rollout.test.create("check", "exports.handler = async (event) => console.log(JSON.stringify(event));");
});
afterEach(() => rollout.test.cloud.stop());

const before = [{ BeforeAllowTraffic: "check" }];

/** What the hook was told, as it stands in its log. */
async function told(): Promise<{ DeploymentId: string; LifecycleEventHookExecutionId: string }> {
  await rollout.test.idle();
  const { events = [] } = await rollout.ctx.call("cloudwatch-logs", "FilterLogEvents", { logGroupName: "/aws/lambda/check" });
  const line = events.map(({ message = "" }) => message).find((message) => message.includes("DeploymentId")) ?? "{}";
  return JSON.parse(line.slice(line.indexOf("{"))) as Awaited<ReturnType<typeof told>>;
}

async function answer(status: "Succeeded" | "Failed" | "Skipped", more: object = {}): Promise<string> {
  const { DeploymentId: deploymentId, LifecycleEventHookExecutionId: lifecycleEventHookExecutionId } = await told();
  const input = { deploymentId, lifecycleEventHookExecutionId, status, ...more };
  const outcome = await rollout.client.send(new PutLifecycleEventHookExecutionStatusCommand(input)).then(
    () => "taken",
    (error: Error) => error.name,
  );
  await rollout.test.idle();
  return outcome;
}

// recorded: the event that a hook on AWS was called with has exactly these two members.
test("a hook is told of the deployment, and the traffic waits for its answer", async () => {
  const id = await rollout.deploy(before);
  const event = await told();
  expect(event).toEqual({ DeploymentId: id, LifecycleEventHookExecutionId: expect.stringMatching(/^eyJlbmNyeXB0ZWREYXRhIjoi/) });
  await rollout.minutes(59);
  expect(await rollout.alias()).toEqual(["1", undefined]);
  expect(await answer("Succeeded")).toBe("taken");
  expect(await rollout.alias()).toEqual(["1", { "2": 0.1 }]);
  expect(await rollout.events(id)).toMatchObject({ BeforeAllowTraffic: "Succeeded", AllowTraffic: "InProgress" });
  expect(await answer("Failed")).toBe("LifecycleEventAlreadyCompletedException");
});

// recorded: code and message of a deployment on AWS whose hook failed; a rollback calls no hooks.
test("a hook that answers Failed fails the deployment, and brings the traffic back", async () => {
  const id = await rollout.deploy([{ AfterAllowTraffic: "check" }], { deploymentConfigName: "CodeDeployDefault.LambdaAllAtOnce" });
  expect(await rollout.alias()).toEqual(["2", undefined]);
  await answer("Failed");
  expect(await rollout.alias()).toEqual(["1", undefined]);
  const failed = await rollout.deployment(id);
  expect(failed).toMatchObject({
    status: "Failed",
    errorInformation: {
      code: "HOOK_EXECUTION_FAILURE",
      message: "The deployment failed because one or more of the lifecycle event validation functions failed.",
    },
    deploymentOverview: { Failed: 1 },
  });
  expect(await rollout.deployment(failed.rollbackInfo?.rollbackDeploymentId ?? "")).toMatchObject({ status: "Succeeded" });
});

// documented: https://docs.aws.amazon.com/codedeploy/latest/userguide/troubleshooting-ecs.html#troubleshooting-ecs-timeout-callback
test("a hook that does not answer within an hour has failed", async () => {
  const id = await rollout.deploy(before);
  await rollout.minutes(60);
  expect((await rollout.deployment(id)).errorInformation?.message).toBe(
    "The deployment timed out while waiting for a status callback. CodeDeploy expects a status callback within one hour after a deployment hook is invoked.",
  );
  expect(await rollout.events(id)).toEqual({ BeforeAllowTraffic: "Failed", AllowTraffic: "Skipped", AfterAllowTraffic: "Skipped" });
});

// assumed: AWS's own texts are not published
test("a hook that is not there fails the deployment at once", async () => {
  const id = await rollout.deploy([{ BeforeAllowTraffic: "nothing" }]);
  expect(await rollout.deployment(id)).toMatchObject({ status: "Failed", errorInformation: { code: "HOOK_EXECUTION_FAILURE" } });
});

// documented: https://docs.aws.amazon.com/codedeploy/latest/APIReference/API_PutLifecycleEventHookExecutionStatus.html
test.each([
  ["Skipped" as const, {}, "InvalidLifecycleEventHookExecutionStatusException"],
  ["Succeeded" as const, { lifecycleEventHookExecutionId: "x" }, "InvalidLifecycleEventHookExecutionIdException"],
  ["Succeeded" as const, { deploymentId: "d-000000000" }, "DeploymentDoesNotExistException"],
  ["Succeeded" as const, { deploymentId: "000" }, "InvalidDeploymentIdException"],
])("the answer %s with %j is refused", async (status, more, code) => {
  await rollout.deploy(before);
  expect(await answer(status, more)).toBe(code);
});

// documented: https://docs.aws.amazon.com/codedeploy/latest/userguide/limits.html: one concurrent deployment per deployment group
test("a group has one deployment at a time, and a Lambda deployment does not wait to be continued", async () => {
  const deploymentId = await rollout.deploy();
  await expect(rollout.deploy()).rejects.toThrow(`The Deployment Group 'live' already has an active Deployment '${deploymentId}'`);
  const go = rollout.client.send(new ContinueDeploymentCommand({ deploymentId }));
  await expect(go).rejects.toMatchObject({ name: "UnsupportedActionForDeploymentTypeException" });
});

// assumed: which code AWS gives to which fault of a revision
test.each([
  ["INVALID_REVISION", "version: 0.0\nresources: []"],
  ["INVALID_REVISION", "{ not: [yaml"],
  ["INVALID_REVISION", appSpec([{ BeforeInstall: "check" }])],
  ["INVALID_LAMBDA_FUNCTION", appSpec([], { currentversion: "1", targetversion: "9" })],
  ["INVALID_LAMBDA_CONFIGURATION", appSpec([], { currentversion: "2", targetversion: "1" })],
])("%s", async (code, content) => {
  const revision = { revisionType: "String", string: { content } } as const;
  const { deploymentId = "" } = await rollout.client.send(new CreateDeploymentCommand({ ...GROUP, revision }));
  await rollout.test.idle();
  expect(await rollout.deployment(deploymentId)).toMatchObject({ status: "Failed", errorInformation: { code } });
  expect(await rollout.alias()).toEqual(["1", undefined]);
});

// documented: https://docs.aws.amazon.com/codedeploy/latest/userguide/reference-appspec-file-structure-resources.html
test("an AppSpec in S3, in YAML, is read with the group's role", async () => {
  const text = `version: 0.0
resources:
  - orders:
      type: "AWS::Lambda::Function"
      properties:
        name: orders
        alias: live
        currentversion: "1"
        targetversion: "2"
`;
  await rollout.ctx.call("s3", "CreateBucket", { Bucket: "revisions" });
  const { Readable } = await import("node:stream");
  await rollout.ctx.call("s3", "PutObject", { Bucket: "revisions", Key: "appspec.yml", Body: Readable.from([Buffer.from(text)]) });
  const s3Location = { bucket: "revisions", key: "appspec.yml", bundleType: "YAML" } as const;
  await rollout.deploy([], { revision: { revisionType: "S3", s3Location } });
  expect(await rollout.alias()).toEqual(["1", { "2": 0.1 }]);
  const missing = { revisionType: "S3", s3Location: { ...s3Location, key: "none" } };
  await rollout.minutes(30);
  const id = await rollout.deploy([], { revision: missing });
  expect(await rollout.deployment(id)).toMatchObject({ status: "Failed", errorInformation: { code: "REVISION_MISSING" } });
});
