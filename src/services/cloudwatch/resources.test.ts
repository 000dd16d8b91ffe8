import { afterAll, beforeAll, expect, it } from "vitest";
import { startCloud, type TestCloud } from "../../../test/support/cloud.ts";
import { TestStack } from "../../../test/support/stack.ts";

let cloud: TestCloud;
beforeAll(async () => {
  cloud = await startCloud();
});
afterAll(() => cloud.stop());
const stack = new TestStack(() => cloud);

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
  const { Arn } = await stack.deploy("CreateStack", resources("1"), { Arn: { "Fn::GetAtt": ["Alarm", "Arn"] } });
  expect(Arn).toBe("arn:aws:cloudwatch:us-east-1:000000000000:alarm:errors");
  await stack.deploy("UpdateStack", resources("2.5"));
  const alarms = async () => cloud.ctx.call("cloudwatch", "DescribeAlarms", { AlarmTypes: ["MetricAlarm", "CompositeAlarm"] });
  expect(await alarms()).toMatchObject({
    MetricAlarms: [{ Threshold: 2.5, Period: 60 }],
    CompositeAlarms: [{ AlarmRule: "ALARM(errors)" }],
  });
  await stack.destroy();
  expect(await alarms()).toMatchObject({ MetricAlarms: [], CompositeAlarms: [] });
});
