import { ApiGatewayV2Client, CreateApiCommand } from "@aws-sdk/client-apigatewayv2";
import { CreateTableCommand, DynamoDBClient } from "@aws-sdk/client-dynamodb";
import { EventBridgeClient, PutRuleCommand, PutTargetsCommand } from "@aws-sdk/client-eventbridge";
import { AddPermissionCommand, CreateEventSourceMappingCommand, InvokeCommand } from "@aws-sdk/client-lambda";
import { CreateQueueCommand, SQSClient } from "@aws-sdk/client-sqs";
import {
  BatchGetTracesCommand,
  GetServiceGraphCommand,
  GetTraceSummariesCommand,
  UpdateSamplingRuleCommand,
  XRayClient,
} from "@aws-sdk/client-xray";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { LambdaTest } from "../../../test/support/lambda.ts";
import type { SegmentDocument } from "./segments/document.ts";

let it: LambdaTest;
let xray: XRayClient;
let url: string;
let queueUrl: string;

/** Reads a table, sends a message and an event, and fails when the path says so. */
const WEB = `
const { DynamoDBClient, GetItemCommand } = require("@aws-sdk/client-dynamodb");
const { SQSClient, SendMessageCommand } = require("@aws-sdk/client-sqs");
const { EventBridgeClient, PutEventsCommand } = require("@aws-sdk/client-eventbridge");
exports.handler = async (event) => {
  if (event.rawPath === "/bad") throw new TypeError("no such page");
  await new DynamoDBClient({}).send(new GetItemCommand({ TableName: "games", Key: { id: { S: "1" } } }));
  await new SQSClient({}).send(new SendMessageCommand({ QueueUrl: process.env.QUEUE, MessageBody: "work" }));
  await new EventBridgeClient({}).send(new PutEventsCommand({ Entries: [{ Source: "web", DetailType: "seen", Detail: "{}" }] }));
  return { statusCode: 200, body: process.env._X_AMZN_TRACE_ID };
};`;

beforeAll(async () => {
  it = await LambdaTest.start();
  const { clientConfig } = it.cloud;
  xray = new XRayClient(clientConfig);
  const key = { AttributeName: "id", AttributeType: "S" as const };
  await new DynamoDBClient(clientConfig).send(
    new CreateTableCommand({
      TableName: "games",
      BillingMode: "PAY_PER_REQUEST",
      AttributeDefinitions: [key],
      KeySchema: [{ AttributeName: "id", KeyType: "HASH" }],
    }),
  );
  queueUrl = (await new SQSClient(clientConfig).send(new CreateQueueCommand({ QueueName: "jobs" }))).QueueUrl ?? "";
  await it.create("web", WEB, { Environment: { Variables: { QUEUE: queueUrl } } });
  await it.create("worker", "exports.handler = async () => ({});");
  await it.create("listener", "exports.handler = async () => ({});");
  await it.client.send(
    new CreateEventSourceMappingCommand({ FunctionName: "worker", EventSourceArn: "arn:aws:sqs:us-east-1:000000000000:jobs" }),
  );
  const events = new EventBridgeClient(clientConfig);
  await events.send(new PutRuleCommand({ Name: "seen", EventPattern: JSON.stringify({ source: ["web"] }) }));
  const listener = "arn:aws:lambda:us-east-1:000000000000:function:listener";
  await events.send(new PutTargetsCommand({ Rule: "seen", Targets: [{ Id: "one", Arn: listener }] }));
  const allow = { Action: "lambda:InvokeFunction", StatementId: "all" };
  await it.client.send(new AddPermissionCommand({ ...allow, FunctionName: "web", Principal: "apigateway.amazonaws.com" }));
  await it.client.send(new AddPermissionCommand({ ...allow, FunctionName: "listener", Principal: "events.amazonaws.com" }));
  const { ApiEndpoint = "" } = await new ApiGatewayV2Client(clientConfig).send(
    new CreateApiCommand({ Name: "shop", ProtocolType: "HTTP", Target: "arn:aws:lambda:us-east-1:000000000000:function:web" }),
  );
  url = ApiEndpoint;
  await it.idle();
});
afterAll(() => it.cloud.stop());

const get = (path: string, headers: Record<string, string> = {}): Promise<Response> => fetch(`${url}${path}`, { headers });
const range = () => {
  const now = it.cloud.cloud.clock.now();
  return { StartTime: new Date(now - 3_600_000), EndTime: new Date(now + 60_000) };
};
async function documents(id: string): Promise<SegmentDocument[]> {
  const { Traces } = await xray.send(new BatchGetTracesCommand({ TraceIds: [id] }));
  return (Traces?.[0]?.Segments ?? []).map(({ Document }) => JSON.parse(Document ?? "") as SegmentDocument);
}

