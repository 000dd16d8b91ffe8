import { CloudWatchClient, DeleteAlarmsCommand, PutMetricAlarmCommand, SetAlarmStateCommand } from "@aws-sdk/client-cloudwatch";
import { StopDeploymentCommand } from "@aws-sdk/client-codedeploy";
import { afterEach, expect, test } from "vitest";
import { Rollout } from "./test-rollout.ts";

let rollout: Rollout;

afterEach(() => rollout.test.cloud.stop());

const ALARM = { enabled: true, alarms: [{ name: "errors" }] };
const ROLL_BACK = { enabled: true, events: ["DEPLOYMENT_FAILURE", "DEPLOYMENT_STOP_ON_ALARM", "DEPLOYMENT_STOP_ON_REQUEST"] as const };
const onAlarm = { alarmConfiguration: ALARM, autoRollbackConfiguration: { ...ROLL_BACK, events: [...ROLL_BACK.events] } };

async function putAlarm(StateValue?: "ALARM"): Promise<void> {
  const client = new CloudWatchClient(rollout.test.cloud.clientConfig);
  const metric = { Namespace: "AWS/Lambda", MetricName: "Errors", Statistic: "Sum", Period: 60 } as const;
  const rule = {
    ComparisonOperator: "GreaterThanThreshold",
    Threshold: 0,
    EvaluationPeriods: 1,
    TreatMissingData: "notBreaching",
  } as const;
  if (StateValue === undefined) await client.send(new PutMetricAlarmCommand({ AlarmName: "errors", ...metric, ...rule }));
  else await client.send(new SetAlarmStateCommand({ AlarmName: "errors", StateValue, StateReason: "tested" }));
  await rollout.test.idle();
}

// recorded: a canary on AWS kept the former version as the alias's own until the second shift, and then had no weights.
test("a canary moves a tenth at once and the rest when its interval is over", async () => {
  rollout = await Rollout.start();
  const id = await rollout.deploy();
  expect(await rollout.alias()).toEqual(["1", { "2": 0.1 }]);
  expect(await rollout.deployment(id)).toMatchObject({ status: "InProgress", creator: "user", deploymentOverview: { InProgress: 1 } });
  await rollout.minutes(29);
  expect(await rollout.alias()).toEqual(["1", { "2": 0.1 }]);
  expect((await rollout.target(id)).lambdaFunctionInfo).toMatchObject({
    currentVersion: "1",
    targetVersion: "2",
    targetVersionWeight: 0.1,
  });
  await rollout.minutes(1);
  expect(await rollout.alias()).toEqual(["2", undefined]);
  expect(await rollout.deployment(id)).toMatchObject({ status: "Succeeded", deploymentOverview: { Succeeded: 1 } });
  expect(await rollout.events(id)).toEqual({ BeforeAllowTraffic: "Succeeded", AllowTraffic: "Succeeded", AfterAllowTraffic: "Succeeded" });
});

// documented: https://docs.aws.amazon.com/codedeploy/latest/userguide/deployment-configurations.html
test("a linear deployment moves a tenth more with every interval", async () => {
  rollout = await Rollout.start({ deploymentConfigName: "CodeDeployDefault.LambdaLinear10PercentEvery1Minute" });
  await rollout.deploy();
  for (let percent = 10; percent < 100; percent += 10) {
    expect(await rollout.alias()).toEqual(["1", { "2": percent / 100 }]);
    await rollout.minutes(1);
  }
  expect(await rollout.alias()).toEqual(["2", undefined]);
});

// recorded: AWS's deployment was Stopped with these texts, and a deployment of its own brought the alias back at once.
test("an alarm stops the deployment, and a rollback brings the traffic back", async () => {
  rollout = await Rollout.start(onAlarm);
  await putAlarm();
  const id = await rollout.deploy();
  await rollout.minutes(5);
  await putAlarm("ALARM");
  expect(await rollout.alias()).toEqual(["1", undefined]);
  const stopped = await rollout.deployment(id);
  const back = stopped.rollbackInfo?.rollbackDeploymentId ?? "";
  expect(stopped).toMatchObject({
    status: "Stopped",
    errorInformation: {
      code: "ALARM_ACTIVE",
      message:
        "One or more alarms have been activated according to the Amazon CloudWatch metrics you selected, and the affected deployments have been stopped. Activated alarms: <errors>",
    },
    rollbackInfo: { rollbackMessage: `Deployment ${id} terminated. Automatic rollback is triggered with a DeploymentId ${back}.` },
  });
  expect(await rollout.events(id)).toEqual({ BeforeAllowTraffic: "Succeeded", AllowTraffic: "Failed", AfterAllowTraffic: "Skipped" });
  expect(await rollout.deployment(back)).toMatchObject({
    status: "Succeeded",
    creator: "codeDeployRollback",
    deploymentConfigName: "CodeDeployDefault.LambdaAllAtOnce",
    rollbackInfo: {
      rollbackTriggeringDeploymentId: id,
      rollbackMessage: `Deployment ${back} is triggered to roll back deployment ${id}.`,
    },
  });
  expect(await rollout.events(back)).toEqual({
    BeforeAllowTraffic: "Succeeded",
    AllowTraffic: "Succeeded",
    AfterAllowTraffic: "Succeeded",
  });
});

