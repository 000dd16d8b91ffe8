import { Readable } from "node:stream";
import { createGzip } from "node:zlib";
import type { Context } from "../../../aws/context.ts";
import { AwsException } from "../../../aws/exception.ts";
import type { MessageHandler } from "../../../aws/service.ts";
import { shownEvents } from "../data-protection/guard.ts";
import { expiredBefore } from "../groups.ts";
import { type EventRow, type GroupRow, type StreamRow, selectGroup, selectStreams } from "../store.ts";
import { put } from "./bucket.ts";
import { type ExportRow, exportTasks, selectExported } from "./store.ts";
import { move } from "./tasks.ts";

/** Virtual ms that a task runs before its objects are there, so that it is seen: AWS names no time. */
const RUNNING_MS = 1_000;
const BATCH = 5_000;
/** Text in one object, in bytes: the next one begins behind it. */
const MOST_BYTES = 64 * 1_024 * 1_024;

/** `cloudwatch-logs.export`: PENDING, RUNNING, then all objects of the task. Begun again, it writes the same objects again. */
export const runExport: MessageHandler = async (ctx, { payload }) => {
  const row = ctx.get(exportTasks.get, { id: String(payload["id"]) });
  if (row?.status === "PENDING") {
    move(ctx, row, "RUNNING", "its turn has come: no other task of the account is active");
    return { again: ctx.now + RUNNING_MS };
  }
  if (row?.status !== "RUNNING" && row?.status !== "PENDING_CANCEL") return undefined;
  try {
    const written = await writeAll(ctx, row);
    if (!ctx.isCurrent) return undefined;
    if (isCancelled(ctx, row)) move(ctx, row, "CANCELLED", `the task was cancelled after ${written} objects`);
    else move(ctx, row, "COMPLETED", `${written} objects hold all events of the range`);
  } catch (error) {
    if (!(error instanceof AwsException)) throw error;
    move(ctx, row, "FAILED", `${error.code}: ${error.message}`);
  }
  return undefined;
};

const isCancelled = (ctx: Context, { id }: ExportRow): boolean => ctx.get(exportTasks.get, { id })?.status === "PENDING_CANCEL";

async function writeAll(ctx: Context, row: ExportRow): Promise<number> {
  const group = ctx.get(selectGroup, { name: row.group_name });
  if (group === undefined) throw new AwsException("ResourceNotFoundException", "The specified log group does not exist.");
  let written = 0;
  for (const stream of streamsOf(ctx, group, row.stream_prefix)) {
    if (isCancelled(ctx, row)) break;
    written += await writeStream(ctx, row, group, stream);
  }
  return written;
}

function* streamsOf(ctx: Context, group: GroupRow, prefix: string): Generator<StreamRow> {
  for (let after = ""; ; ) {
    const rows = ctx.all(selectStreams, { group: group.id, from: prefix, to: `${prefix}\u{10ffff}`, after, limit: BATCH });
    yield* rows;
    if (rows.length < BATCH) return;
    after = rows.at(-1)?.name ?? "";
  }
}

/** One folder a stream, with objects that are numbered; streams without events have none. */
async function writeStream(ctx: Context, row: ExportRow, group: GroupRow, stream: StreamRow): Promise<number> {
  const events = new StreamReader(ctx, row, group, stream);
  // Slashes would make folders of their own.
  const folder = `${row.prefix}/${row.id}/${stream.name.replaceAll("/", "-")}`;
  let objects = 0;
  while (events.head !== undefined && !isCancelled(ctx, row)) {
    const name = `${String(objects).padStart(6, "0")}.gz`;
    await put(ctx, row.bucket, `${folder}/${name}`, Readable.from(events.lines(MOST_BYTES)).pipe(createGzip()));
    objects++;
  }
  return objects;
}

/** Events of a stream in order of time, one batch in memory. */
class StreamReader {
  readonly #ctx: Context;
  readonly #group: GroupRow;
  readonly #range: { readonly stream: number; readonly from: number; readonly to: number };
  #rows: readonly EventRow[] = [];
  #at = 0;
  #position = { time: -1, seq: 0 };
  #isOver = false;

  constructor(ctx: Context, row: ExportRow, group: GroupRow, stream: StreamRow) {
    this.#ctx = ctx;
    this.#group = group;
    this.#range = { stream: stream.id, from: Math.max(row.from_time, expiredBefore(ctx, group)), to: row.to_time };
  }

  get head(): EventRow | undefined {
    if (this.#at >= this.#rows.length && !this.#isOver) {
      this.#rows = shownEvents(this.#ctx, this.#group, this.#ctx.all(selectExported, { ...this.#range, ...this.#position, limit: BATCH }));
      this.#at = 0;
      this.#isOver = this.#rows.length < BATCH;
      const last = this.#rows.at(-1);
      if (last !== undefined) this.#position = { time: last.time, seq: last.seq };
    }
    return this.#rows[this.#at];
  }

  /** As many lines as fit; at least one. */
  *lines(most: number): Generator<Buffer> {
    let bytes = 0;
    for (let event = this.head; event !== undefined; event = this.head) {
      const line = Buffer.from(`${new Date(event.time).toISOString()} ${event.message}\n`);
      if (bytes > 0 && bytes + line.length > most) return;
      bytes += line.length;
      this.#at++;
      yield line;
    }
  }
}
