import { OTLP_SDK } from "../../aws/tracing.ts";
import type { OtlpAttributes, OtlpSpan, OtlpValue } from "./types.ts";

type Attributes = OtlpAttributes;
type Plain = Readonly<Record<string, unknown>>;

/** https://docs.aws.amazon.com/xray/latest/devguide/xray-api-segmentdocuments.html#api-segmentdocuments-annotations */
const MOST_ANNOTATIONS = 50;

/** OpenTelemetry's `cloud.platform`: https://opentelemetry.io/docs/specs/semconv/resource/cloud/ */
const ORIGINS: Readonly<Record<string, string>> = {
  aws_lambda: "AWS::Lambda::Function",
  aws_ecs: "AWS::ECS::Container",
  aws_eks: "AWS::EKS::Container",
  aws_ec2: "AWS::EC2::Instance",
  aws_elastic_beanstalk: "AWS::ElasticBeanstalk::Environment",
};

/** The first of these attributes that is there, as text. */
function text(attributes: Attributes, ...names: readonly string[]): string | undefined {
  for (const name of names) {
    const value = attributes[name];
    if (typeof value === "string" || typeof value === "number" || typeof value === "boolean") return String(value);
  }
  return undefined;
}

function number(attributes: Attributes, ...names: readonly string[]): number | undefined {
  const value = text(attributes, ...names);
  return value === undefined || value === "" || !Number.isFinite(Number(value)) ? undefined : Number(value);
}

/**
 * A span as a segment document, or as a subsegment that is sent by itself: what serves a request, and what begins a trace, is a
 * segment. `offset`: ms from the program's clock to the cloud's.
 * https://docs.aws.amazon.com/xray/latest/devguide/xray-opentelemetry.html; names by https://opentelemetry.io/docs/specs/semconv/
 */
export function segmentOf(span: OtlpSpan, offset: number): Plain {
  const isSegment = span.parentSpanId === "" || span.kind === "SERVER" || span.kind === "CONSUMER";
  const isCall = !isSegment && (span.kind === "CLIENT" || span.kind === "PRODUCER");
  const { attributes } = span;
  const isAws = text(attributes, "rpc.system", "rpc.system.name") === "aws-api";
  const status = number(attributes, "http.response.status_code", "http.status_code");
  const origin = ORIGINS[text(span.resource.attributes, "cloud.platform") ?? ""];
  const user = text(attributes, "enduser.id", "user.id");
  const sql = sqlOf(attributes);
  return {
    id: span.spanId,
    trace_id: `1-${span.traceId.slice(0, 8)}-${span.traceId.slice(8)}`,
    name: nameOf(span, isSegment, isCall),
    ...(span.parentSpanId === "" ? {} : { parent_id: span.parentSpanId }),
    ...(isSegment ? {} : { type: "subsegment" }),
    ...(isCall ? { namespace: isAws ? "aws" : "remote" } : {}),
    ...(isSegment && origin !== undefined ? { origin } : {}),
    ...(user === undefined ? {} : { user }),
    ...(sql === undefined ? {} : { sql }),
    start_time: seconds(span.start, offset),
    end_time: Math.max(seconds(span.start, offset), seconds(span.end, offset)),
    ...httpOf(attributes, status),
    aws: { ...(isAws ? callOf(attributes) : {}), xray: { sdk: OTLP_SDK } },
    ...failureOf(span, status),
    annotations: annotationsOf(span),
    metadata: { otel: { kind: span.kind, scope: span.scope.name, resource: span.resource.attributes } },
    ...(span.links.length === 0
      ? {}
      : { links: span.links.map(({ traceId, spanId }) => ({ trace_id: `1-${traceId.slice(0, 8)}-${traceId.slice(8)}`, id: spanId })) }),
  };
}

function seconds(nanos: bigint, offset: number): number {
  return Math.round(Number(nanos / 1_000n) + offset * 1_000) / 1e6;
}

