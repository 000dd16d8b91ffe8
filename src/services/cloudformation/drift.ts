import type { Input, Output } from "../../aws/clients.ts";
import type { Context } from "../../aws/context.ts";
import type { Message } from "../../aws/service.ts";
import { messageOf } from "../../kernel/errors.ts";
import { type Difference, differences } from "./differences.ts";
import { liveResource, type Resource, resourcesOf, type Stack, saveBody, stackById } from "./engine/model.ts";
import { actorOf } from "./engine/request.ts";
import { handlerOf, sameValue } from "./engine/types.ts";
import { findStack, requireStack } from "./request.ts";
import * as store from "./store.ts";
import { type Json, validationError } from "./template/parse.ts";

/** What a detection found of one resource. */
interface Finding {
  readonly status: "IN_SYNC" | "MODIFIED" | "DELETED";
  readonly expected?: Json;
  readonly actual?: Json;
  readonly differences: readonly Difference[];
}

/** https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/using-cfn-stack-drift.html */
const DETECTABLE = /^(CREATE_COMPLETE|UPDATE_COMPLETE|UPDATE_ROLLBACK_COMPLETE|UPDATE_ROLLBACK_FAILED|IMPORT_COMPLETE)$/;

function detectable(ctx: Context, name: string | undefined): Stack {
  const stack = findStack(ctx, name ?? "");
  if (stack === undefined) throw validationError(`Stack [${name}] does not exist`);
  if (!DETECTABLE.test(stack.status)) {
    throw validationError(`Drift detection cannot be performed on stack [${stack.id}] while it is in ${stack.status} state`);
  }
  return stack;
}

function canDetect(ctx: Context, resource: Resource): boolean {
  return resource.role === "live" && resource.physical !== null && handlerOf(ctx, resource.type)?.type.read !== undefined;
}

/** Compares the properties that the template gives with what the resource's type reads. */
async function examine(ctx: Context, stack: Stack, resource: Resource): Promise<Finding> {
  const scope = stack.op === undefined ? ctx : ctx.with({ principal: actorOf(ctx, stack, stack.op) });
  const live = await handlerOf(ctx, resource.type)?.type.read?.(scope, resource.physical ?? "");
  const { properties, masked } = resource.body;
  const shown = masked ?? properties;
  if (live === undefined) return { status: "DELETED", expected: shown, differences: [] };
  const expected: Record<string, unknown> = {};
  const actual: Record<string, unknown> = {};
  for (const [name, value] of Object.entries(properties)) {
    // What is hidden, or what a type cannot read back, cannot be told to have drifted.
    if (!Object.hasOwn(live, name) || live[name] === undefined || !sameValue(shown[name], value)) continue;
    expected[name] = value;
    actual[name] = name === "Tags" ? withoutStackTags(stack, value, live[name]) : live[name];
  }
  const found = differences(expected, actual);
  return { status: found.length === 0 ? "IN_SYNC" : "MODIFIED", expected: shown, actual, differences: found };
}

/** Tags that the stack gave are not the template's. */
function withoutStackTags(stack: Stack, given: unknown, live: unknown): unknown {
  if (!Array.isArray(live) || !Array.isArray(given)) return live;
  const keyOf = (tag: unknown): string => String((tag as { Key?: unknown } | null)?.Key ?? "");
  const own = new Set(given.map(keyOf));
  const order = given.map(keyOf);
  return live
    .filter((tag) => own.has(keyOf(tag)) || !(keyOf(tag).startsWith("aws:") || Object.hasOwn(stack.body.desired.tags, keyOf(tag))))
    .sort((a, b) => (order.indexOf(keyOf(a)) + 1 || order.length + 1) - (order.indexOf(keyOf(b)) + 1 || order.length + 1));
}

