import { parseArn } from "../../aws/arn.ts";
import type { Input, Output } from "../../aws/clients.ts";
import type { Context } from "../../aws/context.ts";
import { AwsException, notImplemented } from "../../aws/exception.ts";
import { decodeToken, pageOf } from "../../aws/paging.ts";
import type { MessageHandler } from "../../aws/service.ts";
import { accountPolicies, findings, protection } from "./data-protection/store.ts";
import { indexPolicies } from "./field-indexes/store.ts";
import {
  deleteEventsBefore,
  deleteGroupEvents,
  deleteGroupRow,
  type GroupRow,
  insertGroup,
  selectGroup,
  selectGroupById,
  selectGroups,
  selectOldest,
  updateExpiry,
  updateKmsKey,
  updateProtected,
  updateRetention,
} from "./store.ts";
import { transformed, transformers } from "./transformers/store.ts";

const DAY = 86_400_000;
const HOUR = 3_600_000;
/** https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_PutRetentionPolicy.html */
const RETENTION_DAYS = [1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1096, 1827, 2192, 2557, 2922, 3288, 3653];

export function invalidParameter(message: string): AwsException {
  return new AwsException("InvalidParameterException", message, { status: 400 });
}

/** The group of a name, or of an ARN with or without `:*`. */
export function findGroup(ctx: Context, identifier: string | undefined): GroupRow {
  const text = identifier ?? "";
  const arn = parseArn(text);
  const name = arn === undefined ? text : arn.resource.replace(/^log-group:/, "").replace(/:\*$/, "");
  const scope = arn === undefined ? ctx : ctx.with({ account: arn.account, region: arn.region });
  const group = scope.get(selectGroup, { name });
  if (group === undefined) throw new AwsException("ResourceNotFoundException", "The specified log group does not exist.");
  return group;
}

/** For operations that take a name or an identifier, exactly one of them. */
export function findEither(ctx: Context, name: string | undefined, identifier: string | undefined): GroupRow {
  if ((name === undefined) === (identifier === undefined)) {
    throw invalidParameter("Exactly one of LogGroupName and LogGroupIdentifier must be specified.");
  }
  return findGroup(ctx, name ?? identifier);
}

export function groupArn(ctx: Context, name: string): string {
  return ctx.arn("logs", `log-group:${name}`);
}

export function createLogGroup(
  input: Input<"cloudwatch-logs", "CreateLogGroup">,
  ctx: Context,
): Output<"cloudwatch-logs", "CreateLogGroup"> {
  const name = input.logGroupName ?? "";
  if (name.startsWith("aws/") && ctx.request !== undefined) throw invalidParameter("Log groups starting with AWS/ are reserved for AWS.");
  return ctx.tx(() => {
    if (ctx.get(selectGroup, { name }) !== undefined) {
      throw new AwsException("ResourceAlreadyExistsException", "The specified log group already exists");
    }
    ctx.run(insertGroup, {
      name,
      now: ctx.now,
      class: input.logGroupClass ?? "STANDARD",
      kms_key: input.kmsKeyId ?? null,
      protected: input.deletionProtectionEnabled === true ? 1 : 0,
      tags: JSON.stringify(input.tags ?? {}),
    });
    ctx.claim(name);
    ctx.emit({ source: "aws.logs", type: "Log Group Created", resources: [groupArn(ctx, name)], detail: { logGroupName: name } });
    return {};
  });
}

export function deleteLogGroup(
  input: Input<"cloudwatch-logs", "DeleteLogGroup">,
  ctx: Context,
): Output<"cloudwatch-logs", "DeleteLogGroup"> {
  return ctx.tx(() => {
    const group = findGroup(ctx, input.logGroupName);
    if (group.protected === 1) {
      throw new AwsException(
        "ValidationException",
        "The log group has deletion protection enabled: disable it with PutLogGroupDeletionProtection first.",
      );
    }
    ctx.run(deleteGroupEvents, { id: group.id });
    ctx.run(findings.removeGroup, { group: group.id });
    ctx.run(indexPolicies.remove, { group: group.id });
    ctx.run(transformed.removeGroup, { group: group.id });
    ctx.run(transformers.remove, { group: group.id });
    ctx.run(protection.remove, { group: group.id });
    ctx.run(deleteGroupRow, { id: group.id });
    ctx.emit({
      source: "aws.logs",
      type: "Log Group Deleted",
      resources: [groupArn(ctx, group.name)],
      detail: { logGroupName: group.name },
    });
    return {};
  });
}

