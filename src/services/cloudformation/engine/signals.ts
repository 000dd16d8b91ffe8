import type { Context } from "../../../aws/context.ts";
import type { ResourceState } from "../../../aws/resource.ts";
import * as store from "../store.ts";
import { evaluate, type Scope } from "../template/evaluate.ts";
import type { ResourceDefinition } from "../template/graph.ts";
import { isRecord } from "../template/parse.ts";
import type { Attempt } from "./attempt.ts";
import { setResourceStatus } from "./events.ts";
import type { Resource } from "./model.ts";
import { ResourceFailure, resourceFailed } from "./request.ts";
import { saveTask, type Task } from "./tasks.ts";

/** What a CreationPolicy waits for: so many signals, within so many ms. */
export interface SignalPolicy {
  readonly count: number;
  readonly timeout: number;
}

const UNITS = [86_400_000, 3_600_000, 60_000, 1_000];

/** ISO 8601 durations as far as CreationPolicy has them, e.g. `PT1H30M`. */
function milliseconds(text: string): number {
  const parts = /^P(?:(\d+)D)?(?:T(?:(\d+)H)?(?:(\d+)M)?(?:(\d+)S)?)?$/.exec(text);
  if (parts === null) throw resourceFailed(`Invalid timeout: ${text}`);
  return UNITS.reduce((sum, unit, index) => sum + Number(parts[index + 1] ?? 0) * unit, 0);
}

/** https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-attribute-creationpolicy.html */
export function signalPolicyOf(definition: ResourceDefinition, scope: Scope): SignalPolicy | undefined {
  const policy = definition.CreationPolicy === undefined ? undefined : evaluate(definition.CreationPolicy, scope);
  const signal = isRecord(policy) ? policy["ResourceSignal"] : undefined;
  if (!isRecord(signal)) return undefined;
  return { count: Number(signal["Count"] ?? 1), timeout: milliseconds(String(signal["Timeout"] ?? "PT5M")) };
}

/**
 * Holds back a resource that was made until its signals have come. The answer is the task as it then is, and when to look
 * again; without `again` nothing is missing.
 * @throws ResourceFailure when a signal is a failure or the time is over
 */
export function awaitSignals(
  ctx: Context,
  it: Attempt,
  resource: Resource,
  made: ResourceState,
): { readonly task: Task; readonly again?: number } {
  const policy = it.task.data.signal;
  if (policy === undefined) return { task: it.task };
  const since = it.task.data.since ?? ctx.now;
  const task = it.task.data.made === undefined ? ctx.tx(() => note(ctx, it, resource, made)) : it.task;
  const signals = ctx
    .all(store.signalsOf, { stack: it.stack.id, logical: resource.logical })
    .filter((one) => /^(SUCCESS|FAILURE)$/.test(one.status));
  const failures = signals.filter((one) => one.status === "FAILURE").length;
  if (failures > 0) {
    const reason = `Received ${failures} FAILURE signal(s) out of ${policy.count}. Unable to satisfy 100% MinSuccessfulInstancesPercent requirement`;
    throw new ResourceFailure(reason, made.physicalId);
  }
  if (signals.length >= policy.count) return { task };
  const deadline = since + policy.timeout;
  if (ctx.now >= deadline) {
    const missing = policy.count - signals.length;
    throw new ResourceFailure(`Failed to receive ${missing} resource signal(s) within the specified duration`, made.physicalId);
  }
  return { task, again: deadline };
}

/** Signals may come as soon as the physical id is told. */
function note(ctx: Context, it: Attempt, resource: Resource, made: ResourceState): Task {
  const status = `${it.task.data.mode === "create" ? "CREATE" : "UPDATE"}_IN_PROGRESS`;
  setResourceStatus(ctx, it.stack, resource, { status, reason: "Resource creation Initiated", physical: made.physicalId });
  return saveTask(ctx, it.task, { data: { ...it.task.data, again: true, made, since: ctx.now } });
}
