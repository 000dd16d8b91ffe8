import type { IncomingMessage, ServerResponse } from "node:http";
import { gunzip } from "node:zlib";
import { type Cloud, Context } from "../../aws/context.ts";
import { AwsException, unless } from "../../aws/exception.ts";
import { DEFAULT_ACCOUNT, DEFAULT_REGION, rootPrincipal } from "../../aws/identity.ts";
import { perCloud } from "../../aws/per-cloud.ts";
import type { HttpEndpoint } from "../../aws/service.ts";
import { writeSpans } from "../../aws/spans.ts";
import { tracingOf } from "../../aws/tracing.ts";
import { messageOf } from "../../kernel/errors.ts";
import { metricData, type Totals } from "./metrics.ts";
import { segmentOf } from "./segments.ts";
import { logEventOf, spanOf } from "./spans.ts";
import type { OtlpLogRecord, OtlpMetric, OtlpSignal, OtlpSpan } from "./types.ts";
import type { OtlpFormat, PartialSuccess } from "./wire.ts";

const PATH = /^\/v1\/(traces|metrics|logs)$/;
/** Also of what is compressed, once it is not. */
const MOST_BYTES = 20 * 1024 * 1024;
const BATCH = 50;
/** https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_PutMetricData.html */
const MOST_DATA = 1_000;

/**
 * OTLP over HTTP, where OpenTelemetry's SDKs send it when they are given this server as their endpoint. Signatures tell account
 * and region and are not checked, as none is needed. https://opentelemetry.io/docs/specs/otlp/#otlphttp
 */
export const otlpEndpoint: HttpEndpoint = {
  name: "otlp",
  matches: (_, path, request) => request.method === "POST" && PATH.test(path),
  handle: answer,
};

async function answer(cloud: Cloud, request: IncomingMessage, response: ServerResponse): Promise<void> {
  // What reads protobuf is loaded by who needs it.
  const [{ decodeOtlp }, { formatOf, writeRefusal, writeSuccess }] = await Promise.all([import("./decode.ts"), import("./wire.ts")]);
  const signal = PATH.exec((request.url ?? "").replace(/\?.*$/s, ""))?.[1] as OtlpSignal;
  const format = formatOf(request.headers["content-type"]);
  if (format === undefined) {
    request.resume();
    response.writeHead(415, { "content-type": "text/plain" }).end("Content-Type must be application/x-protobuf or application/json\n");
    return;
  }
  try {
    const body = await bodyOf(request);
    const ctx = contextOf(cloud, request);
    let partial: PartialSuccess | undefined;
    if (signal === "traces") partial = await takeSpans(ctx, decodeOtlp("traces", format, body));
    else if (signal === "metrics") await takeMetrics(ctx, decodeOtlp("metrics", format, body));
    else await takeLogs(ctx, request, decodeOtlp("logs", format, body));
    write(response, 200, format, writeSuccess(signal, format, partial));
  } catch (error) {
    const status = error instanceof AwsException ? (error.status ?? 400) : 500;
    if (status >= 500) cloud.log.error("OTLP was not taken", { signal, reason: messageOf(error) });
    write(response, status, format, writeRefusal(format, messageOf(error)));
  }
}

function write(response: ServerResponse, status: number, format: OtlpFormat, body: Uint8Array): void {
  response.writeHead(status, { "content-type": format === "json" ? "application/json" : "application/x-protobuf" }).end(body);
}

function tooLarge(): AwsException {
  return new AwsException("RequestTooLarge", `the request is larger than ${MOST_BYTES} bytes`, { status: 413 });
}

async function bodyOf(request: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of request) {
    size += (chunk as Buffer).length;
    if (size > MOST_BYTES) throw tooLarge();
    chunks.push(chunk as Buffer);
  }
  const sent = Buffer.concat(chunks);
  const encoding = request.headers["content-encoding"] ?? "identity";
  if (encoding === "identity") return sent;
  if (encoding !== "gzip") throw new AwsException("BadRequest", `Content-Encoding ${encoding} is not known`, { status: 415 });
  return await new Promise((done, fail) => {
    gunzip(sent, { maxOutputLength: MOST_BYTES }, (error: NodeJS.ErrnoException | null, plain) => {
      if (error === null) done(plain);
      else fail(error.code === "ERR_BUFFER_TOO_LARGE" ? tooLarge() : new AwsException("BadRequest", error.message, { status: 400 }));
    });
  });
}