function readAfter(token: string | undefined): string {
  if (token === undefined) return "";
  const key = decodeToken(token)?.[0];
  if (key === undefined) throw invalidParameter("The specified nextToken is invalid.");
  return String(key);
}

export function describeLogGroups(
  input: Input<"cloudwatch-logs", "DescribeLogGroups">,
  ctx: Context,
): Output<"cloudwatch-logs", "DescribeLogGroups"> {
  const { logGroupNamePrefix: prefix = "", logGroupNamePattern: pattern, logGroupIdentifiers: wanted } = input;
  if (input.includeLinkedAccounts === true) throw notImplemented("cloudwatch-logs", "DescribeLogGroups", "includeLinkedAccounts");
  if (input.accountIdentifiers !== undefined) throw notImplemented("cloudwatch-logs", "DescribeLogGroups", "accountIdentifiers");
  if (prefix !== "" && pattern !== undefined) {
    throw invalidParameter("LogGroup name prefix and LogGroup name pattern are mutually exclusive parameters.");
  }
  const names = wanted?.map((identifier) => findGroup(ctx, identifier).name);
  const rows = ctx
    .all(selectGroups, { from: prefix, to: `${prefix}\u{10ffff}`, after: readAfter(input.nextToken) })
    .filter((row) => pattern === undefined || row.name.includes(pattern))
    .filter((row) => names === undefined || names.includes(row.name))
    .filter((row) => input.logGroupClass === undefined || row.class === input.logGroupClass);
  const page = pageOf(rows, input.limit ?? 50, ({ name }) => [name]);
  return {
    logGroups: page.items.map((row) => ({
      logGroupName: row.name,
      creationTime: row.created,
      ...(row.retention === null ? {} : { retentionInDays: row.retention }),
      metricFilterCount: row.metric_filters,
      arn: `${groupArn(ctx, row.name)}:*`,
      storedBytes: row.bytes,
      ...(row.kms_key === null ? {} : { kmsKeyId: row.kms_key }),
      logGroupClass: row.class as "STANDARD",
      logGroupArn: groupArn(ctx, row.name),
      deletionProtectionEnabled: row.protected === 1,
      ...protectionStatus(ctx, row),
    })),
    nextToken: page.nextToken,
  };
}

/** https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_LogGroup.html */
function protectionStatus(ctx: Context, group: GroupRow) {
  const own = ctx.get(protection.get, { group: group.id });
  const inherits = ctx.get(accountPolicies.first, { type: "DATA_PROTECTION_POLICY" }) !== undefined && group.class === "STANDARD";
  return {
    ...(own === undefined ? {} : { dataProtectionStatus: own.document === null ? ("DELETED" as const) : ("ACTIVATED" as const) }),
    ...(inherits ? { inheritedProperties: ["ACCOUNT_DATA_PROTECTION" as const] } : {}),
  };
}

export function listLogGroups(input: Input<"cloudwatch-logs", "ListLogGroups">, ctx: Context): Output<"cloudwatch-logs", "ListLogGroups"> {
  for (const member of ["includeLinkedAccounts", "accountIdentifiers", "dataSources", "fieldIndexNames"] as const) {
    if (input[member] !== undefined) throw notImplemented("cloudwatch-logs", "ListLogGroups", member);
  }
  const { logGroupNamePattern: pattern, logGroupTags: tags } = input as { logGroupNamePattern?: string; logGroupTags?: unknown };
  if (tags !== undefined) throw notImplemented("cloudwatch-logs", "ListLogGroups", "logGroupTags");
  // The schema allows only anchors, alternatives and literal text in it.
  const expression = pattern === undefined ? undefined : new RegExp(pattern);
  const rows = ctx
    .all(selectGroups, { from: "", to: "\u{10ffff}", after: readAfter(input.nextToken) })
    .filter((row) => expression?.test(row.name) ?? true)
    .filter((row) => input.logGroupClass === undefined || row.class === input.logGroupClass);
  const page = pageOf(rows, input.limit ?? 50, ({ name }) => [name]);
  return {
    logGroups: page.items.map((row) => ({
      logGroupName: row.name,
      logGroupArn: groupArn(ctx, row.name),
      logGroupClass: row.class as "STANDARD",
    })),
    nextToken: page.nextToken,
  };
}

