import type { Input, Output } from "../../aws/clients.ts";
import type { Context } from "../../aws/context.ts";
import { sendForAccount } from "./account-policies/subscription.ts";
import { masked } from "./data-protection/detector.ts";
import { detectorFor } from "./data-protection/guard.ts";
import { findings } from "./data-protection/store.ts";
import { sendEmbedded } from "./embedded-metrics/extract.ts";
import { armExpiry, findGroup, invalidParameter } from "./groups.ts";
import { tellSessions } from "./live-tail/live-tail.ts";
import { advanceGroup, type GroupRow, insertEvent, type StreamRow, selectSubscriptions, updateStream } from "./store.ts";
import { findStream } from "./streams.ts";
import { surroundingsOf, transformerFor } from "./transformers/policies.ts";
import { transformed } from "./transformers/store.ts";

const DAY = 86_400_000;
const HOUR = 3_600_000;
const MAX_BATCH_BYTES = 1_048_576;
/** Added for each event: https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_PutLogEvents.html */
const EVENT_OVERHEAD = 26;

interface Incoming {
  readonly timestamp: number;
  readonly message: string;
}

interface Sorted {
  readonly accepted: readonly Incoming[];
  readonly bytes: number;
  readonly rejected: Output<"cloudwatch-logs", "PutLogEvents">["rejectedLogEventsInfo"];
}

/** Checks a batch, and parts what is too old, too new or past the retention from it. */
function sortBatch(events: readonly Incoming[], now: number, retentionDays: number | null): Sorted {
  let bytes = 0;
  let before = Number.NEGATIVE_INFINITY;
  for (const { timestamp, message } of events) {
    if (timestamp < before) throw invalidParameter("Log events in a single PutLogEvents request must be in chronological order.");
    before = timestamp;
    bytes += Buffer.byteLength(message) + EVENT_OVERHEAD;
  }
  if (bytes > MAX_BATCH_BYTES) throw invalidParameter(`Upload too large: ${bytes} bytes exceeds limit of ${MAX_BATCH_BYTES}`);
  if (before - (events[0]?.timestamp ?? before) > DAY) {
    throw invalidParameter("The batch of log events in a single PutLogEvents request cannot span more than 24 hours.");
  }
  const tooOld = countBefore(events, now - 14 * DAY);
  const expired = retentionDays === null ? 0 : countBefore(events, now - retentionDays * DAY);
  const tooNew = countBefore(events, now + 2 * HOUR + 1);
  const rejected = {
    ...(tooNew < events.length ? { tooNewLogEventStartIndex: tooNew } : {}),
    ...(tooOld > 0 ? { tooOldLogEventEndIndex: tooOld } : {}),
    ...(expired > 0 ? { expiredLogEventEndIndex: expired } : {}),
  };
  const accepted = events.slice(Math.max(tooOld, expired), tooNew);
  return { accepted, bytes, rejected: Object.keys(rejected).length === 0 ? undefined : rejected };
}

function countBefore(events: readonly Incoming[], instant: number): number {
  const index = events.findIndex(({ timestamp }) => timestamp >= instant);
  return index < 0 ? events.length : index;
}

export function putLogEvents(input: Input<"cloudwatch-logs", "PutLogEvents">, ctx: Context): Output<"cloudwatch-logs", "PutLogEvents"> {
  return ctx.tx(() => {
    // AWS has ignored sequence tokens since 2023. What produced the events is not kept.
    const { sequenceToken: _, entity: __ } = input;
    const group = findGroup(ctx, input.logGroupName);
    const stream = findStream(ctx, group, input.logStreamName);
    const { accepted, bytes, rejected } = sortBatch((input.logEvents ?? []) as readonly Incoming[], ctx.now, group.retention);
    if (accepted.length > 0) store(ctx, group, stream, { accepted, bytes });
    const nextSequenceToken = `${group.next_seq + accepted.length}`.padStart(56, "4");
    return { nextSequenceToken, ...(rejected === undefined ? {} : { rejectedLogEventsInfo: rejected }) };
  });
}

/** Stores the events, with what is sensitive in them and what they are transformed to; answers them as they may be shown. */
function insertAll(ctx: Context, group: GroupRow, stream: StreamRow, accepted: readonly Incoming[]) {
  const { store } = ctx.cloud;
  const detect = detectorFor(ctx, group);
  const transform = transformerFor(ctx, group);
  const now = ctx.now;
  let seq = group.next_seq;
  if (detect === undefined && transform === undefined) {
    for (const { timestamp, message } of accepted)
      store.run(insertEvent, { group: group.id, time: timestamp, seq: seq++, stream: stream.id, now, message });
    return { shown: accepted, isFound: false };
  }
  const surroundings = surroundingsOf(ctx, group, stream.name);
  let isFound = false;
  const shown = accepted.map(({ timestamp, message }) => {
    const place = { group: group.id, time: timestamp, seq: seq++, stream: stream.id };
    store.run(insertEvent, { ...place, now, message });
    const found = detect?.(message) ?? [];
    const visible = found.length === 0 ? message : masked(message, found);
    if (found.length > 0) {
      isFound = true;
      store.run(findings.insert, { ...place, findings: JSON.stringify(found) });
    }
    // Of what is masked, so that nothing sensitive is in the other version.
    if (transform !== undefined) store.run(transformed.insert, { ...place, ...transform(visible, surroundings) });
    return { timestamp, message: visible };
  });
  if (isFound && group.masked === 0) store.run(findings.mark, { group: group.id });
  if (transform !== undefined && group.transformed === 0) store.run(transformed.mark, { group: group.id });
  return { shown, isFound };
}

function store(
  ctx: Context,
  group: GroupRow,
  stream: StreamRow,
  batch: { readonly accepted: readonly Incoming[]; readonly bytes: number },
): void {
  const { accepted, bytes } = batch;
  const seq = group.next_seq + accepted.length;
  const now = ctx.now;
  const { shown, isFound } = insertAll(ctx, group, stream, accepted);
  const first = accepted[0]?.timestamp ?? now;
  const last = accepted.at(-1)?.timestamp ?? now;
  ctx.run(updateStream, { id: stream.id, first, last, now });
  ctx.run(advanceGroup, { id: group.id, next_seq: seq, bytes });
  if (group.retention !== null) armExpiry(ctx, group, first + group.retention * DAY + 1);
  const payload = { group: group.id, stream: stream.id, from: first, to: last, first: group.next_seq, last: seq - 1 };
  tellSessions(ctx, group, stream, shown);
  if (isFound) ctx.send("cloudwatch-logs.audit", payload);
  if (group.metric_filters > 0) ctx.send("cloudwatch-logs.measure", payload);
  sendEmbedded(ctx, group, accepted, payload);
  sendForAccount(ctx, group, payload);
  if (group.subscriptions === 0) return;
  for (const { name } of ctx.all(selectSubscriptions, { group: group.id })) {
    // One lane a filter and stream, so that its destination gets events in order.
    ctx.send("cloudwatch-logs.deliver", { ...payload, filter: name }, { lane: `cloudwatch-logs.${stream.id}.${name}` });
  }
}
