import {
  CloudWatchLogsClient,
  CreateLogGroupCommand,
  CreateLogStreamCommand,
  DeleteQueryDefinitionCommand,
  DescribeQueriesCommand,
  DescribeQueryDefinitionsCommand,
  GetLogGroupFieldsCommand,
  GetLogRecordCommand,
  GetQueryResultsCommand,
  PutLogEventsCommand,
  PutQueryDefinitionCommand,
  type ResultField,
  StartQueryCommand,
  StopQueryCommand,
} from "@aws-sdk/client-cloudwatch-logs";
import { afterAll, beforeAll, expect, it } from "vitest";
import { startCloud, type TestCloud } from "../../../../test/support/cloud.ts";

let cloud: TestCloud;
let logs: CloudWatchLogsClient;
let now = 0;
beforeAll(async () => {
  cloud = await startCloud();
  logs = new CloudWatchLogsClient(cloud.clientConfig);
  now = cloud.cloud.clock.now();
  for (const [group, count] of [
    ["/app/a", 30],
    ["/app/b", 10],
  ] as const) {
    await logs.send(new CreateLogGroupCommand({ logGroupName: group }));
    await logs.send(new CreateLogStreamCommand({ logGroupName: group, logStreamName: "s" }));
    const logEvents = Array.from({ length: count }, (_, i) => ({
      timestamp: now - (count - i) * 1_000,
      message: JSON.stringify({ n: i, group }),
    }));
    await logs.send(new PutLogEventsCommand({ logGroupName: group, logStreamName: "s", logEvents }));
  }
});
afterAll(() => cloud.stop());

const row = (fields: readonly ResultField[]) => Object.fromEntries(fields.map(({ field = "", value = "" }) => [field, value]));

async function ask(queryString: string, groups: string[] = ["/app/a"]) {
  const range = { startTime: Math.floor(now / 1_000) - 3_600, endTime: Math.floor(now / 1_000) };
  const { queryId } = await logs.send(new StartQueryCommand({ logGroupNames: groups, queryString, ...range }));
  const answer = await logs.send(new GetQueryResultsCommand({ queryId }));
  return { queryId, ...answer, rows: (answer.results ?? []).map(row) };
}

// documented: https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_GetQueryResults.html
it("answers a small query at the first look, newest first over all groups, with what it read", async () => {
  const { status, rows, statistics } = await ask("fields n, group | limit 3", ["/app/a", "/app/b"]);
  expect(status).toBe("Complete");
  expect(rows.map(({ n, group }) => `${group} ${n}`)).toEqual(["/app/a 29", "/app/b 9", "/app/a 28"]);
  expect(statistics).toMatchObject({ recordsMatched: 3, recordsScanned: 3, logGroupsScanned: 2 });
  const { logRecord } = await logs.send(new GetLogRecordCommand({ logRecordPointer: rows[0]?.["@ptr"] }));
  expect(logRecord).toMatchObject({ n: "29", "@logStream": "s", "@log": "000000000000:/app/a" });
});

// documented: https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/CWL_QuerySyntax-Stats.html
it("aggregates by group and minute", async () => {
  const { rows, statistics } = await ask("stats count() as n, max(n) as top by @log | sort n", ["/app/a", "/app/b"]);
  expect(rows).toEqual([
    { "@log": "000000000000:/app/b", n: "10", top: "9" },
    { "@log": "000000000000:/app/a", n: "30", top: "29" },
  ]);
  expect(statistics).toMatchObject({ recordsMatched: 40, recordsScanned: 40 });
});

// documented: https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_StartQuery.html
it("refuses what is no query, with its place, and groups that are not there", async () => {
  await expect(ask("fields | nonsense")).rejects.toMatchObject({
    name: "MalformedQueryException",
    queryCompileError: { location: { startCharOffset: 7, endCharOffset: 8 } },
  });
  await expect(ask("fields n", ["/none"])).rejects.toMatchObject({ name: "ResourceNotFoundException" });
});

// documented: https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_StopQuery.html
it("lists its queries; one that is over is not stopped", async () => {
  const { queryId } = await ask("fields n | limit 1");
  const { queries = [] } = await logs.send(new DescribeQueriesCommand({ logGroupName: "/app/a", status: "Complete" }));
  expect(queries.find((query) => query.queryId === queryId)).toMatchObject({ queryString: "fields n | limit 1", logGroupName: "/app/a" });
  await expect(logs.send(new StopQueryCommand({ queryId }))).rejects.toMatchObject({ name: "InvalidParameterException" });
});

// documented: https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_GetLogGroupFields.html
it("tells which fields a group has, and in how many of its events", async () => {
  const { logGroupFields = [] } = await logs.send(new GetLogGroupFieldsCommand({ logGroupName: "/app/a" }));
  expect(logGroupFields).toContainEqual({ name: "n", percent: 100 });
});

// documented: https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_PutQueryDefinition.html
it("keeps saved queries", async () => {
  const { queryDefinitionId } = await logs.send(
    new PutQueryDefinitionCommand({ name: "app/errors", queryString: "fields n", logGroupNames: ["/app/a"] }),
  );
  await logs.send(new PutQueryDefinitionCommand({ queryDefinitionId, name: "app/all", queryString: "fields n" }));
  const { queryDefinitions } = await logs.send(new DescribeQueryDefinitionsCommand({ queryDefinitionNamePrefix: "app/" }));
  expect(queryDefinitions).toMatchObject([{ queryDefinitionId, name: "app/all", queryString: "fields n" }]);
  expect(await logs.send(new DeleteQueryDefinitionCommand({ queryDefinitionId }))).toMatchObject({ success: true });
});
