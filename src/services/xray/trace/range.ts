import type { Context } from "../../../aws/context.ts";
import { AwsException } from "../../../aws/exception.ts";
import { decodeToken, encodeToken } from "../../../aws/paging.ts";
import { selectTracesActive, selectTracesByEnd, selectTracesByStart, type TraceRow } from "../store.ts";

export interface TimeRange {
  /** Virtual ms. */
  readonly from: number;
  readonly to: number;
}

export function invalidRequest(message: string): AwsException {
  return new AwsException("InvalidRequestException", message, { status: 400 });
}

const HOUR_MS = 3_600_000;

/** @throws AwsException InvalidRequestException */
export function rangeOf(input: { StartTime?: Date | undefined; EndTime?: Date | undefined }, mostHours: number): TimeRange {
  const from = input.StartTime?.getTime() ?? 0;
  const to = input.EndTime?.getTime() ?? 0;
  if (from > to) throw invalidRequest("End time cannot be less than start time");
  if (to - from > mostHours * HOUR_MS) throw invalidRequest(`Time range cannot be longer than ${mostHours} hours`);
  return { from, to };
}

const SELECTS = { TraceId: selectTracesByStart, Event: selectTracesActive, Service: selectTracesByEnd } as const;
export type RangeType = keyof typeof SELECTS;

export interface RowPage {
  readonly rows: TraceRow[];
  readonly nextToken: string | undefined;
}

/** One page of the traces in a range, the newest first. @throws AwsException InvalidRequestException */
export function tracePage(
  ctx: Context,
  type: RangeType,
  { from, to }: TimeRange,
  page: { token: string | undefined; limit: number },
): RowPage {
  const key = page.token === undefined ? [Number.MAX_SAFE_INTEGER, ""] : decodeToken(page.token);
  const [time, after] = key ?? [];
  if (typeof time !== "number" || typeof after !== "string") throw invalidRequest("The next token is not valid");
  const rows = ctx.all(SELECTS[type], { from, to, time, after, limit: page.limit + 1 });
  if (rows.length <= page.limit) return { rows, nextToken: undefined };
  const kept = rows.slice(0, page.limit);
  const last = kept.at(-1);
  return { rows: kept, nextToken: last === undefined ? undefined : encodeToken([last.started, last.id]) };
}

/** All traces that were under way in a range. */
export function* tracesIn(ctx: Context, range: TimeRange): Generator<TraceRow> {
  let token: string | undefined;
  do {
    const page = tracePage(ctx, "Event", range, { token, limit: 500 });
    yield* page.rows;
    token = page.nextToken;
  } while (token !== undefined);
}
