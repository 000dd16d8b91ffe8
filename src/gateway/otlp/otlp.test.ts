import { execFile } from "node:child_process";
import { promisify } from "node:util";
import { CloudWatchClient, GetMetricStatisticsCommand, ListMetricsCommand } from "@aws-sdk/client-cloudwatch";
import { CloudWatchLogsClient, FilterLogEventsCommand } from "@aws-sdk/client-cloudwatch-logs";
import { BatchGetTracesCommand, GetServiceGraphCommand, GetTraceSummariesCommand, XRayClient } from "@aws-sdk/client-xray";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { startCloud, type TestCloud } from "../../../test/support/cloud.ts";

const run = promisify(execFile);
let cloud: TestCloud;
let xray: XRayClient;
beforeAll(async () => {
  cloud = await startCloud();
  xray = new XRayClient(cloud.clientConfig);
});
afterAll(() => cloud.stop());

const range = () => {
  const now = cloud.cloud.clock.now();
  return { StartTime: new Date(now - 600_000), EndTime: new Date(now + 600_000) };
};

/** OpenTelemetry's SDK for Node.js, started as its documentation says; `protocol` of its exporters by environment. */
const PROGRAM = `
import { createRequire } from "node:module";
const require = createRequire(process.argv[1]);
const { NodeSDK } = require("@opentelemetry/sdk-node");
const api = require("@opentelemetry/api");
const sdk = new NodeSDK({ instrumentations: [] });
sdk.start();
const tracer = api.trace.getTracer("test", "1.0");
const server = tracer.startSpan("GET /orders", { kind: api.SpanKind.SERVER, attributes: { "http.request.method": "GET", "url.full": "http://shop/orders", "http.response.status_code": 500, "enduser.id": "bob" } });
const within = api.trace.setSpan(api.context.active(), server);
const client = tracer.startSpan("GetItem", { kind: api.SpanKind.CLIENT, attributes: { "rpc.system": "aws-api", "rpc.service": "DynamoDB", "rpc.method": "GetItem", "aws.dynamodb.table_names": ["orders"] } }, within);
client.end();
server.recordException(new RangeError("too many"));
server.setStatus({ code: api.SpanStatusCode.ERROR });
server.end();
const meter = api.metrics.getMeter("test");
meter.createGauge("temperature", { unit: "s" }).record(21.5, { room: "a" });
meter.createHistogram("latency", { unit: "ms" }).record(40);
await sdk.shutdown();
`;

describe.each(["http/protobuf", "http/json"])("OpenTelemetry's SDK for Node.js over %s", (protocol) => {
  const service = `shop-${protocol.slice(5)}`;
  beforeAll(async () => {
    await run(process.execPath, ["--input-type=module", "-e", PROGRAM, import.meta.filename], {
      cwd: process.cwd(),
      env: {
        ...cloud.env,
        OTEL_SERVICE_NAME: service,
        OTEL_EXPORTER_OTLP_ENDPOINT: cloud.endpoint,
        OTEL_EXPORTER_OTLP_PROTOCOL: protocol,
        OTEL_TRACES_EXPORTER: "otlp",
        OTEL_METRICS_EXPORTER: "otlp",
        OTEL_LOGS_EXPORTER: "none",
        OTEL_EXPORTER_OTLP_METRICS_TEMPORALITY_PREFERENCE: "delta",
      },
    });
    await cloud.cloud.clock.idle();
  });

  // documented: https://docs.aws.amazon.com/xray/latest/devguide/xray-opentelemetry.html
  test("spans are traces, with status, user, exception and the table that was read", async () => {
    const { TraceSummaries = [] } = await xray.send(
      new GetTraceSummariesCommand({ ...range(), FilterExpression: `service("${service}") { fault }` }),
    );
    expect(TraceSummaries).toMatchObject([
      {
        HasFault: true,
        Http: { HttpURL: "http://shop/orders", HttpMethod: "GET", HttpStatus: 500 },
        Users: [{ UserName: "bob" }],
        FaultRootCauses: [{ Services: [{ Name: service, EntityPath: [{ Exceptions: [{ Name: "RangeError", Message: "too many" }] }] }] }],
      },
    ]);
    const { Services = [] } = await xray.send(new GetServiceGraphCommand(range()));
    expect(Services.some(({ Name, Type }) => Name === "orders" && Type === "AWS::DynamoDB::Table")).toBe(true);
  });

  // documented: https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/CloudWatch-Transaction-Search.html
  test("spans are in aws/spans as they were sent", async () => {
    const logs = new CloudWatchLogsClient(cloud.clientConfig);
    const { events = [] } = await logs.send(new FilterLogEventsCommand({ logGroupName: "aws/spans" }));
    const spans = events.map(({ message }) => JSON.parse(message ?? "") as Record<string, unknown>);
    const own = spans.filter((span) => JSON.stringify(span).includes(service));
    expect(own.map(({ name, kind }) => [name, kind]).toSorted()).toEqual([
      ["GET /orders", "SERVER"],
      ["GetItem", "CLIENT"],
    ]);
  });

  // assumed: namespace and dimensions
  test("metrics are CloudWatch's, in a namespace of the service", async () => {
    const cloudwatch = new CloudWatchClient(cloud.clientConfig);
    const { Metrics = [] } = await cloudwatch.send(new ListMetricsCommand({ Namespace: service }));
    expect(Metrics.map(({ MetricName }) => MetricName).toSorted()).toEqual(["latency", "temperature"]);
    const { Datapoints = [] } = await cloudwatch.send(
      new GetMetricStatisticsCommand({
        Namespace: service,
        MetricName: "temperature",
        Dimensions: [{ Name: "room", Value: "a" }],
        ...range(),
        Period: 60,
        Statistics: ["Average"],
      }),
    );
    expect(Datapoints).toMatchObject([{ Average: 21.5, Unit: "Seconds" }]);
  });
});

