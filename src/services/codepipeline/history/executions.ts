import type {
  ArtifactRevision,
  ExecutionTrigger,
  PipelineExecutionSummary,
  SourceRevision as SdkRevision,
} from "@aws-sdk/client-codepipeline";
import type { Context } from "../../../aws/context.ts";
import { pageOf } from "../../../aws/paging.ts";
import type { Operations } from "../../../aws/service.ts";
import { checkStage, findDeclaration, findExecution, findPipeline } from "../engine/live.ts";
import {
  type ExecutionRow,
  type SourceRevision,
  selectArtifacts,
  selectExecutions,
  selectSucceededIn,
  type Trigger,
} from "../execution-store.ts";
import { pageStart } from "../paging.ts";
import { present } from "./shapes.ts";

const LIST_LIMIT = 100;

interface Made {
  readonly name: string;
  readonly revision: SourceRevision;
}

/** Artifacts that source actions made. */
function sourcesOf(ctx: Context, execution: string): Made[] {
  return ctx
    .all(selectArtifacts, { execution })
    .flatMap(({ name, revision }) => (revision === null ? [] : [{ name, revision: JSON.parse(revision) as SourceRevision }]));
}

function artifactRevision({ name, revision }: Made): ArtifactRevision {
  return present({
    name,
    revisionId: revision.id,
    revisionSummary: revision.summary,
    revisionUrl: revision.url,
    created: revision.created === undefined ? undefined : new Date(revision.created),
  });
}

function sourceRevisions(made: readonly Made[]): SdkRevision[] {
  const byAction = new Map(made.map(({ revision }) => [revision.action, revision]));
  return [...byAction.values()].map(({ action, id, summary, url }) =>
    present({ actionName: action, revisionId: id, revisionSummary: summary, revisionUrl: url }),
  );
}

function triggerOf({ trigger }: ExecutionRow): ExecutionTrigger {
  const { type, detail } = JSON.parse(trigger) as Trigger;
  return present({ triggerType: type as ExecutionTrigger["triggerType"], triggerDetail: detail });
}

function commonOf(row: ExecutionRow) {
  return present({
    pipelineExecutionId: row.id,
    status: row.status,
    statusSummary: row.summary ?? undefined,
    trigger: triggerOf(row),
    executionMode: row.mode,
    executionType: row.type,
    rollbackMetadata: row.target === null ? undefined : { rollbackTargetPipelineExecutionId: row.target },
  });
}

function summaryOf(ctx: Context, row: ExecutionRow): PipelineExecutionSummary {
  return present({
    ...commonOf(row),
    startTime: new Date(row.started),
    lastUpdateTime: new Date(row.updated),
    sourceRevisions: sourceRevisions(sourcesOf(ctx, row.id)),
    stopTrigger: row.stop_reason === null ? undefined : { reason: row.stop_reason },
  });
}

export const executionOperations = {
  GetPipelineExecution: ({ pipelineName, pipelineExecutionId }, ctx) => {
    const row = findExecution(ctx, findPipeline(ctx, pipelineName).name, pipelineExecutionId);
    const variables = Object.entries(JSON.parse(row.variables) as Record<string, string>);
    return {
      pipelineExecution: present({
        pipelineName: row.pipeline,
        pipelineVersion: row.version,
        ...commonOf(row),
        artifactRevisions: sourcesOf(ctx, row.id).map(artifactRevision),
        variables: variables.length === 0 ? undefined : variables.map(([name, resolvedValue]) => ({ name, resolvedValue })),
      }),
    };
  },

  /** Newest first. https://docs.aws.amazon.com/codepipeline/latest/APIReference/API_ListPipelineExecutions.html */
  ListPipelineExecutions: ({ pipelineName, maxResults = LIST_LIMIT, filter, nextToken }, ctx) => {
    const { name: pipeline, version } = findPipeline(ctx, pipelineName);
    const before = Number(pageStart(nextToken, Number.MAX_SAFE_INTEGER)[0]);
    const stage = filter?.succeededInStage?.stageName;
    const declaration = findDeclaration(ctx, pipeline, version);
    if (stage !== undefined && declaration !== undefined) checkStage(declaration, stage);
    const rows: (ExecutionRow & { readonly entry?: number })[] =
      stage === undefined
        ? ctx.all(selectExecutions, { pipeline, before, limit: maxResults + 1 })
        : ctx.all(selectSucceededIn, { pipeline, stage, version, type: null, before, limit: maxResults + 1 });
    const page = pageOf(rows, maxResults, ({ number, entry }) => [entry ?? number]);
    return {
      pipelineExecutionSummaries: page.items.map((row) => summaryOf(ctx, row)),
      ...(page.nextToken === undefined ? {} : { nextToken: page.nextToken }),
    };
  },
} satisfies Operations<"codepipeline">;
