import { CreateStackCommand, UpdateStackCommand } from "@aws-sdk/client-cloudformation";
import { CloudWatchClient, PutMetricAlarmCommand, PutMetricDataCommand } from "@aws-sdk/client-cloudwatch";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { TestStacks } from "./test-stacks.ts";

const MINUTE = 60_000;
const Arn = "arn:aws:cloudwatch:us-east-1:000000000000:alarm:errors";
let stacks: TestStacks;
let alarms: CloudWatchClient;
beforeAll(async () => {
  stacks = await TestStacks.start();
  alarms = new CloudWatchClient(stacks.cloud.clientConfig);
  await alarms.send(
    new PutMetricAlarmCommand({
      AlarmName: "errors",
      Namespace: "App",
      MetricName: "Errors",
      Statistic: "Sum",
      Period: 60,
      EvaluationPeriods: 1,
      Threshold: 1,
      ComparisonOperator: "GreaterThanThreshold",
      TreatMissingData: "notBreaching",
    }),
  );
  await advance(2 * MINUTE);
});
afterAll(async () => {
  alarms.destroy();
  await stacks.stop();
});

const advance = (ms: number) => stacks.cloud.cloud.clock.advance(ms);
const fail = () => alarms.send(new PutMetricDataCommand({ Namespace: "App", MetricData: [{ MetricName: "Errors", Value: 5 }] }));
const template = (...names: string[]) =>
  JSON.stringify({
    Resources: Object.fromEntries(names.map((name) => [name, { Type: "AWS::SNS::Topic", Properties: { TopicName: `t-${name}` } }])),
  });
const watched = (MonitoringTimeInMinutes: number, arn = Arn) => ({
  RollbackConfiguration: { MonitoringTimeInMinutes, RollbackTriggers: [{ Arn: arn, Type: "AWS::CloudWatch::Alarm" }] },
});
const status = async (name: string) => (await stacks.look(name)).StackStatus;
const create = (StackName: string, TemplateBody: string, more: object) =>
  stacks.cfn.send(new CreateStackCommand({ StackName, TemplateBody, ...more }));
const update = (StackName: string, TemplateBody: string) => stacks.cfn.send(new UpdateStackCommand({ StackName, TemplateBody }));

// documented: https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/using-cfn-rollback-triggers.html
describe("rollback triggers", () => {
  it("let an operation end after its monitoring time, and are kept for the next one", async () => {
    await create("quiet", template("A"), watched(10));
    expect(await status("quiet")).toBe("CREATE_IN_PROGRESS");
    await advance(9 * MINUTE);
    expect(await status("quiet")).toBe("CREATE_IN_PROGRESS");
    await advance(MINUTE);
    const stack = await stacks.look("quiet");
    expect(stack).toMatchObject({ StackStatus: "CREATE_COMPLETE", ...watched(10) });
    await update("quiet", template("A", "B"));
    expect(await status("quiet")).toBe("UPDATE_IN_PROGRESS");
    await advance(10 * MINUTE);
    expect(await status("quiet")).toBe("UPDATE_COMPLETE");
  });

  it("roll an update back when an alarm goes to ALARM, with the alarm as its cause", async () => {
    await update("quiet", template("A", "C"));
    await advance(2 * MINUTE);
    await fail();
    await advance(2 * MINUTE);
    expect(await status("quiet")).toBe("UPDATE_ROLLBACK_COMPLETE");
    const log = await stacks.log("quiet");
    expect(log.some((line) => line.includes(`UPDATE_ROLLBACK_IN_PROGRESS Rollback trigger ${Arn} is in ALARM state.`))).toBe(true);
    const { timeline } = stacks.cloud.cloud;
    const rolledBack = timeline
      .read({ type: "CloudFormation Stack Status Change" })
      .find(({ detail }) => (detail["status-details"] as { status: string }).status === "UPDATE_ROLLBACK_IN_PROGRESS");
    expect(timeline.find(rolledBack?.cause ?? "")).toMatchObject({ type: "CloudWatch Alarm State Change" });
    await advance(5 * MINUTE);
  });

  it("roll a creation back, and one whose alarm is missing", async () => {
    await create("bad", template("X"), watched(10));
    await fail();
    await advance(MINUTE + 2_000);
    expect(await status("bad")).toBe("ROLLBACK_COMPLETE");
    await advance(5 * MINUTE);
    await create("missing", template("Y"), watched(0, `${Arn}-none`));
    const stack = await stacks.look("missing");
    expect(stack).toMatchObject({ StackStatus: "ROLLBACK_COMPLETE" });
  });

  it("without a monitoring time are looked at when the resources are done", async () => {
    await create("short", template("Z"), watched(0));
    expect(await status("short")).toBe("CREATE_COMPLETE");
  });
});
