import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import {
  ApplicationSignalsClient,
  BatchGetServiceLevelObjectiveBudgetReportCommand,
  BatchUpdateExclusionWindowsCommand,
  CreateServiceLevelObjectiveCommand,
  type CreateServiceLevelObjectiveCommandInput,
  DeleteServiceLevelObjectiveCommand,
  GetServiceLevelObjectiveCommand,
  ListServiceLevelObjectiveExclusionWindowsCommand,
  ListServiceLevelObjectivesCommand,
  ListTagsForResourceCommand,
  TagResourceCommand,
  UntagResourceCommand,
  UpdateServiceLevelObjectiveCommand,
} from "@aws-sdk/client-application-signals";
import { CloudWatchClient, GetMetricStatisticsCommand, PutMetricDataCommand } from "@aws-sdk/client-cloudwatch";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { startCloud, type TestCloud } from "../../../../test/support/cloud.ts";

let cloud: TestCloud;
let signals: ApplicationSignalsClient;
let cloudwatch: CloudWatchClient;
async function start(): Promise<void> {
  cloud = await startCloud();
  signals = new ApplicationSignalsClient(cloud.clientConfig);
  cloudwatch = new CloudWatchClient(cloud.clientConfig);
}
const stop = (): Promise<void> => cloud.stop();

const now = (): number => cloud.cloud.clock.now();
const minutes = (count: number): Promise<void> => cloud.cloud.clock.advance(count * 60_000);
const put = (values: Readonly<Record<string, number>>) =>
  cloudwatch.send(
    new PutMetricDataCommand({
      Namespace: "Shop",
      MetricData: Object.entries(values).map(([MetricName, Value]) => ({ MetricName, Value, Timestamp: new Date(now()) })),
    }),
  );
const stat = (Id: string, MetricName: string, Stat = "Sum", ReturnData = true) => ({
  Id,
  MetricStat: { Metric: { Namespace: "Shop", MetricName }, Period: 60, Stat },
  ReturnData,
});
const hours = (Duration: number) => ({ Interval: { RollingInterval: { DurationUnit: "HOUR" as const, Duration } }, AttainmentGoal: 90 });
/** At most 200 ms in each minute. */
const latency = (more: Partial<CreateServiceLevelObjectiveCommandInput> = {}): CreateServiceLevelObjectiveCommandInput => ({
  Name: "fast",
  SliConfig: {
    SliMetricConfig: { MetricDataQueries: [stat("m1", "Latency", "Average")] },
    MetricThreshold: 200,
    ComparisonOperator: "LessThanOrEqualTo",
  },
  Goal: hours(1),
  ...more,
});
const requests = (more: Partial<CreateServiceLevelObjectiveCommandInput> = {}): CreateServiceLevelObjectiveCommandInput => ({
  Name: "good",
  RequestBasedSliConfig: {
    RequestBasedSliMetricConfig: {
      TotalRequestCountMetric: [stat("m1", "Ok", "Sum", false), stat("m2", "Bad", "Sum", false), { Id: "e1", Expression: "m1 + m2" }],
      MonitoredRequestCountMetric: { GoodCountMetric: [stat("m1", "Ok")] },
    },
  },
  Goal: hours(1),
  ...more,
});
const create = async (input: CreateServiceLevelObjectiveCommandInput) =>
  (await signals.send(new CreateServiceLevelObjectiveCommand(input))).Slo;
const report = async (name: string, at = now()) =>
  (await signals.send(new BatchGetServiceLevelObjectiveBudgetReportCommand({ Timestamp: new Date(at), SloIds: [name] }))).Reports?.[0];
async function published(MetricName: string, SloName: string): Promise<(number | undefined)[]> {
  const asked = { Namespace: "AWS/ApplicationSignals", MetricName, Dimensions: [{ Name: "SloName", Value: SloName }], Period: 60 };
  const range = { StartTime: new Date(now() - 3_600_000), EndTime: new Date(now()) };
  const { Datapoints = [] } = await cloudwatch.send(new GetMetricStatisticsCommand({ ...asked, ...range, Statistics: ["Maximum"] }));
  return Datapoints.toSorted((a, b) => Number(a.Timestamp) - Number(b.Timestamp)).map(({ Maximum }) => Maximum);
}

