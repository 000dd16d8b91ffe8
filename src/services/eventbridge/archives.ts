import { parseArn } from "../../aws/arn.ts";
import type { Context } from "../../aws/context.ts";
import { AwsException, notImplemented } from "../../aws/exception.ts";
import { pageOf } from "../../aws/paging.ts";
import type { Operations } from "../../aws/service.ts";
import {
  type ArchiveRow,
  countArchived,
  deleteArchive,
  deleteArchived,
  selectArchive,
  selectArchives,
  upsertArchive,
} from "./archive-store.ts";
import { findBus, pageStart } from "./buses.ts";
import { busArn, busReference } from "./names.ts";
import { dropExpired, forgetRules } from "./publish.ts";
import { validPattern } from "./rules.ts";

export function archiveArn(ctx: Context, name: string): string {
  return ctx.arn("events", `archive/${name}`);
}

/** @throws ResourceNotFoundException */
function findArchive(ctx: Context, name: string | undefined): ArchiveRow {
  const row = ctx.get(selectArchive, { name: name ?? "" });
  if (row === undefined) throw new AwsException("ResourceNotFoundException", `Archive ${name} does not exist.`);
  return row;
}

function toArchive(ctx: Context, row: ArchiveRow) {
  dropExpired(ctx, row);
  const { events = 0, bytes = 0 } = ctx.get(countArchived, { archive: row.name }) ?? {};
  return {
    ArchiveName: row.name,
    EventSourceArn: busArn(ctx, row.bus),
    State: "ENABLED" as const,
    RetentionDays: row.retention_days,
    SizeBytes: bytes,
    EventCount: events,
    CreationTime: new Date(row.created),
  };
}

export const archives = {
  CreateArchive: (input, ctx) => {
    if (input.KmsKeyIdentifier !== undefined) throw notImplemented("eventbridge", "CreateArchive", "KmsKeyIdentifier");
    const name = input.ArchiveName ?? "";
    const bus = busReference(ctx, input.EventSourceArn).name;
    findBus(ctx, bus);
    const pattern = input.EventPattern || null;
    if (pattern !== null) validPattern(pattern);
    if (ctx.get(selectArchive, { name }) !== undefined)
      throw new AwsException("ResourceAlreadyExistsException", `Archive ${name} already exists.`);
    ctx.tx(() => {
      ctx.run(upsertArchive, { name, bus, pattern, description: input.Description ?? null, days: input.RetentionDays ?? 0, now: ctx.now });
      forgetRules(ctx, bus);
      ctx.claim(name);
      ctx.emit({ source: "aws.events", type: "Archive Created", resources: [archiveArn(ctx, name)], detail: { name, eventBusName: bus } });
    });
    return { ArchiveArn: archiveArn(ctx, name), State: "ENABLED", CreationTime: new Date(ctx.now) };
  },

  UpdateArchive: (input, ctx) => {
    if (input.KmsKeyIdentifier !== undefined) throw notImplemented("eventbridge", "UpdateArchive", "KmsKeyIdentifier");
    const row = findArchive(ctx, input.ArchiveName);
    const pattern = input.EventPattern === undefined ? row.pattern : input.EventPattern || null;
    if (pattern !== null) validPattern(pattern);
    const { name, bus } = row;
    ctx.tx(() => {
      const description = input.Description ?? row.description;
      ctx.run(upsertArchive, { name, bus, pattern, description, days: input.RetentionDays ?? row.retention_days, now: ctx.now });
      forgetRules(ctx, bus);
      ctx.emit({ source: "aws.events", type: "Archive Updated", resources: [archiveArn(ctx, name)], detail: { name } });
    });
    return { ArchiveArn: archiveArn(ctx, name), State: "ENABLED", CreationTime: new Date(row.created) };
  },

  DeleteArchive: (input, ctx) => {
    const { name, bus } = findArchive(ctx, input.ArchiveName);
    ctx.tx(() => {
      ctx.run(deleteArchive, { name });
      ctx.run(deleteArchived, { archive: name, before: Number.MAX_SAFE_INTEGER });
      forgetRules(ctx, bus);
      ctx.emit({ source: "aws.events", type: "Archive Deleted", resources: [archiveArn(ctx, name)], detail: { name } });
    });
    return {};
  },

  DescribeArchive: (input, ctx) => {
    const row = findArchive(ctx, input.ArchiveName);
    return {
      ...toArchive(ctx, row),
      ArchiveArn: archiveArn(ctx, row.name),
      ...(row.description === null ? {} : { Description: row.description }),
      ...(row.pattern === null ? {} : { EventPattern: row.pattern }),
    };
  },

  ListArchives: (input, ctx) => {
    const limit = input.Limit ?? 100;
    const bus = input.EventSourceArn === undefined ? null : (parseArn(input.EventSourceArn)?.resource.replace("event-bus/", "") ?? "");
    // Archives have no other state here.
    const none = input.State !== undefined && input.State !== "ENABLED";
    const filter = { prefix: input.NamePrefix ?? "", bus, after: pageStart(input.NextToken), limit: limit + 1 };
    const { items, nextToken } = pageOf(none ? [] : ctx.all(selectArchives, filter), limit, (row) => [row.name]);
    return { Archives: items.map((row) => toArchive(ctx, row)), ...(nextToken === undefined ? {} : { NextToken: nextToken }) };
  },
} satisfies Operations<"eventbridge">;
