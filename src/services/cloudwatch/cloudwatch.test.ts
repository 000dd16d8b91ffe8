import {
  CloudWatchClient,
  DescribeAlarmHistoryCommand,
  DescribeAlarmsCommand,
  GetDashboardCommand,
  GetMetricDataCommand,
  GetMetricStatisticsCommand,
  ListMetricsCommand,
  PutDashboardCommand,
  PutMetricAlarmCommand,
  PutMetricDataCommand,
  type PutMetricDataCommandInput,
  SetAlarmStateCommand,
} from "@aws-sdk/client-cloudwatch";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { startCloud, type TestCloud } from "../../../test/support/cloud.ts";

let cloud: TestCloud;
let client: CloudWatchClient;
let minute: number;
beforeAll(async () => {
  cloud = await startCloud({ strict: true });
  client = new CloudWatchClient(cloud.clientConfig);
  minute = Math.floor(cloud.cloud.clock.now() / 60_000) * 60_000;
});
afterAll(async () => {
  client.destroy();
  await cloud.stop();
});

const put = (Namespace: string, ...MetricData: NonNullable<PutMetricDataCommandInput["MetricData"]>) =>
  client.send(new PutMetricDataCommand({ Namespace, MetricData }));
const range = () => ({ StartTime: new Date(minute - 600_000), EndTime: new Date(minute + 60_000) });

// documented: https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_PutMetricData.html
describe("data points", () => {
  it("come back as statistics of their period, whatever way they came", async () => {
    const Timestamp = new Date(minute);
    await put("Stats", { MetricName: "M", Value: 4, Timestamp }, { MetricName: "M", Values: [1, 2], Counts: [2, 1], Timestamp });
    const answer = await client.send(
      new GetMetricStatisticsCommand({
        Namespace: "Stats",
        MetricName: "M",
        Period: 60,
        Statistics: ["SampleCount", "Sum", "Average", "Minimum", "Maximum"],
        ...range(),
      }),
    );
    expect(answer.Datapoints).toEqual([{ Timestamp, Unit: "None", SampleCount: 4, Sum: 8, Average: 2, Minimum: 1, Maximum: 4 }]);
    const extended = await client.send(
      new GetMetricStatisticsCommand({ Namespace: "Stats", MetricName: "M", Period: 60, ExtendedStatistics: ["p50", "p100"], ...range() }),
    );
    expect(extended.Datapoints?.[0]?.ExtendedStatistics).toEqual({ p50: 1, p100: 4 });
  });

  it("are refused when they are too old, too new, or of AWS's own namespaces", async () => {
    const at = (offset: number) => put("Age", { MetricName: "M", Value: 1, Timestamp: new Date(minute + offset) });
    await expect(at(-15 * 86_400_000)).rejects.toThrow(/two weeks in the past/);
    await expect(at(3 * 3_600_000)).rejects.toThrow(/two hours in the future/);
    await expect(put("AWS/Mine", { MetricName: "M", Value: 1 })).rejects.toMatchObject({ name: "InvalidParameterValueException" });
    await expect(
      cloud.ctx.call("cloudwatch", "PutMetricData", { Namespace: "AWS/Mine", MetricData: [{ MetricName: "M", Value: 1 }] }),
    ).resolves.toEqual({});
  });

  it("are listed by namespace and dimension", async () => {
    await put("List", { MetricName: "A", Value: 1, Dimensions: [{ Name: "Host", Value: "x" }] }, { MetricName: "B", Value: 1 });
    const { Metrics } = await client.send(new ListMetricsCommand({ Namespace: "List", Dimensions: [{ Name: "Host" }] }));
    expect(Metrics).toEqual([{ Namespace: "List", MetricName: "A", Dimensions: [{ Name: "Host", Value: "x" }] }]);
  });
});

