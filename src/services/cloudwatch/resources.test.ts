import { afterAll, beforeAll, expect, it } from "vitest";
import { startCloud, type TestCloud } from "../../../test/support/cloud.ts";

let cloud: TestCloud;
beforeAll(async () => {
  cloud = await startCloud();
});
afterAll(() => cloud.stop());

/** Brings the stack to a template, and answers its outputs by name. */
async function deploy(
  operation: "CreateStack" | "UpdateStack",
  Resources: object,
  outputs: Record<string, unknown> = {},
): Promise<Record<string, string>> {
  const Outputs = Object.fromEntries(Object.entries(outputs).map(([name, Value]) => [name, { Value }]));
  await cloud.ctx.call("cloudformation", operation, { StackName: "s", TemplateBody: JSON.stringify({ Resources, Outputs }) });
  await cloud.cloud.clock.advance(60_000);
  const stack = (await cloud.ctx.call("cloudformation", "DescribeStacks", { StackName: "s" })).Stacks?.[0];
  expect(stack?.StackStatus).toBe(operation === "CreateStack" ? "CREATE_COMPLETE" : "UPDATE_COMPLETE");
  return Object.fromEntries((stack?.Outputs ?? []).map(({ OutputKey = "", OutputValue = "" }) => [OutputKey, OutputValue]));
}

async function destroy(): Promise<void> {
  await cloud.ctx.call("cloudformation", "DeleteStack", { StackName: "s" });
  await cloud.cloud.clock.advance(60_000);
}

// documented: https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/AWS_CloudWatch.html
it("makes, changes and removes alarms and dashboards", async () => {
  const resources = (Threshold: string) => ({
    Alarm: {
      Type: "AWS::CloudWatch::Alarm",
      Properties: {
        AlarmName: "errors",
        Namespace: "n",
        MetricName: "m",
        Statistic: "Sum",
        Period: "60",
        EvaluationPeriods: "1",
        Threshold,
        ComparisonOperator: "GreaterThanThreshold",
      },
    },
    Both: { Type: "AWS::CloudWatch::CompositeAlarm", Properties: { AlarmRule: { "Fn::Join": ["", ["ALARM(", { Ref: "Alarm" }, ")"]] } } },
    Board: { Type: "AWS::CloudWatch::Dashboard", Properties: { DashboardName: "board", DashboardBody: '{"widgets":[]}' } },
  });
  const { Arn } = await deploy("CreateStack", resources("1"), { Arn: { "Fn::GetAtt": ["Alarm", "Arn"] } });
  expect(Arn).toBe("arn:aws:cloudwatch:us-east-1:000000000000:alarm:errors");
  await deploy("UpdateStack", resources("2.5"));
  const alarms = async () => cloud.ctx.call("cloudwatch", "DescribeAlarms", { AlarmTypes: ["MetricAlarm", "CompositeAlarm"] });
  expect(await alarms()).toMatchObject({
    MetricAlarms: [{ Threshold: 2.5, Period: 60 }],
    CompositeAlarms: [{ AlarmRule: "ALARM(errors)" }],
  });
  await destroy();
  expect(await alarms()).toMatchObject({ MetricAlarms: [], CompositeAlarms: [] });
});
