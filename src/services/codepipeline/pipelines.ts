import type { PipelineDeclaration } from "@aws-sdk/client-codepipeline";
import type { Context } from "../../aws/context.ts";
import { AwsException } from "../../aws/exception.ts";
import { pageOf } from "../../aws/paging.ts";
import type { Operations } from "../../aws/service.ts";
import { type Declaration, normalise } from "./definition/declaration.ts";
import { checkRole } from "./definition/role.ts";
import { keepSecrets, maskSecrets } from "./definition/secrets.ts";
import { checkStructure } from "./definition/structure.ts";
import { cancelExecutions } from "./engine/cancel.ts";
import { emitNote, pipelineArn } from "./engine/events.ts";
import { findDeclaration, findPipeline } from "./engine/live.ts";
import { pageStart } from "./paging.ts";
import { startExecution } from "./starts.ts";
import {
  countPipelines,
  deletePipelineRows,
  deleteSources,
  insertDefinition,
  insertPipeline,
  insertSource,
  selectPipeline,
  selectPipelines,
  updatePipelineRow,
} from "./store.ts";
import { checkedTags, type SdkTag } from "./tags.ts";

/** https://docs.aws.amazon.com/codepipeline/latest/userguide/limits.html */
const MAX_PIPELINES = 1_000;
const LIST_LIMIT = 1_000;

/** As the API answers it. */
const shown = (ctx: Context, declaration: Declaration): PipelineDeclaration =>
  maskSecrets(ctx, declaration) as unknown as PipelineDeclaration;

function storeDefinition(ctx: Context, declaration: Declaration): void {
  const { name, version } = declaration;
  ctx.run(insertDefinition, { name, version, declaration: JSON.stringify(declaration) });
  ctx.run(deleteSources, { pipeline: name });
  for (const { name: action, actionTypeId, configuration } of declaration.stages[0]?.actions ?? []) {
    ctx.run(insertSource, { pipeline: name, action, provider: actionTypeId.provider, configuration: JSON.stringify(configuration) });
  }
}

function create(ctx: Context, declaration: Declaration, tags: readonly SdkTag[] | undefined): void {
  const { name, version, executionMode: mode, pipelineType: type } = declaration;
  if (ctx.get(selectPipeline, { name }) !== undefined) {
    throw new AwsException("PipelineNameInUseException", `A pipeline with the name '${name}' already exists in account '${ctx.account}'`);
  }
  if ((ctx.get(countPipelines, {})?.count ?? 0) >= MAX_PIPELINES) {
    throw new AwsException("LimitExceededException", `Account '${ctx.account}' has the maximum of ${MAX_PIPELINES} pipelines`);
  }
  const because = emitNote(ctx, name, "Pipeline created", { more: { version, mode, type } });
  const row = { name, version, mode, type, created: ctx.now, updated: ctx.now, tags: JSON.stringify(checkedTags({}, tags)), because };
  ctx.run(insertPipeline, row);
  storeDefinition(ctx, declaration);
  ctx.claim(name);
  const trigger = { type: "CreatePipeline", detail: ctx.principal.arn } as const;
  startExecution(ctx.with({ cause: because }), { pipelineName: name, trigger, rule: "a pipeline runs once when it is created" });
}

export const pipelineOperations = {
  CreatePipeline: async ({ pipeline, tags }, ctx) => {
    const declaration = normalise(pipeline as PipelineDeclaration, 1);
    checkStructure(ctx, declaration);
    await checkRole(ctx, declaration.roleArn);
    ctx.tx(() => create(ctx, declaration, tags));
    return { pipeline: shown(ctx, declaration), tags: tags ?? [] };
  },

  /** https://docs.aws.amazon.com/codepipeline/latest/APIReference/API_UpdatePipeline.html */
  UpdatePipeline: async ({ pipeline }, ctx) => {
    const { name = "" } = pipeline as PipelineDeclaration;
    const given = normalise(pipeline as PipelineDeclaration, findPipeline(ctx, name).version + 1);
    const known = findDeclaration(ctx, name, given.version - 1);
    const declaration = known === undefined ? given : keepSecrets(ctx, given, known);
    checkStructure(ctx, declaration);
    await checkRole(ctx, declaration.roleArn);
    return ctx.tx(() => {
      const version = findPipeline(ctx, name).version + 1;
      const next = { ...declaration, version };
      const more = { version, mode: next.executionMode, type: next.pipelineType };
      const because = emitNote(ctx, name, "Pipeline updated", { more });
      ctx.run(updatePipelineRow, { name, version, mode: next.executionMode, type: next.pipelineType, updated: ctx.now, because });
      storeDefinition(ctx, next);
      ctx.claim(name);
      cancelExecutions(ctx.with({ cause: because }), name, version);
      return { pipeline: shown(ctx, next) };
    });
  },

  GetPipeline: ({ name, version }, ctx) => {
    const row = findPipeline(ctx, name);
    const declaration = findDeclaration(ctx, row.name, version ?? row.version);
    if (declaration === undefined) {
      throw new AwsException("PipelineVersionNotFoundException", `Pipeline '${row.name}' does not have a version ${version}`);
    }
    const metadata = { pipelineArn: pipelineArn(ctx, row.name), created: new Date(row.created), updated: new Date(row.updated) };
    return { pipeline: shown(ctx, declaration), metadata };
  },

  DeletePipeline: ({ name = "" }, ctx) =>
    ctx.tx(() => {
      if (ctx.get(selectPipeline, { name }) === undefined) return {};
      emitNote(ctx, name, "Pipeline deleted", { more: {} });
      // The rows of executions tell which artifacts and variables go, and therefore go after these.
      for (const statement of deletePipelineRows) ctx.run(statement, { name });
      return {};
    }),

  ListPipelines: ({ nextToken, maxResults = LIST_LIMIT }, ctx) => {
    const [after] = pageStart(nextToken, "");
    const rows = ctx.all(selectPipelines, { after: String(after), limit: maxResults + 1 });
    const page = pageOf(rows, maxResults, ({ name }) => [name]);
    return {
      pipelines: page.items.map((row) => ({
        name: row.name,
        version: row.version,
        pipelineType: row.type as "V1",
        executionMode: row.mode,
        created: new Date(row.created),
        updated: new Date(row.updated),
      })),
      ...(page.nextToken === undefined ? {} : { nextToken: page.nextToken }),
    };
  },
} satisfies Operations<"codepipeline">;
