import type { Context } from "../../../aws/context.ts";
import type { Artifact } from "../actions/provider.ts";
import type { Action, Declaration, Rule, TypeId } from "../definition/declaration.ts";
import { MAX_CONFIGURATION_BYTES, type Namespaces, resolveMap, resolveText, sizeOf } from "../definition/variables.ts";
import {
  type ArtifactRow,
  type ExecutionRow,
  type SourceRevision,
  selectArtifacts,
  selectVariables,
  type Trigger,
} from "../execution-store.ts";

/** What a run was started with, as it is stored. */
export interface RunInput {
  readonly typeId: TypeId;
  /** As the definition has it, and with its variables put in. */
  readonly configuration: Readonly<Record<string, string>>;
  readonly resolved: Readonly<Record<string, string>>;
  readonly roleArn: string;
  /** The role of the action's own, if it has one. */
  readonly ownRole?: string | undefined;
  readonly region: string;
  readonly namespace?: string | undefined;
  readonly inputArtifacts: readonly Artifact[];
  readonly outputArtifacts: readonly (Artifact & { readonly files?: readonly string[] })[];
  readonly commands?: readonly string[] | undefined;
  readonly environmentVariables?: Action["environmentVariables"] | undefined;
  readonly outputVariables?: readonly string[] | undefined;
  readonly encryptionKey?: string | undefined;
  readonly revisions?: readonly { readonly type: string; readonly value: string }[] | undefined;
  /** Why it cannot run at all. */
  readonly problem?: { readonly code: string; readonly message: string } | undefined;
}

/** What it ended with. */
export interface RunOutput {
  readonly variables?: Readonly<Record<string, string>>;
  readonly revision?: SourceRevision;
}

export interface Origin {
  readonly execution: ExecutionRow;
  readonly declaration: Declaration;
}

function namespacesOf(ctx: Context, execution: ExecutionRow): Namespaces {
  const produced = ctx.all(selectVariables, { execution: execution.id });
  return {
    ...Object.fromEntries(produced.map(({ namespace, vars }) => [namespace, JSON.parse(vars) as Record<string, string>])),
    codepipeline: { PipelineExecutionId: execution.id },
    variables: JSON.parse(execution.variables) as Record<string, string>,
  };
}

function artifactOf({ name, bucket, key, revision }: ArtifactRow): Artifact {
  const id = revision === null ? undefined : (JSON.parse(revision) as SourceRevision).id;
  return { name, bucket, key, ...(id === undefined ? {} : { revision: id }) };
}

const PIPELINE_LETTERS = 20;
const ARTIFACT_LETTERS = 10;
const KEY_LETTERS = 7;

/** Where an output is to be put: `<pipeline>/<artifact>/<random>` in the store of the action's region. */
function place(
  ctx: Context,
  declaration: Declaration,
  region: string,
): { bucket: string; encryptionKey: string | undefined; keyOf(artifact: string): string } {
  const store = declaration.artifactStores?.[region] ?? declaration.artifactStore;
  return {
    bucket: store?.location ?? "",
    encryptionKey: store?.encryptionKey?.id,
    keyOf: (artifact) =>
      `${declaration.name.slice(0, PIPELINE_LETTERS)}/${artifact.slice(0, ARTIFACT_LETTERS)}/${ctx.cloud.ids.alphanumeric(KEY_LETTERS)}`,
  };
}

/** Variables are put in just before the action starts. https://docs.aws.amazon.com/codepipeline/latest/userguide/reference-variables.html */
function resolve(
  ctx: Context,
  execution: ExecutionRow,
  step: Action | Rule,
): Pick<RunInput, "resolved" | "commands" | "environmentVariables" | "problem"> {
  const namespaces = namespacesOf(ctx, execution);
  const missing = new Set<string>();
  const resolved = resolveMap(step.configuration, namespaces, missing);
  const commands = step.commands?.map((command) => resolveText(command, namespaces, missing));
  const environment = "environmentVariables" in step ? step.environmentVariables : undefined;
  const environmentVariables = environment?.map((one) => ({ ...one, value: resolveText(one.value, namespaces, missing) }));
  const size = sizeOf(resolved);
  const problem =
    missing.size > 0
      ? { code: "ConfigurationError", message: `The following variables could not be resolved: ${[...missing].join(", ")}` }
      : size > MAX_CONFIGURATION_BYTES
        ? { code: "ConfigurationError", message: `The resolved configuration has ${size} bytes, of at most ${MAX_CONFIGURATION_BYTES}` }
        : undefined;
  return { resolved, commands, environmentVariables, problem };
}

