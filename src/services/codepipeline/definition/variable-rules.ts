import { AwsException } from "../../../aws/exception.ts";
import type { Action, Declaration, Rule } from "./declaration.ts";
import { referencesIn } from "./variables.ts";

const invalid = (message: string): AwsException => new AwsException("InvalidActionDeclarationException", message);

const RESERVED = ["codepipeline", "variables"];

/**
 * Namespaces are unique and differ from artifacts; whoever uses one comes after the action that fills it.
 * https://docs.aws.amazon.com/codepipeline/latest/userguide/reference-variables.html @throws AwsException
 */
export function checkVariables(declaration: Declaration): void {
  const { stages, variables = [] } = declaration;
  const names = variables.map(({ name }) => name);
  const twice = names.find((name, at) => names.indexOf(name) !== at);
  if (twice !== undefined) throw new AwsException("InvalidStructureException", `Pipeline has multiple variables with the name '${twice}'.`);
  const artifacts = new Set(
    stages.flatMap(({ actions }) => actions.flatMap(({ outputArtifacts }) => outputArtifacts.map(({ name }) => name))),
  );
  const known = new Set(RESERVED);
  const declared = new Set(names);
  for (const [index, stage] of stages.entries()) {
    for (const rule of stage.beforeEntry?.conditions.flatMap(({ rules }) => rules) ?? []) checkStep(rule, known, declared);
    const orders = [...new Set(stage.actions.map(({ runOrder }) => runOrder))].toSorted((a, b) => a - b);
    for (const runOrder of orders) {
      const group = stage.actions.filter((action) => action.runOrder === runOrder);
      for (const action of group) checkStep(action, known, declared, index === 0);
      for (const action of group) addNamespace(action, known, artifacts);
    }
    const after = [...(stage.onSuccess?.conditions ?? []), ...(stage.onFailure?.conditions ?? [])];
    for (const rule of after.flatMap(({ rules }) => rules)) checkStep(rule, known, declared);
  }
}

function addNamespace({ name, namespace }: Action, known: Set<string>, artifacts: ReadonlySet<string>): void {
  if (namespace === undefined) return;
  if (RESERVED.includes(namespace)) throw invalid(`Action '${name}' has the namespace '${namespace}', which is reserved.`);
  if (artifacts.has(namespace)) throw invalid(`Action '${name}' has the namespace '${namespace}', which is the name of an artifact.`);
  if (known.has(namespace)) throw invalid(`Action '${name}' has the namespace '${namespace}', which another action has.`);
  known.add(namespace);
}

function textsOf(step: Action | Rule): string[] {
  const environment = "environmentVariables" in step ? (step.environmentVariables ?? []) : [];
  return [...Object.values(step.configuration), ...(step.commands ?? []), ...environment.map(({ value }) => value)];
}

function checkStep(step: Action | Rule, known: ReadonlySet<string>, declared: ReadonlySet<string>, isSource = false): void {
  for (const { text, namespace, key } of textsOf(step).flatMap(referencesIn)) {
    const where = `in '${step.name}'`;
    if (!known.has(namespace)) {
      throw invalid(`The variable reference ${text} ${where} uses the namespace '${namespace}', which no action that runs before has.`);
    }
    if (namespace === "codepipeline" && key !== "PipelineExecutionId")
      throw invalid(`The variable reference ${text} ${where} does not exist.`);
    if (namespace === "variables" && !declared.has(key))
      throw invalid(`The variable reference ${text} ${where} names a variable that the pipeline does not declare.`);
    if (namespace === "variables" && isSource)
      throw invalid(`The variable reference ${text} ${where} uses a pipeline-level variable, which source actions can not.`);
  }
}
