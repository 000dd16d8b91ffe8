import { createHash } from "node:crypto";
import type { SourceRevisionType, TriggerType } from "@aws-sdk/client-codepipeline";
import type { Context } from "../../aws/context.ts";
import { AwsException } from "../../aws/exception.ts";
import type { Operations } from "../../aws/service.ts";
import { type Declaration, stageNamed } from "./definition/declaration.ts";
import { emitPipeline } from "./engine/events.ts";
import { arrive, endExecution } from "./engine/flow.ts";
import { checkStage, findDeclaration, findPipeline } from "./engine/live.ts";
import { countLive, type ExecutionRow, insertExecution, selectExecutionByToken } from "./execution-store.ts";

export interface SourceRevisionOverride {
  readonly actionName: string;
  readonly revisionType: SourceRevisionType;
  readonly revisionValue: string;
}

/** Who or what starts an execution, and with what. */
export interface StartRequest {
  readonly pipelineName: string;
  readonly trigger: {
    readonly type: TriggerType;
    /** As GetPipelineExecution shows it: an ARN, or JSON. */
    readonly detail?: string;
    /** Further members of `execution-trigger` in the events: `commit-id`, `branch-name`, `tag-name`, `author-email`, … */
    readonly facts?: Readonly<Record<string, string>>;
  };
  readonly sourceRevisions?: readonly SourceRevisionOverride[];
  readonly variables?: readonly { readonly name: string; readonly value: string }[];
  /** The same token again answers the same execution. */
  readonly clientRequestToken?: string;
  /** Why it starts, one sentence for the timeline. */
  readonly rule?: string;
}

/** https://docs.aws.amazon.com/codepipeline/latest/userguide/limits.html */
const MAX_CONCURRENT = 50;

const REVISION_TYPES: Readonly<Record<string, readonly string[]>> = {
  CodeCommit: ["COMMIT_ID"],
  CodeStarSourceConnection: ["COMMIT_ID"],
  ECR: ["IMAGE_DIGEST"],
  S3: ["S3_OBJECT_VERSION_ID", "S3_OBJECT_KEY"],
};

const invalid = (message: string): AwsException => new AwsException("ValidationException", message);

function checkRevisions(declaration: Declaration, revisions: readonly SourceRevisionOverride[]): void {
  for (const { actionName, revisionType } of revisions) {
    const action = declaration.stages[0]?.actions.find(({ name }) => name === actionName);
    if (action === undefined)
      throw invalid(`The source revision names the action '${actionName}', which is no source action of the pipeline`);
    const { provider } = action.actionTypeId;
    if (REVISION_TYPES[provider]?.includes(revisionType) === true) continue;
    throw invalid(`The revision type ${revisionType} can not be used with the action '${actionName}' of the provider ${provider}`);
  }
}

interface Variables {
  readonly values: Readonly<Record<string, string>>;
  /** Those that have neither a default nor a value. */
  readonly missing: readonly string[];
}

function variablesOf({ variables: declared = [] }: Declaration, given: StartRequest["variables"] = []): Variables {
  const unknown = given.find(({ name }) => !declared.some((one) => one.name === name));
  if (unknown !== undefined) throw invalid(`The variable '${unknown.name}' is not declared by the pipeline`);
  const overrides = new Map(given.map(({ name, value }) => [name, value]));
  const entries = declared.map(({ name, defaultValue }) => [name, overrides.get(name) ?? defaultValue] as const);
  return {
    values: Object.fromEntries(entries.filter((entry): entry is [string, string] => entry[1] !== undefined)),
    missing: entries.filter(([, value]) => value === undefined).map(([name]) => name),
  };
}

/**
 * Starts an execution of a pipeline in one transaction, and answers its id. The context's cause is the cause of the start.
 * @throws AwsException PipelineNotFoundException, ValidationException, ConcurrentPipelineExecutionsLimitExceededException
 */
