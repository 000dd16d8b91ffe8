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
    Quiet: {
      Type: "AWS::CloudWatch::AlarmMuteRule",
      Properties: {
        Name: "nights",
        Rule: { Schedule: { Expression: "cron(0 23 * * *)", Duration: Number(Threshold) > 1 ? "PT3H" : "PT2H" } },
        MuteTargets: { AlarmNames: [{ Ref: "Alarm" }] },
        Tags: [{ Key: "for", Value: Threshold }],
      },
    },
    Board: { Type: "AWS::CloudWatch::Dashboard", Properties: { DashboardName: "board", DashboardBody: '{"widgets":[]}' } },
  });
  const { Arn, Mute } = await stack.deploy("CreateStack", resources("1"), {
    Arn: { "Fn::GetAtt": ["Alarm", "Arn"] },
    Mute: { Ref: "Quiet" },
  });
  expect(Arn).toBe("arn:aws:cloudwatch:us-east-1:000000000000:alarm:errors");
  await stack.deploy("UpdateStack", resources("2.5"));
  const alarms = async () => cloud.ctx.call("cloudwatch", "DescribeAlarms", { AlarmTypes: ["MetricAlarm", "CompositeAlarm"] });
  expect(await alarms()).toMatchObject({
    MetricAlarms: [{ Threshold: 2.5, Period: 60 }],
    CompositeAlarms: [{ AlarmRule: "ALARM(errors)" }],
  });
  // documented: https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-cloudwatch-alarmmuterule.html
  expect(Mute).toBe("arn:aws:cloudwatch:us-east-1:000000000000:alarm-mute-rule:nights");
  const rules = async () => (await cloud.ctx.call("cloudwatch", "ListAlarmMuteRules", { AlarmName: "errors" })).AlarmMuteRuleSummaries;
  expect(await rules()).toHaveLength(1);
  const { Rule } = await cloud.ctx.call("cloudwatch", "GetAlarmMuteRule", { AlarmMuteRuleName: "nights" });
  expect(Rule).toEqual({ Schedule: { Expression: "cron(0 23 * * *)", Duration: "PT3H" } });
  const { Tags } = await cloud.ctx.call("cloudwatch", "ListTagsForResource", { ResourceARN: String(Mute) });
  expect(Tags).toContainEqual({ Key: "for", Value: "2.5" });
  await stack.destroy();
  expect(await rules()).toEqual([]);
  expect(await alarms()).toMatchObject({ MetricAlarms: [], CompositeAlarms: [] });
});

// documented: https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-cloudwatch-anomalydetector.html
it("makes, changes and removes anomaly detectors, and alarms on their bands", async () => {
  const metric = { Namespace: "shop", MetricName: "orders", Dimensions: [{ Name: "stage", Value: "prod" }] };
  const MetricStat = { Metric: metric, Period: "300", Stat: "Sum" };
  const resources = (StartTime: string) => ({
    Detector: {
      Type: "AWS::CloudWatch::AnomalyDetector",
      Properties: {
        ...metric,
        Stat: "Sum",
        Configuration: { ExcludedTimeRanges: [{ StartTime, EndTime: "2026-07-01T23:59:59" }], MetricTimeZone: "Europe/Berlin" },
        MetricCharacteristics: { PeriodicSpikes: "true" },
      },
    },
    Sum: {
      Type: "AWS::CloudWatch::AnomalyDetector",
      Properties: {
        MetricMathAnomalyDetector: {
          MetricDataQueries: [
            { Id: "m1", MetricStat, ReturnData: "false" },
            { Id: "e1", Expression: "m1 * 2", ReturnData: "true" },
          ],
        },
      },
    },
    Alarm: {
      Type: "AWS::CloudWatch::Alarm",
      Properties: {
        AlarmName: "unusual",
        ComparisonOperator: "LessThanLowerOrGreaterThanUpperThreshold",
        EvaluationPeriods: "1",
        ThresholdMetricId: "ad1",
        Metrics: [
          { Id: "ad1", Expression: "ANOMALY_DETECTION_BAND(m1, 2)" },
          { Id: "m1", MetricStat },
        ],
      },
    },
  });
  const found = async () => {
    const types = ["SINGLE_METRIC" as const, "METRIC_MATH" as const];
    return (await cloud.ctx.call("cloudwatch", "DescribeAnomalyDetectors", { AnomalyDetectorTypes: types })).AnomalyDetectors ?? [];
  };
  const { Id } = await stack.deploy("CreateStack", resources("2026-07-01T00:00:00"), { Id: { "Fn::GetAtt": ["Detector", "Id"] } });
  expect(Id).toMatch(/^[0-9a-f-]{36}$/);
  await stack.deploy("UpdateStack", resources("2026-06-01T00:00:00"));
  const [one, math, ...others] = await found();
  expect(others).toEqual([]);
  const single = one?.Stat === undefined ? math : one;
  expect(single).toMatchObject({
    Stat: "Sum",
    Configuration: {
      ExcludedTimeRanges: [{ StartTime: new Date(Date.UTC(2026, 5, 1)), EndTime: new Date(Date.UTC(2026, 6, 1, 23, 59, 59)) }],
      MetricTimezone: "Europe/Berlin",
    },
    MetricCharacteristics: { PeriodicSpikes: true },
  });
  const { MetricAlarms } = await cloud.ctx.call("cloudwatch", "DescribeAlarms", {});
  expect(MetricAlarms).toMatchObject([{ AlarmName: "unusual", ThresholdMetricId: "ad1" }]);
  await stack.destroy();
  expect(await found()).toEqual([]);
});
