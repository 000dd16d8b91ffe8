import {
  CloudWatchLogsClient,
  CreateLogGroupCommand,
  CreateLogStreamCommand,
  DeleteIndexPolicyCommand,
  DeleteQueryDefinitionCommand,
  DescribeFieldIndexesCommand,
  DescribeIndexPoliciesCommand,
  DescribeQueriesCommand,
  DescribeQueryDefinitionsCommand,
  GetLogGroupFieldsCommand,
  GetLogRecordCommand,
  GetQueryResultsCommand,
  PutAccountPolicyCommand,
  PutDataProtectionPolicyCommand,
  PutIndexPolicyCommand,
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

const put = async (logGroupName: string, events: readonly (readonly [offset: number, message: object | string])[]): Promise<void> => {
  await logs.send(new CreateLogGroupCommand({ logGroupName }));
  await logs.send(new CreateLogStreamCommand({ logGroupName, logStreamName: "s" }));
  const logEvents = events.map(([offset, message]) => ({
    timestamp: now + offset,
    message: typeof message === "string" ? message : JSON.stringify(message),
  }));
  await logs.send(new PutLogEventsCommand({ logGroupName, logStreamName: "s", logEvents }));
};

// documented: https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/CWL_QuerySyntax-Join.html
it("joins events of two log groups by a field", async () => {
  await put("/join/api", [
    [-3_000, { requestId: "1", status: 500 }],
    [-2_000, { requestId: "2", status: 502 }],
    [-1_000, { requestId: "3", status: 200 }],
  ]);
  await put("/join/fn", [[-2_000, { requestId: "1", duration: 12 }]]);
  const query = (type: string): string => `filter status >= 500
    | join ${type} left=api right=fn where api.requestId=fn.requestId (SOURCE '/join/fn')
    | fields api.requestId, api.status, fn.duration | sort api.requestId`;
  const first = { "api.requestId": "1", "api.status": "500", "fn.duration": "12" };
  expect((await ask(query("type=inner"), ["/join/api"])).rows).toEqual([first]);
  expect((await ask(query("type=left"), ["/join/api"])).rows).toEqual([first, { "api.requestId": "2", "api.status": "502" }]);
});

// documented: https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/CWL_QuerySyntax-Subqueries.html
it("filters by what another query finds", async () => {
  await put("/sub/db", [
    [-3_000, { requestId: "a", status: "FAILED" }],
    [-2_000, { requestId: "a", status: "FAILED" }],
    [-1_000, { requestId: "b", status: "FAILED" }],
  ]);
  await put("/sub/web", [
    [-2_000, { requestId: "a", path: "/x" }],
    [-1_000, { requestId: "b", path: "/y" }],
  ]);
  const inner = `SOURCE '/sub/db' | filter status = "FAILED" | stats count(*) as n by requestId | filter n > 1 | fields requestId`;
  const { rows } = await ask(`filter requestId in (${inner}) | fields path`, ["/sub/web"]);
  expect(rows.map(({ path }) => path)).toEqual(["/x"]);
  const nested = `filter requestId in (SOURCE '/sub/db' | filter requestId in (${inner}))`;
  await expect(ask(nested, ["/sub/web"])).rejects.toThrow(/nested subqueries/);
});

// documented: https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/CWL_QuerySyntax-Source.html
it("names its log groups itself", async () => {
  const range = { startTime: Math.floor(now / 1_000) - 3_600, endTime: Math.floor(now / 1_000) };
  const queryString = "SOURCE logGroups(namePrefix: ['/app/'], class: ['STANDARD']) | stats count(*) as n by @log | sort @log";
  const { queryId } = await logs.send(new StartQueryCommand({ queryString, ...range }));
  const { results = [] } = await logs.send(new GetQueryResultsCommand({ queryId }));
  expect(results.map(row)).toEqual([
    { "@log": "000000000000:/app/a", n: "30" },
    { "@log": "000000000000:/app/b", n: "10" },
  ]);
});

// documented: https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/CWL_AnalyzeLogData_Compare.html
it("compares patterns with those of the time before", async () => {
  await put("/diff", [
    [-5_400_000, "job 1 done"],
    [-5_300_000, "job 2 done"],
    [-1_000, "job 3 done"],
    [-500, "disk is full"],
  ]);
  const { rows } = await ask("diff", ["/diff"]);
  const shown = rows.map((found) => [found["@pattern"], found["@sampleCount"], found["@diffEventCount"]]);
  expect(shown.sort()).toEqual([
    ["disk is full", "1", "1"],
    ["job <Number-1> done", "1", "-1"],
  ]);
});

// documented: https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/CWL_QuerySyntax-FilterIndex.html
it("looks only into log groups that are indexed, since they are", async () => {
  await put("/index/a", [[-3_000, { ip: "1.1.1.1", n: 1 }]]);
  await put("/index/b", [[-3_000, { ip: "1.1.1.1", n: 2 }]]);
  const indexPolicy = { logGroupIdentifier: "/index/a", policyDocument: '{"Fields":["ip"],"FieldsV2":{"n":{"type":"FACET"}}}' };
  await logs.send(new PutIndexPolicyCommand(indexPolicy));
  await logs.send(
    new PutLogEventsCommand({
      logGroupName: "/index/a",
      logStreamName: "s",
      logEvents: [{ timestamp: now, message: '{"ip":"1.1.1.1","n":3}' }],
    }),
  );
  const query = (field: string) => ask(`filterIndex ${field} | fields n`, ["/index/a", "/index/b"]);
  const { rows, statistics } = await query('ip in ["1.1.1.1", "2.2.2.2"]');
  expect(rows.map(({ n }) => n)).toEqual(["3"]);
  expect(statistics).toMatchObject({ logGroupsScanned: 1 });
  expect((await query('@logStream = "s"')).rows).toHaveLength(3);
  expect((await query('other = "x"')).rows).toEqual([]);
  const logGroupIdentifiers = ["/index/a"];
  const { indexPolicies } = await logs.send(new DescribeIndexPoliciesCommand({ logGroupIdentifiers }));
  expect(indexPolicies).toMatchObject([{ source: "LOG_GROUP", policyDocument: indexPolicy.policyDocument }]);
  const { fieldIndexes = [] } = await logs.send(new DescribeFieldIndexesCommand({ logGroupIdentifiers }));
  expect(fieldIndexes.map(({ fieldIndexName, type }) => `${fieldIndexName} ${type}`)).toEqual(
    expect.arrayContaining(["ip FIELD_INDEX", "n FACET", "traceId FIELD_INDEX"]),
  );
  await logs.send(new DeleteIndexPolicyCommand({ logGroupIdentifier: "/index/a" }));
  expect((await query('ip = "1.1.1.1"')).rows).toEqual([]);
  const wrong = new PutIndexPolicyCommand({ logGroupIdentifier: "/index/a", policyDocument: '{"Fields":["@message"]}' });
  await expect(logs.send(wrong)).rejects.toMatchObject({ name: "InvalidParameterException" });
});

// documented: https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/CloudWatchLogs-Field-Indexing-Syntax.html
it("takes index policies of the account for log groups by their prefix, which must not overlap", async () => {
  const policy = (policyName: string, prefix: string) => {
    const selectionCriteria = `LogGroupNamePrefix = "${prefix}"`;
    const policyDocument = '{"Fields":["user"]}';
    return logs.send(new PutAccountPolicyCommand({ policyName, policyType: "FIELD_INDEX_POLICY", policyDocument, selectionCriteria }));
  };
  await policy("mine", "/mine");
  await expect(policy("more", "/mine/more")).rejects.toMatchObject({ name: "InvalidParameterException" });
  await put("/mine/a", [[0, { user: "ada" }]]);
  expect((await ask('filterIndex user = "ada" | fields user', ["/mine/a"])).rows).toHaveLength(1);
  const { indexPolicies } = await logs.send(new DescribeIndexPoliciesCommand({ logGroupIdentifiers: ["/mine/a"] }));
  expect(indexPolicies).toMatchObject([{ source: "ACCOUNT", policyName: "mine" }]);
});

// documented: https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/mask-sensitive-log-data-viewunmasked.html
it("shows masked data as such, and what it was to whom asks for it", async () => {
  const logGroupName = "/masked";
  await put(logGroupName, []).catch(() => undefined);
  const DataIdentifier = ["arn:aws:dataprotection::aws:data-identifier/EmailAddress"];
  const Statement = [{ Audit: { FindingsDestination: {} } }, { Deidentify: { MaskConfig: {} } }].map((Operation) => ({
    DataIdentifier,
    Operation,
  }));
  await logs.send(new PutDataProtectionPolicyCommand({ logGroupIdentifier: logGroupName, policyDocument: JSON.stringify({ Statement }) }));
  const message = '{"mail":"a@example.com"}';
  await logs.send(new PutLogEventsCommand({ logGroupName, logStreamName: "s", logEvents: [{ timestamp: now, message }] }));
  const { rows } = await ask("fields mail, unmask(@message) as whole, unmask(mail) as own", [logGroupName]);
  expect(rows).toMatchObject([{ mail: "*************", whole: message, own: "a@example.com" }]);
  const record = async (unmask: boolean) =>
    (await logs.send(new GetLogRecordCommand({ logRecordPointer: rows[0]?.["@ptr"], unmask }))).logRecord;
  expect((await record(false))?.["mail"]).toBe("*************");
  expect((await record(true))?.["mail"]).toBe("a@example.com");
});

// documented: https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/CWL_QuerySyntax-examples.html
it("filters and groups by tags of the log group", async () => {
  const logGroupName = "/tagged";
  const { ctx } = cloud;
  await ctx.call("cloudwatch-logs", "CreateLogGroup", { logGroupName, tags: { team: "a", "x:y": "z" } });
  await ctx.call("cloudwatch-logs", "CreateLogStream", { logGroupName, logStreamName: "s" });
  const logEvents = [{ timestamp: cloud.cloud.clock.now(), message: "m" }];
  await ctx.call("cloudwatch-logs", "PutLogEvents", { logGroupName, logStreamName: "s", logEvents });
  const now = Math.floor(cloud.cloud.clock.now() / 1_000);
  const queryString = 'filter @`aws.tag.x:y` = "z" | stats count(*) as n by @aws.tag.team';
  const { queryId } = await ctx.call("cloudwatch-logs", "StartQuery", {
    logGroupName,
    queryString,
    startTime: now - 60,
    endTime: now + 60,
  });
  await cloud.cloud.clock.idle();
  const { results } = await ctx.call("cloudwatch-logs", "GetQueryResults", { queryId });
  expect(results?.[0]?.map(({ value }) => value)).toEqual(["a", "1"]);
});

// documented: https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_QueryParameter.html
it("keeps the parameters of saved queries", async () => {
  const parameters = [{ name: "level", defaultValue: "ERROR", description: "what to look for" }];
  const queryString = "filter level = {{level}}";
  await logs.send(new PutQueryDefinitionCommand({ name: "with parameters", queryString, parameters }));
  const found = await logs.send(new DescribeQueryDefinitionsCommand({ queryDefinitionNamePrefix: "with" }));
  expect(found.queryDefinitions).toMatchObject([{ queryString, parameters }]);
});
