import type { PipelineVariable, SourceRevisionOverride } from "@aws-sdk/client-codepipeline";
import { asPipeline } from "./builds.ts";
import { ActionFailure } from "./failures.ts";
import type { ActionProvider } from "./provider.ts";

/** A JSON list; empty when there is none. @throws ActionFailure */
function listOf<T>(text: string | undefined, member: string): T[] {
  if (text === undefined || text === "") return [];
  try {
    const value: unknown = JSON.parse(text);
    if (Array.isArray(value)) return value as T[];
  } catch {
    // Not JSON: the same fault as JSON that is no list.
  }
  throw new ActionFailure("ConfigurationError", `${member} is not a JSON array.`);
}

/**
 * Starts another pipeline and does not wait for it: the role needs `codepipeline:StartPipelineExecution` and nothing else.
 * https://docs.aws.amazon.com/codepipeline/latest/userguide/action-reference-PipelineInvoke.html
 */
export const pipelineInvoke: ActionProvider = {
  category: "Invoke",
  owner: "AWS",
  provider: "CodePipeline",
  version: "1",
  v2Only: true,
  inputs: { minimum: 0, maximum: 0 },
  outputs: { minimum: 0, maximum: 0 },
  configuration: [{ name: "PipelineName", required: true }, { name: "SourceRevisions" }, { name: "Variables" }],
  advance: async (run) => {
    const name = run.configuration["PipelineName"] ?? "";
    const sourceRevisions = listOf<SourceRevisionOverride>(run.configuration["SourceRevisions"], "SourceRevisions");
    const variables = listOf<PipelineVariable>(run.configuration["Variables"], "Variables");
    const { pipelineExecutionId = "" } = await asPipeline(run).call("codepipeline", "StartPipelineExecution", {
      name,
      clientRequestToken: run.actionExecutionId,
      ...(sourceRevisions.length === 0 ? {} : { sourceRevisions }),
      ...(variables.length === 0 ? {} : { variables }),
    });
    return {
      status: "Succeeded",
      externalExecutionId: pipelineExecutionId,
      externalExecutionSummary: `Started the execution ${pipelineExecutionId} of the pipeline ${name}`,
      externalExecutionUrl: `https://console.aws.amazon.com/codesuite/codepipeline/pipelines/${name}/executions/${pipelineExecutionId}?region=${run.region}`,
    };
  },
};
