import type { Stack, StackEvent } from "@aws-sdk/client-cloudformation";
import { unless } from "../../../aws/exception.ts";
import { writeZip } from "../../../runtime/processes/zip.ts";
import { writeArtifact } from "./artifacts.ts";
import { failed } from "./failures.ts";
import type { ActionProgress, ActionRun } from "./provider.ts";

/** Undefined when there is none, or none any more. */
export async function findStack(run: ActionRun, name: string): Promise<Stack | undefined> {
  return (await unless("ValidationError", run.ctx.call("cloudformation", "DescribeStacks", { StackName: name })))?.Stacks?.[0];
}

async function eventsOf(run: ActionRun, stack: string): Promise<StackEvent[]> {
  return (await unless("ValidationError", run.ctx.call("cloudformation", "DescribeStackEvents", { StackName: stack })))?.StackEvents ?? [];
}

/** True when the operation was begun by an earlier call of this very run. */
export async function alreadyBegun(run: ActionRun, stack: string, token: string): Promise<boolean> {
  return (await eventsOf(run, stack)).some(({ ClientRequestToken }) => ClientRequestToken === token);
}

const consoleUrl = (run: ActionRun, id: string): string =>
  `https://console.aws.amazon.com/cloudformation/home?region=${run.region}#/stacks/stackinfo?stackId=${encodeURIComponent(id)}`;

export const toldOf = (run: ActionRun, id: string) => ({ externalExecutionId: id, externalExecutionUrl: consoleUrl(run, id) });

/** What is done with the stack, kept as the run's memory. */
export interface Watched {
  readonly stack: string;
  readonly token: string;
  readonly phase: "delete" | "replace" | "create" | "update";
}

/** The stack's next status wakes the run. */
export function watching(run: ActionRun, watched: Watched): ActionProgress {
  return { status: "InProgress", ...toldOf(run, watched.stack), memory: { ...watched } };
}

/** Undefined while the stack is being worked on. */
export async function endOf(run: ActionRun, watched: Watched): Promise<{ stack: Stack | undefined; ok: boolean } | undefined> {
  const stack = await findStack(run, watched.stack);
  const status = stack?.StackStatus ?? "DELETE_COMPLETE";
  if (status.endsWith("_IN_PROGRESS") && status !== "REVIEW_IN_PROGRESS") return undefined;
  const good =
    watched.phase === "delete" || watched.phase === "replace"
      ? ["DELETE_COMPLETE"]
      : ["CREATE_COMPLETE", "UPDATE_COMPLETE", "IMPORT_COMPLETE"];
  return { stack, ok: good.includes(status) };
}

const FAILED = /_FAILED$/;
const FOLLOWED = /^Resource (creation|update|deletion) cancelled/i;

/** The message names the first resource that failed, as AWS's does where the role may read the stack's events. */
export async function stackFailure(run: ActionRun, watched: Watched, stack: Stack | undefined): Promise<ActionProgress> {
  const events = (await eventsOf(run, watched.stack)).filter(({ ClientRequestToken }) => ClientRequestToken === watched.token);
  const first = events
    .reverse()
    .find(({ ResourceStatus = "", ResourceStatusReason = "" }) => FAILED.test(ResourceStatus) && !FOLLOWED.test(ResourceStatusReason));
  const name = stack?.StackName ?? watched.stack;
  const why =
    first === undefined
      ? (stack?.StackStatusReason ?? "")
      : `${first.LogicalResourceId} (${first.ResourceType}) ${first.ResourceStatus}: ${first.ResourceStatusReason ?? ""}`;
  const message = `The stack ${name} is in ${stack?.StackStatus ?? "an unknown state"} after this action. ${why}`.trim();
  return failed("JobFailed", message, toldOf(run, watched.stack));
}

const SUMMARY = { delete: "deleted", replace: "deleted", create: "created", update: "updated" } as const;

/** The outputs are variables, and the file of `OutputFileName` where the action has an output artifact. */
export async function stackSuccess(run: ActionRun, id: string, how: Watched["phase"] | string): Promise<ActionProgress> {
  const stack = await findStack(run, id);
  const outputs = Object.fromEntries((stack?.Outputs ?? []).map(({ OutputKey = "", OutputValue = "" }) => [OutputKey, OutputValue]));
  const file = run.configuration["OutputFileName"];
  const [artifact] = run.outputs;
  if (file !== undefined && file !== "" && artifact !== undefined) {
    await writeArtifact(run, artifact, writeZip({ [file]: JSON.stringify(outputs) }));
  }
  const told = how in SUMMARY ? `Stack ${stack?.StackName ?? id} was ${SUMMARY[how as Watched["phase"]]}.` : how;
  return { status: "Succeeded", ...toldOf(run, id), externalExecutionSummary: told, variables: outputs };
}
