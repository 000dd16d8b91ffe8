import type { Input, Output } from "../../aws/clients.ts";
import type { Context } from "../../aws/context.ts";
import { AwsException } from "../../aws/exception.ts";
import { decodeToken, pageOf } from "../../aws/paging.ts";
import { findings } from "./data-protection/store.ts";
import { findEither, findGroup, groupArn, invalidParameter } from "./groups.ts";
import {
  deleteStreamEvents,
  deleteStreamRow,
  type GroupRow,
  insertStream,
  type StreamRow,
  selectStream,
  selectStreams,
  selectStreamsBackwards,
  selectStreamsByEvent,
  selectStreamsByEventBackwards,
} from "./store.ts";
import { transformed } from "./transformers/store.ts";

export function findStream(ctx: Context, group: GroupRow, name: string | undefined): StreamRow {
  const stream = ctx.get(selectStream, { group: group.id, name: name ?? "" });
  if (stream === undefined) throw new AwsException("ResourceNotFoundException", "The specified log stream does not exist.");
  return stream;
}

export function createLogStream(
  input: Input<"cloudwatch-logs", "CreateLogStream">,
  ctx: Context,
): Output<"cloudwatch-logs", "CreateLogStream"> {
  return ctx.tx(() => {
    const group = findGroup(ctx, input.logGroupName);
    const name = input.logStreamName ?? "";
    if (ctx.get(selectStream, { group: group.id, name }) !== undefined) {
      throw new AwsException("ResourceAlreadyExistsException", "The specified log stream already exists");
    }
    ctx.run(insertStream, { group: group.id, name, now: ctx.now });
    ctx.claim(name);
    return {};
  });
}

export function deleteLogStream(
  input: Input<"cloudwatch-logs", "DeleteLogStream">,
  ctx: Context,
): Output<"cloudwatch-logs", "DeleteLogStream"> {
  return ctx.tx(() => {
    const stream = findStream(ctx, findGroup(ctx, input.logGroupName), input.logStreamName);
    ctx.run(deleteStreamEvents, { stream: stream.id });
    ctx.run(findings.removeStream, { stream: stream.id });
    ctx.run(transformed.removeStream, { stream: stream.id });
    ctx.run(deleteStreamRow, { id: stream.id });
    return {};
  });
}

export function describeLogStreams(
  input: Input<"cloudwatch-logs", "DescribeLogStreams">,
  ctx: Context,
): Output<"cloudwatch-logs", "DescribeLogStreams"> {
  const group = findEither(ctx, input.logGroupName, input.logGroupIdentifier);
  const byEvent = input.orderBy === "LastEventTime";
  const prefix = input.logStreamNamePrefix ?? "";
  if (byEvent && prefix !== "") throw invalidParameter("Cannot order by LastEventTime with a logStreamNamePrefix.");
  const key = input.nextToken === undefined ? undefined : decodeToken(input.nextToken);
  if (input.nextToken !== undefined && key === undefined) throw invalidParameter("The specified nextToken is invalid.");
  const limit = input.limit ?? 50;
  const descending = input.descending === true;
  const rows = byEvent ? recent(ctx, group, descending, { key, limit }) : named(ctx, group, descending, { key, limit, prefix });
  const page = pageOf(rows, limit, (row) => (byEvent ? [row.last_event ?? 0, row.name] : [row.name]));
  return { logStreams: page.items.map((row) => toStream(ctx, group, row)), nextToken: page.nextToken };
}

interface PageRequest {
  readonly key: readonly (string | number)[] | undefined;
  readonly limit: number;
}

function recent(ctx: Context, group: GroupRow, descending: boolean, { key, limit }: PageRequest): StreamRow[] {
  const time = Number(key?.[0] ?? (descending ? Number.MAX_SAFE_INTEGER : -1));
  const position = { group: group.id, time, name: String(key?.[1] ?? ""), limit: limit + 1 };
  return ctx.all(descending ? selectStreamsByEventBackwards : selectStreamsByEvent, position);
}

function named(ctx: Context, group: GroupRow, descending: boolean, request: PageRequest & { readonly prefix: string }): StreamRow[] {
  const { key, limit, prefix } = request;
  const position = { group: group.id, from: prefix, to: `${prefix}\u{10ffff}`, after: String(key?.[0] ?? ""), limit: limit + 1 };
  return ctx.all(descending ? selectStreamsBackwards : selectStreams, position);
}

function toStream(ctx: Context, group: GroupRow, row: StreamRow) {
  return {
    logStreamName: row.name,
    creationTime: row.created,
    ...(row.first_event === null ? {} : { firstEventTimestamp: row.first_event }),
    ...(row.last_event === null ? {} : { lastEventTimestamp: row.last_event }),
    ...(row.ingested === null ? {} : { lastIngestionTime: row.ingested }),
    uploadSequenceToken: String(row.id).padStart(56, "4"),
    arn: `${groupArn(ctx, group.name)}:log-stream:${row.name}`,
    // AWS has reported 0 for streams since June 2019.
    storedBytes: 0,
  };
}
