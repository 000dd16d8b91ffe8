import { advanceBuild, type BuildRequest, environmentOf } from "./builds.ts";
import type { ActionProvider, ActionRun, ConfigurationKey } from "./provider.ts";

export const buildConfiguration: readonly ConfigurationKey[] = [
  { name: "ProjectName", required: true },
  { name: "PrimarySource" },
  { name: "BatchEnabled" },
  { name: "CombineArtifacts" },
  { name: "EnvironmentVariables" },
];

const isTrue = (text: string | undefined): boolean => text?.toLowerCase() === "true";
const nonEmpty = (text: string | undefined): string | undefined => (text === "" ? undefined : text);

/** What a build's configuration asks for; actions and rules are configured alike. */
export function buildRequest({ configuration }: ActionRun): BuildRequest {
  const buildspec = nonEmpty(configuration["BuildspecOverride"]);
  const role = nonEmpty(configuration["ServiceRoleArnOverride"]);
  const environment = environmentOf(configuration["EnvironmentVariables"]);
  return {
    projectName: configuration["ProjectName"] ?? "",
    batch: isTrue(configuration["BatchEnabled"]),
    combine: isTrue(configuration["CombineArtifacts"]),
    primarySource: nonEmpty(configuration["PrimarySource"]),
    ...(environment.length === 0 ? {} : { environment }),
    more: {
      ...(buildspec === undefined ? {} : { buildspecOverride: buildspec }),
      ...(role === undefined ? {} : { serviceRoleOverride: role }),
    },
  };
}

/** https://docs.aws.amazon.com/codepipeline/latest/userguide/action-reference-CodeBuild.html; the project says how long it may take. */
const provider = (category: "Build" | "Test"): ActionProvider => ({
  category,
  owner: "AWS",
  provider: "CodeBuild",
  version: "1",
  inputs: { minimum: 1, maximum: 5 },
  outputs: { minimum: 0, maximum: 5 },
  configuration: [...buildConfiguration, { name: "BuildspecOverride" }, { name: "ServiceRoleArnOverride" }],
  // The longest build (36 hours) after the longest queue (8 hours).
  timeoutMinutes: 44 * 60,
  advance: (run) => advanceBuild(run, buildRequest(run)),
});

export const codebuildBuild = provider("Build");
export const codebuildTest = provider("Test");