function nameOf(span: OtlpSpan, isSegment: boolean, isCall: boolean): string {
  const { attributes } = span;
  const service = text(span.resource.attributes, "service.name");
  if (isSegment) return fitting(service ?? span.name);
  if (!isCall) return fitting(span.name);
  const database = text(attributes, "db.namespace", "db.name");
  const host = text(attributes, "peer.service", "server.address", "net.peer.name", "http.host");
  const ofAws = text(attributes, "rpc.service", "aws.service");
  if (text(attributes, "rpc.system", "rpc.system.name") === "aws-api" && ofAws !== undefined) return fitting(ofAws);
  if (database !== undefined && host !== undefined) return fitting(`${database}@${host}`);
  return fitting(host ?? ofAws ?? span.name);
}

/** A segment's name has only some of the signs. */
function fitting(name: string): string {
  const kept = name.replace(/[^\p{L}\p{N}\p{Z}_.:/%&#=+\\\-@]/gu, " ").slice(0, 200);
  return kept.trim() === "" ? "unknown" : kept;
}

function httpOf(attributes: Attributes, status: number | undefined): Plain {
  const request = {
    method: text(attributes, "http.request.method", "http.method"),
    url: urlOf(attributes),
    user_agent: text(attributes, "user_agent.original", "http.user_agent"),
    client_ip: text(attributes, "client.address", "http.client_ip"),
  };
  const told = Object.fromEntries(Object.entries(request).filter(([, value]) => value !== undefined));
  if (Object.keys(told).length === 0 && status === undefined) return {};
  return {
    http: { ...(Object.keys(told).length === 0 ? {} : { request: told }), ...(status === undefined ? {} : { response: { status } }) },
  };
}

function urlOf(attributes: Attributes): string | undefined {
  const whole = text(attributes, "url.full", "http.url");
  if (whole !== undefined) return whole;
  const path = text(attributes, "url.path", "http.target");
  const host = text(attributes, "server.address", "http.host", "net.host.name");
  if (path === undefined || host === undefined) return path;
  const port = text(attributes, "server.port", "net.host.port");
  return `${text(attributes, "url.scheme", "http.scheme") ?? "http"}://${host}${port === undefined ? "" : `:${port}`}${path}`;
}

function callOf(attributes: Attributes): Plain {
  const first = (value: OtlpValue | undefined): string | undefined => (Array.isArray(value) ? String(value[0]) : undefined);
  const call = {
    operation: text(attributes, "rpc.method", "aws.operation"),
    region: text(attributes, "cloud.region", "aws.region"),
    request_id: text(attributes, "aws.request_id"),
    table_name: first(attributes["aws.dynamodb.table_names"]) ?? text(attributes, "aws.table_name"),
    bucket_name: text(attributes, "aws.s3.bucket"),
    queue_url: text(attributes, "aws.sqs.queue.url", "aws.queue_url"),
    topic_arn: text(attributes, "aws.sns.topic.arn"),
    function_name: text(attributes, "faas.invoked_name"),
  };
  return Object.fromEntries(Object.entries(call).filter(([, value]) => value !== undefined));
}

function sqlOf(attributes: Attributes): Plain | undefined {
  const system = text(attributes, "db.system.name", "db.system");
  if (system === undefined || system === "dynamodb" || system === "aws.dynamodb") return undefined;
  const query = text(attributes, "db.query.text", "db.statement");
  return { database_type: system, ...(query === undefined ? {} : { sanitized_query: query }) };
}

function failureOf(span: OtlpSpan, status: number | undefined): Plain {
  const failed = span.status.code === "ERROR";
  const exceptions = span.events
    .filter(({ name }) => name === "exception")
    .map(({ attributes }, index) => ({
      id: `${span.spanId.slice(0, 15)}${index % 10}`,
      type: text(attributes, "exception.type") ?? "Error",
      message: text(attributes, "exception.message") ?? "",
    }));
  const told =
    exceptions.length === 0 && failed && span.status.message !== "" ? [{ type: "Error", message: span.status.message }] : exceptions;
  const cause = told.length === 0 ? {} : { cause: { exceptions: told } };
  if (status === 429) return { error: true, throttle: true, ...cause };
  if (status !== undefined && status >= 400 && status < 500) return { error: true, ...cause };
  return failed || (status !== undefined && status >= 500) ? { fault: true, ...cause } : cause;
}

function annotationsOf(span: OtlpSpan): Plain {
  const scalar = Object.entries(span.attributes).filter(([, value]) => value !== null && typeof value !== "object");
  return { "span.name": span.name, ...Object.fromEntries(scalar.slice(0, MOST_ANNOTATIONS - 1)) };
}
