import { availableParallelism } from "node:os";
import type { Context } from "../../aws/context.ts";
import type { Message, MessageOutcome } from "../../aws/service.ts";
import { messageOf } from "../../kernel/errors.ts";
import { BuildRun } from "./build-run.ts";
import { emitPhase } from "./events.ts";
import { finish, finishQueued } from "./finish.ts";
import type { BuildPlan, BuildRecord, PhaseRecord } from "./records.ts";
import { type BuildRow, builds } from "./store.ts";
import { workshopOf } from "./workshop.ts";

const MS = 1_000;
const LEAST_PLACES = 4;
/** Builds wait for programs and downloads about as much as they compute. */
const places = (): number => Math.max(LEAST_PLACES, availableParallelism() * 2);

/**
 * `codebuild.run`: runs a build from its first phase to its last. The message lives as long as the build, so that one whose
 * server died is delivered again, and the build begins anew.
 *
 *     QUEUED ──a place is free──▶ RUNNING ──▶ OVER
 *                                  └─ the server died: again from PROVISIONING, as attempt n + 1
 */
export async function runMessage(ctx: Context, message: Message): Promise<MessageOutcome> {
  const id = String(message.payload["id"]);
  const { cloud } = ctx;
  if (cloud.lifecycle.stopping) return { again: ctx.now + MS };
  const begun = begin(ctx, id);
  if (begun === undefined) return undefined;
  const { running } = workshopOf(cloud);
  const run = new BuildRun(begun.ctx, begun.record, begun.plan, begun.attempt);
  const { promise: done, resolve } = Promise.withResolvers<void>();
  running.set(begun.record.arn, { interrupt: (reason, cause) => run.interrupt(reason, cause), abandon: () => run.abandon(), done });
  try {
    const ending = await run.execute();
    if (ending === undefined || !ctx.isCurrent) return { again: ctx.now + MS };
    finish(run.progress.ctx, run.progress.record, begun.plan, ending);
    return undefined;
  } catch (error) {
    if (run.abandoned || !ctx.isCurrent) return { again: ctx.now + MS };
    cloud.log.error("a build failed in Orrery itself", { build: id, reason: messageOf(error) });
    finish(run.progress.ctx, run.progress.record, begun.plan, { status: "FAULT", seconds: 0 });
    return undefined;
  } finally {
    await run.clean();
    running.delete(begun.record.arn);
    resolve();
  }
}

interface Begun {
  readonly ctx: Context;
  readonly record: BuildRecord;
  readonly plan: BuildPlan;
  readonly attempt: number;
}

/** Takes the build into work; undefined when it is over, has no place yet, or runs already. */
function begin(ctx: Context, id: string): Begun | undefined {
  return ctx.tx(() => {
    const row = ctx.get(builds.get, { id });
    if (row === undefined || row.state === "OVER" || workshopOf(ctx.cloud).running.has(row.arn)) return undefined;
    if (row.state === "QUEUED" && (ctx.cloud.store.get(builds.runningHere, {})?.count ?? 0) >= places()) return undefined;
    const plan = JSON.parse(row.plan) as BuildPlan;
    const from = ctx.with({ cause: row.because ?? ctx.cause, request: undefined });
    const { record, because } = row.state === "QUEUED" ? leaveQueue(from, row) : beginAgain(from, row);
    const next = ctx.with({ cause: because });
    if (row.stopping === 1) {
      finish(next, record, plan, { status: "STOPPED", seconds: 0 });
      return undefined;
    }
    ctx.run(builds.setRecord, { id, record: JSON.stringify(record) });
    ctx.run(builds.begin, { id, because });
    return { ctx: next, record, plan, attempt: row.attempts + 1 };
  });
}

function leaveQueue(ctx: Context, row: BuildRow): { record: BuildRecord; because: string } {
  const before = JSON.parse(row.record) as BuildRecord;
  const phases = before.phases.map((phase): PhaseRecord => {
    if (phase.phaseType !== "QUEUED") return phase;
    const durationInSeconds = Math.round((ctx.now - phase.startTime) / MS);
    return { ...phase, phaseStatus: "SUCCEEDED", endTime: ctx.now, durationInSeconds };
  });
  const record: BuildRecord = { ...before, phases };
  const queued = phases.find(({ phaseType }) => phaseType === "QUEUED");
  return { record, because: queued === undefined ? (row.because ?? "") : emitPhase(ctx, record, queued) };
}

/** Its processes died with the server: what they had done is not relied on. */
function beginAgain(ctx: Context, row: BuildRow): { record: BuildRecord; because: string } {
  const before = JSON.parse(row.record) as BuildRecord;
  const phases = before.phases.filter(({ phaseType }) => phaseType === "SUBMITTED" || phaseType === "QUEUED");
  const record: BuildRecord = { ...before, phases, currentPhase: "PROVISIONING" };
  const because = ctx.emit({
    source: "aws.codebuild",
    type: "Build Restarted",
    resources: [row.arn],
    rule: `the server ended during ${before.currentPhase ?? "the build"} and its processes with it: the build begins again with its source`,
    detail: { id: row.id, phase: before.currentPhase ?? "", attempt: row.attempts + 1 },
  });
  return { record, because };
}

/** `codebuild.queueTimeout`: a build that still waits waits no longer. */
export function queueTimeoutMessage(ctx: Context, message: Message): void {
  finishQueued(ctx, String(message.payload["id"]), "TIMED_OUT");
}
