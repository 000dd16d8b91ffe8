import { CloudWatchClient, GetMetricDataCommand, type MetricDataQuery, PutMetricDataCommand } from "@aws-sdk/client-cloudwatch";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { ACCOUNT, startCloud, type TestCloud } from "../../../../test/support/cloud.ts";

let cloud: TestCloud;
let client: CloudWatchClient;
beforeAll(async () => {
  cloud = await startCloud({ strict: true });
  client = new CloudWatchClient(cloud.clientConfig);
  const point = (Value: number, dimensions: Record<string, string>) => ({
    MetricName: "Load",
    Value,
    Dimensions: Object.entries(dimensions).map(([Name, Value]) => ({ Name, Value })),
  });
  const MetricData = [
    point(1, { Host: "a", Zone: "x" }),
    point(3, { Host: "a", Zone: "x" }),
    point(10, { Host: "b", Zone: "y" }),
    point(5, { Host: "c" }),
    point(100, {}),
  ];
  await client.send(new PutMetricDataCommand({ Namespace: "My App", MetricData }));
});
afterAll(async () => {
  client.destroy();
  await cloud.stop();
});

const ask = (...MetricDataQueries: MetricDataQuery[]) => {
  const now = cloud.cloud.clock.now();
  const [StartTime, EndTime] = [new Date(now - 600_000), new Date(now + 60_000)];
  return client.send(new GetMetricDataCommand({ StartTime, EndTime, MetricDataQueries }));
};
const query = async (rest: string, more: Partial<MetricDataQuery> = {}) => {
  const { MetricDataResults = [] } = await ask({ Id: "q", Expression: `SELECT ${rest}`, Period: 60, ...more });
  return MetricDataResults.map(({ Label, Values }) => [Label, Values?.[0]]);
};

