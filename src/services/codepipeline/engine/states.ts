import type { Condition, RetryMode, Stage } from "../definition/declaration.ts";
import type { ConditionKind, RunStatus } from "../run-store.ts";

/** Where a stage stands: which of its parts is being worked on. It keeps the part in which it ended. */
export type Phase = "beforeEntry" | "actions" | "onSuccess" | "onFailure";

/** How an execution is to end before its time: on request, or because the pipeline's definition is another one now. */
export type Ending = "stop" | "cancel";

export interface StageView {
  readonly stage: Pick<Stage, "beforeEntry" | "onSuccess" | "onFailure"> & {
    readonly actions: readonly { readonly name: string; readonly runOrder: number }[];
  };
  readonly phase: Phase;
  /** Of each action that was started in this round, its latest run. */
  readonly actions: ReadonlyMap<string, RunStatus>;
  /** Of the condition of this phase; empty before it is begun. */
  readonly rules: readonly { readonly name: string; readonly status: RunStatus }[];
  readonly overridden: boolean;
  readonly ending: Ending | null;
  /** Automatic retries so far. */
  readonly retries: number;
  /** Executions that roll back do not roll back themselves. */
  readonly mayRollBack: boolean;
  /** Actions that may run at once. */
  readonly limit: number;
}

export type StageEnd = "Succeeded" | "Failed" | "Skipped" | "Stopped" | "Cancelled";

/** What happens next in a stage, and for an end the rule that decided. */
export type Decision =
  | { readonly do: "wait" }
  | { readonly do: "start"; readonly names: readonly string[] }
  | { readonly do: "check"; readonly condition: ConditionKind }
  | { readonly do: "run" }
  | { readonly do: "retry"; readonly mode: RetryMode; readonly rule: string }
  | { readonly do: "end"; readonly status: StageEnd; readonly rule: string; readonly rollBack?: boolean };

const WAIT: Decision = { do: "wait" };

/**
 * The next step of the stage that an execution is in.
 * https://docs.aws.amazon.com/codepipeline/latest/userguide/concepts-how-it-works-conditions.html
 */
export function decideStage(view: StageView): Decision {
  const running = view.phase === "actions" ? [...view.actions.values()] : view.rules.map(({ status }) => status);
  if (view.ending !== null) {
    return running.includes("InProgress") ? WAIT : endedEarly(view.ending);
  }
  if (view.phase === "actions") return decideActions(view);
  return decideCondition(view, view.phase);
}

function endedEarly(ending: Ending): Decision {
  return ending === "stop"
    ? { do: "end", status: "Stopped", rule: "the execution was asked to stop and nothing of it is in progress any more" }
    : {
        do: "end",
        status: "Cancelled",
        rule: "the pipeline's definition was updated and nothing of the execution is in progress any more",
      };
}

function decideActions(view: StageView): Decision {
  const { stage, actions, limit } = view;
  const order = [...new Set(stage.actions.map(({ runOrder }) => runOrder))].toSorted((a, b) => a - b);
  for (const runOrder of order) {
    const group = stage.actions.filter((action) => action.runOrder === runOrder).map(({ name }) => name);
    if (group.every((name) => actions.get(name) === "Succeeded")) continue;
    const inProgress = group.filter((name) => actions.get(name) === "InProgress");
    const failed = group.filter((name) => actions.get(name) === "Failed" || actions.get(name) === "Abandoned");
    // The others of the group come to their end first; the stage stays locked for as long.
    if (failed.length > 0) return inProgress.length > 0 ? WAIT : afterFailure(view, failed);
    const room = Math.max(0, limit - inProgress.length);
    const names = group.filter((name) => !actions.has(name)).slice(0, room);
    return names.length === 0 ? WAIT : { do: "start", names };
  }
  if (stage.onSuccess !== undefined) return { do: "check", condition: "onSuccess" };
  return { do: "end", status: "Succeeded", rule: allSucceeded(stage.actions.length) };
}

function allSucceeded(count: number): string {
  return count === 1 ? "its action succeeded" : `all of its ${count} actions succeeded`;
}

function afterFailure({ stage: { onFailure }, retries, mayRollBack }: StageView, failed: readonly string[]): Decision {
  const what = `${failed.length === 1 ? "action" : "actions"} ${failed.join(", ")} failed`;
  if (onFailure?.result === "RETRY" && retries < 1) {
    return {
      do: "retry",
      mode: onFailure.retryConfiguration?.retryMode ?? "FAILED_ACTIONS",
      rule: `${what}, and the stage is retried once by itself`,
    };
  }
  if (mayRollBack && onFailure?.conditions !== undefined) return { do: "check", condition: "onFailure" };
  const rollBack = mayRollBack && onFailure?.result === "ROLLBACK";
  return { do: "end", status: "Failed", rule: what, ...(rollBack ? { rollBack } : {}) };
}

export type Verdict = "met" | "not met" | "open";

/** All rules must succeed; the first that fails decides. */
export function verdictOf(rules: readonly { readonly status: RunStatus }[]): Verdict {
  if (rules.some(({ status }) => status === "Failed" || status === "Abandoned")) return "not met";
  return rules.every(({ status }) => status === "Succeeded") ? "met" : "open";
}

function decideCondition(view: StageView, kind: Exclude<Phase, "actions">): Decision {
  const condition = view.stage[kind]?.conditions?.[0];
  if (condition === undefined) return { do: "run" };
  if (view.rules.length === 0 && !view.overridden) return { do: "check", condition: kind };
  const verdict = view.overridden ? "met" : verdictOf(view.rules);
  if (verdict === "open") return WAIT;
  const failed = view.rules.filter(({ status }) => status !== "Succeeded").map(({ name }) => name);
  const rules = verdict === "met" ? "all of its rules succeeded" : `rule ${failed.join(", ")} failed`;
  if (kind === "beforeEntry") return verdict === "met" ? { do: "run" } : entryDenied(condition, rules);
  if (kind === "onSuccess") {
    if (verdict === "met")
      return {
        do: "end",
        status: "Succeeded",
        rule: `its actions succeeded; of the success condition ${view.overridden ? "it was overridden" : rules}`,
      };
    const rollBack = condition.result === "ROLLBACK" && view.mayRollBack;
    return { do: "end", status: "Failed", rule: `the success condition is not met: ${rules}`, ...(rollBack ? { rollBack } : {}) };
  }
  const rollBack = verdict === "met" && condition.result === "ROLLBACK";
  const how = verdict === "met" ? "is met" : "is not met";
  return {
    do: "end",
    status: "Failed",
    rule: `an action failed, and the failure condition ${how}: ${rules}`,
    ...(rollBack ? { rollBack } : {}),
  };
}

function entryDenied(condition: Condition, rules: string): Decision {
  return condition.result === "SKIP"
    ? { do: "end", status: "Skipped", rule: `the entry condition is not met and its result is SKIP: ${rules}` }
    : { do: "end", status: "Failed", rule: `the entry condition is not met: ${rules}` };
}