function keep(ctx: Context, resource: Resource, finding: Finding): void {
  const row = ctx.get(store.resourceByUid, { uid: resource.uid });
  if (row === undefined) return;
  const body = { ...(JSON.parse(row.body) as Json), drift: { status: finding.status, time: ctx.now, body: finding } };
  const { uid, role, physical, status, reason, updated } = row;
  ctx.run(store.setResource, { uid, role, physical, status, reason, updated, body: JSON.stringify(body) });
}

function driftOut(stack: Stack, resource: Resource) {
  const drift = resource.body.drift;
  const finding = drift?.body as Finding | undefined;
  return {
    StackId: stack.id,
    LogicalResourceId: resource.logical,
    ...(resource.physical === null ? {} : { PhysicalResourceId: resource.physical }),
    ResourceType: resource.type,
    ...(finding?.expected === undefined ? {} : { ExpectedProperties: JSON.stringify(finding.expected) }),
    ...(finding?.actual === undefined ? {} : { ActualProperties: JSON.stringify(finding.actual) }),
    PropertyDifferences: finding?.differences.map((one) => ({ ...one })) ?? [],
    StackResourceDriftStatus: (drift?.status ?? "NOT_CHECKED") as "NOT_CHECKED",
    Timestamp: new Date(drift?.time ?? 0),
  };
}

/** https://docs.aws.amazon.com/AWSCloudFormation/latest/APIReference/API_DetectStackResourceDrift.html */
export async function detectStackResourceDrift(
  input: Input<"cloudformation", "DetectStackResourceDrift">,
  ctx: Context,
): Promise<Output<"cloudformation", "DetectStackResourceDrift">> {
  const stack = detectable(ctx, input.StackName);
  const logical = input.LogicalResourceId ?? "";
  const resource = liveResource(ctx, stack.id, logical);
  if (resource === undefined) throw validationError(`Resource ${logical} does not exist for stack ${stack.name}`);
  if (!canDetect(ctx, resource)) throw validationError(`Drift detection is not supported for resource type ${resource.type}`);
  const finding = await examine(ctx, stack, resource);
  ctx.tx(() => keep(ctx, resource, finding));
  return { StackResourceDrift: driftOut(stack, liveResource(ctx, stack.id, logical) ?? resource) };
}

/** https://docs.aws.amazon.com/AWSCloudFormation/latest/APIReference/API_DetectStackDrift.html */
export function detectStackDrift(
  input: Input<"cloudformation", "DetectStackDrift">,
  ctx: Context,
): Output<"cloudformation", "DetectStackDrift"> {
  const stack = detectable(ctx, input.StackName);
  const id = ctx.cloud.ids.uuid();
  const logicals = input.LogicalResourceIds ?? [];
  const missing = logicals.find((one) => liveResource(ctx, stack.id, one) === undefined);
  if (missing !== undefined) throw validationError(`Resource ${missing} does not exist for stack ${stack.name}`);
  ctx.tx(() => {
    ctx.run(store.insertDetection, { id, stack: stack.id, logicals: JSON.stringify(logicals), time: ctx.now });
    tell(ctx, stack, { id, drift: "NOT_CHECKED", status: "DETECTION_IN_PROGRESS", count: -1 });
    ctx.send("cloudformation.drift", { id });
  });
  return { StackDriftDetectionId: id };
}

/** https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/event-detail-stack-drift-detection-change.html */
function tell(
  ctx: Context,
  stack: Stack,
  it: { readonly id: string; readonly drift: string; readonly status: string; readonly count: number },
): void {
  ctx.emit({
    source: "aws.cloudformation",
    type: "CloudFormation Drift Detection Status Change",
    resources: [stack.id],
    bus: true,
    detail: {
      "stack-id": stack.id,
      "stack-drift-detection-id": it.id,
      "status-details": { "stack-drift-status": it.drift, "detection-status": it.status },
      "drift-detection-details": { "drifted-stack-resource-count": it.count },
      "client-request-token": "",
    },
  });
}

