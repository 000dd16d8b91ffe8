import type { ActionTypeId } from "@aws-sdk/client-codepipeline";
import type { Context } from "../../../aws/context.ts";
import { type CustomType, customType } from "../custom-actions.ts";
import { createJob, endJobs } from "../jobs.ts";
import { selectLastJob } from "../jobs-store.ts";
import { endOf, jobOf, resultOf, toldOf } from "./job-progress.ts";
import type { ActionProgress, ActionProvider, ActionRun } from "./provider.ts";

function offer(run: ActionRun, type: ActionTypeId, token: string | undefined): ActionProgress {
  const last = run.home.get(selectLastJob, { run: run.actionExecutionId });
  const isNew = last === undefined || last.id === run.memory?.["job"];
  const job = isNew ? createJob(run, { type, status: "Queued", token }) : last.id;
  return { status: "InProgress", memory: { job } };
}

/** Waits for a job worker, job after job as long as it answers with continuation tokens. */
function advance(run: ActionRun, type: ActionTypeId): ActionProgress {
  const job = jobOf(run);
  if (job === undefined) return offer(run, type, undefined);
  if (["Queued", "Dispatched", "InProgress"].includes(job.status)) return { status: "InProgress", memory: { job: job.id } };
  const result = resultOf(job);
  if (job.status !== "Succeeded" || result.continuationToken === undefined) return endOf(job);
  return { ...offer(run, type, result.continuationToken), ...toldOf(result) } as ActionProgress;
}

function providerOf(type: CustomType): ActionProvider {
  const { provider, version } = type.id;
  const category = type.id.category as ActionProvider["category"];
  const id: ActionTypeId = { category, owner: "Custom", provider, version };
  const counts = (details: CustomType["inputs"]) => ({ minimum: details.minimumCount, maximum: details.maximumCount });
  return {
    category,
    owner: "Custom",
    provider,
    version,
    inputs: counts(type.inputs),
    outputs: counts(type.outputs),
    configuration: type.properties.map(({ name, required, secret }) => ({ name, required, secret })),
    // https://docs.aws.amazon.com/codepipeline/latest/userguide/limits.html: 24 hours
    timeoutMinutes: 24 * 60,
    advance: async (run) => advance(run, id),
    stop: async (run) => endJobs(run),
  };
}

/** The provider of a type that the account made itself; undefined when there is none. */
export function customProvider(ctx: Context, id: Partial<ActionTypeId>): ActionProvider | undefined {
  const type = id.owner === "Custom" ? customType(ctx, id) : undefined;
  return type === undefined ? undefined : providerOf(type);
}
