import type { Context } from "./context.ts";
import { unless } from "./exception.ts";

/** https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/CloudWatch-Transaction-Search.html */
const GROUP = "aws/spans";
const STREAM = "default";
/** https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_PutLogEvents.html */
const MOST_EVENTS = 10_000;
const MOST_BYTES = 1_000_000;

/** A span as `aws/spans` has it: OpenTelemetry's fields, times in ns. */
export interface Span {
  readonly startTimeUnixNano: number;
  readonly [field: string]: unknown;
}

/** Appends to `aws/spans`, which is made when the first span comes. */
export async function writeSpans(caller: Context, spans: readonly Span[]): Promise<void> {
  // Only services may make groups of AWS's own names.
  const ctx = caller.with({ request: undefined });
  const events = spans
    .map((span) => ({ timestamp: Math.floor(span.startTimeUnixNano / 1e6), message: JSON.stringify(span) }))
    .toSorted((a, b) => a.timestamp - b.timestamp);
  for (const batch of batches(events)) {
    const put = () => ctx.call("cloudwatch-logs", "PutLogEvents", { logGroupName: GROUP, logStreamName: STREAM, logEvents: batch });
    if ((await unless("ResourceNotFoundException", put())) !== undefined) continue;
    await unless("ResourceAlreadyExistsException", ctx.call("cloudwatch-logs", "CreateLogGroup", { logGroupName: GROUP }));
    const stream = { logGroupName: GROUP, logStreamName: STREAM };
    await unless("ResourceAlreadyExistsException", ctx.call("cloudwatch-logs", "CreateLogStream", stream));
    await put();
  }
}

/**
 * The spans of some traces, ids of 32 hexadecimal digits, that began in [from, to], virtual ms.
 *
 * @throws AwsException ResourceNotFoundException before there was any span
 */
export async function readSpans(
  caller: Context,
  traceIds: readonly string[],
  { from, to }: { readonly from: number; readonly to: number },
): Promise<Span[]> {
  const ctx = caller.with({ request: undefined });
  const filterPattern = traceIds.map((id) => `?"${id}"`).join(" ");
  const wanted = new Set<unknown>(traceIds);
  const spans: Span[] = [];
  let nextToken: string | undefined;
  do {
    const range = { logGroupName: GROUP, filterPattern, startTime: from, endTime: to };
    const page = await ctx.call("cloudwatch-logs", "FilterLogEvents", { ...range, ...(nextToken === undefined ? {} : { nextToken }) });
    for (const { message = "{}" } of page.events ?? []) {
      const span = JSON.parse(message) as Span;
      if (wanted.has(span.traceId)) spans.push(span);
    }
    nextToken = page.nextToken;
  } while (nextToken !== undefined);
  return spans;
}

type LogEvent = { readonly timestamp: number; readonly message: string };

function* batches(events: readonly LogEvent[]): Generator<LogEvent[]> {
  let batch: LogEvent[] = [];
  let bytes = 0;
  for (const event of events) {
    const size = Buffer.byteLength(event.message) + 26;
    if (batch.length >= MOST_EVENTS || (batch.length > 0 && bytes + size > MOST_BYTES)) {
      yield batch;
      batch = [];
      bytes = 0;
    }
    batch.push(event);
    bytes += size;
  }
  if (batch.length > 0) yield batch;
}
