import { afterAll, beforeAll, expect, test } from "vitest";
import { startCloud, type TestCloud } from "../../../test/support/cloud.ts";
import { TestStack } from "../../../test/support/stack.ts";

let cloud: TestCloud;
const stack = new TestStack(() => cloud);
beforeAll(async () => {
  cloud = await startCloud();
});
afterAll(() => cloud.stop());

const slo = (MetricThreshold: string, windows: readonly object[]) => ({
  Slo: {
    Type: "AWS::ApplicationSignals::ServiceLevelObjective",
    DependsOn: "Discovery",
    Properties: {
      Name: "fast",
      Sli: {
        SliMetric: {
          MetricDataQueries: [
            {
              Id: "m1",
              MetricStat: { Metric: { Namespace: "Shop", MetricName: "Latency" }, Period: "60", Stat: "Average" },
              ReturnData: "true",
            },
          ],
        },
        MetricThreshold,
        ComparisonOperator: "LessThan",
      },
      Goal: { Interval: { CalendarInterval: { StartTime: "1767225600", DurationUnit: "MONTH", Duration: "1" } }, AttainmentGoal: "99.5" },
      BurnRateConfigurations: [{ LookBackWindowMinutes: "60" }],
      ExclusionWindows: windows,
      Tags: [{ Key: "team", Value: "shop" }],
    },
  },
  Discovery: { Type: "AWS::ApplicationSignals::Discovery" },
});

// documented: https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-applicationsignals-servicelevelobjective.html
test("a stack makes, changes and deletes an SLO with its exclusion windows and tags", async () => {
  const { ctx } = cloud;
  const nightly = { Window: { DurationUnit: "HOUR", Duration: "1" }, RecurrenceRule: { Expression: "cron(0 3 * * ? *)" } };
  const outputs = { Ref: { Ref: "Slo" }, Kind: { "Fn::GetAtt": ["Slo", "EvaluationType"] }, Account: { Ref: "Discovery" } };
  const made = await stack.deploy("CreateStack", slo("200", [nightly]), outputs);
  const Id = "arn:aws:application-signals:us-east-1:000000000000:slo/fast";
  expect(made).toEqual({ Ref: Id, Kind: "PeriodBased", Account: "000000000000" });
  const get = async () => (await ctx.call("application-signals", "GetServiceLevelObjective", { Id })).Slo;
  expect(await get()).toMatchObject({
    Sli: { MetricThreshold: 200 },
    Goal: { AttainmentGoal: 99.5, Interval: { CalendarInterval: { StartTime: new Date("2026-01-01T00:00:00Z"), Duration: 1 } } },
    BurnRateConfigurations: [{ LookBackWindowMinutes: 60 }],
  });
  const windows = async () => (await ctx.call("application-signals", "ListServiceLevelObjectiveExclusionWindows", { Id })).ExclusionWindows;
  expect(await windows()).toMatchObject([{ Window: { DurationUnit: "HOUR", Duration: 1 }, RecurrenceRule: nightly.RecurrenceRule }]);
  const { Tags } = await ctx.call("application-signals", "ListTagsForResource", { ResourceArn: Id });
  expect(Tags).toContainEqual({ Key: "team", Value: "shop" });

  await stack.deploy("UpdateStack", slo("300", []));
  expect(await get()).toMatchObject({ Sli: { MetricThreshold: 300 } });
  expect(await windows()).toEqual([]);
  await stack.destroy();
  await expect(get()).rejects.toMatchObject({ code: "ResourceNotFoundException" });
});
