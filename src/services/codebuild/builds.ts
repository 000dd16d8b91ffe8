import type { StartBuildInput } from "@aws-sdk/client-codebuild";
import type { Input, Output } from "../../aws/clients.ts";
import type { Context } from "../../aws/context.ts";
import { notImplemented } from "../../aws/exception.ts";
import { decodeToken, encodeToken } from "../../aws/paging.ts";
import { buildNotFound, invalid } from "./failures.ts";
import { idOfBuild, nameOfProject } from "./names.ts";
import { homeOf } from "./policies/shared.ts";
import { checkRole } from "./project-rules.ts";
import { projectNamed } from "./projects.ts";
import { type BuildPlan, type BuildRecord, buildOf } from "./records.ts";
import { startBuild as start } from "./start.ts";
import { stop } from "./stop.ts";
import { type BuildRow, builds } from "./store.ts";

const PAGE = 100;
const MOST_IDS = 100;

export async function startBuild(input: Input<"codebuild", "StartBuild">, ctx: Context): Promise<Output<"codebuild", "StartBuild">> {
  if (input.debugSessionEnabled === true) throw notImplemented("codebuild", "StartBuild", "debugSessionEnabled");
  if (input.fleetOverride?.fleetArn !== undefined) throw notImplemented("codebuild", "StartBuild", "fleetOverride");
  if (input.serviceRoleOverride !== undefined) await checkRole(ctx, input.serviceRoleOverride);
  return { build: buildOf(start(ctx, input)) };
}

/** @throws AwsException ResourceNotFoundException */
function rowOf(ctx: Context, idOrArn: string | undefined): BuildRow {
  const row = ctx.get(builds.get, { id: idOfBuild(idOrArn ?? "") });
  if (row === undefined) throw buildNotFound(idOrArn ?? "");
  return row;
}

export function retryBuild(input: Input<"codebuild", "RetryBuild">, ctx: Context): Output<"codebuild", "RetryBuild"> {
  if (input.id === undefined) throw invalid("Build ID must be provided");
  const row = rowOf(ctx, input.id);
  const { idempotencyToken: _, ...before } = (JSON.parse(row.plan) as BuildPlan).input as unknown as StartBuildInput;
  const token = input.idempotencyToken;
  const again = { ...before, ...(token === undefined ? {} : { idempotencyToken: token }) };
  return { build: buildOf(start(ctx, again, { retryOf: { id: row.id, arn: row.arn } })) };
}

export async function stopBuild(input: Input<"codebuild", "StopBuild">, ctx: Context): Promise<Output<"codebuild", "StopBuild">> {
  const { id } = rowOf(ctx, input.id);
  await stop(ctx, id);
  return { build: buildOf(JSON.parse(rowOf(ctx, id).record) as BuildRecord) };
}

export function batchGetBuilds(input: Input<"codebuild", "BatchGetBuilds">, ctx: Context): Output<"codebuild", "BatchGetBuilds"> {
  const ids = input.ids ?? [];
  if (ids.length > MOST_IDS) throw invalid(`Cannot get more than ${MOST_IDS} builds`);
  const bad = ids.find((id) => !idOfBuild(id).includes(":"));
  if (bad !== undefined) throw invalid(`Invalid build ID provided: ${bad}`);
  const found = ids.map((id) => {
    const project = id.replace(/:build\/(.+):[^:]*$/, ":project/$1");
    return { id, row: homeOf(ctx, project, "BatchGetBuilds")?.get(builds.get, { id: idOfBuild(id) }) };
  });
  return {
    builds: found.flatMap(({ row }) => (row === undefined ? [] : [buildOf(JSON.parse(row.record) as BuildRecord)])),
    buildsNotFound: found.filter(({ row }) => row === undefined).map(({ id }) => id),
  };
}

/** Builds under way are not deleted. https://docs.aws.amazon.com/codebuild/latest/APIReference/API_BatchDeleteBuilds.html */
export function batchDeleteBuilds(input: Input<"codebuild", "BatchDeleteBuilds">, ctx: Context): Output<"codebuild", "BatchDeleteBuilds"> {
  const buildsDeleted: string[] = [];
  const buildsNotDeleted: { id: string; statusCode: string }[] = [];
  ctx.tx(() => {
    for (const id of input.ids ?? []) {
      const row = ctx.get(builds.get, { id: idOfBuild(id) });
      if (row === undefined) buildsNotDeleted.push({ id, statusCode: "BUILD_NOT_FOUND" });
      else if (row.state !== "OVER") buildsNotDeleted.push({ id, statusCode: "BUILD_IN_PROGRESS" });
      else {
        ctx.run(builds.remove, { id: row.id });
        ctx.emit({ source: "aws.codebuild", type: "Build Deleted", resources: [row.arn], detail: { id: row.id } });
        buildsDeleted.push(row.arn);
      }
    }
  });
  return { buildsDeleted, buildsNotDeleted };
}

export function listBuilds(input: Input<"codebuild", "ListBuilds">, ctx: Context): Output<"codebuild", "ListBuilds"> {
  return pageOf(ctx, null, input);
}

export function listBuildsForProject(
  input: Input<"codebuild", "ListBuildsForProject">,
  ctx: Context,
): Output<"codebuild", "ListBuildsForProject"> {
  const there = homeOf(ctx, input.projectName ?? "", "ListBuildsForProject") ?? ctx;
  return pageOf(there, projectNamed(there, nameOfProject(input.projectName ?? "")).name, input);
}

interface PageInput {
  readonly sortOrder?: "ASCENDING" | "DESCENDING" | undefined;
  readonly nextToken?: string | undefined;
}

/** The newest first, unless asked otherwise. */
function pageOf(ctx: Context, project: string | null, { sortOrder = "DESCENDING", nextToken }: PageInput) {
  const order = sortOrder === "DESCENDING" ? -1 : 1;
  const [after = order * Number.MAX_SAFE_INTEGER * -1, afterSequence = 0] = nextToken === undefined ? [] : tokenOf(nextToken);
  const rows = ctx.all(builds.page, { project, order, after, afterSequence, limit: PAGE + 1 });
  const page = rows.slice(0, PAGE);
  const last = page.at(-1);
  return {
    ids: page.map(({ id }) => id),
    ...(rows.length > PAGE && last !== undefined ? { nextToken: encodeToken([last.started, last.sequence]) } : {}),
  };
}

function tokenOf(token: string): [number, number] {
  const [started, sequence] = decodeToken(token) ?? [];
  if (typeof started !== "number" || typeof sequence !== "number") throw invalid("Invalid next token");
  return [started, sequence];
}
