import type { Input, Output } from "../../aws/clients.ts";
import type { Context } from "../../aws/context.ts";
import { notImplemented } from "../../aws/exception.ts";
import { decodeToken, encodeToken, pageOf } from "../../aws/paging.ts";
import type { EventBody } from "./engine/events.ts";
import { type Resource, resourcesOf, type Stack, templateOf, toStack } from "./engine/model.ts";
import { rollbackOut } from "./engine/monitoring.ts";
import { MASK } from "./engine/scope.ts";
import { requireStack } from "./request.ts";
import * as store from "./store.ts";
import { isNoEcho, parametersOf } from "./template/parameters.ts";
import { validationError } from "./template/parse.ts";

type StackOutput = NonNullable<Output<"cloudformation", "DescribeStacks">["Stacks"]>[number];

export function parametersOut(ctx: Context, desired: Stack["body"]["desired"]) {
  const definitions = parametersOf(templateOf(ctx, desired.templateId));
  return Object.entries(desired.parameters).map(([key, { value, resolved }]) => ({
    ParameterKey: key,
    ParameterValue: isNoEcho(definitions.get(key)) ? MASK : value,
    ...(resolved === undefined ? {} : { ResolvedValue: isNoEcho(definitions.get(key)) ? MASK : resolved }),
  }));
}

function stackOut(ctx: Context, stack: Stack): StackOutput {
  const { body } = stack;
  const template = templateOf(ctx, body.desired.templateId);
  const review = stack.status === "REVIEW_IN_PROGRESS";
  return {
    StackId: stack.id,
    StackName: stack.name,
    ...(template.Description === undefined || review ? {} : { Description: template.Description }),
    Parameters: parametersOut(ctx, body.desired),
    CreationTime: new Date(stack.created),
    ...(stack.updated === null ? {} : { LastUpdatedTime: new Date(stack.updated) }),
    ...(stack.deleted === null ? {} : { DeletionTime: new Date(stack.deleted) }),
    RollbackConfiguration: rollbackOut(body.desired.rollback),
    StackStatus: stack.status as StackOutput["StackStatus"],
    ...(stack.reason === null ? {} : { StackStatusReason: stack.reason }),
    DisableRollback: body.disableRollback,
    NotificationARNs: [...body.desired.notificationArns],
    ...(body.timeoutMinutes === undefined ? {} : { TimeoutInMinutes: body.timeoutMinutes }),
    Capabilities: [...body.desired.capabilities] as StackOutput["Capabilities"],
    Outputs: body.outputs.map((one) => ({
      OutputKey: one.key,
      OutputValue: one.value,
      ...(one.description === undefined ? {} : { Description: one.description }),
      ...(one.exportName === undefined ? {} : { ExportName: one.exportName }),
    })),
    ...(body.desired.roleArn === undefined ? {} : { RoleARN: body.desired.roleArn }),
    Tags: Object.entries(body.desired.tags).map(([Key, Value]) => ({ Key, Value })),
    EnableTerminationProtection: body.terminationProtection,
    ...(body.parentId === undefined ? {} : { ParentId: body.parentId, RootId: body.rootId ?? body.parentId }),
    ...(body.changeSetId === undefined ? {} : { ChangeSetId: body.changeSetId }),
    DriftInformation: driftOut(stack),
  };
}

function driftOut(stack: Stack): StackOutput["DriftInformation"] {
  const { drift } = stack.body;
  if (drift === undefined) return { StackDriftStatus: "NOT_CHECKED" };
  return { StackDriftStatus: drift.status as "IN_SYNC", LastCheckTimestamp: new Date(drift.time) };
}

/** @throws AwsException ValidationError on a token that is not one of ours */
function after(token: string | undefined): number {
  if (token === undefined) return 0;
  const [key] = decodeToken(token) ?? [];
  if (typeof key !== "number") throw validationError("NextToken is invalid");
  return key;
}

