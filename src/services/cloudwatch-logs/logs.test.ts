import {
  CloudWatchLogsClient,
  CreateLogGroupCommand,
  CreateLogStreamCommand,
  DeleteLogGroupCommand,
  DescribeLogGroupsCommand,
  DescribeLogStreamsCommand,
  FilterLogEventsCommand,
  GetLogEventsCommand,
  PutLogEventsCommand,
  PutMetricFilterCommand,
  PutRetentionPolicyCommand,
  TestMetricFilterCommand,
} from "@aws-sdk/client-cloudwatch-logs";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { startCloud, type TestCloud } from "../../../test/support/cloud.ts";

let cloud: TestCloud;
let client: CloudWatchLogsClient;
const now = (): number => cloud.cloud.clock.now();
beforeAll(async () => {
  cloud = await startCloud({ strict: true });
  client = new CloudWatchLogsClient(cloud.clientConfig);
});
afterAll(async () => {
  client.destroy();
  await cloud.stop();
});

async function group(logGroupName: string, ...streams: string[]): Promise<void> {
  await client.send(new CreateLogGroupCommand({ logGroupName }));
  for (const logStreamName of streams) await client.send(new CreateLogStreamCommand({ logGroupName, logStreamName }));
}
const put = (logGroupName: string, logStreamName: string, ...logEvents: { timestamp: number; message: string }[]) =>
  client.send(new PutLogEventsCommand({ logGroupName, logStreamName, logEvents }));
const event = (message: string, offset = 0) => ({ timestamp: now() + offset, message });

// documented: https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_GetLogEvents.html
describe("reading a stream", () => {
  it("gives the newest events in order, and tokens that stay the same at the end", async () => {
    await group("/read", "s");
    await put("/read", "s", event("1", 1), event("2", 2), event("3", 3));
    const read = (more: object) => client.send(new GetLogEventsCommand({ logGroupName: "/read", logStreamName: "s", ...more }));
    const newest = await read({ limit: 2 });
    expect(newest.events?.map(({ message }) => message)).toEqual(["2", "3"]);
    const earlier = await read({ nextToken: newest.nextBackwardToken });
    expect(earlier.events?.map(({ message }) => message)).toEqual(["1"]);
    const end = await read({ nextToken: newest.nextForwardToken });
    expect(end).toMatchObject({ events: [], nextForwardToken: newest.nextForwardToken });
    await put("/read", "s", event("4", 4));
    expect((await read({ nextToken: end.nextForwardToken })).events?.map(({ message }) => message)).toEqual(["4"]);
    expect((await read({ startFromHead: true, limit: 1 })).events?.[0]?.message).toBe("1");
  });
});

// documented: https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_PutLogEvents.html
describe("writing", () => {
  it("refuses disorder, and tells which events are too old or too new", async () => {
    await group("/write", "s");
    await expect(put("/write", "s", event("b", 5), event("a"))).rejects.toThrow(/chronological/);
    await expect(put("/write", "none", event("a"))).rejects.toMatchObject({ name: "ResourceNotFoundException" });
    const day = 86_400_000;
    await expect(put("/write", "s", event("a", -day - 1), event("b"))).rejects.toThrow(/24 hours/);
    expect((await put("/write", "s", event("old", -15 * day))).rejectedLogEventsInfo).toEqual({ tooOldLogEventEndIndex: 1 });
    const late = await put("/write", "s", event("fine"), event("late", 3 * 3_600_000));
    expect(late.rejectedLogEventsInfo).toEqual({ tooNewLogEventStartIndex: 1 });
  });
});

// documented: https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_FilterLogEvents.html
describe("searching a group", () => {
  it("merges its streams by time, filters and pages", async () => {
    await group("/search", "a", "b");
    await put("/search", "a", event("ERROR a1", 1), event("INFO a2", 3));
    await put("/search", "b", event("ERROR b1", 2), event("ERROR b2", 4));
    const search = (more: object) => client.send(new FilterLogEventsCommand({ logGroupName: "/search", ...more }));
    const first = await search({ filterPattern: "ERROR", limit: 2 });
    expect(first.events?.map(({ message }) => message)).toEqual(["ERROR a1", "ERROR b1"]);
    const second = await search({ filterPattern: "ERROR", limit: 2, nextToken: first.nextToken });
    expect(second.events?.map(({ logStreamName, message }) => [logStreamName, message])).toEqual([["b", "ERROR b2"]]);
    expect((await search({ logStreamNamePrefix: "a", endTime: now() + 3 })).events).toHaveLength(2);
    await expect(search({ logStreamNames: ["none"] })).rejects.toMatchObject({ name: "ResourceNotFoundException" });
  });
});

