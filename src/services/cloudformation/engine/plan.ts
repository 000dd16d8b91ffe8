import type { Context } from "../../../aws/context.ts";
import * as store from "../store.ts";
import { resourcesOf as definitionsOf, dependenciesOf } from "../template/graph.ts";
import { type Operation, type Phase, type Resource, resourcesOf, type Stack, templateOf } from "./model.ts";
import { stackScope } from "./scope.ts";

/** A step of a plan before it is stored. `after` names the steps that must be done first, by key. */
interface Step {
  readonly key: string;
  readonly logical: string;
  readonly action: "apply" | "delete" | "revert";
  readonly uid: number | null;
  readonly after: readonly string[];
}

/** Stores the steps of a phase as tasks with their edges. */
function storeSteps(ctx: Context, stack: Stack, op: Operation, steps: readonly Step[]): void {
  const ids = new Map<string, number>();
  const keys = new Set(steps.map((step) => step.key));
  const needs = new Map(steps.map((step) => [step.key, [...new Set(step.after)].filter((key) => keys.has(key) && key !== step.key)]));
  for (const step of steps) {
    const row = ctx.get(store.insertTask, {
      stack: stack.id,
      op: op.id,
      phase: op.phase,
      logical: step.logical,
      action: step.action,
      uid: step.uid,
      waiting: needs.get(step.key)?.length ?? 0,
      data: "{}",
    });
    ids.set(step.key, row?.id ?? 0);
  }
  for (const [key, list] of needs) {
    for (const need of list) ctx.run(store.insertEdge, { task: ids.get(need) ?? 0, next: ids.get(key) ?? 0 });
  }
}

/** The resources that the template's conditions leave, with what each waits for. */
export function activeResources(ctx: Context, stack: Stack): Map<string, string[]> {
  const template = templateOf(ctx, stack.body.desired.templateId);
  const scope = stackScope(ctx, stack, template);
  const active = new Map([...definitionsOf(template)].filter(([, one]) => one.Condition === undefined || scope.condition(one.Condition)));
  return new Map(
    [...active].map(([id, one]) => [
      id,
      dependenciesOf(
        one,
        (name) => active.has(name),
        (condition) => scope.condition(condition),
      ),
    ]),
  );
}

function planApply(ctx: Context, stack: Stack): Step[] {
  return [...activeResources(ctx, stack)].map(([logical, after]) => ({
    key: logical,
    logical,
    action: "apply" as const,
    uid: null,
    after,
  }));
}

/** What depends on a resource goes before it; a replaced resource goes with its logical id. */
function planDelete(resources: readonly Resource[]): Step[] {
  const users = new Map<string, string[]>();
  for (const one of resources) {
    for (const need of one.body.deps) users.set(need, [...(users.get(need) ?? []), String(one.uid)]);
  }
  return resources.map((one) => ({
    key: String(one.uid),
    logical: one.logical,
    action: "delete" as const,
    uid: one.uid,
    after: users.get(one.logical) ?? [],
  }));
}

function planRevert(resources: readonly Resource[], op: Operation): Step[] {
  return resources
    .filter((one) => one.role === "live" && (one.body.before?.op === op.id || one.status === "UPDATE_FAILED"))
    .map((one) => ({
      key: one.logical,
      logical: one.logical,
      action: "revert" as const,
      uid: one.uid,
      after: one.body.before?.op === op.id ? one.body.before.deps : one.body.deps,
    }));
}

const GONE = new Set(["DELETE_COMPLETE", "DELETE_SKIPPED"]);

/** Plans the phase that the operation is in. Planning a phase again (after a failed rollback) starts it anew. */
export function planPhase(ctx: Context, stack: Stack, op: Operation): void {
  ctx.run(store.dropEdges, { stack: stack.id });
  ctx.run(store.dropTasks, { stack: stack.id });
  const phase: Phase = op.phase;
  if (phase === "create" || phase === "update") {
    storeSteps(ctx, stack, op, planApply(ctx, stack));
    return;
  }
  const there = resourcesOf(ctx, stack.id).filter((one) => !GONE.has(one.status));
  if (phase === "revert") storeSteps(ctx, stack, op, planRevert(there, op));
  else if (phase === "delete" || phase === "rollback") storeSteps(ctx, stack, op, planDelete(there));
  else storeSteps(ctx, stack, op, planDelete(there.filter((one) => one.role === "old")));
}
