import type { Context } from "../../aws/context.ts";
import { formatTraceHeader, type TraceHeader, tracingOf } from "../../aws/tracing.ts";
import type { InvocationOutcome } from "../../runtime/processes/driver.ts";
import { functionArn } from "./names.ts";
import type { FunctionRecord } from "./records.ts";

/** What an invocation is part of. */
export interface InvocationOrigin {
  readonly record: FunctionRecord;
  readonly qualifier: string | undefined;
  readonly requestId: string;
  /** Of an asynchronous one: when it was accepted, virtual ms, and which attempt this is, from 1. */
  readonly queued?: { readonly since: number; readonly attempt: number } | undefined;
  /** Traces of the messages of a batch. */
  readonly links?: readonly TraceHeader[] | undefined;
}

/**
 * One invocation as X-Ray has it: a segment of the Lambda service, and in it the function's own with start, invocation and
 * overhead. `PassThrough` functions follow their caller's decision; `Active` ones decide where nobody has.
 * https://docs.aws.amazon.com/lambda/latest/dg/services-xray.html
 */
export class InvocationTrace {
  readonly #ctx: Context;
  readonly #origin: InvocationOrigin;
  readonly #from: TraceHeader;
  readonly #sampled: boolean;
  readonly #service: string;
  readonly #function: string;
  readonly #start: number;
  #started = 0;

  constructor(ctx: Context, origin: InvocationOrigin) {
    const tracing = tracingOf(ctx.cloud);
    this.#ctx = ctx;
    this.#origin = origin;
    const isBatch = origin.links !== undefined;
    this.#from = (isBatch ? undefined : ctx.trace) ?? { root: tracing.traceId() };
    this.#sampled = this.#decide();
    this.#service = tracing.segmentId();
    this.#function = tracing.segmentId();
    this.#start = this.#sampled ? tracing.instant(ctx, this.#from.root) : 0;
  }

  #decide(): boolean {
    const { record, qualifier, links } = this.#origin;
    const given = links?.some(({ sampled }) => sampled === true) === true ? true : this.#from.sampled;
    if (given !== undefined || record.tracing !== "Active") return given ?? false;
    const resourceArn = functionArn(this.#ctx, record.name, qualifier);
    const request = { serviceName: record.name, serviceType: "AWS::Lambda::Function", host: "*", method: "*", path: "*", resourceArn };
    return tracingOf(this.#ctx.cloud).sampler(this.#ctx, request, this.#from.root);
  }

  /** What the function gets: its calls belong to its own segment. */
  get header(): string {
    return formatTraceHeader({ root: this.#from.root, parent: this.#function, sampled: this.#sampled });
  }

  /** The process takes it: what came before was waiting and, for a new process, its start. */
  started(): void {
    if (this.#sampled) this.#started = tracingOf(this.#ctx.cloud).instant(this.#ctx, this.#from.root);
  }

  ended(outcome: InvocationOutcome, group: string): void {
    if (!this.#sampled || !this.#ctx.isCurrent) return;
    const tracing = tracingOf(this.#ctx.cloud);
    const end = tracing.instant(this.#ctx, this.#from.root);
    tracing.record(this.#ctx, this.#serviceSegment(outcome, end));
    if (this.#started > 0) tracing.record(this.#ctx, this.#functionSegment(outcome, end, group));
  }

  #serviceSegment(outcome: InvocationOutcome, end: number) {
    const { record, qualifier, requestId, queued, links } = this.#origin;
    const tracing = tracingOf(this.#ctx.cloud);
    const begin = queued === undefined ? this.#start : Math.min(this.#start, queued.since / 1_000);
    const failed = outcome.status === "success" ? {} : { fault: true };
    const attempts = {
      subsegments: [
        { id: tracing.segmentId(), name: "Dwell Time", start_time: begin, end_time: this.#start },
        { id: tracing.segmentId(), name: `Attempt #${queued?.attempt ?? 1}`, start_time: this.#start, end_time: end, ...failed },
      ],
    };
    return {
      id: this.#service,
      trace_id: this.#from.root,
      ...(this.#from.parent === undefined ? {} : { parent_id: this.#from.parent }),
      name: record.name,
      origin: "AWS::Lambda",
      start_time: begin,
      end_time: end,
      http: { response: { status: queued === undefined ? 200 : 202 } },
      aws: { request_id: requestId },
      resource_arn: functionArn(this.#ctx, record.name, qualifier),
      ...failed,
      ...(links === undefined
        ? {}
        : { links: links.map(({ root, parent }) => ({ trace_id: root, ...(parent === undefined ? {} : { id: parent }) })) }),
      ...(queued === undefined ? {} : attempts),
    };
  }

  #functionSegment(outcome: InvocationOutcome, end: number, group: string) {
    const { record, qualifier, requestId } = this.#origin;
    const tracing = tracingOf(this.#ctx.cloud);
    const part = (name: string, start_time: number, end_time: number, more: object = {}) => ({
      id: tracing.segmentId(),
      name,
      start_time,
      end_time: Math.max(start_time, end_time),
      ...more,
    });
    const begin = Math.max(this.#start, this.#started - (outcome.initMs ?? 0) / 1_000);
    const done = Math.min(end, this.#started + outcome.durationMs / 1_000);
    const failed = outcome.status === "success" ? {} : { fault: true, cause: causeOf(outcome, tracing.segmentId()) };
    return {
      id: this.#function,
      trace_id: this.#from.root,
      parent_id: this.#service,
      name: record.name,
      origin: "AWS::Lambda::Function",
      start_time: begin,
      end_time: end,
      aws: {
        account_id: this.#ctx.account,
        function_arn: functionArn(this.#ctx, record.name, qualifier),
        request_id: requestId,
        resource_names: [record.name],
        cloudwatch_logs: [{ log_group: group, arn: this.#ctx.arn("logs", `log-group:${group}`) }],
      },
      service: { version: record.version },
      ...failed,
      subsegments: [
        ...(outcome.initMs === undefined ? [] : [part("Initialization", begin, this.#started)]),
        part("Invocation", this.#started, done, outcome.status === "success" ? {} : { fault: true }),
        part("Overhead", done, end),
      ],
    };
  }
}

/** The function's own error document, where it sent one. */
function causeOf(outcome: InvocationOutcome, id: string): object {
  let document: { errorType?: unknown; errorMessage?: unknown } = {};
  try {
    document = (JSON.parse(outcome.payload.toString("utf8")) ?? {}) as typeof document;
  } catch {
    // A function may answer an error with what is no JSON.
  }
  const type = String(document.errorType ?? outcome.errorType ?? "Error");
  return { exceptions: [{ id, type, message: String(document.errorMessage ?? outcome.crash ?? outcome.status).slice(0, 1_000) }] };
}
