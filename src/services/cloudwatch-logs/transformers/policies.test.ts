import * as logs from "@aws-sdk/client-cloudwatch-logs";
import { CloudWatchLogsClient, type Processor } from "@aws-sdk/client-cloudwatch-logs";
import { afterAll, beforeAll, expect, it } from "vitest";
import { startCloud, type TestCloud } from "../../../../test/support/cloud.ts";
import { TestStack } from "../../../../test/support/stack.ts";

let cloud: TestCloud;
let client: CloudWatchLogsClient;
beforeAll(async () => {
  cloud = await startCloud();
  client = new CloudWatchLogsClient(cloud.clientConfig);
});
afterAll(async () => {
  client.destroy();
  await cloud.stop();
});
const stack = new TestStack(() => cloud);

const CONFIG: Processor[] = [
  { parseKeyValue: { fieldDelimiter: " " } },
  { typeConverter: { entries: [{ key: "took", type: "integer" }] } },
];
async function group(logGroupName: string, logGroupClass: "STANDARD" | "INFREQUENT_ACCESS" = "STANDARD"): Promise<string> {
  await client.send(new logs.CreateLogGroupCommand({ logGroupName, logGroupClass }));
  await client.send(new logs.CreateLogStreamCommand({ logGroupName, logStreamName: "s" }));
  return logGroupName;
}
async function put(logGroupName: string, ...messages: string[]): Promise<void> {
  const timestamp = cloud.cloud.clock.now();
  const logEvents = messages.map((message) => ({ timestamp, message }));
  await client.send(new logs.PutLogEventsCommand({ logGroupName, logStreamName: "s", logEvents }));
  await cloud.cloud.clock.idle();
}
const transform = (logGroupIdentifier: string, transformerConfig = CONFIG) =>
  client.send(new logs.PutTransformerCommand({ logGroupIdentifier, transformerConfig }));
async function ask(logGroupName: string, queryString: string) {
  const now = cloud.cloud.clock.now();
  const start = { logGroupName, queryString, startTime: now / 1_000 - 3_600, endTime: now / 1_000 + 60 };
  const { queryId } = await client.send(
    new logs.StartQueryCommand({ ...start, startTime: Math.floor(start.startTime), endTime: Math.ceil(start.endTime) }),
  );
  await cloud.cloud.clock.idle();
  const { results = [] } = await client.send(new logs.GetQueryResultsCommand({ queryId }));
  return results.map((row) => Object.fromEntries(row.flatMap(({ field = "", value = "" }) => (field === "@ptr" ? [] : [[field, value]]))));
}

// documented: https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_PutTransformer.html
it("a group's transformer is kept, tried out and deleted", async () => {
  const logGroupIdentifier = await group("/kept");
  expect((await client.send(new logs.GetTransformerCommand({ logGroupIdentifier }))).transformerConfig).toBeUndefined();
  await transform(logGroupIdentifier);
  const found = await client.send(new logs.GetTransformerCommand({ logGroupIdentifier }));
  expect(found).toMatchObject({ logGroupIdentifier, transformerConfig: CONFIG, creationTime: found.lastModifiedTime });
  const test = { transformerConfig: CONFIG, logEventMessages: ["took=12 level=INFO"] };
  expect((await client.send(new logs.TestTransformerCommand(test))).transformedLogs).toEqual([
    { eventNumber: 1, eventMessage: "took=12 level=INFO", transformedEventMessage: '{"took":12,"level":"INFO"}' },
  ]);
  await client.send(new logs.DeleteTransformerCommand({ logGroupIdentifier }));
  await expect(client.send(new logs.DeleteTransformerCommand({ logGroupIdentifier }))).rejects.toThrow(logs.ResourceNotFoundException);
  await expect(transform("/none")).rejects.toThrow(logs.ResourceNotFoundException);
  await group("/rare", "INFREQUENT_ACCESS");
  await expect(transform("/rare")).rejects.toThrow(logs.InvalidParameterException);
});

