import type { ActionTypeId } from "@aws-sdk/client-codepipeline";
import { createJob, dataOf, endJobs } from "../jobs.ts";
import { type JobRow, selectJob, selectLastJob } from "../jobs-store.ts";
import { failed } from "./failures.ts";
import { endOf, jobOf, resultOf, toldOf } from "./job-progress.ts";
import type { ActionProgress, ActionProvider, ActionRun } from "./provider.ts";

const MINUTE = 60_000;
/** https://docs.aws.amazon.com/codepipeline/latest/userguide/limits.html: the function must answer within 20 minutes. */
const WINDOW_MS = 20 * MINUTE;
/** After a continuation token the function is called again so much later. Not documented. */
const CONTINUE_AFTER_MS = 30_000;

const TYPE: ActionTypeId = { category: "Invoke", owner: "AWS", provider: "Lambda", version: "1" };

/** Calls the function with a job of its own; it answers by PutJobSuccessResult or PutJobFailureResult. */
async function call(run: ActionRun, token: string | undefined): Promise<ActionProgress> {
  const due = run.home.now + WINDOW_MS;
  const job = openJob(run) ?? createJob(run, { type: TYPE, status: "InProgress", due, token });
  const row = run.home.get(selectJob, { id: job });
  if (row === undefined) return failed("SystemUnavailable", `The job ${job} is gone.`);
  const { actionTypeId: _type, pipelineContext: _context, ...data } = dataOf(run.home, row);
  await run.ctx.call("lambda", "Invoke", {
    FunctionName: run.configuration["FunctionName"],
    InvocationType: "Event",
    Payload: Buffer.from(JSON.stringify({ "CodePipeline.job": { id: job, accountId: run.home.account, data } })),
  });
  return { status: "InProgress", memory: { job }, again: row.due ?? due };
}

/** A job that was made by a call which was broken off: the function gets that one again. */
function openJob(run: ActionRun): string | undefined {
  const last = run.home.get(selectLastJob, { run: run.actionExecutionId });
  return last?.status === "InProgress" && last.id !== run.memory?.["job"] ? last.id : undefined;
}

function waiting(run: ActionRun, job: JobRow): ActionProgress {
  const due = job.due ?? 0;
  if (run.home.now < due) return { status: "InProgress", memory: { job: job.id }, again: due };
  endJobs(run);
  const name = run.configuration["FunctionName"];
  return failed(
    "JobFailed",
    `The AWS Lambda function ${name} failed to return a result. Check the function to verify that it has permission to call the PutJobSuccessResult action and that it made a call to PutJobSuccessResult.`,
  );
}

/** An action or a rule that is decided by a Lambda function. */
export async function advanceLambda(run: ActionRun): Promise<ActionProgress> {
  const job = jobOf(run);
  if (job === undefined) return await call(run, undefined);
  if (job.status === "InProgress") return waiting(run, job);
  const result = resultOf(job);
  if (job.status !== "Succeeded" || result.continuationToken === undefined) return endOf(job);
  const resume = run.memory?.["resume"];
  const at = typeof resume === "number" ? resume : run.home.now + CONTINUE_AFTER_MS;
  if (run.home.now < at) return { status: "InProgress", ...toldOf(result), memory: { job: job.id, resume: at }, again: at };
  return await call(run, result.continuationToken);
}

/** https://docs.aws.amazon.com/codepipeline/latest/userguide/action-reference-Lambda.html */
export const lambdaInvoke: ActionProvider = {
  category: "Invoke",
  owner: "AWS",
  provider: "Lambda",
  version: "1",
  inputs: { minimum: 0, maximum: 5 },
  outputs: { minimum: 0, maximum: 5 },
  configuration: [{ name: "FunctionName", required: true }, { name: "UserParameters" }],
  timeoutMinutes: 24 * 60,
  advance: advanceLambda,
  stop: async (run) => endJobs(run),
};