// documented: https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_GetMetricData.html
describe("queries", () => {
  const stat = (MetricName: string) => ({ MetricStat: { Metric: { Namespace: "Math", MetricName }, Period: 60, Stat: "Sum" } });

  it("answer metrics and expressions, the newest point first, in pages", async () => {
    const at = (MetricName: string, Value: number, minutes: number) => ({
      MetricName,
      Value,
      Timestamp: new Date(minute - minutes * 60_000),
    });
    await put("Math", at("Errors", 1, 0), at("Errors", 3, 1), at("Requests", 10, 0), at("Requests", 0, 1));
    const queries = {
      MetricDataQueries: [
        { Id: "errors", ...stat("Errors") },
        { Id: "requests", ...stat("Requests"), ReturnData: false },
        { Id: "rate", Expression: "100 * errors / requests", Label: "Error rate" },
        { Id: "total", Expression: "SUM(METRICS())" },
      ],
      ...range(),
    };
    const { MetricDataResults } = await client.send(new GetMetricDataCommand(queries));
    // A division by zero leaves its point out.
    expect(MetricDataResults?.map(({ Id, Values }) => [Id, Values])).toEqual([
      ["errors", [1, 3]],
      ["rate", [10]],
      ["total", [11, 3]],
    ]);
    const first = await client.send(new GetMetricDataCommand({ ...queries, MaxDatapoints: 1 }));
    expect(first.MetricDataResults?.[0]).toMatchObject({ Values: [1], StatusCode: "PartialData" });
    const second = await client.send(new GetMetricDataCommand({ ...queries, MaxDatapoints: 4, NextToken: first.NextToken }));
    expect(second.MetricDataResults?.map(({ Values }) => Values)).toEqual([[3], [10], [11, 3]]);
  });
});

// documented: https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/graph-dynamic-labels.html
it("searches and arrays come as one result each, with their labels", async () => {
  const datum = (host: string, Value: number) => ({
    MetricName: "Load",
    Value,
    Timestamp: new Date(minute),
    Dimensions: [{ Name: "Host", Value: host }],
  });
  await put("Search", datum("web-1", 3), datum("web-2", 5), datum("db-1", 9));
  const { MetricDataResults } = await client.send(
    new GetMetricDataCommand({
      MetricDataQueries: [
        { Id: "found", Expression: "SORT(SEARCH('{Search,Host} web', 'Sum', 60), SUM, DESC)", Label: "Load of" },
        {
          Id: "one",
          Label: "\u0024{PROP('Dim.Host')} up to \u0024{MAX}",
          MetricStat: {
            Metric: { Namespace: "Search", MetricName: "Load", Dimensions: [{ Name: "Host", Value: "db-1" }] },
            Period: 60,
            Stat: "tm90",
          },
        },
      ],
      ...range(),
    }),
  );
  expect(MetricDataResults?.map(({ Id, Label, Values }) => [Id, Label, Values])).toEqual([
    ["found", "Load of web-2 Load", [5]],
    ["found", "Load of web-1 Load", [3]],
    ["one", "db-1 up to 9", [9]],
  ]);
});

// documented: https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_SetAlarmState.html
describe("alarms", () => {
  it("change their state by hand, with a history and an event", async () => {
    await client.send(
      new PutMetricAlarmCommand({
        AlarmName: "errors",
        Namespace: "N",
        MetricName: "M",
        Statistic: "Sum",
        Period: 60,
        EvaluationPeriods: 1,
        Threshold: 1,
        ComparisonOperator: "GreaterThanThreshold",
      }),
    );
    const described = async () => (await client.send(new DescribeAlarmsCommand({ AlarmNames: ["errors"] }))).MetricAlarms?.[0];
    expect(await described()).toMatchObject({ StateValue: "INSUFFICIENT_DATA", ActionsEnabled: true, Threshold: 1 });
    await client.send(new SetAlarmStateCommand({ AlarmName: "errors", StateValue: "ALARM", StateReason: "testing" }));
    expect(await described()).toMatchObject({ StateValue: "ALARM", StateReason: "testing" });
    const { AlarmHistoryItems } = await client.send(new DescribeAlarmHistoryCommand({ AlarmName: "errors" }));
    expect(AlarmHistoryItems?.map(({ HistoryItemType }) => HistoryItemType)).toEqual(["StateUpdate", "ConfigurationUpdate"]);
    const events = cloud.cloud.timeline.read({ source: "aws.cloudwatch", type: "CloudWatch Alarm State Change" });
    expect(events).toMatchObject([{ bus: true, detail: { alarmName: "errors", state: { value: "ALARM" } } }]);
    const missing = client.send(new SetAlarmStateCommand({ AlarmName: "none", StateValue: "OK", StateReason: "x" }));
    await expect(missing).rejects.toMatchObject({ name: "ResourceNotFound" });
  });
});

