import { parseArn } from "../../aws/arn.ts";
import type { Context } from "../../aws/context.ts";
import { AwsException } from "../../aws/exception.ts";
import { pageOf } from "../../aws/paging.ts";
import type { MessageHandler, Operations } from "../../aws/service.ts";
import {
  insertReplay,
  type ReplayRow,
  type ReplayState,
  selectArchive,
  selectArchived,
  selectReplay,
  selectReplays,
  updateReplay,
} from "./archive-store.ts";
import { archiveArn } from "./archives.ts";
import { pageStart } from "./buses.ts";
import { busArn, busReference, invalid } from "./names.ts";
import { type BusEvent, dropExpired, publish } from "./publish.ts";

const BATCH = 100;

function replayArn(ctx: Context, name: string): string {
  return ctx.arn("events", `replay/${name}`);
}

/** @throws ResourceNotFoundException */
function findReplay(ctx: Context, name: string | undefined): ReplayRow {
  const row = ctx.get(selectReplay, { name: name ?? "" });
  if (row === undefined) throw new AwsException("ResourceNotFoundException", `Replay ${name} does not exist.`);
  return row;
}

function move(
  ctx: Context,
  row: ReplayRow,
  state: ReplayState,
  change: { cursor?: number; last?: number | null; ended?: number } = {},
): void {
  const { cursor = row.cursor, last = row.last_time, ended = null } = change;
  ctx.run(updateReplay, { name: row.name, state, cursor, last, ended });
  if (state !== row.state) {
    ctx.emit({
      source: "aws.events",
      type: "Replay State Changed",
      resources: [replayArn(ctx, row.name)],
      detail: { name: row.name, state, previous: row.state },
    });
  }
}

/**
 *   STARTING ──▶ RUNNING ──▶ COMPLETED
 *                   │ CancelReplay
 *                   └──▶ CANCELLING ──▶ CANCELLED
 *
 * `eventbridge.replay {name}` gives one batch after the other back to the bus, in the order in which they came.
 */
export const replay: MessageHandler = (ctx, message) => {
  const name = String(message.payload["name"]);
  const row = ctx.get(selectReplay, { name });
  if (row === undefined || row.ended !== null) return undefined;
  return ctx.tx(() => {
    if (row.state === "CANCELLING") {
      move(ctx, row, "CANCELLED", { ended: ctx.now });
      return undefined;
    }
    const found = ctx.all(selectArchived, { archive: row.archive, from: row.from_time, to: row.to_time, cursor: row.cursor, limit: BATCH });
    const only = row.rules === null ? undefined : new Set((JSON.parse(row.rules) as string[]).map((arn) => arn.split("/").at(-1) ?? ""));
    for (const { body } of found) publish(ctx, row.bus, { ...(JSON.parse(body) as BusEvent), "replay-name": name }, { only });
    const last = found.at(-1);
    if (last === undefined) {
      move(ctx, row, "COMPLETED", { ended: ctx.now });
      return undefined;
    }
    move(ctx, row, "RUNNING", { cursor: last.id, last: last.received });
    return { again: ctx.now };
  });
};

function toReplay(ctx: Context, row: ReplayRow) {
  return {
    ReplayName: row.name,
    EventSourceArn: archiveArn(ctx, row.archive),
    State: row.state,
    EventStartTime: new Date(row.from_time),
    EventEndTime: new Date(row.to_time),
    ReplayStartTime: new Date(row.started),
    ...(row.last_time === null ? {} : { EventLastReplayedTime: new Date(row.last_time) }),
    ...(row.ended === null ? {} : { ReplayEndTime: new Date(row.ended) }),
  };
}

export const replays = {
  StartReplay: (input, ctx) => {
    const name = input.ReplayName ?? "";
    const archive = parseArn(input.EventSourceArn ?? "")?.resource.replace("archive/", "") ?? "";
    const source = ctx.get(selectArchive, { name: archive });
    if (source === undefined) throw invalid("EventSourceArn", `Archive ${archive} does not exist.`);
    const bus = busReference(ctx, input.Destination?.Arn).name;
    if (bus !== source.bus) throw invalid("Destination.Arn", "Cross event bus replay is not permitted.");
    const from = input.EventStartTime?.getTime() ?? 0;
    const to = input.EventEndTime?.getTime() ?? 0;
    if (from >= to) throw invalid("EventEndTime", "EventStartTime must be before EventEndTime.");
    if (ctx.get(selectReplay, { name }) !== undefined)
      throw new AwsException("ResourceAlreadyExistsException", `Replay ${name} already exists.`);
    dropExpired(ctx, source);
    const filter = input.Destination?.FilterArns ?? [];
    const rules = filter.length === 0 ? null : JSON.stringify(filter);
    ctx.tx(() => {
      ctx.run(insertReplay, { name, archive, bus, description: input.Description ?? null, rules, from, to, now: ctx.now });
      ctx.claim(name);
      ctx.send("eventbridge.replay", { name });
      ctx.emit({ source: "aws.events", type: "Replay Started", resources: [replayArn(ctx, name)], detail: { name, archive } });
    });
    return { ReplayArn: replayArn(ctx, name), State: "STARTING", ReplayStartTime: new Date(ctx.now) };
  },

  CancelReplay: (input, ctx) => {
    const row = findReplay(ctx, input.ReplayName);
    if (row.state !== "STARTING" && row.state !== "RUNNING") {
      throw new AwsException("IllegalStatusException", `Replay ${row.name} is not in a valid state for this operation.`);
    }
    ctx.tx(() => move(ctx, row, "CANCELLING"));
    return { ReplayArn: replayArn(ctx, row.name), State: "CANCELLING" };
  },

  DescribeReplay: (input, ctx) => {
    const row = findReplay(ctx, input.ReplayName);
    const FilterArns = row.rules === null ? undefined : (JSON.parse(row.rules) as string[]);
    return {
      ...toReplay(ctx, row),
      ReplayArn: replayArn(ctx, row.name),
      Destination: { Arn: busArn(ctx, row.bus), ...(FilterArns === undefined ? {} : { FilterArns }) },
      ...(row.description === null ? {} : { Description: row.description }),
    };
  },

  ListReplays: (input, ctx) => {
    const limit = input.Limit ?? 100;
    const archive = input.EventSourceArn === undefined ? null : (parseArn(input.EventSourceArn)?.resource.replace("archive/", "") ?? "");
    const filter = {
      prefix: input.NamePrefix ?? "",
      archive,
      state: input.State ?? null,
      after: pageStart(input.NextToken),
      limit: limit + 1,
    };
    const { items, nextToken } = pageOf(ctx.all(selectReplays, filter), limit, (row) => [row.name]);
    return { Replays: items.map((row) => toReplay(ctx, row)), ...(nextToken === undefined ? {} : { NextToken: nextToken }) };
  },
} satisfies Operations<"eventbridge">;
