import type { ApplicationInfo, ComputePlatform } from "@aws-sdk/client-codedeploy";
import type { Input, Output } from "../../aws/clients.ts";
import type { Context } from "../../aws/context.ts";
import { notImplemented } from "../../aws/exception.ts";
import { pageOf } from "../../aws/paging.ts";
import { tagsOfList } from "../../aws/tags.ts";
import { applicationArn } from "./arns.ts";
import { noApplication, refused } from "./errors.ts";
import { checkName } from "./names.ts";
import { afterName, PAGE } from "./paging.ts";
import * as store from "./store.ts";
import { checkTags } from "./tags.ts";

/** https://docs.aws.amazon.com/codedeploy/latest/userguide/limits.html */
const MOST_APPLICATIONS = 1_000;
const MOST_AT_ONCE = 100;

/** @throws ApplicationDoesNotExistException */
export function applicationNamed(ctx: Context, name: string | undefined): store.ApplicationRow {
  const row = ctx.get(store.selectApplication, { name: name ?? "" });
  if (row === undefined) throw noApplication(name ?? "");
  return row;
}

export function createApplication(
  input: Input<"codedeploy", "CreateApplication">,
  ctx: Context,
): Output<"codedeploy", "CreateApplication"> {
  const name = checkName("InvalidApplicationNameException", input.applicationName);
  const platform = input.computePlatform ?? "Server";
  if (platform === "ECS") throw notImplemented("codedeploy", "CreateApplication", "the compute platform ECS");
  const tags = checkTags(tagsOfList(input.tags));
  return ctx.tx(() => {
    if (ctx.get(store.selectApplication, { name }) !== undefined)
      throw refused("ApplicationAlreadyExistsException", `Application already exists: ${name}`);
    if ((ctx.get(store.countApplications, {})?.count ?? 0) >= MOST_APPLICATIONS)
      throw refused("ApplicationLimitExceededException", `An account has at most ${MOST_APPLICATIONS} applications in a Region.`);
    const id = ctx.cloud.ids.uuid();
    ctx.run(store.insertApplication, { name, id, platform, created: ctx.now, tags: JSON.stringify(tags) });
    ctx.claim(name);
    tell(ctx, "Application created", name);
    return { applicationId: id };
  });
}

function tell(ctx: Context, type: string, name: string): void {
  ctx.emit({ source: "aws.codedeploy", type, resources: [applicationArn(ctx, name)], detail: {} });
}

function infoOf(row: store.ApplicationRow): ApplicationInfo {
  return {
    applicationId: row.id,
    applicationName: row.name,
    createTime: new Date(row.created),
    linkedToGitHub: false,
    computePlatform: row.platform as ComputePlatform,
  };
}

export function getApplication(input: Input<"codedeploy", "GetApplication">, ctx: Context): Output<"codedeploy", "GetApplication"> {
  return { application: infoOf(applicationNamed(ctx, input.applicationName)) };
}

export function batchGetApplications(
  input: Input<"codedeploy", "BatchGetApplications">,
  ctx: Context,
): Output<"codedeploy", "BatchGetApplications"> {
  const names = input.applicationNames ?? [];
  if (names.length > MOST_AT_ONCE) throw refused("BatchLimitExceededException", `The maximum number of names is ${MOST_AT_ONCE}.`);
  const rows = names.map((name) => ctx.get(store.selectApplication, { name }));
  if (names.length > 0 && rows.every((row) => row === undefined))
    throw refused("ApplicationDoesNotExistException", `Applications not found for ${ctx.account}`);
  return { applicationsInfo: rows.flatMap((row) => (row === undefined ? [] : [infoOf(row)])) };
}

export function listApplications(input: Input<"codedeploy", "ListApplications">, ctx: Context): Output<"codedeploy", "ListApplications"> {
  const rows = ctx.all(store.selectApplications, { after: afterName(input.nextToken), limit: PAGE + 1 });
  const page = pageOf(rows, PAGE, ({ name }) => [name]);
  return { applications: page.items.map(({ name }) => name), nextToken: page.nextToken };
}

export function updateApplication(
  input: Input<"codedeploy", "UpdateApplication">,
  ctx: Context,
): Output<"codedeploy", "UpdateApplication"> {
  if (input.applicationName === undefined) throw refused("ApplicationNameRequiredException", "Application name is missing");
  const from = input.applicationName;
  return ctx.tx(() => {
    applicationNamed(ctx, from);
    if (input.newApplicationName === undefined || input.newApplicationName === from) return {};
    const to = checkName("InvalidApplicationNameException", input.newApplicationName);
    if (ctx.get(store.selectApplication, { name: to }) !== undefined)
      throw refused("ApplicationAlreadyExistsException", `Application already exists: ${to}`);
    for (const rename of store.renamesOfApplication) ctx.run(rename, { from, to });
    tell(ctx, "Application renamed", to);
    return {};
  });
}

/** Its groups and revisions go with it; its deployments stay. Deleting what is not there succeeds. */
export function deleteApplication(
  input: Input<"codedeploy", "DeleteApplication">,
  ctx: Context,
): Output<"codedeploy", "DeleteApplication"> {
  const name = input.applicationName ?? "";
  return ctx.tx(() => {
    if (ctx.run(store.deleteApplicationRow, { name }) === 0) return {};
    ctx.run(store.deleteGroupsOf, { application: name });
    ctx.run(store.deleteRevisionsOf, { application: name });
    tell(ctx, "Application deleted", name);
    return {};
  });
}
