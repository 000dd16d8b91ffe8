import { failed } from "./failures.ts";
import type { ActionProgress, ActionProvider, ActionRun } from "./provider.ts";

function consoleUrl(run: ActionRun, id: string): string {
  return `https://console.aws.amazon.com/codedeploy/home?region=${run.region}#/deployments/${id}`;
}

const toldOf = (run: ActionRun, id: string) => ({ externalExecutionId: id, externalExecutionUrl: consoleUrl(run, id) });

function inProgress(run: ActionRun, id: string): ActionProgress {
  return { status: "InProgress", ...toldOf(run, id), memory: { deployment: id } };
}

/** CreateDeployment knows no token: the claim tells a repeated call which deployment the first one made. */
async function start(run: ActionRun): Promise<ActionProgress> {
  const ctx = run.ctx.with({ claimToken: `codepipeline:${run.actionExecutionId}` });
  const claimed = ctx.claimed();
  if (claimed !== undefined) return inProgress(run, claimed);
  const [artifact] = run.inputs;
  const { deploymentId = "" } = await ctx.call("codedeploy", "CreateDeployment", {
    applicationName: run.configuration["ApplicationName"],
    deploymentGroupName: run.configuration["DeploymentGroupName"],
    revision: { revisionType: "S3", s3Location: { bucket: artifact?.bucket, key: artifact?.key, bundleType: "zip" } },
    description: `Deployment of the execution ${run.pipelineExecutionId} of the pipeline ${run.pipelineName}`,
  });
  return inProgress(run, deploymentId);
}

async function follow(run: ActionRun, id: string): Promise<ActionProgress> {
  const { deploymentInfo } = await run.ctx.call("codedeploy", "GetDeployment", { deploymentId: id });
  const status = deploymentInfo?.status;
  if (status === "Succeeded") return { status: "Succeeded", ...toldOf(run, id), externalExecutionSummary: "Deployment Succeeded" };
  if (status !== "Failed" && status !== "Stopped") return inProgress(run, id);
  const why = deploymentInfo?.errorInformation?.message ?? deploymentInfo?.rollbackInfo?.rollbackMessage ?? "";
  const told = { ...toldOf(run, id), externalExecutionSummary: `Deployment ${id} ${status.toLowerCase()}` };
  return failed("JobFailed", `Deployment ${id} ${status === "Failed" ? "failed" : "was stopped"}. ${why}`.trim(), told);
}

/** The deployment's end wakes the action. https://docs.aws.amazon.com/codepipeline/latest/userguide/action-reference-CodeDeploy.html */
export const codedeploy: ActionProvider = {
  category: "Deploy",
  owner: "AWS",
  provider: "CodeDeploy",
  version: "1",
  inputs: { minimum: 1, maximum: 1 },
  outputs: { minimum: 0, maximum: 0 },
  configuration: [
    { name: "ApplicationName", required: true },
    { name: "DeploymentGroupName", required: true },
  ],
  // https://docs.aws.amazon.com/codepipeline/latest/userguide/limits.html: 5 days
  timeoutMinutes: 5 * 24 * 60,
  advance: async (run) => {
    const id = run.memory?.["deployment"];
    return typeof id === "string" ? await follow(run, id) : await start(run);
  },
};