export function startExecution(ctx: Context, request: StartRequest): string {
  return ctx.tx(() => {
    const pipeline = findPipeline(ctx, request.pipelineName);
    const { name, version } = pipeline;
    const token = request.clientRequestToken ?? null;
    const known = token === null ? undefined : ctx.get(selectExecutionByToken, { pipeline: name, token });
    if (known !== undefined) return known.id;
    const declaration = findDeclaration(ctx, name, version);
    if (declaration === undefined) throw invalid(`Pipeline '${name}' has no definition`);
    checkRevisions(declaration, request.sourceRevisions ?? []);
    const variables = variablesOf(declaration, request.variables);
    const problem =
      variables.missing.length === 0
        ? undefined
        : `no value was given for the variable ${variables.missing.join(", ")}, which has no default`;
    if (problem !== undefined && request.trigger.type === "StartPipelineExecution")
      throw invalid(`Pipeline '${name}' can not be started: ${problem}`);
    if (pipeline.mode !== "SUPERSEDED" && (ctx.get(countLive, { pipeline: name })?.count ?? 0) >= MAX_CONCURRENT) {
      const message = `Pipeline '${name}' has the maximum of ${MAX_CONCURRENT} concurrent executions`;
      throw new AwsException("ConcurrentPipelineExecutionsLimitExceededException", message);
    }
    const execution = insert(ctx, request, { declaration, variables: variables.values });
    const because = emitPipeline(ctx, execution, "STARTED", { rule: request.rule });
    const next = ctx.with({ cause: because });
    if (problem !== undefined) endExecution(next, { ...execution, because }, "Failed", problem);
    else arrive(next, { ...execution, because }, declaration.stages[0]?.name ?? "");
    return execution.id;
  });
}

interface Origin {
  readonly declaration: Declaration;
  readonly variables: Readonly<Record<string, string>>;
}

function insert(ctx: Context, request: StartRequest, { declaration, variables }: Origin): ExecutionRow {
  const row = {
    id: ctx.cloud.ids.uuid(),
    pipeline: declaration.name,
    version: declaration.version,
    mode: declaration.executionMode,
    type: "STANDARD",
    status: "InProgress",
    summary: null,
    place: null,
    stage: null,
    arrived: 0,
    ending: null,
    attempt: 1,
    trigger: JSON.stringify(request.trigger),
    variables: JSON.stringify(variables),
    overrides: JSON.stringify(request.sourceRevisions ?? []),
    started: ctx.now,
    updated: ctx.now,
    stop_reason: null,
    target: null,
    token: request.clientRequestToken ?? null,
    because: null,
  } as const;
  return { ...row, number: ctx.get(insertExecution, row)?.number ?? 0 };
}

/** A rule of EventBridge acts as its target's role, and the trigger is the rule. */
function askedBy({ principal: { arn, via } }: Context): Pick<StartRequest, "trigger" | "rule"> {
  if (via?.service === "events.amazonaws.com")
    return { trigger: { type: "CloudWatchEvent", detail: via.source }, rule: `the rule ${via.source} matched an event` };
  return {
    trigger: { type: "StartPipelineExecution", detail: arn },
    rule: via === undefined ? `${arn} asked for it` : `${via.source} asked for it`,
  };
}

export const startOperations = {
  StartPipelineExecution: ({ name = "", variables, clientRequestToken, sourceRevisions }, ctx) => {
    const pipelineExecutionId = startExecution(ctx, {
      pipelineName: name,
      ...askedBy(ctx),
      variables: (variables ?? []).map(({ name: key = "", value = "" }) => ({ name: key, value })),
      sourceRevisions: (sourceRevisions ?? []).map(({ actionName = "", revisionType = "COMMIT_ID", revisionValue = "" }) => ({
        actionName,
        revisionType,
        revisionValue,
      })),
      ...(clientRequestToken === undefined ? {} : { clientRequestToken }),
    });
    return { pipelineExecutionId };
  },

  /** A source of the account's own type tells of a revision; one that the pipeline has taken already starts nothing. */
  PutActionRevision: ({ pipelineName, stageName, actionName = "", actionRevision }, ctx) =>
    ctx.tx(() => {
      const pipeline = findPipeline(ctx, pipelineName);
      const declaration = findDeclaration(ctx, pipeline.name, pipeline.version);
      if (declaration === undefined) throw invalid(`Pipeline '${pipeline.name}' has no definition`);
      checkStage(declaration, stageName);
      const action = stageNamed(declaration, stageName ?? "")?.actions.find(({ name }) => name === actionName);
      if (action === undefined) {
        throw new AwsException("ActionNotFoundException", `Stage '${stageName}' does not have an action with name '${actionName}'`);
      }
      const { revisionId = "", revisionChangeId = "" } = actionRevision ?? {};
      // The token makes the same change of the same action start no second execution.
      const token = createHash("sha256")
        .update(JSON.stringify([stageName, actionName, revisionId, revisionChangeId]))
        .digest("hex");
      const known = ctx.get(selectExecutionByToken, { pipeline: pipeline.name, token });
      if (known !== undefined) return { newRevision: false, pipelineExecutionId: known.id };
      const pipelineExecutionId = startExecution(ctx, {
        pipelineName: pipeline.name,
        trigger: { type: "PutActionRevision", detail: ctx.principal.arn },
        rule: `the action ${actionName} has the new revision ${revisionId}`,
        clientRequestToken: token,
      });
      return { newRevision: true, pipelineExecutionId };
    }),
} satisfies Operations<"codepipeline">;
