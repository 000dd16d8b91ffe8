import type { Context } from "../../aws/context.ts";
import { AwsException, notImplemented } from "../../aws/exception.ts";
import { decodeToken, pageOf } from "../../aws/paging.ts";
import type { Operations } from "../../aws/service.ts";
import { tagsOfList } from "../../aws/tags.ts";
import { busArn, busReference, DEFAULT_BUS, invalid } from "./names.ts";
import { forgetRules } from "./publish.ts";
import { type BusRow, deleteBus, insertBus, selectBus, selectBuses, selectRules, updateBus } from "./store.ts";

/**
 * A bus by name. The default bus is there from the start, its row since somebody first asked for it.
 * @throws ResourceNotFoundException
 */
export function findBus(ctx: Context, name: string): BusRow {
  const row = ctx.get(selectBus, { name });
  if (row !== undefined) return row;
  if (name !== DEFAULT_BUS) throw new AwsException("ResourceNotFoundException", `Event bus ${name} does not exist.`);
  ctx.run(insertBus, { name, description: null, policy: null, now: ctx.now, tags: "{}" });
  return findBus(ctx, name);
}

/** Where a list goes on. @throws ValidationException for a token that was not given out here */
export function pageStart(token: string | undefined): string {
  if (token === undefined) return "";
  const [after] = decodeToken(token) ?? [];
  if (typeof after !== "string") throw invalid("NextToken", "Invalid token.");
  return after;
}

function refuse(operation: string, input: Readonly<Record<string, unknown>>): void {
  for (const member of ["EventSourceName", "KmsKeyIdentifier", "DeadLetterConfig", "LogConfig"]) {
    if (input[member] !== undefined) throw notImplemented("eventbridge", operation, member);
  }
}

interface Statement {
  readonly Sid?: string;
}
interface Policy {
  readonly Version: string;
  readonly Statement: Statement[];
}

function storePolicy(ctx: Context, bus: BusRow, policy: string | null): void {
  ctx.run(updateBus, { name: bus.name, description: bus.description, policy, tags: bus.tags, now: ctx.now });
}

