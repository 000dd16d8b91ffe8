import type { Input, Output } from "../../aws/clients.ts";
import type { Context } from "../../aws/context.ts";
import { checkUnmask, shownMessage } from "./data-protection/guard.ts";
import { expiredBefore, findEither, invalidParameter } from "./groups.ts";
import { compilePattern } from "./pattern.ts";
import { type EventRow, type GroupRow, selectEventsAfter, selectEventsBefore, selectGroupEvents } from "./store.ts";
import { findStream } from "./streams.ts";

const MAX_EVENTS = 10_000;
const MAX_BYTES = 1_048_576;
/** Events that one FilterLogEvents looks at before it answers with what it has and a token, as AWS does. */
const SCAN_BUDGET = 200_000;
const SCAN_BATCH = 5_000;
const END_OF_TIME = Number.MAX_SAFE_INTEGER;

interface Position {
  readonly time: number;
  readonly seq: number;
}

/** 56 digits, as AWS's event ids have. They order events. */
export function eventId({ time, seq }: Position): string {
  return `3${String(time).padStart(15, "0")}${String(seq).padStart(40, "0")}`;
}

function positionOf(id: string): Position {
  return { time: Number(id.slice(1, 16)), seq: Number(id.slice(16)) };
}

function readToken(token: string | undefined): { readonly forward: boolean; readonly position: Position } | undefined {
  if (token === undefined) return undefined;
  const found = /^([fb])\/(3\d{55})\/s$/.exec(token);
  if (found === null) throw invalidParameter("The specified nextToken is invalid.");
  return { forward: found[1] === "f", position: positionOf(found[2] ?? "") };
}

const tokenOf = (direction: "f" | "b", position: Position): string => `${direction}/${eventId(position)}/s`;

/** How messages are shown. @throws AwsException AccessDeniedException to those who may not unmask */
function shownBy(ctx: Context, group: GroupRow, unmask: boolean | undefined): (event: EventRow) => string {
  if (unmask === true) checkUnmask(ctx, group);
  return unmask === true ? (event) => event.message : (event) => shownMessage(ctx, group, event);
}

/** As many of the rows as an answer of 1 MB holds. */
function cutToSize(rows: readonly EventRow[]): EventRow[] {
  let bytes = 0;
  const end = rows.findIndex(({ message }) => {
    bytes += Buffer.byteLength(message) + 26;
    return bytes > MAX_BYTES;
  });
  return end < 0 ? [...rows] : rows.slice(0, Math.max(end, 1));
}

/**
 * Events in order of time. Both tokens always come: the forward one goes on behind the last event and the backward one
 * before the first, and at the end of the stream a token comes back as it was given.
 * https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_GetLogEvents.html
 */
export function getLogEvents(input: Input<"cloudwatch-logs", "GetLogEvents">, ctx: Context): Output<"cloudwatch-logs", "GetLogEvents"> {
  const group = findEither(ctx, input.logGroupName, input.logGroupIdentifier);
  const shown = shownBy(ctx, group, input.unmask);
  const stream = findStream(ctx, group, input.logStreamName);
  const token = readToken(input.nextToken);
  const forward = token?.forward ?? input.startFromHead === true;
  const position = token?.position ?? (forward ? { time: -1, seq: 0 } : { time: END_OF_TIME, seq: 0 });
  const page = {
    stream: stream.id,
    from: Math.max(input.startTime ?? 0, expiredBefore(ctx, group)),
    to: input.endTime ?? END_OF_TIME,
    limit: input.limit ?? MAX_EVENTS,
    ...position,
  };
  const found = cutToSize(ctx.all(forward ? selectEventsAfter : selectEventsBefore, page));
  const rows = forward ? found : found.reverse();
  const first = rows[0];
  const last = rows.at(-1);
  const here = token?.position ?? { time: Math.max(0, page.from - 1), seq: 0 };
  return {
    events: rows.map((row) => ({ timestamp: row.time, message: shown(row), ingestionTime: row.ingested })),
    nextForwardToken: tokenOf("f", last ?? here),
    nextBackwardToken: tokenOf("b", first ?? here),
  };
}

type Filtered = NonNullable<Output<"cloudwatch-logs", "FilterLogEvents">["events"]>;

export function filterLogEvents(
  input: Input<"cloudwatch-logs", "FilterLogEvents">,
  ctx: Context,
): Output<"cloudwatch-logs", "FilterLogEvents"> {
  const group = findEither(ctx, input.logGroupName, input.logGroupIdentifier);
  // AWS interleaves whatever is asked for since June 2019.
  const { interleaved: _ } = input;
  const shown = shownBy(ctx, group, input.unmask);
  const names = input.logStreamNames;
  const prefix = input.logStreamNamePrefix;
  if (names !== undefined && prefix !== undefined) {
    throw invalidParameter("The logStreamNames and logStreamNamePrefix parameters are mutually exclusive.");
  }
  const streams = names === undefined ? undefined : new Set(names.map((name) => findStream(ctx, group, name).name));
  const pattern = compilePattern(input.filterPattern ?? "");
  const limit = input.limit ?? MAX_EVENTS;
  const events: Filtered = [];
  let bytes = 0;
  const wanted = (name: string): boolean => (streams?.has(name) ?? true) && (prefix === undefined || name.startsWith(prefix));
  const next = scan(ctx, group, input, (row) => {
    if (!wanted(row.name)) return "more";
    // A pattern sees what is shown, so that nobody finds out by searching what is masked.
    const message = shown(row);
    if (pattern.match(message) === undefined) return "more";
    bytes += Buffer.byteLength(message) + 26;
    if (bytes > MAX_BYTES && events.length > 0) return "full";
    events.push({ logStreamName: row.name, timestamp: row.time, message, ingestionTime: row.ingested, eventId: eventId(row) });
    return events.length < limit ? "more" : "last";
  });
  return { events, searchedLogStreams: [], ...(next === undefined ? {} : { nextToken: tokenOf("f", next) }) };
}

/**
 * Gives events to `take` until that was the `last` one, or it is `full` without it, or the budget is used; answers where to
 * go on, if there may be more.
 */
function scan(
  ctx: Context,
  group: GroupRow,
  input: Input<"cloudwatch-logs", "FilterLogEvents">,
  take: (row: EventRow & { readonly name: string }) => "more" | "last" | "full",
): Position | undefined {
  const start = Math.max(input.startTime ?? 0, expiredBefore(ctx, group));
  const token = readToken(input.nextToken)?.position;
  const to = input.endTime === undefined ? END_OF_TIME : input.endTime + 1;
  let at: Position = token ?? { time: start - 1, seq: END_OF_TIME };
  let scanned = 0;
  while (scanned < SCAN_BUDGET) {
    const rows = ctx.all(selectGroupEvents, { group: group.id, to, ...at, limit: SCAN_BATCH });
    for (const [index, row] of rows.entries()) {
      const outcome = take(row);
      if (outcome === "full") return at;
      if (outcome === "last") return index === rows.length - 1 && rows.length < SCAN_BATCH ? undefined : row;
      at = row;
    }
    if (rows.length < SCAN_BATCH) return undefined;
    scanned += rows.length;
  }
  return at;
}
