import type { Cloud } from "../../aws/context.ts";
import type { ActionProgress, ActionRun } from "./actions/provider.ts";
import type { TypeId } from "./definition/declaration.ts";

type Succeeded = Extract<ActionProgress, { status: "Succeeded" }>;
type Failed = Extract<ActionProgress, { status: "Failed" }>;

/** How one run ends, `after` so many virtual ms; `"InProgress"` never does by itself. A failure's code and message have defaults. */
export type ScriptedOutcome =
  | "Succeeded"
  | "Failed"
  | "InProgress"
  | (Succeeded & { readonly after?: number })
  | (Omit<Failed, "code" | "message"> & Partial<Pick<Failed, "code" | "message">> & { readonly after?: number });

/** The runs of one key in order; the last outcome holds for all that follow. A function is asked for each run. */
export type ScriptedOutcomes = ScriptedOutcome | readonly ScriptedOutcome[] | ((run: ActionRun) => ScriptedOutcome);

/**
 * Outcomes by `<pipeline>/<stage>/<action or rule>`, else by `<category>/<provider>` (`Rule/<provider>` for rules), else by `*`,
 * which leaves approvals alone.
 */
export type Script = Readonly<Record<string, ScriptedOutcomes>>;

interface Scripted {
  readonly script: Script;
  /** How many runs of a key there were, and which one each run is: a run keeps its outcome however often it is asked. */
  readonly counts: Map<string, number>;
  readonly turns: Map<string, number>;
}

const scripts = new WeakMap<Cloud, Scripted>();

/**
 * For tests of pipelines: from now on actions and rules of this cloud that the script names end as it says, without their
 * providers being asked; they make no artifacts. All else is as ever: order, locks, queues, variables, retries, time-outs.
 * Nothing of it is stored. `undefined` ends it.
 */
export function scriptActions(cloud: Cloud, script: Script | undefined): void {
  if (script === undefined) scripts.delete(cloud);
  else scripts.set(cloud, { script, counts: new Map(), turns: new Map() });
}

/** What stands in for a run's provider, where a script names it. */
export function scriptedProvider(
  cloud: Cloud,
  { category, provider }: TypeId,
  run: ActionRun,
): ((run: ActionRun) => Promise<ActionProgress>) | undefined {
  const scripted = scripts.get(cloud);
  if (scripted === undefined) return undefined;
  const names = [
    `${run.pipelineName}/${run.stageName}/${run.actionName}`,
    `${category}/${provider}`,
    ...(category === "Approval" ? [] : ["*"]),
  ];
  const key = names.find((name) => scripted.script[name] !== undefined);
  const outcomes = key === undefined ? undefined : scripted.script[key];
  if (key === undefined || outcomes === undefined) return undefined;
  return async () => progressOf(outcomeOf(scripted, key, outcomes, run), run);
}

function outcomeOf({ counts, turns }: Scripted, key: string, outcomes: ScriptedOutcomes, run: ActionRun): ScriptedOutcome {
  if (typeof outcomes === "function") return outcomes(run);
  if (!Array.isArray(outcomes)) return outcomes as ScriptedOutcome;
  const list = outcomes as readonly ScriptedOutcome[];
  let turn = turns.get(run.actionExecutionId);
  if (turn === undefined) {
    turn = counts.get(key) ?? 0;
    counts.set(key, turn + 1);
    turns.set(run.actionExecutionId, turn);
  }
  return list[Math.min(turn, list.length - 1)] ?? "Succeeded";
}

function progressOf(outcome: ScriptedOutcome, run: ActionRun): ActionProgress {
  if (outcome === "InProgress") return { status: "InProgress" };
  if (outcome === "Succeeded") return { status: "Succeeded" };
  if (outcome === "Failed") return { status: "Failed", code: "JobFailed", message: "The script says that it fails" };
  const { after = 0, ...rest } = outcome;
  if (run.startedAt + after > run.ctx.now) return { status: "InProgress", again: run.startedAt + after };
  if (rest.status === "Succeeded") return rest;
  return { code: "JobFailed", message: "The script says that it fails", ...rest };
}
