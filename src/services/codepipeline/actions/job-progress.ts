import type { JobResult } from "../jobs.ts";
import { type JobRow, selectJob } from "../jobs-store.ts";
import { type FailureCode, failed } from "./failures.ts";
import type { ActionProgress, ActionRun } from "./provider.ts";

/** The job that the run's memory names. */
export function jobOf(run: ActionRun): JobRow | undefined {
  const id = run.memory?.["job"];
  return typeof id === "string" ? run.home.get(selectJob, { id }) : undefined;
}

export const resultOf = (job: JobRow): JobResult => (job.result === null ? {} : (JSON.parse(job.result) as JobResult));

/** What a result tells of the external execution. */
export function toldOf({ externalExecutionId, summary }: JobResult) {
  return {
    ...(externalExecutionId === undefined ? {} : { externalExecutionId }),
    ...(summary === undefined ? {} : { externalExecutionSummary: summary }),
  };
}

/** The end of an action whose job has ended for good. */
export function endOf(job: JobRow): ActionProgress {
  const result = resultOf(job);
  const { failure, variables, revision } = result;
  if (failure !== undefined) return failed(failure.type as FailureCode, failure.message, toldOf(result));
  return {
    status: "Succeeded",
    ...toldOf(result),
    ...(variables === undefined ? {} : { variables }),
    ...(revision === undefined ? {} : { revision }),
  };
}
