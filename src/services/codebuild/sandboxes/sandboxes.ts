import type { StartBuildInput } from "@aws-sdk/client-codebuild";
import type { Input, Output } from "../../../aws/clients.ts";
import type { Context } from "../../../aws/context.ts";
import { AwsException } from "../../../aws/exception.ts";
import { pageOf } from "../../../aws/paging.ts";
import { invalid } from "../failures.ts";
import { nameOfProject, uuidOf } from "../names.ts";
import { projectNamed } from "../projects.ts";
import type { ProjectSettings } from "../records.ts";
import { offsetOf } from "../reports/groups.ts";
import { planOf as planOfBuild, recordOf as recordOfBuild } from "../start.ts";
import { settled } from "./end.ts";
import { planOf, recordOf } from "./progress.ts";
import { isOver, type SandboxPlan, type SandboxRecord, sandboxOf } from "./records.ts";
import { type SandboxRow, sandboxes } from "./store.ts";

const PAGE = 100;
const MINUTE_MS = 60_000;

/** Operations take an id or an ARN. */
export const idOfSandbox = (idOrArn: string): string => /:sandbox\/(.+)$/.exec(idOrArn)?.[1] ?? idOrArn;

/** What a shell into a build has of it. */
export interface SandboxOrigin {
  readonly input?: StartBuildInput;
  readonly variables?: Readonly<Record<string, string>>;
  readonly withBuildspec?: boolean;
}

/** Stores a sandbox and sends it on its way. @throws AwsException ResourceNotFoundException, InvalidInputException */
export function makeSandbox(ctx: Context, projectName: string, token: string | undefined, origin: SandboxOrigin = {}): SandboxRow {
  return ctx.tx(() => {
    const project = projectNamed(ctx, projectName);
    const known = token === undefined ? undefined : ctx.get(sandboxes.byToken, { token });
    if (known !== undefined) return known;
    const settings = JSON.parse(project.settings) as ProjectSettings;
    const id = `${project.name}:${ctx.cloud.ids.uuid()}`;
    const arn = ctx.arn("codebuild", `sandbox/${id}`);
    const input = origin.input ?? { projectName: project.name };
    const from = origin.variables === undefined ? {} : { variables: origin.variables };
    const build = planOfBuild(project, settings, input, from);
    const plan: SandboxPlan = { build, withBuildspec: origin.withBuildspec === true };
    const record: SandboxRecord = {
      build: recordOfBuild(ctx, { id, number: 0, settings, input, origin: from, plan: build }),
      arn,
      status: "QUEUED",
      session: uuidOf(id),
      phases: [
        { phaseType: "SUBMITTED", phaseStatus: "SUCCEEDED", startTime: ctx.now, endTime: ctx.now, durationInSeconds: 0 },
        { phaseType: "QUEUED", startTime: ctx.now },
      ],
    };
    const rule = `${record.build.initiator ?? "somebody"} asked for a sandbox of ${project.name}`;
    const resources = [arn, project.arn];
    const because = ctx.emit({ source: "aws.codebuild", type: "Sandbox QUEUED", resources, detail: { id, status: "QUEUED" }, rule });
    ctx.run(sandboxes.insert, {
      id,
      arn,
      project: project.name,
      status: "QUEUED",
      token: token ?? null,
      record: JSON.stringify(record),
      plan: JSON.stringify(plan),
      because,
    });
    const next = ctx.with({ cause: because });
    next.send("codebuild.sandbox", { id });
    const delay = (record.build.timeoutInMinutes ?? 60) * MINUTE_MS;
    // Nobody waits for it to time out.
    next.send("codebuild.sandboxTimeout", { id }, { delay, quiet: true });
    ctx.claim(id);
    return sandboxNamed(ctx, id);
  });
}

/** @throws AwsException ResourceNotFoundException */
export function sandboxNamed(ctx: Context, idOrArn: string | undefined): SandboxRow {
  const row = ctx.get(sandboxes.get, { id: idOfSandbox(idOrArn ?? "") });
  if (row === undefined) throw new AwsException("ResourceNotFoundException", `Sandbox does not exist: ${idOrArn ?? ""}`);
  return settled(ctx, row);
}

const shown = (row: SandboxRow) => sandboxOf(recordOf(row), planOf(row));

function startSandbox(input: Input<"codebuild", "StartSandbox">, ctx: Context): Output<"codebuild", "StartSandbox"> {
  if (input.projectName === undefined) throw invalid("Project name must be provided");
  return { sandbox: shown(makeSandbox(ctx, nameOfProject(input.projectName), input.idempotencyToken)) };
}

/** Answers at once; the sandbox is STOPPED when its processes have ended. */
function stopSandbox(input: Input<"codebuild", "StopSandbox">, ctx: Context): Output<"codebuild", "StopSandbox"> {
  return ctx.tx(() => {
    const row = sandboxNamed(ctx, input.id);
    if (isOver(row) || row.status === "STOPPING") return { sandbox: shown(row) };
    const record = { ...recordOf(row), status: "STOPPING" };
    const detail = { id: row.id, by: ctx.principal.arn };
    const because = ctx.emit({ source: "aws.codebuild", type: "Sandbox STOPPING", resources: [row.arn], detail });
    ctx.run(sandboxes.put, { id: row.id, status: record.status, record: JSON.stringify(record), because });
    ctx.with({ cause: because }).send("codebuild.sandboxStop", { id: row.id });
    return { sandbox: sandboxOf(record, planOf(row)) };
  });
}

function batchGetSandboxes(input: Input<"codebuild", "BatchGetSandboxes">, ctx: Context): Output<"codebuild", "BatchGetSandboxes"> {
  const found = (input.ids ?? []).map((id) => ({ id, row: ctx.get(sandboxes.get, { id: idOfSandbox(id) }) }));
  return {
    sandboxes: found.flatMap(({ row }) => (row === undefined ? [] : [shown(settled(ctx, row))])),
    sandboxesNotFound: found.filter(({ row }) => row === undefined).map(({ id }) => id),
  };
}

export interface PageInput {
  readonly maxResults?: number | undefined;
  readonly sortOrder?: string | undefined;
  readonly nextToken?: string | undefined;
}

/** The newest first, unless asked otherwise. */
export function pageParams({ maxResults = PAGE, sortOrder, nextToken }: PageInput) {
  const order = sortOrder === "ASCENDING" ? 1 : -1;
  const after = nextToken === undefined ? Number.MIN_SAFE_INTEGER : offsetOf(nextToken);
  return { order, after, limit: maxResults + 1 };
}

function list(ctx: Context, input: PageInput, project: string | null): { ids: string[]; nextToken?: string } {
  const params = pageParams(input);
  const rows = ctx.all(sandboxes.page, { project, ...params });
  const { items, nextToken } = pageOf(rows, params.limit - 1, ({ sequence }) => [sequence * params.order]);
  return { ids: items.map(({ id }) => id), ...(nextToken === undefined ? {} : { nextToken }) };
}

export const sandboxOperations = {
  StartSandbox: startSandbox,
  StopSandbox: stopSandbox,
  BatchGetSandboxes: batchGetSandboxes,
  ListSandboxes: (input: Input<"codebuild", "ListSandboxes">, ctx: Context) => list(ctx, input, null),
  ListSandboxesForProject: (input: Input<"codebuild", "ListSandboxesForProject">, ctx: Context) =>
    list(ctx, input, projectNamed(ctx, input.projectName).name),
};
