import type { Context } from "../../../aws/context.ts";
import { AwsException } from "../../../aws/exception.ts";
import type { ActionProvider } from "../actions/provider.ts";
import { findProvider } from "../registry.ts";
import type { Action, Declaration, TypeId } from "./declaration.ts";

const invalid = (message: string): AwsException => new AwsException("InvalidActionDeclarationException", message);

export function describeType({ category, owner, provider, version }: TypeId): string {
  return `(Category: '${category}', Provider: '${provider}', Owner: '${owner}', Version: '${version}')`;
}

/** https://docs.aws.amazon.com/codepipeline/latest/userguide/action-requirements.html @throws AwsException */
export function checkAction(ctx: Context, declaration: Declaration, action: Action, stageIndex: number): void {
  const { actionTypeId: type, name } = action;
  const provider = findProvider(ctx, type);
  if (provider === undefined) {
    throw invalid(
      `ActionType ${describeType(type)} in action '${name}' is not available in region ${ctx.region.toUpperCase().replaceAll("-", "_")}`,
    );
  }
  if (provider.v2Only === true && declaration.pipelineType !== "V2") {
    throw invalid(`ActionType ${describeType(type)} in action '${name}' can only be used in pipelines of type V2.`);
  }
  checkCounts(action, provider);
  checkConfiguration(action, provider);
  checkOptions(action, provider);
  const crossRegion = action.region !== undefined && action.region !== ctx.region;
  if (crossRegion && (stageIndex === 0 || type.owner !== "AWS")) {
    throw invalid(
      `Action '${name}' can not be in the region ${action.region}: source actions and those of third parties and custom types run in the pipeline's.`,
    );
  }
}

function checkCounts({ name, inputArtifacts, outputArtifacts }: Action, { inputs, outputs }: ActionProvider): void {
  const counts = [
    ["input", inputArtifacts.length, inputs],
    ["output", outputArtifacts.length, outputs],
  ] as const;
  for (const [kind, count, { minimum, maximum }] of counts) {
    if (count < minimum)
      throw invalid(`Action ${name} has ${count} ${kind} artifacts which is fewer than the allowed minimum of ${minimum}`);
    if (count > maximum)
      throw invalid(`Action ${name} has ${count} ${kind} artifacts which is more than the allowed maximum of ${maximum}`);
  }
}

function checkConfiguration({ name, configuration }: Action, provider: ActionProvider): void {
  for (const key of provider.configuration) {
    if (key.required === true && configuration[key.name] === undefined) {
      throw invalid(`Action configuration for action '${name}' is missing required configuration '${key.name}'`);
    }
  }
  if (provider.anyConfiguration === true) return;
  const known = new Set(provider.configuration.map((key) => key.name));
  const unknown = Object.keys(configuration).find((key) => !known.has(key));
  if (unknown !== undefined) throw invalid(`Action configuration for action '${name}' contains unknown configuration '${unknown}'`);
}

/** Members that only some types of actions have. */
function checkOptions(action: Action, provider: ActionProvider): void {
  if (action.timeoutInMinutes !== undefined && provider.category !== "Approval") {
    throw invalid(`Action '${action.name}' has timeoutInMinutes, which only manual approval actions may have.`);
  }
  const computes = provider.category === "Compute" || provider.provider === "Commands";
  if (computes && (action.commands ?? []).length === 0) throw invalid(`Action '${action.name}' should have at least one command.`);
  if (!computes && action.commands !== undefined)
    throw invalid(`Action '${action.name}' has commands, which only compute actions may have.`);
  if (!computes && action.outputVariables !== undefined) {
    throw invalid(`Action '${action.name}' has outputVariables, which only compute actions may have.`);
  }
  if (!computes && action.outputArtifacts.some(({ files }) => files !== undefined)) {
    throw invalid(`Action '${action.name}' has files of an output artifact, which only compute actions may have.`);
  }
}
