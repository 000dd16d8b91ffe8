import type { RevisionLocation } from "@aws-sdk/client-codedeploy";
import type { Input, Output } from "../../aws/clients.ts";
import type { Context } from "../../aws/context.ts";
import { pageOf } from "../../aws/paging.ts";
import { applicationArn } from "./arns.ts";
import { noApplication, refused } from "./errors.ts";
import { afterOf, PAGE } from "./paging.ts";
import { type Deployment, groupsOf } from "./records.ts";
import { checkRevision, keyOf } from "./revision.ts";
import * as store from "./store.ts";

const MOST_AT_ONCE = 25;
const ALL = { after: "", limit: 1_000 };

function checkApplication(ctx: Context, name: string | undefined): string {
  if (name === undefined || ctx.get(store.selectApplication, { name }) === undefined) throw noApplication(name ?? "");
  return name;
}

export function registerApplicationRevision(
  input: Input<"codedeploy", "RegisterApplicationRevision">,
  ctx: Context,
): Output<"codedeploy", "RegisterApplicationRevision"> {
  const application = checkApplication(ctx, input.applicationName);
  const location = checkRevision(input.revision);
  return ctx.tx(() => {
    const times = { registered: ctx.now, first_used: null, last_used: null };
    const description = input.description ?? null;
    ctx.run(store.upsertRevision, { application, key: keyOf(location), location: JSON.stringify(location), description, ...times });
    ctx.emit({
      source: "aws.codedeploy",
      type: "Revision registered",
      resources: [applicationArn(ctx, application)],
      detail: { revisionType: location.revisionType },
    });
    return {};
  });
}

/** A deployment uses its revision, which is known from then on. One transaction with its caller. */
export function noteUse(ctx: Context, deployment: Deployment): void {
  const location = deployment.body.revision;
  ctx.run(store.upsertRevision, {
    application: deployment.application,
    key: keyOf(location),
    location: JSON.stringify(location),
    description: null,
    registered: ctx.now,
    first_used: ctx.now,
    last_used: ctx.now,
  });
}

/** Names of the groups by the key of their target revision. */
function groupsByRevision(ctx: Context, application: string): Map<string, string[]> {
  const names = new Map<string, string[]>();
  for (const group of groupsOf(ctx, application, ALL)) {
    const { targetRevision } = group.body;
    if (targetRevision === undefined) continue;
    const key = keyOf(targetRevision);
    names.set(key, [...(names.get(key) ?? []), group.name]);
  }
  return names;
}

const date = (ms: number | null): Date | undefined => (ms === null ? undefined : new Date(ms));

function infoOf(row: store.RevisionRow, deploymentGroups: readonly string[] = []) {
  return {
    description: row.description ?? undefined,
    deploymentGroups: [...deploymentGroups],
    firstUsedTime: date(row.first_used),
    lastUsedTime: date(row.last_used),
    registerTime: new Date(row.registered),
  };
}

export function getApplicationRevision(
  input: Input<"codedeploy", "GetApplicationRevision">,
  ctx: Context,
): Output<"codedeploy", "GetApplicationRevision"> {
  const application = checkApplication(ctx, input.applicationName);
  const key = keyOf(checkRevision(input.revision));
  const row = ctx.get(store.selectRevision, { application, key });
  if (row === undefined) throw refused("RevisionDoesNotExistException", "No revision found for the location that was specified.");
  const revisionInfo = infoOf(row, groupsByRevision(ctx, application).get(key));
  return { applicationName: application, revision: JSON.parse(row.location) as RevisionLocation, revisionInfo };
}

export function batchGetApplicationRevisions(
  input: Input<"codedeploy", "BatchGetApplicationRevisions">,
  ctx: Context,
): Output<"codedeploy", "BatchGetApplicationRevisions"> {
  const application = checkApplication(ctx, input.applicationName);
  const wanted = input.revisions ?? [];
  if (wanted.length > MOST_AT_ONCE) throw refused("BatchLimitExceededException", `The maximum number of revisions is ${MOST_AT_ONCE}.`);
  const groups = groupsByRevision(ctx, application);
  const revisions = wanted.flatMap((location) => {
    const key = keyOf(checkRevision(location));
    const row = ctx.get(store.selectRevision, { application, key });
    if (row === undefined) return [];
    return [{ revisionLocation: JSON.parse(row.location) as RevisionLocation, genericRevisionInfo: infoOf(row, groups.get(key)) }];
  });
  const missing = wanted.length - revisions.length;
  return {
    applicationName: application,
    revisions,
    ...(missing === 0 ? {} : { errorMessage: `${missing} of the revisions could not be found.` }),
  };
}

const COLUMNS = { registerTime: "registered", firstUsedTime: "first_used", lastUsedTime: "last_used" } as const;

export function listApplicationRevisions(
  input: Input<"codedeploy", "ListApplicationRevisions">,
  ctx: Context,
): Output<"codedeploy", "ListApplicationRevisions"> {
  const application = checkApplication(ctx, input.applicationName);
  if (input.s3KeyPrefix !== undefined && input.s3Bucket === undefined)
    throw refused("BucketNameFilterRequiredException", "A bucket name is required when a key prefix is specified.");
  const groups = groupsByRevision(ctx, application);
  const rows = ctx.all(store.selectRevisions, { application }).filter((row) => {
    const { s3Location } = JSON.parse(row.location) as RevisionLocation;
    if (input.s3Bucket !== undefined && s3Location?.bucket !== input.s3Bucket) return false;
    if (input.s3KeyPrefix !== undefined && s3Location?.key?.startsWith(input.s3KeyPrefix) !== true) return false;
    if (input.deployed === "include") return groups.has(row.key);
    return input.deployed !== "exclude" || !groups.has(row.key);
  });
  const column = COLUMNS[input.sortBy ?? "registerTime"];
  rows.sort((a, b) => (a[column] ?? 0) - (b[column] ?? 0) || (a.key < b.key ? -1 : 1));
  if (input.sortOrder === "descending") rows.reverse();
  const from = Number(afterOf(input.nextToken) ?? 0);
  const page = pageOf(rows.slice(from, from + PAGE + 1), PAGE, () => [from + PAGE]);
  return { revisions: page.items.map(({ location }) => JSON.parse(location) as RevisionLocation), nextToken: page.nextToken };
}