function cut<T>(items: readonly T[], token: string | undefined, size: number): { items: T[]; next: string | undefined } {
  const from = after(token);
  const items2 = items.slice(from, from + size);
  return { items: items2, next: from + size < items.length ? encodeToken([from + size]) : undefined };
}

export function describeStacks(input: Input<"cloudformation", "DescribeStacks">, ctx: Context): Output<"cloudformation", "DescribeStacks"> {
  if (input.StackName !== undefined) return { Stacks: [stackOut(ctx, requireStack(ctx, input.StackName))] };
  const all = ctx.all(store.listStacks, {}).filter((row) => row.live === 1);
  const { items, next } = cut(all, input.NextToken, 100);
  return { Stacks: items.map((row) => stackOut(ctx, toStack(row))), NextToken: next };
}

/** Deleted stacks are listed for 90 days. */
const LISTED_DELETED_MS = 90 * 24 * 3_600_000;

export function listStacks(input: Input<"cloudformation", "ListStacks">, ctx: Context): Output<"cloudformation", "ListStacks"> {
  const wanted = new Set<string>(input.StackStatusFilter ?? []);
  const rows = ctx
    .all(store.listStacks, {})
    .filter((row) => (wanted.size === 0 || wanted.has(row.status)) && (row.deleted === null || row.deleted > ctx.now - LISTED_DELETED_MS));
  const { items, next } = cut(rows, input.NextToken, 100);
  const summaries = items.map((row) => {
    const out = stackOut(ctx, toStack(row));
    const { StackId, StackName, CreationTime, LastUpdatedTime, DeletionTime, StackStatus, StackStatusReason, ParentId, RootId } = out;
    const drift = { StackDriftStatus: out.DriftInformation?.StackDriftStatus };
    const text = out.Description === undefined ? {} : { TemplateDescription: out.Description };
    return {
      StackId,
      StackName,
      CreationTime,
      LastUpdatedTime,
      DeletionTime,
      StackStatus,
      StackStatusReason,
      ParentId,
      RootId,
      DriftInformation: drift,
      ...text,
    };
  });
  return { StackSummaries: summaries, NextToken: next };
}

export function describeStackEvents(
  input: Input<"cloudformation", "DescribeStackEvents">,
  ctx: Context,
): Output<"cloudformation", "DescribeStackEvents"> {
  const stack = requireStack(ctx, input.StackName);
  const before = input.NextToken === undefined ? Number.MAX_SAFE_INTEGER : after(input.NextToken);
  const page = pageOf(ctx.all(store.eventsOfStack, { stack: stack.id, before, limit: 101 }), 100, (row) => [row.seq]);
  return { StackEvents: page.items.map((row) => eventOut(stack, row)), NextToken: page.nextToken };
}

function eventOut(stack: Stack, row: store.EventRow) {
  const body = JSON.parse(row.body) as EventBody;
  return {
    StackId: stack.id,
    StackName: stack.name,
    EventId: row.id,
    LogicalResourceId: body.logical,
    PhysicalResourceId: body.physical,
    ResourceType: body.type,
    Timestamp: new Date(row.time),
    ResourceStatus: body.status as "CREATE_COMPLETE",
    ...(body.reason === undefined ? {} : { ResourceStatusReason: body.reason }),
    ...(body.properties === undefined ? {} : { ResourceProperties: body.properties }),
    ...(body.token === undefined ? {} : { ClientRequestToken: body.token }),
    ...(body.operation === undefined ? {} : { OperationId: body.operation }),
  };
}

