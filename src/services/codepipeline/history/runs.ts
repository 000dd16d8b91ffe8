import type { ActionExecutionDetail, ActionTypeId, ArtifactDetail, RuleExecutionDetail } from "@aws-sdk/client-codepipeline";
import type { Context } from "../../../aws/context.ts";
import { AwsException } from "../../../aws/exception.ts";
import { type Page, pageOf } from "../../../aws/paging.ts";
import type { Operations } from "../../../aws/service.ts";
import { maskConfiguration } from "../definition/secrets.ts";
import type { RunInput, RunOutput } from "../engine/input.ts";
import { findExecution, findPipeline } from "../engine/live.ts";
import { pageStart } from "../paging.ts";
import { type RunRow, selectRun, selectRuns, selectRunsOf } from "../run-store.ts";
import { errorOf, present } from "./shapes.ts";

const LIST_LIMIT = 100;

interface ListInput {
  readonly pipelineName?: string | undefined;
  readonly maxResults?: number | undefined;
  readonly nextToken?: string | undefined;
  readonly filter?:
    | {
        readonly pipelineExecutionId?: string | undefined;
        readonly latestInPipelineExecution?:
          | { readonly pipelineExecutionId?: string | undefined; readonly startTimeRange?: string | undefined }
          | undefined;
      }
    | undefined;
}

/** Newest first, of a pipeline or of one of its executions. */
function pageRuns(ctx: Context, input: ListInput, rules: 0 | 1): Page<RunRow> {
  const pipeline = findPipeline(ctx, input.pipelineName).name;
  const { maxResults = LIST_LIMIT, filter } = input;
  const latest = filter?.latestInPipelineExecution;
  const id = filter?.pipelineExecutionId ?? latest?.pipelineExecutionId;
  const before = Number(pageStart(input.nextToken, Number.MAX_SAFE_INTEGER)[0]);
  if (id === undefined)
    return pageOf(ctx.all(selectRuns, { pipeline, rules, before, limit: maxResults + 1 }), maxResults, ({ number }) => [number]);
  const execution = findExecution(ctx, pipeline, id).id;
  if (latest?.startTimeRange !== "Latest") {
    return pageOf(ctx.all(selectRunsOf, { execution, rules, before, limit: maxResults + 1 }), maxResults, ({ number }) => [number]);
  }
  // Of each action its newest run in the execution: there are as many as the definition has actions.
  const all = ctx.all(selectRunsOf, { execution, rules, before: Number.MAX_SAFE_INTEGER, limit: Number.MAX_SAFE_INTEGER });
  const seen = new Set<string>();
  const newest = all.filter(({ stage, condition, name }) => {
    const key = JSON.stringify([stage, condition, name]);
    if (seen.has(key)) return false;
    seen.add(key);
    return true;
  });
  const rest = newest.filter(({ number }) => number < before).slice(0, maxResults + 1);
  return pageOf(rest, maxResults, ({ number }) => [number]);
}

const located = (artifacts: RunInput["inputArtifacts"]): ArtifactDetail[] =>
  artifacts.map(({ name, bucket, key }) => ({ name, s3location: { bucket, key } }));

function resultOf(run: RunRow) {
  return present({
    externalExecutionId: run.external_id ?? undefined,
    externalExecutionSummary: run.summary ?? undefined,
    externalExecutionUrl: run.external_url ?? undefined,
    errorDetails: errorOf(run),
  });
}

function commonOf(run: RunRow) {
  return present({
    pipelineExecutionId: run.execution,
    pipelineVersion: run.version,
    stageName: run.stage,
    startTime: new Date(run.started),
    lastUpdateTime: new Date(run.updated),
    updatedBy: run.updated_by ?? undefined,
    status: run.status,
  });
}

function actionDetail(ctx: Context, run: RunRow): ActionExecutionDetail {
  const input = JSON.parse(run.input) as RunInput;
  const { variables } = JSON.parse(run.output) as RunOutput;
  const ended = run.status === "Succeeded";
  return {
    ...commonOf(run),
    actionExecutionId: run.id,
    actionName: run.name,
    input: present({
      actionTypeId: input.typeId as ActionTypeId,
      configuration: maskConfiguration(ctx, input.typeId, input.configuration),
      resolvedConfiguration: maskConfiguration(ctx, input.typeId, input.resolved),
      roleArn: input.ownRole,
      region: input.region,
      inputArtifacts: located(input.inputArtifacts),
      namespace: input.namespace,
    }),
    output: {
      outputArtifacts: ended ? located(input.outputArtifacts) : [],
      executionResult: resultOf(run),
      outputVariables: variables ?? {},
    },
  };
}

function ruleDetail(run: RunRow): RuleExecutionDetail {
  const input = JSON.parse(run.input) as RunInput;
  const { provider, version } = input.typeId;
  return {
    ...commonOf(run),
    ruleExecutionId: run.id,
    ruleName: run.name,
    input: present({
      ruleTypeId: { category: "Rule", owner: "AWS", provider, version } as const,
      configuration: input.configuration,
      resolvedConfiguration: input.resolved,
      roleArn: input.ownRole,
      region: input.region,
      inputArtifacts: located(input.inputArtifacts),
    }),
    output: { executionResult: resultOf(run) },
  };
}

/** https://docs.aws.amazon.com/codepipeline/latest/APIReference/API_ListActionExecutions.html */
export const runOperations = {
  ListActionExecutions: (input, ctx) => {
    const { items, nextToken } = pageRuns(ctx, input, 0);
    return { actionExecutionDetails: items.map((run) => actionDetail(ctx, run)), ...(nextToken === undefined ? {} : { nextToken }) };
  },

  ListRuleExecutions: (input, ctx) => {
    const { items, nextToken } = pageRuns(ctx, input, 1);
    return { ruleExecutionDetails: items.map(ruleDetail), ...(nextToken === undefined ? {} : { nextToken }) };
  },

  /** One target, the action itself: no provider here deploys to several. */
  ListDeployActionExecutionTargets: ({ pipelineName, actionExecutionId = "", filters = [] }, ctx) => {
    if (pipelineName !== undefined) findPipeline(ctx, pipelineName);
    const run = ctx.get(selectRun, { id: actionExecutionId });
    const input = run === undefined ? undefined : (JSON.parse(run.input) as RunInput);
    if (run === undefined || run.condition !== null || (pipelineName !== undefined && run.pipeline !== pipelineName)) {
      throw new AwsException("ActionExecutionNotFoundException", `The action execution ${actionExecutionId} does not exist`);
    }
    if (input?.typeId.category !== "Deploy")
      throw new AwsException("ValidationException", `The action execution ${actionExecutionId} is no deployment`);
    const target = present({
      targetId: run.external_id ?? run.name,
      targetType: input.typeId.provider,
      status: run.status,
      startTime: new Date(run.started),
      endTime: run.status === "InProgress" ? undefined : new Date(run.updated),
      events: [],
    });
    const wanted = filters.every(({ values = [] }) => values.includes(run.status));
    return { targets: wanted ? [target] : [] };
  },
} satisfies Operations<"codepipeline">;