/** The instant before which events of the group are no longer shown, and are removed in time. */
export function expiredBefore(ctx: Context, group: GroupRow): number {
  return group.retention === null ? 0 : ctx.now - group.retention * DAY;
}

/** Has `cloudwatch-logs.expire` look at the group when its oldest event is due. */
export function armExpiry(ctx: Context, group: GroupRow, at: number): void {
  if (group.expiry === 1) return;
  ctx.run(updateExpiry, { id: group.id, expiry: 1 });
  ctx.send("cloudwatch-logs.expire", { group: group.id }, { at: Math.max(at, ctx.now), quiet: true });
}

export const onExpire: MessageHandler = (ctx, message) =>
  ctx.tx(() => {
    const group = ctx.get(selectGroupById, { id: Number(message.payload["group"]) });
    if (group === undefined) return undefined;
    if (group.retention !== null) {
      const range = { group: group.id, before: expiredBefore(ctx, group) };
      ctx.run(deleteEventsBefore, range);
      ctx.run(findings.removeBefore, range);
      ctx.run(transformed.removeBefore, range);
    }
    const oldest = ctx.get(selectOldest, { group: group.id })?.time ?? null;
    if (group.retention !== null && oldest !== null) return { again: Math.max(oldest + group.retention * DAY + 1, ctx.now + HOUR) };
    ctx.run(updateExpiry, { id: group.id, expiry: 0 });
    return undefined;
  });

export function putRetentionPolicy(
  input: Input<"cloudwatch-logs", "PutRetentionPolicy">,
  ctx: Context,
): Output<"cloudwatch-logs", "PutRetentionPolicy"> {
  const days = input.retentionInDays ?? 0;
  if (!RETENTION_DAYS.includes(days)) {
    throw invalidParameter(
      `1 validation error detected: Value '${days}' at 'retentionInDays' failed to satisfy constraint: Member must satisfy enum value set: [${RETENTION_DAYS.join(", ")}]`,
    );
  }
  return ctx.tx(() => {
    const group = findGroup(ctx, input.logGroupName);
    ctx.run(updateRetention, { id: group.id, days });
    const oldest = ctx.get(selectOldest, { group: group.id })?.time;
    if (oldest != null) armExpiry(ctx, group, oldest + days * DAY + 1);
    return {};
  });
}

export function deleteRetentionPolicy(
  input: Input<"cloudwatch-logs", "DeleteRetentionPolicy">,
  ctx: Context,
): Output<"cloudwatch-logs", "DeleteRetentionPolicy"> {
  ctx.run(updateRetention, { id: findGroup(ctx, input.logGroupName).id, days: null });
  return {};
}

export function putLogGroupDeletionProtection(
  input: Input<"cloudwatch-logs", "PutLogGroupDeletionProtection">,
  ctx: Context,
): Output<"cloudwatch-logs", "PutLogGroupDeletionProtection"> {
  const { id } = findGroup(ctx, input.logGroupIdentifier);
  ctx.run(updateProtected, { id, protected: input.deletionProtectionEnabled === true ? 1 : 0 });
  return {};
}

export function associateKmsKey(
  input: Input<"cloudwatch-logs", "AssociateKmsKey">,
  ctx: Context,
): Output<"cloudwatch-logs", "AssociateKmsKey"> {
  if (input.resourceIdentifier !== undefined) throw notImplemented("cloudwatch-logs", "AssociateKmsKey", "resourceIdentifier");
  ctx.run(updateKmsKey, { id: findGroup(ctx, input.logGroupName).id, key: input.kmsKeyId ?? null });
  return {};
}

export function disassociateKmsKey(
  input: Input<"cloudwatch-logs", "DisassociateKmsKey">,
  ctx: Context,
): Output<"cloudwatch-logs", "DisassociateKmsKey"> {
  if (input.resourceIdentifier !== undefined) throw notImplemented("cloudwatch-logs", "DisassociateKmsKey", "resourceIdentifier");
  ctx.run(updateKmsKey, { id: findGroup(ctx, input.logGroupName).id, key: null });
  return {};
}