function contextOf(cloud: Cloud, request: IncomingMessage): Context {
  const [, key = "", region = DEFAULT_REGION] = /Credential=([^/]+)\/\d{8}\/([^/]+)\//.exec(request.headers.authorization ?? "") ?? [];
  const principal = cloud.identity.find(key)?.principal ?? rootPrincipal(/^\d{12}$/.test(key) ? key : DEFAULT_ACCOUNT);
  return new Context(cloud, { account: principal.account, region, principal, generation: cloud.store.generation });
}

async function takeSpans(ctx: Context, spans: readonly OtlpSpan[]): Promise<PartialSuccess | undefined> {
  const tracing = tracingOf(ctx.cloud);
  const usable = spans.filter(({ traceId, spanId }) => traceId !== "" && spanId !== "");
  const timed = usable.map((span) => {
    const trace = `1-${span.traceId.slice(0, 8)}-${span.traceId.slice(8)}`;
    return { span, offset: tracing.offset(trace, Number(span.start / 1_000_000n)) };
  });
  let rejected = spans.length - usable.length;
  for (let from = 0; from < timed.length; from += BATCH) {
    const documents = timed.slice(from, from + BATCH).map(({ span, offset }) => JSON.stringify(segmentOf(span, offset)));
    const { UnprocessedTraceSegments = [] } = await ctx.call("xray", "PutTraceSegments", { TraceSegmentDocuments: documents });
    rejected += UnprocessedTraceSegments.length;
  }
  await writeSpans(
    ctx,
    timed.map(({ span, offset }) => spanOf(span, offset)),
  );
  return rejected === 0 ? undefined : { rejected, message: "spans without ids, or that X-Ray refuses, were not taken" };
}

const totalsOf = perCloud((): Totals => new Map());

async function takeMetrics(ctx: Context, metrics: readonly OtlpMetric[]): Promise<void> {
  const { cloud } = ctx;
  for (const { namespace, data } of metricData(metrics, totalsOf(cloud), cloud.clock.now() - cloud.clock.wall())) {
    for (let from = 0; from < data.length; from += MOST_DATA) {
      await ctx.call("cloudwatch", "PutMetricData", { Namespace: namespace, MetricData: data.slice(from, from + MOST_DATA) });
    }
  }
}

/** https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/CloudWatch-OTLPEndpoint.html: headers name group and stream. */
async function takeLogs(ctx: Context, request: IncomingMessage, records: readonly OtlpLogRecord[]): Promise<void> {
  if (records.length === 0) return;
  const { clock } = ctx.cloud;
  const service = String(records[0]?.resource.attributes["service.name"] ?? "unknown").replace(/[^\w./#-]/g, "_");
  const logGroupName = one(request.headers["x-aws-log-group"]) ?? `/otlp/${service}`;
  const logStreamName = one(request.headers["x-aws-log-stream"]) ?? "default";
  const logEvents = records
    .map((record) => logEventOf(record, Math.round(clock.now() - clock.wall())))
    .toSorted((a, b) => a.timestamp - b.timestamp);
  const put = () => ctx.call("cloudwatch-logs", "PutLogEvents", { logGroupName, logStreamName, logEvents });
  if ((await unless("ResourceNotFoundException", put())) !== undefined) return;
  await unless("ResourceAlreadyExistsException", ctx.call("cloudwatch-logs", "CreateLogGroup", { logGroupName }));
  await unless("ResourceAlreadyExistsException", ctx.call("cloudwatch-logs", "CreateLogStream", { logGroupName, logStreamName }));
  await put();
}

function one(header: string | string[] | undefined): string | undefined {
  return typeof header === "string" && header !== "" ? header : undefined;
}