// assumed: the timeline is Orrery's own
test("the alarm's own event is the cause of the stop, and of all that follows", async () => {
  rollout = await Rollout.start(onAlarm);
  await putAlarm();
  const id = await rollout.deploy();
  await putAlarm("ALARM");
  const { timeline } = rollout.test.cloud.cloud;
  const stopped = rollout.timeline(id).find(({ type }) => type === "Deployment stopped");
  expect(timeline.find(stopped?.cause ?? "")).toMatchObject({ source: "aws.cloudwatch", type: "CloudWatch Alarm State Change" });
  const back = (await rollout.deployment(id)).rollbackInfo?.rollbackDeploymentId ?? "";
  const shifted = rollout.timeline(back).find(({ type }) => type === "Traffic shifted");
  const chain: string[] = [];
  for (let event = timeline.find(shifted?.id ?? ""); event !== undefined; event = timeline.find(event.cause ?? "")) chain.push(event.type);
  expect(chain).toEqual([
    "Traffic shifted",
    "Lifecycle event started",
    "Lifecycle event succeeded",
    "Deployment started",
    "Deployment created",
    "Deployment stopped",
    "CloudWatch Alarm State Change",
  ]);
});

// recorded: an alarm that was in ALARM already stopped AWS's deployment within a second; the rollback heeded no alarm.
test("an alarm that is in ALARM already stops a deployment before any traffic moves", async () => {
  rollout = await Rollout.start(onAlarm);
  await putAlarm();
  await putAlarm("ALARM");
  const id = await rollout.deploy();
  const stopped = await rollout.deployment(id);
  expect(stopped).toMatchObject({ status: "Stopped", errorInformation: { code: "ALARM_ACTIVE" } });
  expect(await rollout.deployment(stopped.rollbackInfo?.rollbackDeploymentId ?? "")).toMatchObject({ status: "Succeeded" });
  expect(rollout.timeline(id).map(({ type }) => type)).not.toContain("Traffic shifted");
});

// documented: https://docs.aws.amazon.com/codedeploy/latest/APIReference/API_AlarmConfiguration.html
test.each([
  [false, "Stopped"],
  [true, "InProgress"],
])("alarms that cannot be looked at, with ignorePollAlarmFailure %s", async (ignorePollAlarmFailure, status) => {
  rollout = await Rollout.start({ alarmConfiguration: { ...ALARM, ignorePollAlarmFailure } });
  await putAlarm();
  await new CloudWatchClient(rollout.test.cloud.clientConfig).send(new DeleteAlarmsCommand({ AlarmNames: ["errors"] }));
  expect(await rollout.deployment(await rollout.deploy())).toMatchObject({ status });
});

// documented: https://docs.aws.amazon.com/codedeploy/latest/APIReference/API_StopDeployment.html
test.each([
  [undefined, {}, ["1", { "2": 0.1 }]],
  [true, {}, ["1", undefined]],
  [undefined, onAlarm, ["1", undefined]],
  [false, onAlarm, ["1", { "2": 0.1 }]],
])("a deployment that is stopped with autoRollbackEnabled %s", async (autoRollbackEnabled, group, alias) => {
  rollout = await Rollout.start({ ...group, alarmConfiguration: { enabled: false, alarms: [] } });
  const deploymentId = await rollout.deploy();
  const answer = await rollout.client.send(new StopDeploymentCommand({ deploymentId, autoRollbackEnabled }));
  expect(answer.status).toBe("Succeeded");
  await rollout.test.idle();
  expect(await rollout.deployment(deploymentId)).toMatchObject({ status: "Stopped" });
  expect(await rollout.alias()).toEqual(alias);
  await expect(rollout.client.send(new StopDeploymentCommand({ deploymentId }))).rejects.toThrow("is already complete");
});

// assumed: the timeline is Orrery's own
test("before the second shift the timeline says what was seen, and that nothing was", async () => {
  rollout = await Rollout.start(onAlarm);
  await putAlarm();
  const id = await rollout.deploy();
  await rollout.test.call("orders", {}, { Qualifier: "live" });
  await rollout.minutes(30);
  const checks = rollout.timeline(id).filter(({ type }) => type === "Alarms checked");
  expect(checks).toHaveLength(2);
  const [first, second] = checks;
  expect(first?.detail).toMatchObject({ intervalMinutes: 0, targetRequests: 0, alarms: [expect.stringMatching(/^errors: /)] });
  const requests = Number(second?.detail["currentRequests"]) + Number(second?.detail["targetRequests"]);
  expect([requests, second?.detail["intervalMinutes"], second?.detail["targetWeight"]]).toEqual([1, 30, 10]);
});
