import { advanceBuild } from "../actions/builds.ts";
import { buildConfiguration, buildRequest } from "../actions/codebuild.ts";
import { advanceCommands, stopCommands } from "../actions/commands.ts";
import { failed } from "../actions/failures.ts";
import { advanceLambda } from "../actions/lambda-invoke.ts";
import type { RuleProvider } from "../actions/provider.ts";
import { endJobs } from "../jobs.ts";

/** https://docs.aws.amazon.com/codepipeline/latest/userguide/rule-reference-CodeBuild.html */
export const codebuildRule: RuleProvider = {
  provider: "CodeBuild",
  version: "1",
  inputs: { minimum: 1, maximum: 5 },
  configuration: buildConfiguration,
  advance: (run) => advanceBuild(run, buildRequest(run)),
};

/** https://docs.aws.amazon.com/codepipeline/latest/userguide/rule-reference-Commands.html */
export const commandsRule: RuleProvider = {
  provider: "Commands",
  version: "1",
  inputs: { minimum: 0, maximum: 10 },
  configuration: ["EnvironmentType", "ComputeType", "VpcId", "Subnets", "SecurityGroupIds"].map((name) => ({ name })),
  advance: advanceCommands,
  stop: stopCommands,
};

/**
 * The function answers by PutJobSuccessResult or PutJobFailureResult, as for an action. For a stage that failed, an error
 * is what meets the rule: https://docs.aws.amazon.com/codepipeline/latest/userguide/concepts-how-it-works-conditions.html
 */
export const lambdaRule: RuleProvider = {
  provider: "LambdaInvoke",
  version: "1",
  maySkip: true,
  inputs: { minimum: 0, maximum: 5 },
  configuration: [{ name: "FunctionName", required: true }, { name: "UserParameters" }],
  advance: async (run) => {
    const progress = await advanceLambda(run);
    if (run.condition !== "onFailure" || progress.status === "InProgress") return progress;
    if (progress.status === "Succeeded") return failed("JobFailed", "The function told of no error, which is what meets this condition.");
    return { status: "Succeeded", externalExecutionSummary: progress.message };
  },
  stop: async (run) => endJobs(run),
};