// documented: https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/cloudwatch-metrics-insights-querylanguage.html
describe("GetMetricData with a Metrics Insights query", () => {
  it("aggregates the observations of all metrics that match", async () => {
    expect(await query('COUNT(Load) FROM "My App"')).toEqual([["q", 5]]);
    expect(await query('AVG(Load) FROM "My App"')).toEqual([["q", 119 / 5]]);
    expect(await query('SUM(Load) FROM SCHEMA("My App", Zone, Host)')).toEqual([["q", 14]]);
    expect(await query('MAX(Load) FROM SCHEMA("My App")')).toEqual([["q", 100]]);
    expect(await query(`MIN(Load) FROM "My App" WHERE Zone = 'y'`)).toEqual([["q", 10]]);
    expect(await query('SUM(Load) FROM "My App" WHERE AWS.AccountId = CURRENT_ACCOUNT_ID()')).toEqual([["q", 119]]);
    expect(await query('SUM(load) FROM "My App"')).toEqual([["q", undefined]]);
  });

  it("groups in the order of the labels, and names those without the label Other", async () => {
    expect(await query('SUM(Load) FROM "My App" GROUP BY Zone, Host')).toEqual([
      ["Other Other", 100],
      ["Other c", 5],
      ["x a", 4],
      ["y b", 10],
    ]);
    expect(await query(`SUM(Load) FROM "My App" WHERE Host = 'a' GROUP BY AWS.AccountId`, { Label: "all" })).toEqual([
      [`all ${ACCOUNT}`, 4],
    ]);
  });

  it("gives the top N", async () => {
    expect(await query('SUM(Load) FROM SCHEMA("My App", Host, Zone) GROUP BY Host ORDER BY MAX() DESC LIMIT 1')).toEqual([["b", 10]]);
    expect(await query('SUM(Load) FROM "My App" GROUP BY Host ORDER BY SUM() LIMIT 2')).toEqual([
      ["a", 4],
      ["c", 5],
    ]);
  });

  // documented: https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_GetMetricData.html
  it("is an operand of metric math: one series, or an array of them", async () => {
    const Expression = 'SELECT SUM(Load) FROM "My App" GROUP BY Zone';
    const hidden = { Id: "q", Expression, Period: 60, ReturnData: false };
    const { MetricDataResults: [sum] = [] } = await ask(hidden, { Id: "e", Expression: "SUM(q)" });
    expect(sum?.Values).toEqual([119]);
    const { MetricDataResults: all = [] } = await ask(hidden, { Id: "e", Expression: "q * 2" });
    expect(all.map(({ Values }) => Values?.[0])).toEqual([210, 8, 20]);
  });

  // documented: https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/cloudwatch-metrics-insights-limits.html
  it("has one query per operation, the granularity of a minute and at most 500 time series", async () => {
    const Expression = 'SELECT SUM(Load) FROM "My App"';
    await expect(ask({ Id: "a", Expression, Period: 60 }, { Id: "b", Expression, Period: 60 })).rejects.toMatchObject({
      name: "ValidationException",
    });
    expect(await query('SUM(Load) FROM "My App"', { Period: 10 })).toEqual([["q", 119]]);
    const data = Array.from({ length: 501 }, (_, index) => ({
      MetricName: "Many",
      Value: index,
      Dimensions: [{ Name: "N", Value: `${index}` }],
    }));
    await client.send(new PutMetricDataCommand({ Namespace: "Many", MetricData: data }));
    const { MetricDataResults = [], Messages } = await ask({
      Id: "q",
      Expression: "SELECT MAX(Many) FROM Many GROUP BY N ORDER BY MAX() DESC",
      Period: 60,
    });
    expect(MetricDataResults).toHaveLength(500);
    expect(MetricDataResults[0]).toMatchObject({ Label: "500", StatusCode: "PartialData" });
    expect(Messages).toEqual([{ Code: "MaxMetricsExceeded", Value: "Maximum number of allowed metrics exceeded" }]);
  });

  // documented: https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/cloudwatch-metrics-insights-limits.html
  it("looks back two weeks at most", async () => {
    const start = cloud.cloud.clock.now();
    const whole = async () => {
      const [StartTime, EndTime] = [new Date(start - 600_000), new Date(cloud.cloud.clock.now() + 60_000)];
      const Expression = 'SELECT SUM(Load) FROM "My App"';
      const MetricDataQueries = [{ Id: "q", Expression, Period: 300 }];
      return (await client.send(new GetMetricDataCommand({ StartTime, EndTime, MetricDataQueries }))).MetricDataResults?.[0]?.Values;
    };
    await cloud.cloud.clock.advance(13 * 86_400_000);
    expect(await whole()).toEqual([119]);
    await cloud.cloud.clock.advance(86_400_000 + 600_000);
    expect(await whole()).toEqual([]);
  });

  // assumed: the words of the message
  it("refuses what is no query, and tags of resources, which are not known", async () => {
    await expect(query("AVG(Load) FROM")).rejects.toMatchObject({
      name: "ValidationException",
      message: "Error in expression 'q': a namespace is expected, not the end of the query",
    });
    await expect(query(`AVG(Load) FROM "My App" WHERE tag.env = 'prod'`)).rejects.toMatchObject({ $metadata: { httpStatusCode: 501 } });
  });

  // documented: https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/cloudwatch-metrics-insights-limits.html
  it("processes the first 10,000 metrics that it finds", async () => {
    const dimension = (index: number) => [{ Name: "N", Value: `${index}` }];
    for (let from = 0; from <= 10_000; from += 1_000) {
      const size = Math.min(1_000, 10_001 - from);
      const MetricData = Array.from({ length: size }, (_, index) => ({
        MetricName: "Crowd",
        Value: 1,
        Dimensions: dimension(from + index),
      }));
      await cloud.ctx.call("cloudwatch", "PutMetricData", { Namespace: "Crowd", MetricData });
    }
    const { MetricDataResults, Messages } = await ask({ Id: "q", Expression: "SELECT COUNT(Crowd) FROM Crowd", Period: 60 });
    expect(MetricDataResults).toMatchObject([{ Values: [10_000], StatusCode: "PartialData" }]);
    expect(Messages).toMatchObject([{ Code: "MaxMetricsExceeded" }]);
    // documented: https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_MetricAlarm.html (EvaluationState)
    const Metrics = [{ Id: "q", Expression: "SELECT COUNT(Crowd) FROM Crowd", Period: 60 }];
    const criteria = { EvaluationPeriods: 1, Threshold: 1, ComparisonOperator: "GreaterThanThreshold" as const };
    await cloud.ctx.call("cloudwatch", "PutMetricAlarm", { AlarmName: "crowd", Metrics, ...criteria });
    await cloud.cloud.clock.advance(120_000);
    const { MetricAlarms } = await cloud.ctx.call("cloudwatch", "DescribeAlarms", { AlarmNames: ["crowd"] });
    expect(MetricAlarms).toMatchObject([{ StateValue: "ALARM", EvaluationState: "PARTIAL_DATA" }]);
  });
});