describe("a request to an HTTP API", () => {
  // documented: https://docs.aws.amazon.com/lambda/latest/dg/services-xray.html
  test("is one trace from the gateway over the function to the table, without any set-up", async () => {
    const header = /Root=(1-[0-9a-f-]+);Parent=([0-9a-f]{16});Sampled=1/.exec(await (await get("/good")).text());
    await it.idle();
    const [, id = "", parent = ""] = header ?? [];
    const all = await documents(id);
    const named = (origin: string): SegmentDocument | undefined => all.find((document) => document.origin === origin);
    const gateway = named("AWS::ApiGateway::Stage");
    const [service, own] = [named("AWS::Lambda"), named("AWS::Lambda::Function")];
    expect(gateway).toMatchObject({ name: "shop/default", http: { request: { method: "GET" }, response: { status: 200 } } });
    expect(service).toMatchObject({ name: "web", parent_id: gateway?.subsegments?.[0]?.id, http: { response: { status: 200 } } });
    expect(own).toMatchObject({ id: parent, name: "web", parent_id: service?.id });
    const parts = own?.subsegments?.map(({ name }) => name).toSorted();
    expect(parts).toEqual(["DynamoDB", "EventBridge", "Initialization", "Invocation", "Overhead", "SQS"]);
    expect(named("AWS::DynamoDB::Table")).toMatchObject({ inferred: true, aws: { table_name: "games", operation: "GetItem" } });
    for (const document of [gateway, service, own]) expect(document?.end_time).toBeGreaterThanOrEqual(document?.start_time ?? 0);
  });

  // documented: https://docs.aws.amazon.com/xray/latest/devguide/xray-services-eventbridge.html, …/xray-services-sqs.html
  test("goes on over the bus in the same trace, and over the queue by a link", async () => {
    const { Services = [] } = await xray.send(new GetServiceGraphCommand(range()));
    const label = ({ Name, Type }: { Name?: string | undefined; Type?: string | undefined }): string => `${Type} ${Name}`;
    const edges = Services.flatMap((from) =>
      (from.Edges ?? []).map(({ ReferenceId, EdgeType }) => {
        const to = Services.find((service) => service.ReferenceId === ReferenceId);
        return `${label(from)} ${EdgeType ?? "->"} ${to === undefined ? "?" : label(to)}`;
      }),
    );
    expect(edges.toSorted()).toEqual(
      [
        "client shop/default -> AWS::ApiGateway::Stage shop/default",
        "AWS::ApiGateway::Stage shop/default -> AWS::Lambda web",
        "AWS::Lambda web -> AWS::Lambda::Function web",
        "AWS::Lambda::Function web -> AWS::DynamoDB::Table games",
        `AWS::Lambda::Function web -> AWS::SQS::Queue ${queueUrl}`,
        "AWS::Lambda::Function web -> AWS::Events default",
        "AWS::Events default -> AWS::Lambda listener",
        "AWS::Lambda listener -> AWS::Lambda::Function listener",
        `AWS::SQS::Queue ${queueUrl} link AWS::Lambda worker`,
        "AWS::Lambda worker -> AWS::Lambda::Function worker",
      ].toSorted(),
    );
  });

  // documented: https://docs.aws.amazon.com/xray/latest/api/API_TraceSummary.html
  test("that fails tells the function's exception as the root cause", async () => {
    await it.cloud.cloud.clock.advance(1_000);
    await get("/bad");
    await it.idle();
    const { TraceSummaries = [] } = await xray.send(new GetTraceSummariesCommand({ ...range(), FilterExpression: "fault" }));
    const services = TraceSummaries[0]?.FaultRootCauses?.[0]?.Services;
    expect(services?.map(({ Name, Type }) => [Name, Type])).toEqual([
      ["shop/default", "AWS::ApiGateway::Stage"],
      ["web", "AWS::Lambda"],
      ["web", "AWS::Lambda::Function"],
    ]);
    expect(services?.[2]?.EntityPath?.[0]?.Exceptions).toEqual([{ Name: "TypeError", Message: "no such page" }]);
  });

  // documented: https://docs.aws.amazon.com/xray/latest/devguide/xray-concepts.html#xray-concepts-tracingheader
  test("follows what its header says, whatever the rules", async () => {
    const id = `1-${Math.floor(it.cloud.cloud.clock.now() / 1_000).toString(16)}-${"c".repeat(24)}`;
    expect(await (await get("/x", { "x-amzn-trace-id": `Root=${id};Sampled=0` })).text()).toMatch(/Sampled=0$/);
    await it.idle();
    expect(await documents(id)).toEqual([]);
    await get("/x", { "x-amzn-trace-id": `Root=${id};Parent=${"d".repeat(16)};Sampled=1` });
    await it.idle();
    expect((await documents(id)).find(({ origin }) => origin === "AWS::ApiGateway::Stage")?.parent_id).toBe("d".repeat(16));
  });

  // documented: https://docs.aws.amazon.com/xray/latest/devguide/xray-console-sampling.html
  test("is sampled by the reservoir each second and the fixed rate beyond it", async () => {
    await xray.send(new UpdateSamplingRuleCommand({ SamplingRuleUpdate: { RuleName: "Default", FixedRate: 0, ReservoirSize: 2 } }));
    await it.cloud.cloud.clock.advance(1_000);
    const answers = await Promise.all(Array.from({ length: 5 }, async () => await (await get("/good")).text()));
    expect(answers.filter((text) => text.endsWith("Sampled=1"))).toHaveLength(2);
    await it.idle();
  });
});

// documented: https://docs.aws.amazon.com/lambda/latest/dg/services-xray.html
test("an asynchronous invocation of a function whose tracing is Active is a trace of its own, with the time that it waited", async () => {
  await it.cloud.cloud.clock.advance(1_000);
  await it.create("indexer", "exports.handler = async () => ({});", { TracingConfig: { Mode: "Active" } });
  await Promise.all(
    Array.from({ length: 3 }, () => it.client.send(new InvokeCommand({ FunctionName: "indexer", InvocationType: "Event" }))),
  );
  await it.idle();
  const { TraceSummaries = [] } = await xray.send(new GetTraceSummariesCommand({ ...range(), FilterExpression: 'service("indexer")' }));
  expect(TraceSummaries).toHaveLength(2);
  const service = (await documents(TraceSummaries[0]?.Id ?? "")).find(({ origin }) => origin === "AWS::Lambda");
  expect(service?.subsegments?.map(({ name }) => name)).toEqual(["Dwell Time", "Attempt #1"]);
});