// documented: https://opentelemetry.io/docs/specs/otlp/#otlphttp-response
describe("what cannot be taken", () => {
  const post = (path: string, body: string, headers: Record<string, string>): Promise<Response> =>
    fetch(`${cloud.endpoint}${path}`, { method: "POST", body, headers });

  test("media types that OTLP does not have", async () => {
    expect((await post("/v1/traces", "x", { "content-type": "text/plain" })).status).toBe(415);
  });

  test.each(["{", "[]", '{"resourceSpans":[{"scopeSpans":[{"spans":[{"traceId":"zz"}]}]}]}'])("%s", async (body) => {
    const answer = await post("/v1/traces", body, { "content-type": "application/json" });
    expect(answer.status).toBe(400);
    expect(await answer.json()).toMatchObject({ message: expect.any(String) });
  });

  test("spans without ids are counted as rejected", async () => {
    const body = JSON.stringify({ resourceSpans: [{ scopeSpans: [{ spans: [{ name: "lost" }] }] }] });
    const answer = await post("/v1/traces", body, { "content-type": "application/json" });
    expect(answer.status).toBe(200);
    expect(await answer.json()).toMatchObject({ partialSuccess: { rejectedSpans: "1" } });
  });

  // documented: https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/CloudWatch-OTLPEndpoint.html
  test("logs go to the group and stream that the headers name", async () => {
    const now = `${cloud.cloud.clock.now()}000000`;
    const body = JSON.stringify({
      resourceLogs: [{ scopeLogs: [{ logRecords: [{ timeUnixNano: now, severityText: "INFO", body: { stringValue: "hello" } }] }] }],
    });
    const headers = { "content-type": "application/json", "x-aws-log-group": "/app", "x-aws-log-stream": "one" };
    expect((await post("/v1/logs", body, headers)).status).toBe(200);
    const { events = [] } = await new CloudWatchLogsClient(cloud.clientConfig).send(new FilterLogEventsCommand({ logGroupName: "/app" }));
    expect(events).toMatchObject([{ logStreamName: "one", message: expect.stringContaining('"body":"hello"') }]);
  });

  test("a whole trace can be fetched by its OpenTelemetry id", async () => {
    const traceId = "4efaaf4d1e8720b39541901950019ee5";
    const start = `${cloud.cloud.clock.now()}000000`;
    const span = { traceId, spanId: "00f067aa0ba902b7", name: "one", kind: 2, startTimeUnixNano: start, endTimeUnixNano: start };
    const body = JSON.stringify({ resourceSpans: [{ scopeSpans: [{ spans: [span] }] }] });
    await post("/v1/traces", body, { "content-type": "application/json" });
    const id = "1-4efaaf4d-1e8720b39541901950019ee5";
    const { Traces = [] } = await xray.send(new BatchGetTracesCommand({ TraceIds: [id] }));
    expect(Traces).toMatchObject([{ Id: id, Segments: [{ Id: "00f067aa0ba902b7" }] }]);
  });
});