/** `cloudformation.drift {id}`: looks at each resource of the detection. */
export async function detectDrift(ctx: Context, message: Message): Promise<void> {
  const row = ctx.get(store.detectionById, { id: String(message.payload["id"]) });
  const stack = row === undefined ? undefined : stackById(ctx, row.stack);
  if (row === undefined || stack === undefined || row.status !== "DETECTION_IN_PROGRESS") return;
  const wanted = JSON.parse(row.logicals) as string[];
  const chosen = resourcesOf(ctx, stack.id).filter((one) => canDetect(ctx, one) && (wanted.length === 0 || wanted.includes(one.logical)));
  const findings: [Resource, Finding][] = [];
  const failures: string[] = [];
  for (const resource of chosen) {
    try {
      findings.push([resource, await examine(ctx, stack, resource)]);
    } catch (error) {
      if (ctx.cloud.lifecycle.stopping) throw error;
      failures.push(`${resource.logical}: ${messageOf(error)}`);
    }
  }
  ctx.tx(() => {
    for (const [resource, finding] of findings) keep(ctx, resource, finding);
    const count = findings.filter(([, finding]) => finding.status !== "IN_SYNC").length;
    const drift = count > 0 ? "DRIFTED" : "IN_SYNC";
    const status = failures.length === 0 ? "DETECTION_COMPLETE" : "DETECTION_FAILED";
    const reason = failures.length === 0 ? null : `Failed to detect drift on resources [${failures.join("; ")}]`;
    ctx.run(store.endDetection, { id: row.id, status, drift, reason, count });
    const fresh = stackById(ctx, stack.id);
    if (fresh !== undefined) saveBody(ctx, fresh, { drift: { status: drift, time: ctx.now } });
    tell(ctx, stack, { id: row.id, drift, status, count });
  });
}

export function describeStackDriftDetectionStatus(
  input: Input<"cloudformation", "DescribeStackDriftDetectionStatus">,
  ctx: Context,
): Output<"cloudformation", "DescribeStackDriftDetectionStatus"> {
  const id = input.StackDriftDetectionId ?? "";
  const row = ctx.get(store.detectionById, { id });
  if (row === undefined) throw validationError(`Stack drift detection id [${id}] does not exist`);
  return {
    StackId: row.stack,
    StackDriftDetectionId: row.id,
    DetectionStatus: row.status as "DETECTION_COMPLETE",
    ...(row.drift === null ? {} : { StackDriftStatus: row.drift as "DRIFTED" }),
    ...(row.reason === null ? {} : { DetectionStatusReason: row.reason }),
    ...(row.count === null ? {} : { DriftedStackResourceCount: row.count }),
    Timestamp: new Date(row.time),
  };
}

/** https://docs.aws.amazon.com/AWSCloudFormation/latest/APIReference/API_DescribeStackResourceDrifts.html */
export function describeStackResourceDrifts(
  input: Input<"cloudformation", "DescribeStackResourceDrifts">,
  ctx: Context,
): Output<"cloudformation", "DescribeStackResourceDrifts"> {
  const stack = requireStack(ctx, input.StackName);
  const filters = new Set<string>(input.StackResourceDriftStatusFilters ?? []);
  const from = input.NextToken === undefined ? 0 : Number(input.NextToken);
  if (!Number.isInteger(from)) throw validationError("NextToken is invalid");
  const size = input.MaxResults ?? 100;
  const all = resourcesOf(ctx, stack.id)
    .filter((one) => one.role === "live" && one.body.drift !== undefined)
    .filter((one) => filters.size === 0 || filters.has(one.body.drift?.status ?? ""))
    .sort((a, b) => (a.logical < b.logical ? -1 : 1));
  const next = from + size < all.length ? { NextToken: String(from + size) } : {};
  return { StackResourceDrifts: all.slice(from, from + size).map((one) => driftOut(stack, one)), ...next };
}
