import type { Context } from "../../aws/context.ts";
import type { ServedPlace } from "../../aws/golden-signals.ts";
import { flagsOf, parseTraceHeader, type TraceHeader, tracingOf } from "../../aws/tracing.ts";
import { type Answer, type Call, header, type RoutedCall } from "./call.ts";
import { functionReference } from "./functions.ts";
import type { LiveStage } from "./live.ts";

/** A request's place in its trace. */
export interface CallTrace {
  /** What came with the request, or a new trace. */
  readonly from: TraceHeader;
  /** What integrations get: their parent is the call that API Gateway makes. */
  readonly onward: TraceHeader;
  readonly id: string;
  /** Seconds. */
  readonly start: number;
}

interface Facts {
  readonly header: string | undefined;
  readonly host: string;
  readonly method: string;
  readonly path: string;
}

/** Follows the client's decision, or else the sampling rules'. HTTP APIs of AWS have no traces; these are what REST APIs have. */
export function beginTrace(ctx: Context, live: LiveStage, { header: given, host, method, path }: Facts): CallTrace {
  const tracing = tracingOf(ctx.cloud);
  const came = parseTraceHeader(given);
  const from: TraceHeader = came ?? { root: tracing.traceId() };
  const resourceArn = `arn:aws:apigateway:${live.region}::/apis/${live.apiId}/stages/${live.name}`;
  const request = { serviceName: nameOf(live), serviceType: "AWS::ApiGateway::Stage", host, method, path, resourceArn };
  const sampled = from.sampled ?? tracing.sampler(ctx, request, from.root);
  return {
    from,
    onward: sampled ? { root: from.root, parent: tracing.segmentId(), sampled } : { ...from, sampled },
    id: tracing.segmentId(),
    start: sampled ? tracing.instant(ctx, from.root) : 0,
  };
}

/** https://docs.aws.amazon.com/xray/latest/devguide/xray-services-apigateway.html: the API's name and the stage's. */
function nameOf({ api, name }: LiveStage): string {
  return `${api.Name ?? "api"}/${name}`.replace(/[^\p{L}\p{N}\p{Z}_.:/%&#=+\\\-@]/gu, "").slice(0, 200);
}

/** The operation is the route; where that takes everything, method and first part of the path. */
export function servedPlace(call: Call | RoutedCall): ServedPlace {
  const key = "route" in call ? call.route.body.RouteKey : undefined;
  const operation = key === undefined || key.startsWith("$") ? `${call.method} /${call.path.split("/")[1] ?? ""}` : key;
  const { live } = call;
  return { service: nameOf(live), environment: `api-gateway:${live.name}`, operation, platform: "AWS::ApiGateway" };
}

/** Tells the request and the call of its integration. */
export function endTrace(call: Call | RoutedCall, answer: Answer): void {
  const { from, onward, id, start } = call.trace;
  if (onward.sampled !== true) return;
  const tracing = tracingOf(call.ctx.cloud);
  const end = tracing.instant(call.ctx, from.root);
  const agent = header(call, "user-agent");
  tracing.record(call.ctx, {
    id,
    trace_id: from.root,
    ...(from.parent === undefined ? {} : { parent_id: from.parent }),
    name: nameOf(call.live),
    origin: "AWS::ApiGateway::Stage",
    start_time: start,
    end_time: end,
    http: {
      request: {
        method: call.method,
        url: `${call.scheme}://${header(call, "host") ?? call.domainName}${call.wirePath}`,
        client_ip: call.sourceIp,
        ...(agent === undefined ? {} : { user_agent: agent.slice(0, 250) }),
      },
      response: { status: answer.status, content_length: answer.body.length },
    },
    ...flagsOf(answer.status),
    aws: {
      api_gateway: {
        account_id: call.live.account,
        api_id: call.live.apiId,
        stage: call.live.name,
        request_id: call.requestId,
        operation: servedPlace(call).operation,
      },
    },
    resource_arn: `arn:aws:apigateway:${call.live.region}::/apis/${call.live.apiId}/stages/${call.live.name}`,
    ...("route" in call ? integrationOf(call, answer, end) : {}),
  });
}

function integrationOf(call: RoutedCall, { integration: facts }: Answer, end: number): object {
  const { integration } = call.route;
  const id = call.trace.onward.parent;
  if (facts === undefined || integration === undefined || id === undefined) return {};
  const { status = 500 } = facts;
  const base = { id, start_time: Math.max(call.trace.start, end - facts.latency / 1_000), end_time: end, http: { response: { status } } };
  const failure = facts.error !== undefined && status < 400 ? { fault: true } : flagsOf(status);
  const target = functionReference(integration.IntegrationUri, call.live.stage.StageVariables);
  const uri = integration.IntegrationUri ?? "";
  const [service, operation] = integration.IntegrationSubtype?.split("-") ?? [];
  const what =
    service !== undefined
      ? { name: service, namespace: "aws", aws: { operation } }
      : target !== undefined
        ? { name: "Lambda", namespace: "aws", aws: { operation: "Invoke", function_name: target.name, resource_names: [target.name] } }
        : {
            name: /^https?:\/\/([^/:]+)/.exec(uri)?.[1] ?? "http",
            namespace: "remote",
            http: { request: { url: uri }, response: { status } },
          };
  return { subsegments: [{ ...base, ...what, ...failure }] };
}