// documented: https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_PutDashboard.html
describe("dashboards", () => {
  it("are kept when their body is good", async () => {
    const DashboardBody = JSON.stringify({ widgets: [{ type: "text", properties: { markdown: "hi" } }] });
    await client.send(new PutDashboardCommand({ DashboardName: "d", DashboardBody }));
    expect((await client.send(new GetDashboardCommand({ DashboardName: "d" }))).DashboardBody).toBe(DashboardBody);
    const bad = client.send(new PutDashboardCommand({ DashboardName: "d", DashboardBody: "{}" }));
    await expect(bad).rejects.toMatchObject({ name: "DashboardInvalidInputError" });
  });
});

// documented: https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/graph-dynamic-labels.html
it("labels every metric that a search finds with its own values", async () => {
  const { ctx } = cloud;
  const now = cloud.cloud.clock.now();
  const MetricData = ["checkOut", "refund"].map((operation, index) => ({
    MetricName: "LabelledErrors",
    Dimensions: [{ Name: "operation", Value: operation }],
    Value: index + 1,
  }));
  await ctx.call("cloudwatch", "PutMetricData", { Namespace: "labelled", MetricData });
  const labels = async (Label?: string) => {
    const Expression = "SEARCH('{labelled,operation}, errors', 'Sum', 60)";
    const { MetricDataResults = [] } = await ctx.call("cloudwatch", "GetMetricData", {
      MetricDataQueries: [{ Id: "e1", Expression, ...(Label === undefined ? {} : { Label }) }],
      StartTime: new Date(now - 300_000),
      EndTime: new Date(now + 60_000),
    });
    return MetricDataResults.map((result) => result.Label);
  };
  const dynamic = ["PROP('Dim.operation')", "PROP('Stat')", "MAX"].map((name) => `\${${name}}`).join(" ");
  expect(await labels(dynamic)).toEqual(["checkOut Sum 1", "refund Sum 2"]);
  expect(await labels("")).toEqual(["checkOut LabelledErrors", "refund LabelledErrors"]);
});

// documented: https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/using-metric-math.html
it.each([
  ["LAMBDA('source')", "NotImplemented"],
  ["MEDIAN(m1)", "ValidationError"],
  ["SUM(m1", "ValidationError"],
])("makes no alarm on %s", async (Expression, name) => {
  const MetricStat = { Metric: { Namespace: "n", MetricName: "m" }, Period: 60, Stat: "Sum" };
  const alarm = cloud.ctx.call("cloudwatch", "PutMetricAlarm", {
    AlarmName: "none",
    Metrics: [
      { Id: "m1", MetricStat, ReturnData: false },
      { Id: "e1", Expression },
    ],
    EvaluationPeriods: 1,
    Threshold: 1,
    ComparisonOperator: "GreaterThanThreshold",
  });
  await expect(alarm).rejects.toMatchObject({ name });
});

// documented: https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_GetMetricData.html
it("says when a search finds more than 500 metrics", async () => {
  const MetricData = Array.from({ length: 501 }, (_, index) => ({ MetricName: `m${index}`, Value: 1 }));
  await cloud.ctx.call("cloudwatch", "PutMetricData", { Namespace: "many", MetricData });
  const now = cloud.cloud.clock.now();
  const { MetricDataResults = [], Messages } = await cloud.ctx.call("cloudwatch", "GetMetricData", {
    MetricDataQueries: [{ Id: "e1", Expression: "SEARCH('{many}', 'Sum', 60)" }],
    StartTime: new Date(now - 60_000),
    EndTime: new Date(now + 60_000),
  });
  expect(MetricDataResults).toHaveLength(500);
  expect(Messages).toMatchObject([{ Value: "Maximum number of allowed metrics exceeded" }]);
});
