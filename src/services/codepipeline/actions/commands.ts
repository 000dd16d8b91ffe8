import type { ComputeType, EnvironmentType } from "@aws-sdk/client-codebuild";
import { unless } from "../../../aws/exception.ts";
import { advanceBuild, asPipeline } from "./builds.ts";
import { ActionFailure } from "./failures.ts";
import type { ActionProgress, ActionProvider, ActionRun } from "./provider.ts";

/** https://docs.aws.amazon.com/codepipeline/latest/userguide/action-reference-Commands.html: by CodeBuild, 55 minutes. */
const TIMEOUT_MINUTES = 55;
const IMAGE = "aws/codebuild/amazonlinux-x86_64-standard:5.0";

/**
 * The buildspec of an action's commands, as JSON, which is YAML too. Lists of files are those of a build's artifacts.
 */
export function buildspecOf(run: Pick<ActionRun, "commands" | "outputVariables" | "outputs">): string {
  const files = run.outputs[0]?.files;
  const exported = run.outputVariables ?? [];
  return JSON.stringify({
    version: 0.2,
    ...(exported.length === 0 ? {} : { env: { "exported-variables": exported } }),
    phases: { build: { commands: run.commands ?? [] } },
    // `**/` is how the console writes "all files".
    ...(run.outputs.length === 0
      ? {}
      : { artifacts: { files: (files ?? ["**/*"]).map((file) => (file.endsWith("**/") ? `${file}*` : file)) } }),
  });
}

/** The project behind the commands of one pipeline. AWS keeps it to itself; here it is among the account's projects. */
function projectName(run: ActionRun): string {
  return `AWSCodePipeline-Commands-${run.pipelineName.replace(/[.@]/g, "-")}`;
}

async function makeProject(run: ActionRun): Promise<string> {
  const name = projectName(run);
  const ctx = asPipeline(run);
  const { configuration } = run;
  const definition = {
    name,
    description: `Runs the commands of the pipeline ${run.pipelineName}`,
    source: { type: "NO_SOURCE", buildspec: JSON.stringify({ version: 0.2, phases: { build: { commands: ["true"] } } }) },
    artifacts: { type: "NO_ARTIFACTS" },
    environment: { type: "LINUX_CONTAINER", image: IMAGE, computeType: "BUILD_GENERAL1_SMALL" },
    serviceRole: run.roleArn,
    timeoutInMinutes: TIMEOUT_MINUTES,
    logsConfig: { cloudWatchLogs: { status: "ENABLED", groupName: `/aws/codepipeline/${run.pipelineName}` } },
  } as const;
  for (const member of ["VpcId", "Subnets", "SecurityGroupIds"]) {
    if (configuration[member] !== undefined) {
      throw new ActionFailure("ConfigurationError", `${member} of a Commands action is not implemented by Orrery.`);
    }
  }
  const made = await unless("ResourceAlreadyExistsException", ctx.call("codebuild", "CreateProject", definition));
  if (made === undefined) await ctx.call("codebuild", "UpdateProject", definition);
  return name;
}

/** Runs the commands of an action or a rule, in the folder of its first input. */
export async function advanceCommands(run: ActionRun): Promise<ActionProgress> {
  const name = run.memory === undefined ? await makeProject(run) : projectName(run);
  const { configuration } = run;
  const environment = run.environmentVariables?.map(({ name: key, value, type }) => ({
    name: key,
    value,
    type: type === "SECRETS_MANAGER" ? ("SECRETS_MANAGER" as const) : ("PLAINTEXT" as const),
  }));
  const environmentType = configuration["EnvironmentType"] as EnvironmentType | undefined;
  const computeType = configuration["ComputeType"] as ComputeType | undefined;
  return await advanceBuild(run, {
    projectName: name,
    primarySource: run.inputs[0]?.name,
    ...(environment === undefined || environment.length === 0 ? {} : { environment }),
    more: {
      buildspecOverride: buildspecOf(run),
      serviceRoleOverride: run.roleArn,
      ...(environmentType === undefined ? {} : { environmentTypeOverride: environmentType }),
      ...(computeType === undefined ? {} : { computeTypeOverride: computeType }),
    },
  });
}

/** The build of an abandoned action is the pipeline's own. */
export async function stopCommands(run: ActionRun): Promise<void> {
  const id = run.memory?.["build"];
  if (typeof id === "string") await unless("ResourceNotFoundException", asPipeline(run).call("codebuild", "StopBuild", { id }));
}

export const commands: ActionProvider = {
  category: "Compute",
  owner: "AWS",
  provider: "Commands",
  version: "1",
  v2Only: true,
  inputs: { minimum: 1, maximum: 10 },
  outputs: { minimum: 0, maximum: 1 },
  configuration: ["EnvironmentType", "ComputeType", "VpcId", "Subnets", "SecurityGroupIds"].map((name) => ({ name })),
  timeoutMinutes: TIMEOUT_MINUTES + 5,
  advance: advanceCommands,
  stop: stopCommands,
};
