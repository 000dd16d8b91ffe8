import type { Context } from "../../../aws/context.ts";
import { AwsException } from "../../../aws/exception.ts";
import { checkAction } from "./action-rules.ts";
import { checkConditions } from "./condition-rules.ts";
import type { Action, Declaration, Stage } from "./declaration.ts";
import { checkVariables } from "./variable-rules.ts";

/** https://docs.aws.amazon.com/codepipeline/latest/userguide/limits.html */
const MAX_STAGES = 50;
const MAX_STAGE_ACTIONS = 100;
const MAX_ACTIONS = 1_000;

const structure = (message: string): AwsException => new AwsException("InvalidStructureException", message);

/**
 * The rules of a pipeline's structure.
 * https://docs.aws.amazon.com/codepipeline/latest/userguide/pipeline-requirements.html
 * https://docs.aws.amazon.com/codepipeline/latest/userguide/action-requirements.html
 * @throws AwsException InvalidStructureException, InvalidStageDeclarationException, InvalidActionDeclarationException,
 * InvalidBlockerDeclarationException, ValidationException
 */
export function checkStructure(ctx: Context, declaration: Declaration): void {
  checkStages(declaration);
  checkStores(ctx, declaration);
  checkFeatures(declaration);
  const artifacts = new Artifacts();
  for (const [index, stage] of declaration.stages.entries()) {
    for (const action of stage.actions) checkAction(ctx, declaration, action, index);
    artifacts.addStage(stage);
    checkConditions(declaration, stage, index);
  }
  checkVariables(declaration);
  checkTriggers(declaration);
}

function checkStages({ stages }: Declaration): void {
  if (stages.length < 2) throw structure(`Pipeline has only ${stages.length} stage(s). There should be a minimum of 2 stages.`);
  if (stages.length > MAX_STAGES)
    throw structure(`Pipeline has ${stages.length} stages. There should be a maximum of ${MAX_STAGES} stages.`);
  const names = new Set<string>();
  for (const { name, actions, blockers } of stages) {
    if (names.has(name))
      throw structure(`Pipeline has multiple stages with the name '${name}'. Stage names should be unique in a pipeline.`);
    names.add(name);
    if (blockers !== undefined) throw new AwsException("InvalidBlockerDeclarationException", "Blockers are reserved for future use.");
    if (actions.length === 0)
      throw new AwsException("InvalidStageDeclarationException", `Stage '${name}' should have at least one action.`);
    if (actions.length > MAX_STAGE_ACTIONS) {
      throw new AwsException(
        "InvalidStageDeclarationException",
        `Stage '${name}' has ${actions.length} actions, which is more than the allowed ${MAX_STAGE_ACTIONS}.`,
      );
    }
    checkNames(name, actions);
  }
  checkSources(stages);
}

function checkNames(stage: string, actions: readonly Action[]): void {
  const names = new Set<string>();
  for (const { name } of actions) {
    if (names.has(name)) {
      throw new AwsException(
        "InvalidStageDeclarationException",
        `Stage '${stage}' has multiple actions with the name '${name}'. Action names should be unique in a stage.`,
      );
    }
    names.add(name);
  }
}

const isSource = ({ actionTypeId }: Action): boolean => actionTypeId.category === "Source";

function checkSources([first, ...others]: readonly Stage[]): void {
  const stranger = first?.actions.find((action) => !isSource(action));
  if (first !== undefined && stranger !== undefined) {
    throw structure(
      `Pipeline should start with a stage that only contains source actions; the action '${stranger.name}' of stage '${first.name}' is none.`,
    );
  }
  for (const stage of others) {
    const late = stage.actions.find(isSource);
    if (late !== undefined)
      throw structure(`Only the first stage of a pipeline can contain source actions; stage '${stage.name}' has '${late.name}'.`);
  }
  const count = [first, ...others].reduce((sum, stage) => sum + (stage?.actions.length ?? 0), 0);
  if (count > MAX_ACTIONS) throw structure(`Pipeline has ${count} actions, which is more than the allowed ${MAX_ACTIONS}.`);
}

