import type { PipelineDeclaration, PipelineTriggerDeclaration } from "@aws-sdk/client-codepipeline";
import { given } from "../../../aws/properties.ts";
import type { ConditionKind } from "../run-store.ts";
import type { Mode } from "../store.ts";

/** What a definition is made of once its defaults are filled in: as GetPipeline answers it, and as it is stored. */
export interface Declaration {
  readonly name: string;
  readonly roleArn: string;
  readonly artifactStore?: ArtifactStore;
  readonly artifactStores?: Readonly<Record<string, ArtifactStore>>;
  readonly stages: readonly Stage[];
  readonly version: number;
  readonly executionMode: Mode;
  readonly pipelineType: "V1" | "V2";
  readonly variables?: readonly Variable[];
  readonly triggers?: readonly PipelineTriggerDeclaration[];
}

export interface ArtifactStore {
  readonly type: "S3";
  readonly location: string;
  readonly encryptionKey?: { readonly id: string; readonly type: "KMS" };
}

export interface Variable {
  readonly name: string;
  readonly defaultValue?: string;
  readonly description?: string;
}

export type Result = "ROLLBACK" | "FAIL" | "RETRY" | "SKIP";
export type RetryMode = "FAILED_ACTIONS" | "ALL_ACTIONS";

export interface Stage {
  readonly name: string;
  readonly blockers?: readonly { readonly name: string; readonly type: "Schedule" }[];
  readonly actions: readonly Action[];
  readonly beforeEntry?: { readonly conditions: readonly Condition[] };
  readonly onSuccess?: { readonly conditions: readonly Condition[] };
  readonly onFailure?: {
    readonly result?: Result;
    readonly retryConfiguration?: { readonly retryMode?: RetryMode };
    readonly conditions?: readonly Condition[];
  };
}

export interface Condition {
  readonly result?: Result;
  readonly rules: readonly Rule[];
}

export interface TypeId {
  readonly category: string;
  readonly owner: string;
  readonly provider: string;
  readonly version: string;
}

interface Step {
  readonly name: string;
  readonly configuration: Readonly<Record<string, string>>;
  readonly commands?: readonly string[];
  readonly inputArtifacts: readonly { readonly name: string }[];
  readonly roleArn?: string;
  readonly region?: string;
  readonly timeoutInMinutes?: number;
}

export interface Rule extends Step {
  readonly ruleTypeId: TypeId;
}

export interface Action extends Step {
  readonly actionTypeId: TypeId;
  readonly runOrder: number;
  readonly outputArtifacts: readonly { readonly name: string; readonly files?: readonly string[] }[];
  readonly outputVariables?: readonly string[];
  readonly namespace?: string;
  readonly environmentVariables?: readonly {
    readonly name: string;
    readonly value: string;
    readonly type?: "PLAINTEXT" | "SECRETS_MANAGER";
  }[];
}

type SdkStage = NonNullable<PipelineDeclaration["stages"]>[number];
type SdkAction = NonNullable<SdkStage["actions"]>[number];
type SdkCondition = NonNullable<NonNullable<SdkStage["onSuccess"]>["conditions"]>[number];
type SdkRule = NonNullable<SdkCondition["rules"]>[number];

/** Fills in what AWS fills in. Its shape has been checked already; what is absent in lists is empty. */
export function normalise(input: PipelineDeclaration, version: number): Declaration {
  const { name = "", roleArn = "", stages = [] } = input;
  return {
    ...(given({ artifactStore: input.artifactStore, artifactStores: input.artifactStores }) as Pick<Declaration, "artifactStore">),
    name,
    roleArn,
    stages: stages.map(stageOf),
    version,
    executionMode: input.executionMode ?? "SUPERSEDED",
    pipelineType: input.pipelineType ?? "V1",
    ...(given({ variables: input.variables, triggers: input.triggers }) as Pick<Declaration, "variables">),
  };
}

function stageOf(stage: SdkStage): Stage {
  const { name = "", actions = [], beforeEntry, onSuccess, onFailure, blockers } = stage;
  return {
    name,
    ...(blockers === undefined || blockers.length === 0 ? {} : { blockers: blockers as Stage["blockers"] & object }),
    actions: actions.map(actionOf),
    ...(beforeEntry === undefined ? {} : { beforeEntry: { conditions: (beforeEntry.conditions ?? []).map(conditionOf) } }),
    ...(onSuccess === undefined ? {} : { onSuccess: { conditions: (onSuccess.conditions ?? []).map(conditionOf) } }),
    ...(onFailure === undefined
      ? {}
      : {
          onFailure: {
            ...(given({ result: onFailure.result, retryConfiguration: onFailure.retryConfiguration }) as Stage["onFailure"] & object),
            ...(onFailure.conditions === undefined ? {} : { conditions: onFailure.conditions.map(conditionOf) }),
          },
        }),
  };
}

function actionOf(action: SdkAction): Action {
  const { name = "", actionTypeId, runOrder = 1, configuration = {}, inputArtifacts = [], outputArtifacts = [], ...rest } = action;
  return {
    name,
    actionTypeId: typeIdOf(actionTypeId ?? {}),
    runOrder,
    configuration,
    outputArtifacts: outputArtifacts as Action["outputArtifacts"],
    inputArtifacts: inputArtifacts as Action["inputArtifacts"],
    ...(given(rest) as Partial<Action>),
  };
}

function typeIdOf({
  category = "",
  owner = "",
  provider = "",
  version = "",
}: { readonly [K in keyof TypeId]?: string | undefined }): TypeId {
  return { category, owner, provider, version };
}

function conditionOf(condition: SdkCondition): Condition {
  return { ...(given({ result: condition.result }) as Pick<Condition, "result">), rules: (condition.rules ?? []).map(ruleOf) };
}

function ruleOf(rule: SdkRule): Rule {
  const { name = "", ruleTypeId, configuration = {}, inputArtifacts = [], ...rest } = rule;
  return {
    name,
    ruleTypeId: typeIdOf({ category: "Rule", owner: "AWS", version: "1", ...given(ruleTypeId ?? {}) }),
    configuration,
    inputArtifacts: inputArtifacts as Rule["inputArtifacts"],
    ...(given(rest) as Partial<Rule>),
  };
}

/** The one condition that a stage may have of each kind. */
export function conditionIn(stage: Stage, kind: ConditionKind): Condition | undefined {
  return stage[kind]?.conditions?.[0];
}

export function stageNamed(declaration: Declaration, name: string): Stage | undefined {
  return declaration.stages.find((stage) => stage.name === name);
}

/** The stage that follows, if one does. */
export function stageAfter(declaration: Declaration, name: string): Stage | undefined {
  return declaration.stages[declaration.stages.findIndex((stage) => stage.name === name) + 1];
}