/** The newer form of the events: https://docs.aws.amazon.com/AWSCloudFormation/latest/APIReference/API_DescribeEvents.html */
export function describeEvents(input: Input<"cloudformation", "DescribeEvents">, ctx: Context): Output<"cloudformation", "DescribeEvents"> {
  if (input.ChangeSetName !== undefined && input.StackName === undefined && !input.ChangeSetName.startsWith("arn:")) {
    throw validationError("StackName is required when ChangeSetName is a name");
  }
  const set = input.ChangeSetName?.startsWith("arn:") ? ctx.get(store.changeSetById, { id: input.ChangeSetName }) : undefined;
  const name = input.StackName ?? set?.stack;
  if (name === undefined) throw notImplemented("cloudformation", "DescribeEvents", "OperationId alone");
  const stack = requireStack(ctx, name);
  const before = input.NextToken === undefined ? Number.MAX_SAFE_INTEGER : after(input.NextToken);
  const page = pageOf(ctx.all(store.eventsOfStack, { stack: stack.id, before, limit: 101 }), 100, (row) => [row.seq]);
  const events = page.items.map((row) => {
    const { ClientRequestToken, ...event } = eventOut(stack, row);
    return { ...event, EventType: "STACK_EVENT" as const, ...(ClientRequestToken === undefined ? {} : { ClientRequestToken }) };
  });
  const wanted = events.filter((one) => input.OperationId === undefined || one.OperationId === input.OperationId);
  const failures = wanted.filter((one) => input.Filters?.FailedEvents !== true || one.ResourceStatus.endsWith("_FAILED"));
  return { OperationEvents: set === undefined ? failures : [], NextToken: page.nextToken };
}

function shown(ctx: Context, stack: Stack): Resource[] {
  return resourcesOf(ctx, stack.id)
    .filter((one) => one.role === "live")
    .sort((a, b) => (a.logical < b.logical ? -1 : 1));
}

function resourceOut(stack: Stack, one: Resource) {
  return {
    StackName: stack.name,
    StackId: stack.id,
    LogicalResourceId: one.logical,
    ...(one.physical === null ? {} : { PhysicalResourceId: one.physical }),
    ResourceType: one.type,
    ResourceStatus: one.status as "CREATE_COMPLETE",
    ...(one.reason === null ? {} : { ResourceStatusReason: one.reason }),
    DriftInformation: { StackResourceDriftStatus: (one.body.drift?.status ?? "NOT_CHECKED") as "NOT_CHECKED" },
  };
}

export function describeStackResources(
  input: Input<"cloudformation", "DescribeStackResources">,
  ctx: Context,
): Output<"cloudformation", "DescribeStackResources"> {
  let name = input.StackName;
  if (name === undefined) {
    const [owner] = ctx.all(store.resourcesByPhysical, { physical: input.PhysicalResourceId ?? "" });
    if (owner === undefined) throw validationError(`Stack for ${input.PhysicalResourceId} does not exist`);
    name = owner.stack;
  }
  const stack = requireStack(ctx, name);
  const resources = shown(ctx, stack).filter((one) => input.LogicalResourceId === undefined || one.logical === input.LogicalResourceId);
  return { StackResources: resources.map((one) => ({ ...resourceOut(stack, one), Timestamp: new Date(one.updated) })) };
}

export function describeStackResource(
  input: Input<"cloudformation", "DescribeStackResource">,
  ctx: Context,
): Output<"cloudformation", "DescribeStackResource"> {
  const stack = requireStack(ctx, input.StackName);
  const one = shown(ctx, stack).find((resource) => resource.logical === input.LogicalResourceId);
  if (one === undefined) throw validationError(`Resource ${input.LogicalResourceId} does not exist for stack ${stack.name}`);
  const metadata = one.body.metadata === undefined ? {} : { Metadata: one.body.metadata };
  return { StackResourceDetail: { ...resourceOut(stack, one), LastUpdatedTimestamp: new Date(one.updated), ...metadata } };
}

export function listStackResources(
  input: Input<"cloudformation", "ListStackResources">,
  ctx: Context,
): Output<"cloudformation", "ListStackResources"> {
  const stack = requireStack(ctx, input.StackName);
  const { items, next } = cut(shown(ctx, stack), input.NextToken, 100);
  const summaries = items.map((one) => {
    const { StackName: _name, StackId: _id, ...out } = resourceOut(stack, one);
    return { ...out, LastUpdatedTimestamp: new Date(one.updated) };
  });
  return { StackResourceSummaries: summaries, NextToken: next };
}