export const buses = {
  CreateEventBus: (input, ctx) => {
    refuse("CreateEventBus", { ...input });
    const name = input.Name ?? "";
    if (name.includes("/")) throw new AwsException("ValidationException", "Event bus name must not contain '/'.");
    if (name === DEFAULT_BUS || ctx.get(selectBus, { name }) !== undefined) {
      throw new AwsException("ResourceAlreadyExistsException", `Event bus ${name} already exists.`);
    }
    const description = input.Description ?? null;
    ctx.tx(() => {
      ctx.run(insertBus, { name, description, policy: null, now: ctx.now, tags: JSON.stringify(tagsOfList(input.Tags)) });
      ctx.claim(name);
      ctx.emit({ source: "aws.events", type: "Event Bus Created", resources: [busArn(ctx, name)], detail: { name } });
    });
    return { EventBusArn: busArn(ctx, name), ...(description === null ? {} : { Description: description }) };
  },

  UpdateEventBus: (input, ctx) => {
    refuse("UpdateEventBus", { ...input });
    const bus = findBus(ctx, input.Name ?? DEFAULT_BUS);
    const description = input.Description ?? bus.description;
    ctx.run(updateBus, { name: bus.name, description, policy: bus.policy, tags: bus.tags, now: ctx.now });
    return { Arn: busArn(ctx, bus.name), Name: bus.name, ...(description === null ? {} : { Description: description }) };
  },

  DeleteEventBus: (input, ctx) => {
    const name = input.Name ?? "";
    if (name === DEFAULT_BUS) throw new AwsException("ValidationException", `Cannot delete event bus ${DEFAULT_BUS}.`);
    if (ctx.all(selectRules, { bus: name, prefix: "", after: "", limit: 1 }).length > 0) {
      throw new AwsException("ValidationException", "Event bus can't be deleted since it has rules.");
    }
    ctx.tx(() => {
      if (ctx.run(deleteBus, { name }) === 0) return;
      ctx.emit({ source: "aws.events", type: "Event Bus Deleted", resources: [busArn(ctx, name)], detail: { name } });
      forgetRules(ctx, name);
    });
    return {};
  },

  DescribeEventBus: (input, ctx) => {
    const reference = busReference(ctx, input.Name);
    return toBus(reference.ctx, findBus(reference.ctx, reference.name));
  },

  ListEventBuses: (input, ctx) => {
    findBus(ctx, DEFAULT_BUS);
    const limit = input.Limit ?? 100;
    const rows = ctx.all(selectBuses, { prefix: input.NamePrefix ?? "", after: pageStart(input.NextToken), limit: limit + 1 });
    const { items, nextToken } = pageOf(rows, limit, (row) => [row.name]);
    return { EventBuses: items.map((row) => toBus(ctx, row)), ...(nextToken === undefined ? {} : { NextToken: nextToken }) };
  },

  PutPermission: (input, ctx) => {
    const bus = findBus(ctx, input.EventBusName ?? DEFAULT_BUS);
    if (input.Policy !== undefined) {
      if (input.StatementId !== undefined || input.Principal !== undefined || input.Action !== undefined) {
        throw new AwsException("ValidationException", "Policy can't be used together with Action, Principal, StatementId or Condition.");
      }
      if (parsePolicy(input.Policy) === undefined) throw new AwsException("ValidationException", "Policy is not valid JSON.");
      storePolicy(ctx, bus, input.Policy);
      return {};
    }
    const { StatementId: Sid, Principal: account, Action } = input;
    if (Sid === undefined || account === undefined || Action === undefined) {
      throw new AwsException("ValidationException", "Action, Principal and StatementId are required when no Policy is given.");
    }
    const kept = (parsePolicy(bus.policy)?.Statement ?? []).filter((statement) => statement.Sid !== Sid);
    const condition = input.Condition;
    const statement = {
      Sid,
      Effect: "Allow",
      Principal: account === "*" ? "*" : { AWS: `arn:aws:iam::${account}:root` },
      Action,
      Resource: busArn(ctx, bus.name),
      ...(condition === undefined ? {} : { Condition: { [condition.Type ?? ""]: { [condition.Key ?? ""]: condition.Value } } }),
    };
    storePolicy(ctx, bus, JSON.stringify({ Version: "2012-10-17", Statement: [...kept, statement] }));
    return {};
  },

  RemovePermission: (input, ctx) => {
    const bus = findBus(ctx, input.EventBusName ?? DEFAULT_BUS);
    const statements = parsePolicy(bus.policy)?.Statement ?? [];
    const kept = input.RemoveAllPermissions === true ? [] : statements.filter(({ Sid }) => Sid !== input.StatementId);
    if (input.RemoveAllPermissions !== true && kept.length === statements.length) {
      const what = statements.length === 0 ? "EventBus does not have a policy." : "Statement with the provided id does not exist.";
      throw new AwsException("ResourceNotFoundException", what);
    }
    storePolicy(ctx, bus, kept.length === 0 ? null : JSON.stringify({ Version: "2012-10-17", Statement: kept }));
    return {};
  },
} satisfies Operations<"eventbridge">;

function parsePolicy(text: string | null): Policy | undefined {
  try {
    const policy = JSON.parse(text ?? "null") as { Version?: string; Statement?: Statement | Statement[] } | null;
    if (policy === null || typeof policy !== "object") return undefined;
    return { Version: policy.Version ?? "2012-10-17", Statement: [policy.Statement ?? []].flat() };
  } catch {
    return undefined;
  }
}

function toBus(ctx: Context, row: BusRow) {
  return {
    Name: row.name,
    Arn: busArn(ctx, row.name),
    CreationTime: new Date(row.created),
    LastModifiedTime: new Date(row.modified),
    ...(row.description === null ? {} : { Description: row.description }),
    ...(row.policy === null ? {} : { Policy: row.policy }),
  };
}