function checkStores(ctx: Context, { artifactStore, artifactStores, stages }: Declaration): void {
  if ((artifactStore === undefined) === (artifactStores === undefined)) {
    throw structure("Pipeline should have exactly one of artifactStore and artifactStores.");
  }
  const regions = new Set(stages.flatMap(({ actions }) => actions.flatMap(({ region }) => region ?? [])));
  if (artifactStores === undefined) {
    const other = [...regions].find((region) => region !== ctx.region);
    if (other !== undefined)
      throw structure(`Pipeline has actions in the region ${other}: it should use artifactStores, with a store for each region.`);
    return;
  }
  const missing = [ctx.region, ...regions].find((region) => artifactStores[region] === undefined);
  if (missing !== undefined) throw structure(`Pipeline should have an artifact store for the region ${missing}.`);
}

/** What needs type V2. https://docs.aws.amazon.com/codepipeline/latest/userguide/pipeline-types.html */
function checkFeatures({ pipelineType, executionMode, variables = [], triggers = [], stages }: Declaration): void {
  if (pipelineType === "V2") return;
  const used =
    executionMode !== "SUPERSEDED"
      ? `Execution mode ${executionMode}`
      : variables.length > 0
        ? "Pipeline-level variables"
        : triggers.length > 0
          ? "Triggers"
          : stages.some(({ beforeEntry, onSuccess, onFailure }) => [beforeEntry, onSuccess, onFailure].some((one) => one !== undefined))
            ? "Stage conditions"
            : undefined;
  if (used !== undefined) throw structure(`${used} can only be used in pipelines of type V2.`);
}

/** Inputs have to be made by an action that is certain to come before. */
class Artifacts {
  readonly #made = new Set<string>();

  addStage(stage: Stage): void {
    const orders = [...new Set(stage.actions.map(({ runOrder }) => runOrder))].toSorted((a, b) => a - b);
    for (const runOrder of orders) {
      const group = stage.actions.filter((action) => action.runOrder === runOrder);
      for (const action of group) this.#use(action);
      for (const action of group) this.#make(action);
    }
    for (const kind of ["beforeEntry", "onSuccess", "onFailure"] as const) {
      for (const rule of stage[kind]?.conditions?.flatMap(({ rules }) => rules) ?? []) this.#use(rule);
    }
  }

  #use({ name, inputArtifacts }: Pick<Action, "name" | "inputArtifacts">): void {
    const unknown = inputArtifacts.find((artifact) => !this.#made.has(artifact.name));
    if (unknown === undefined) return;
    throw new AwsException(
      "InvalidActionDeclarationException",
      `Input Artifact Bundle ${unknown.name} in action ${name} is not declared as Output Artifact Bundle in any of the preceding actions.`,
    );
  }

  #make({ name, outputArtifacts }: Action): void {
    for (const artifact of outputArtifacts) {
      if (this.#made.has(artifact.name)) {
        throw new AwsException(
          "InvalidActionDeclarationException",
          `Output Artifact Bundle name must be unique within the pipeline. ${artifact.name} has been used more than once, last in action ${name}.`,
        );
      }
      this.#made.add(artifact.name);
    }
  }
}

/** https://docs.aws.amazon.com/codepipeline/latest/APIReference/API_GitConfiguration.html */
function checkTriggers({ triggers = [], stages }: Declaration): void {
  const sources = new Map(stages[0]?.actions.map((action) => [action.name, action.actionTypeId.provider]));
  const used = new Set<string>();
  for (const { gitConfiguration } of triggers) {
    const name = gitConfiguration?.sourceActionName ?? "";
    if (sources.get(name) !== "CodeStarSourceConnection") {
      throw structure(`The trigger's source action '${name}' should be a source action of the provider CodeStarSourceConnection.`);
    }
    if (used.has(name)) throw structure(`The source action '${name}' should have no more than one trigger.`);
    used.add(name);
    const filters = [...(gitConfiguration?.push ?? []), ...(gitConfiguration?.pullRequest ?? [])];
    if (filters.length === 0) throw structure(`The trigger of the source action '${name}' should have a push or a pull request filter.`);
    const mixed = gitConfiguration?.push?.find(
      ({ tags, branches, filePaths }) => tags !== undefined && (branches ?? filePaths) !== undefined,
    );
    if (mixed !== undefined)
      throw structure(`A push filter of the source action '${name}' should have either tags, or branches and file paths.`);
  }
}
