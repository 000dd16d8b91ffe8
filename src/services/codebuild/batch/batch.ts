import type { BuildBatchPhaseType, StatusType } from "@aws-sdk/client-codebuild";
import type { Context } from "../../../aws/context.ts";
import type { PhaseContext } from "../../../runtime/builds/phases.ts";
import type { BatchPlan, BatchRecord } from "./records.ts";
import { type BatchRow, batches } from "./store.ts";

const MS = 1_000;

/** A batch with all that is kept of it. */
export interface Batch {
  readonly id: string;
  readonly ending: BatchRow["ending"];
  readonly record: BatchRecord;
  readonly plan: BatchPlan;
  readonly because: string | null;
}

export function ofRow(row: BatchRow): Batch {
  return {
    id: row.id,
    ending: row.ending,
    record: JSON.parse(row.record) as BatchRecord,
    plan: JSON.parse(row.plan) as BatchPlan,
    because: row.because,
  };
}

/** Undefined when it is not there or over. */
export function openBatch(ctx: Context, id: string): Batch | undefined {
  const row = ctx.get(batches.get, { id });
  return row === undefined || row.status !== "IN_PROGRESS" ? undefined : ofRow(row);
}

export function saveBatch(ctx: Context, { id, ending, record, plan, because }: Batch): void {
  ctx.run(batches.put, {
    id,
    status: record.buildBatchStatus ?? "IN_PROGRESS",
    ending,
    record: JSON.stringify(record),
    plan: JSON.stringify(plan),
    because,
  });
}

/** Ends the phase that is under way, and begins the next one. */
export function nextPhase(
  record: BatchRecord,
  now: number,
  ended: { readonly status: StatusType; readonly contexts?: readonly PhaseContext[] },
  next: BuildBatchPhaseType,
): BatchRecord {
  const phases = record.phases.map((phase) => {
    if (phase.endTime !== undefined) return phase;
    const contexts = ended.contexts ?? [{ statusCode: "", message: "" }];
    const durationInSeconds = Math.round((now - phase.startTime) / MS);
    return { ...phase, phaseStatus: ended.status, endTime: now, durationInSeconds, contexts };
  });
  return { ...record, phases: [...phases, { phaseType: next, startTime: now }], currentPhase: next };
}

/** The last phase of a batch has the name of how it ended, and neither a status nor an end. A time-out has no phase of its own. */
export const lastPhase = (status: StatusType): BuildBatchPhaseType =>
  status === "SUCCEEDED" ? "SUCCEEDED" : status === "STOPPED" || status === "TIMED_OUT" ? "STOPPED" : "FAILED";