function inputsOf(ctx: Context, execution: ExecutionRow, step: Action | Rule): Pick<RunInput, "inputArtifacts" | "problem"> {
  if (step.inputArtifacts.length === 0) return { inputArtifacts: [] };
  const made = new Map(ctx.all(selectArtifacts, { execution: execution.id }).map((row) => [row.name, artifactOf(row)]));
  const inputArtifacts = step.inputArtifacts.flatMap(({ name }) => made.get(name) ?? []);
  const absent = step.inputArtifacts.filter(({ name }) => !made.has(name)).map(({ name }) => name);
  if (absent.length === 0) return { inputArtifacts };
  const message = `The input ${absent.length === 1 ? "artifact" : "artifacts"} ${absent.join(", ")} of this execution ${absent.length === 1 ? "does" : "do"} not exist`;
  return { inputArtifacts, problem: { code: "ConfigurationError", message } };
}

interface Override {
  readonly actionName: string;
  readonly revisionType: string;
  readonly revisionValue: string;
}

/**
 * In PARALLEL mode CodeCommit and S3 sources take what is newest when they start, whatever change started the execution.
 * https://docs.aws.amazon.com/codepipeline/latest/userguide/concepts-how-it-works.html
 */
function revisionsOf(execution: ExecutionRow, action: Action): RunInput["revisions"] {
  const overrides = (JSON.parse(execution.overrides) as Override[]).filter(({ actionName }) => actionName === action.name);
  if (overrides.length === 0 || action.actionTypeId.category !== "Source") return undefined;
  const detected = (JSON.parse(execution.trigger) as Trigger).type === "PollForSourceChanges";
  if (execution.mode === "PARALLEL" && detected && ["CodeCommit", "S3"].includes(action.actionTypeId.provider)) return undefined;
  return overrides.map(({ revisionType, revisionValue }) => ({ type: revisionType, value: revisionValue }));
}

export function inputOfAction(ctx: Context, { execution, declaration }: Origin, action: Action): RunInput {
  const region = action.region ?? ctx.region;
  const { bucket, encryptionKey, keyOf } = place(ctx, declaration, region);
  const texts = resolve(ctx, execution, action);
  const inputs = inputsOf(ctx, execution, action);
  return {
    ...texts,
    typeId: action.actionTypeId,
    configuration: action.configuration,
    roleArn: action.roleArn ?? declaration.roleArn,
    ownRole: action.roleArn,
    region,
    namespace: action.namespace,
    inputArtifacts: inputs.inputArtifacts,
    outputArtifacts: action.outputArtifacts.map(({ name, files }) => ({
      name,
      bucket,
      key: keyOf(name),
      ...(files === undefined ? {} : { files }),
    })),
    outputVariables: action.outputVariables,
    encryptionKey,
    revisions: revisionsOf(execution, action),
    problem: inputs.problem ?? texts.problem,
  };
}

export function inputOfRule(ctx: Context, { execution, declaration }: Origin, rule: Rule): RunInput {
  const region = rule.region ?? ctx.region;
  const texts = resolve(ctx, execution, rule);
  const inputs = inputsOf(ctx, execution, rule);
  return {
    ...texts,
    typeId: rule.ruleTypeId,
    configuration: rule.configuration,
    roleArn: rule.roleArn ?? declaration.roleArn,
    ownRole: rule.roleArn,
    region,
    inputArtifacts: inputs.inputArtifacts,
    outputArtifacts: [],
    encryptionKey: place(ctx, declaration, region).encryptionKey,
    problem: inputs.problem ?? texts.problem,
  };
}