describe("an SLO", () => {
  beforeAll(start);
  afterAll(stop);
  afterEach(async () => {
    for (;;) {
      const { SloSummaries = [] } = await cloud.ctx.call("application-signals", "ListServiceLevelObjectives", {});
      if (SloSummaries.length === 0) return;
      for (const { Name: Id = "" } of SloSummaries) await cloud.ctx.call("application-signals", "DeleteServiceLevelObjective", { Id });
    }
  });

  // documented: https://docs.aws.amazon.com/applicationsignals/latest/APIReference/API_CreateServiceLevelObjective.html
  test("is made with the documented defaults, told by name and ARN, changed, listed and deleted", async () => {
    const { Goal: _, ...plain } = latency();
    const slo = await create({ ...plain, Description: "all of it" });
    const arn = "arn:aws:application-signals:us-east-1:000000000000:slo/fast";
    expect(slo).toMatchObject({
      Arn: arn,
      EvaluationType: "PeriodBased",
      MetricSourceType: "CloudWatchMetric",
      Goal: { AttainmentGoal: 99, WarningThreshold: 50, Interval: { RollingInterval: { DurationUnit: "DAY", Duration: 7 } } },
      Sli: { MetricThreshold: 200, ComparisonOperator: "LessThanOrEqualTo" },
    });
    for (const Id of [arn, "fast"]) {
      expect((await signals.send(new GetServiceLevelObjectiveCommand({ Id }))).Slo?.Description).toBe("all of it");
    }
    const StartTime = new Date(Math.floor(now() / 1_000) * 1_000);
    const Goal = { Interval: { CalendarInterval: { StartTime, DurationUnit: "MONTH" as const, Duration: 1 } } };
    const updated = await signals.send(new UpdateServiceLevelObjectiveCommand({ Id: arn, Goal }));
    expect(updated.Slo).toMatchObject({ Description: "all of it", Goal: { ...Goal, AttainmentGoal: 99 } });
    await create(requests());
    const list = async (input: object) => signals.send(new ListServiceLevelObjectivesCommand(input));
    const first = await list({ MaxResults: 1 });
    expect(first.SloSummaries).toMatchObject([{ Name: "fast" }]);
    expect((await list({ NextToken: first.NextToken })).SloSummaries).toMatchObject([{ Name: "good", EvaluationType: "RequestBased" }]);
    expect((await list({ MetricSourceTypes: ["ServiceOperation"] })).SloSummaries).toEqual([]);
    await signals.send(new DeleteServiceLevelObjectiveCommand({ Id: "fast" }));
    await expect(signals.send(new GetServiceLevelObjectiveCommand({ Id: "fast" }))).rejects.toMatchObject({
      name: "ResourceNotFoundException",
      ResourceId: "fast",
    });
  });

  // documented: https://docs.aws.amazon.com/applicationsignals/latest/APIReference/API_CreateServiceLevelObjective.html
  test.each<[string, CreateServiceLevelObjectiveCommandInput, RegExp]>([
    ["both kinds", { ...requests(), ...latency() }, /Exactly one of SliConfig/],
    ["neither kind", { Name: "none" }, /Exactly one of SliConfig/],
    ["a look-back as long as the interval", latency({ BurnRateConfigurations: [{ LookBackWindowMinutes: 60 }] }), /less than the SLO's/],
    ["an interval of minutes", latency({ Goal: { Interval: { RollingInterval: { DurationUnit: "MINUTE", Duration: 5 } } } }), /one hour/],
    ["no goal below 100 %", latency({ Goal: { AttainmentGoal: 100 } }), /AttainmentGoal/],
    [
      "a service that has not reported",
      {
        Name: "unseen",
        RequestBasedSliConfig: {
          RequestBasedSliMetricConfig: {
            KeyAttributes: { Type: "Service", Name: "a", Environment: "lambda:default" },
            MetricType: "AVAILABILITY",
          },
        },
      },
      /has not reported metrics/,
    ],
    [
      "metric math that is none",
      latency({
        SliConfig: {
          SliMetricConfig: { MetricDataQueries: [{ Id: "e1", Expression: "m1 +" }] },
          MetricThreshold: 1,
          ComparisonOperator: "LessThan",
        },
      }),
      /./,
    ],
  ])("with %s is refused", async (_, input, message) => {
    await expect(create(input)).rejects.toMatchObject({ name: "ValidationException", message: expect.stringMatching(message) });
  });

  // documented: https://docs.aws.amazon.com/applicationsignals/latest/APIReference/API_CreateServiceLevelObjective.html#API_CreateServiceLevelObjective_Errors
  test("of a name that is taken is a conflict, and stays of its kind", async () => {
    await create(latency());
    await expect(create(latency())).rejects.toMatchObject({ name: "ConflictException" });
    const { RequestBasedSliConfig } = requests();
    await expect(signals.send(new UpdateServiceLevelObjectiveCommand({ Id: "fast", RequestBasedSliConfig }))).rejects.toMatchObject({
      name: "ValidationException",
    });
  });

  // documented: https://docs.aws.amazon.com/applicationsignals/latest/APIReference/API_CreateServiceLevelObjective.html
  test.each([{ CreateRecommendedSlo: true }, { AutoInvestigationEnabled: true }])(
    "with %o, which is not there, is not made",
    async (more) => {
      const client = new ApplicationSignalsClient(cloud.clientConfig);
      client.middlewareStack.add(
        (next) => (args) => {
          const request = args.request as { body: Uint8Array; headers: Record<string, string> };
          request.body = new TextEncoder().encode(
            JSON.stringify({ ...(JSON.parse(new TextDecoder().decode(request.body)) as object), ...more }),
          );
          request.headers["content-length"] = String(request.body.length);
          return next(args);
        },
        { step: "build", priority: "low" },
      );
      await expect(client.send(new CreateServiceLevelObjectiveCommand(latency()))).rejects.toMatchObject({
        $metadata: { httpStatusCode: 501 },
      });
    },
  );

  // documented: https://docs.aws.amazon.com/general/latest/gr/cwApplicationSignals_region.html
  test("is one of at most 250", async () => {
    for (let i = 0; i < 250; i++) await cloud.ctx.call("application-signals", "CreateServiceLevelObjective", latency({ Name: `slo-${i}` }));
    await expect(create(latency())).rejects.toMatchObject({ name: "ServiceQuotaExceededException" });
  });

  // documented: https://docs.aws.amazon.com/applicationsignals/latest/APIReference/API_TagResource.html
  test("has tags", async () => {
    const ResourceArn = (await create(latency({ Tags: [{ Key: "team", Value: "a" }] })))?.Arn ?? "";
    await signals.send(new TagResourceCommand({ ResourceArn, Tags: [{ Key: "tier", Value: "1" }] }));
    await signals.send(new UntagResourceCommand({ ResourceArn, TagKeys: ["team"] }));
    expect((await signals.send(new ListTagsForResourceCommand({ ResourceArn }))).Tags).toEqual([{ Key: "tier", Value: "1" }]);
    const Tags = Array.from({ length: 50 }, (_, i) => ({ Key: `k${i}`, Value: "" }));
    await expect(signals.send(new TagResourceCommand({ ResourceArn, Tags }))).rejects.toMatchObject({
      name: "ServiceQuotaExceededException",
    });
  });
});

describe("a period-based SLO", () => {
  beforeEach(start);
  afterEach(stop);

  // documented: https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/CloudWatch-ServiceLevelObjectives.html#CloudWatch-ServiceLevelObjectives-budget
  test("spends a period's seconds where its data point misses the threshold, and publishes its attainment", async () => {
    await create(latency({ BurnRateConfigurations: [{ LookBackWindowMinutes: 5 }] }));
    for (const value of [100, 300, 200, 400]) {
      await put({ Latency: value });
      await minutes(1);
    }
    // Two of 60 minutes: six may fail.
    const expected = { TotalBudgetSeconds: 360, BudgetSecondsRemaining: 240, BudgetStatus: "OK", EvaluationType: "PeriodBased" };
    expect(await report("fast")).toMatchObject({ ...expected, Attainment: 96.666667 });
    expect((await published("AttainmentRate", "fast")).at(-1)).toBe(96.666667);
    // As it stood before.
    expect(await report("fast", now() - 120_000)).toMatchObject({ BudgetSecondsRemaining: 300 });
    expect(await report("fast", now() - 3_600_000)).toMatchObject({ BudgetStatus: "INSUFFICIENT_DATA" });
  });

  // documented: https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/CloudWatch-ServiceLevelObjectives.html#CloudWatch-TimeWindowExclusion
  test("takes what happens in an exclusion window as non-breaching, until the window is removed", async () => {
    await create(latency());
    const StartTime = new Date(Math.ceil((now() + 1) / 60_000) * 60_000);
    const window = {
      Window: { DurationUnit: "MINUTE" as const, Duration: 2 },
      StartTime,
      RecurrenceRule: { Expression: "rate(5 minutes)" },
    };
    const change = (input: object) => signals.send(new BatchUpdateExclusionWindowsCommand({ SloIds: ["fast", "no-such"], ...input }));
    const added = await change({ AddExclusionWindows: [{ ...window, Reason: "maintenance" }] });
    expect(added).toMatchObject({ SloIds: ["fast"], Errors: [{ SloId: "no-such", ErrorCode: "ResourceNotFoundException" }] });
    const listed = await signals.send(new ListServiceLevelObjectiveExclusionWindowsCommand({ Id: "fast" }));
    expect(listed.ExclusionWindows).toEqual([{ ...window, Reason: "maintenance" }]);
    await cloud.cloud.clock.advance(StartTime.getTime() - now());
    for (let i = 0; i < 10; i++) {
      await put({ Latency: 300 });
      await minutes(1);
    }
    // Of ten bad minutes, the first two and the sixth and seventh are excluded.
    expect(await report("fast")).toMatchObject({ BudgetSecondsRemaining: 0, Attainment: 90, BudgetStatus: "BREACHED" });
    expect((await change({ RemoveExclusionWindows: [window] })).SloIds).toEqual(["fast"]);
    await put({ Latency: 300 });
    await minutes(1);
    expect(await report("fast")).toMatchObject({ BudgetSecondsRemaining: -60 });
    const past = { ...window, StartTime: new Date(now() - 60_000) };
    expect((await change({ AddExclusionWindows: [past] })).Errors).toMatchObject([{ ErrorCode: "ValidationException" }, {}]);
    const eleven = Array.from({ length: 10 }, () => ({ Window: window.Window }));
    await change({ AddExclusionWindows: eleven });
    expect((await change({ AddExclusionWindows: eleven.slice(0, 1) })).Errors?.[0]).toMatchObject({ ErrorCode: "ValidationException" });
  });

  // documented: https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/CloudWatch-ServiceLevelObjectives.html#CloudWatch-ServiceLevelObjectives-Edit
  test("begins anew with another threshold, and goes on with another goal", async () => {
    await create(latency());
    await put({ Latency: 300 });
    await minutes(1);
    await signals.send(new UpdateServiceLevelObjectiveCommand({ Id: "fast", Goal: { AttainmentGoal: 99 } }));
    expect(await report("fast")).toMatchObject({ TotalBudgetSeconds: 36, BudgetSecondsRemaining: -24, BudgetStatus: "BREACHED" });
    const SliConfig = {
      SliMetricConfig: latency().SliConfig?.SliMetricConfig,
      ComparisonOperator: "LessThanOrEqualTo" as const,
      MetricThreshold: 100,
    };
    await signals.send(new UpdateServiceLevelObjectiveCommand({ Id: "fast", SliConfig }));
    expect(await report("fast")).toMatchObject({ BudgetStatus: "INSUFFICIENT_DATA" });
  });
});

describe("a request-based SLO", () => {
  beforeEach(start);
  afterEach(stop);

  // documented: https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/CloudWatch-ServiceLevelObjectives.html#CloudWatch-ServiceLevelObjectives-budget-request
  test("counts requests by metric math, lets go of what leaves its interval, and publishes what it counted", async () => {
    await create(requests());
    await put({ Ok: 9, Bad: 1 });
    await minutes(30);
    await put({ Ok: 18, Bad: 2 });
    await minutes(1);
    expect(await report("good")).toMatchObject({ TotalBudgetRequests: 3, BudgetRequestsRemaining: 0, Attainment: 90 });
    expect((await published("TotalRequestCountPerMinute", "good")).at(-1)).toBe(20);
    expect((await published("BadRequestCountPerMinute", "good")).at(-1)).toBe(2);
    await minutes(30);
    expect(await report("good")).toMatchObject({ TotalBudgetRequests: 2, BudgetRequestsRemaining: 0, BudgetStatus: "BREACHED" });
    await minutes(35);
    expect(await report("good")).toMatchObject({ BudgetStatus: "INSUFFICIENT_DATA" });
  });

  // documented: https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/CloudWatch-ServiceLevelObjectives.html#CloudWatch-TimeWindowExclusion
  test("leaves out the requests of an exclusion window, and publishes 100 % where there are no others", async () => {
    await create(requests());
    const AddExclusionWindows = [{ Window: { DurationUnit: "HOUR" as const, Duration: 1 } }];
    await signals.send(new BatchUpdateExclusionWindowsCommand({ SloIds: ["good"], AddExclusionWindows }));
    await put({ Ok: 1, Bad: 9 });
    await minutes(2);
    expect(await published("AttainmentRate", "good")).toContain(100);
    expect(await report("good")).toMatchObject({ Attainment: 100, BudgetStatus: "OK" });
  });
});

// documented: https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/CloudWatch-ServiceLevelObjectives.html
test("an SLO goes on over a restart, and knows what came meanwhile", async () => {
  const dataDir = mkdtempSync(join(tmpdir(), "orrery-slo-"));
  try {
    let own = await startCloud({ dataDir });
    await own.ctx.call("application-signals", "CreateServiceLevelObjective", latency() as never);
    const MetricData = [{ MetricName: "Latency", Value: 300 }];
    await own.ctx.call("cloudwatch", "PutMetricData", { Namespace: "Shop", MetricData });
    await own.stop();
    own = await startCloud({ dataDir });
    await own.cloud.clock.advance(120_000);
    const { Metrics } = await own.ctx.call("cloudwatch", "ListMetrics", { Namespace: "AWS/ApplicationSignals" });
    expect(Metrics).toMatchObject([{ MetricName: "AttainmentRate", Dimensions: [{ Name: "SloName", Value: "fast" }] }]);
    await own.reset();
    const { SloSummaries } = await own.ctx.with({}).call("application-signals", "ListServiceLevelObjectives", {});
    expect(SloSummaries).toEqual([]);
    await own.stop();
  } finally {
    rmSync(dataDir, { recursive: true, force: true });
  }
});