// documented: https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/CloudWatch-Logs-Transformation.html
it("Insights sees the fields of transformed events beside the message as it came, and why others have none", async () => {
  const name = await group("/fields");
  await put(name, "took=99 before");
  await transform(name, [{ parseJSON: {} }]);
  await put(name, '{"took":12}', "no json");
  expect(await ask(name, "filter took = 12 | fields took, @message")).toEqual([{ took: "12", "@message": '{"took":12}' }]);
  const { logGroupFields } = await client.send(new logs.GetLogGroupFieldsCommand({ logGroupName: name }));
  expect(logGroupFields?.map((field) => field.name)).toContain("@transformationError");
  expect(await ask(name, "filter ispresent(@transformationError) | fields @transformationError, @message")).toEqual([
    { "@transformationError": "@message is not JSON.", "@message": "no json" },
  ]);
  const { events } = await client.send(new logs.GetLogEventsCommand({ logGroupName: name, logStreamName: "s", startFromHead: true }));
  expect(events?.map(({ message }) => message)).toEqual(["took=99 before", '{"took":12}', "no json"]);
});

// documented: https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_PutMetricFilter.html
it("metric filters see transformed events where they are told to, which needs a transformer", async () => {
  const logGroupName = await group("/measured");
  const metricTransformations = [{ metricName: "took", metricNamespace: "T", metricValue: "$.took" }];
  const filter = { logGroupName, filterName: "f", filterPattern: "{ $.took > 10 }", metricTransformations, applyOnTransformedLogs: true };
  await expect(client.send(new logs.PutMetricFilterCommand(filter))).rejects.toThrow(logs.InvalidParameterException);
  await transform(logGroupName);
  await client.send(new logs.PutMetricFilterCommand(filter));
  const { metricFilters } = await client.send(new logs.DescribeMetricFiltersCommand({ logGroupName }));
  expect(metricFilters?.[0]?.applyOnTransformedLogs).toBe(true);
  await put(logGroupName, "took=12 a=b", "took=5 a=b");
  const statistics = await cloud.ctx.call("cloudwatch", "GetMetricStatistics", {
    Namespace: "T",
    MetricName: "took",
    StartTime: new Date(cloud.cloud.clock.now() - 600_000),
    EndTime: new Date(cloud.cloud.clock.now() + 600_000),
    Period: 3_600,
    Statistics: ["Sum"],
  });
  expect(statistics.Datapoints?.map(({ Sum }) => Sum)).toEqual([12]);
});

// documented: https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_PutAccountPolicy.html
it("a policy of the account transforms groups by their prefix, but for those with a transformer of their own", async () => {
  const policy = { policyName: "p", policyType: "TRANSFORMER_POLICY" as const };
  const selectionCriteria = 'LogGroupNamePrefix = "/all/"';
  const policyDocument = JSON.stringify([{ parseJSON: { destination: "account" } }]);
  await client.send(new logs.PutAccountPolicyCommand({ ...policy, policyDocument, selectionCriteria }));
  for (const name of ["/all/a", "/all/b", "/other"]) await group(name);
  await transform("/all/b", [{ parseJSON: { destination: "own" } }]);
  for (const name of ["/all/a", "/all/b", "/other"]) await put(name, '{"v":1}');
  const show = "display account.v as a, own.v as o, v as n";
  expect(await ask("/all/a", show)).toEqual([{ a: "1" }]);
  expect(await ask("/all/b", show)).toEqual([{ o: "1" }]);
  expect(await ask("/other", show)).toEqual([{ n: "1" }]);
  const bad = { ...policy, policyDocument: "[{}]", selectionCriteria };
  await expect(client.send(new logs.PutAccountPolicyCommand(bad))).rejects.toThrow(logs.InvalidParameterException);
});

// documented: https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-logs-transformer.html
it("a stack makes and removes one", async () => {
  const TransformerConfig = [
    { ParseJSON: { Source: "@message" } },
    { AddKeys: { Entries: [{ Key: "k", Value: "v", OverwriteIfExists: "true" }] } },
  ];
  await stack.deploy("CreateStack", {
    Group: { Type: "AWS::Logs::LogGroup", Properties: { LogGroupName: "/stacked" } },
    Transformer: { Type: "AWS::Logs::Transformer", Properties: { LogGroupIdentifier: { Ref: "Group" }, TransformerConfig } },
  });
  const { transformerConfig } = await client.send(new logs.GetTransformerCommand({ logGroupIdentifier: "/stacked" }));
  expect(transformerConfig).toEqual([
    { parseJSON: { source: "@message" } },
    { addKeys: { entries: [{ key: "k", value: "v", overwriteIfExists: true }] } },
  ]);
  await stack.destroy();
  await expect(client.send(new logs.GetTransformerCommand({ logGroupIdentifier: "/stacked" }))).rejects.toThrow(
    logs.ResourceNotFoundException,
  );
});