// documented: https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_DescribeLogStreams.html
describe("groups and streams", () => {
  it("are listed by prefix, and streams by their last event", async () => {
    await group("/list/a", "x", "y", "z");
    await group("/list/b");
    const { logGroups } = await client.send(new DescribeLogGroupsCommand({ logGroupNamePrefix: "/list/" }));
    expect(logGroups?.map(({ arn }) => arn)).toEqual([
      "arn:aws:logs:us-east-1:000000000000:log-group:/list/a:*",
      "arn:aws:logs:us-east-1:000000000000:log-group:/list/b:*",
    ]);
    await put("/list/a", "y", event("1", 1));
    await put("/list/a", "x", event("2", 2));
    const streams = async (more: object) =>
      (await client.send(new DescribeLogStreamsCommand({ logGroupName: "/list/a", ...more }))).logStreams?.map(
        ({ logStreamName }) => logStreamName,
      );
    expect(await streams({ orderBy: "LastEventTime", descending: true })).toEqual(["x", "y", "z"]);
    expect(await streams({ descending: true, limit: 2 })).toEqual(["z", "y"]);
    await expect(group("/list/a")).rejects.toMatchObject({ name: "ResourceAlreadyExistsException" });
    await client.send(new DeleteLogGroupCommand({ logGroupName: "/list/a" }));
    await expect(streams({})).rejects.toMatchObject({ name: "ResourceNotFoundException" });
  });

  // documented: https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_PutRetentionPolicy.html
  it("forget events after their retention", async () => {
    await group("/retention", "s");
    await put("/retention", "s", event("gone tomorrow"));
    await client.send(new PutRetentionPolicyCommand({ logGroupName: "/retention", retentionInDays: 1 }));
    await cloud.cloud.clock.advance(86_400_001);
    const { events } = await client.send(new FilterLogEventsCommand({ logGroupName: "/retention" }));
    expect(events).toEqual([]);
    const policy = client.send(new PutRetentionPolicyCommand({ logGroupName: "/retention", retentionInDays: 2 }));
    await expect(policy).rejects.toMatchObject({ name: "InvalidParameterException" });
  });
});

// documented: https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/MonitoringLogData.html
describe("metric filters", () => {
  it("count matches and extract values", async () => {
    await group("/metrics", "s");
    await client.send(
      new PutMetricFilterCommand({
        logGroupName: "/metrics",
        filterName: "latency",
        filterPattern: "{ $.latency > 0 }",
        metricTransformations: [{ metricName: "Latency", metricNamespace: "App", metricValue: "$.latency" }],
      }),
    );
    await put("/metrics", "s", event('{"latency": 40}'), event('{"latency": 60}'), event("text"));
    await cloud.cloud.clock.advance(60_000);
    const answer = await cloud.ctx.call("cloudwatch", "GetMetricStatistics", {
      Namespace: "App",
      MetricName: "Latency",
      StartTime: new Date(now() - 3_600_000),
      EndTime: new Date(now() + 60_000),
      Period: 7_200,
      Statistics: ["Sum", "SampleCount"],
    });
    expect(answer.Datapoints).toMatchObject([{ Sum: 100, SampleCount: 2 }]);
  });

  it("can be tried out", async () => {
    const input = { filterPattern: "[level, text]", logEventMessages: ["ERROR no disk", "one"] };
    const { matches } = await client.send(new TestMetricFilterCommand(input));
    expect(matches).toEqual([{ eventNumber: 1, eventMessage: "ERROR no disk", extractedValues: { $level: "ERROR", $text: "no disk" } }]);
  });
});
