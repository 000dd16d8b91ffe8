import { existsSync, mkdirSync, renameSync } from "node:fs";
import { rm } from "node:fs/promises";
import { dirname, join } from "node:path";
import type { Input, Output } from "../../aws/clients.ts";
import type { Context } from "../../aws/context.ts";
import { decodeToken, pageOf } from "../../aws/paging.ts";
import { createRepository as createFolder, repositoriesFolder, setHead } from "../../runtime/git/repository.ts";
import { fault, noBranch } from "./errors.ts";
import { arnOf, findRepository, pathOf, saveRepository } from "./repository.ts";
import { deleteRepositoryRow, insertRepository, type RepositoryRow, selectRef, selectRepositories, selectRepository } from "./store.ts";
import { checkTags } from "./tags.ts";

const PAGE = 1_000;
const MOST_NAMES = 100;

export function metadataOf(ctx: Context, row: RepositoryRow) {
  return {
    accountId: row.account,
    repositoryId: row.id,
    repositoryName: row.name,
    ...(row.description === null ? {} : { repositoryDescription: row.description }),
    ...(row.default_branch === null ? {} : { defaultBranch: row.default_branch }),
    lastModifiedDate: new Date(row.modified),
    creationDate: new Date(row.created),
    cloneUrlHttp: `${ctx.cloud.endpoint}/v1/repos/${row.name}`,
    cloneUrlSsh: `ssh://git-codecommit.${row.region}.amazonaws.com/v1/repos/${row.name}`,
    Arn: arnOf(row),
    kmsKeyId: row.kms_key_id,
  };
}

/** https://docs.aws.amazon.com/codecommit/latest/APIReference/API_RepositoryMetadata.html: names that end in .git are prohibited. */
function checkName(name: string): void {
  if (/^[\w.-]{1,100}$/.test(name) && !name.endsWith(".git") && name !== "." && name !== "..") return;
  throw fault("InvalidRepositoryName", `${name} is not a valid name for a repository.`);
}

export function createRepository(input: Input<"codecommit", "CreateRepository">, ctx: Context): Output<"codecommit", "CreateRepository"> {
  const name = input.repositoryName ?? "";
  checkName(name);
  const tags = input.tags ?? {};
  checkTags(tags);
  return ctx.tx(() => {
    if (ctx.get(selectRepository, { name }) !== undefined) throw fault("RepositoryNameExists", `Repository named ${name} already exists`);
    const id = ctx.cloud.ids.uuid();
    const kms_key_id = input.kmsKeyId ?? ctx.arn("kms", "alias/aws/codecommit");
    ctx.run(insertRepository, {
      id,
      name,
      description: input.repositoryDescription ?? null,
      kms_key_id,
      now: ctx.now,
      tags: JSON.stringify(tags),
    });
    const row = findRepository(ctx, name);
    const path = pathOf(ctx.cloud, row);
    // What lies there belongs to no repository any more.
    discard(ctx, path);
    createFolder(path);
    ctx.claim(name);
    emitRepository(ctx, row, "Repository created");
    return { repositoryMetadata: metadataOf(ctx, row) };
  });
}

function emitRepository(ctx: Context, row: RepositoryRow, type: string, more: object = {}): void {
  ctx.emit({
    source: "aws.codecommit",
    type,
    resources: [arnOf(row)],
    detail: { repositoryName: row.name, repositoryId: row.id, ...more },
  });
}

/** Out of the way at once, and gone in a while; at a start, what is left there goes. */
function discard(ctx: Context, path: string): void {
  if (!existsSync(path)) return;
  const bin = join(repositoriesFolder(ctx.cloud.dataDir), "discarded");
  mkdirSync(bin, { recursive: true, mode: 0o700 });
  const target = join(bin, ctx.cloud.ids.uuid());
  renameSync(path, target);
  void rm(target, { recursive: true, force: true }).catch(() => undefined);
}

export function deleteRepository(input: Input<"codecommit", "DeleteRepository">, ctx: Context): Output<"codecommit", "DeleteRepository"> {
  const name = input.repositoryName ?? "";
  const row = ctx.get(selectRepository, { name });
  // "If a specified repository was already deleted, a null repository ID is returned."
  if (row === undefined) return {};
  return ctx.tx(() => {
    ctx.run(deleteRepositoryRow, { name });
    emitRepository(ctx, row, "Repository deleted");
    ctx.cloud.store.afterCommit(() => {
      if (ctx.get(selectRepository, { name }) === undefined) discard(ctx, pathOf(ctx.cloud, row));
    });
    return { repositoryId: row.id };
  });
}

export function getRepository(input: Input<"codecommit", "GetRepository">, ctx: Context): Output<"codecommit", "GetRepository"> {
  return { repositoryMetadata: metadataOf(ctx, findRepository(ctx, input.repositoryName)) };
}

export function batchGetRepositories(
  input: Input<"codecommit", "BatchGetRepositories">,
  ctx: Context,
): Output<"codecommit", "BatchGetRepositories"> {
  const names = [...new Set(input.repositoryNames ?? [])];
  if (names.length === 0) throw fault("RepositoryNamesRequired", "At least one repository name object is required, but was not specified.");
  if (names.length > MOST_NAMES)
    throw fault("MaximumRepositoryNamesExceeded", "The maximum number of allowed repository names was exceeded.");
  const found = names.map((name) => ({ name, row: ctx.get(selectRepository, { name }) }));
  return {
    repositories: found.flatMap(({ row }) => (row === undefined ? [] : [metadataOf(ctx, row)])),
    repositoriesNotFound: found.flatMap(({ name, row }) => (row === undefined ? [name] : [])),
    errors: [],
  };
}

export function listRepositories(input: Input<"codecommit", "ListRepositories">, ctx: Context): Output<"codecommit", "ListRepositories"> {
  const rows = ctx.all(selectRepositories, {});
  const key = (row: RepositoryRow): string => (input.sortBy === "lastModifiedDate" ? String(row.modified).padStart(15, "0") : row.name);
  rows.sort((a, b) => (key(a) < key(b) ? -1 : 1));
  if (input.order === "descending") rows.reverse();
  const start = positionOf(input.nextToken);
  const { items, nextToken } = pageOf(rows.slice(start, start + PAGE + 1), PAGE, () => [start + PAGE]);
  return {
    repositories: items.map(({ name, id }) => ({ repositoryName: name, repositoryId: id })),
    ...(nextToken === undefined ? {} : { nextToken }),
  };
}

/** Where a page begins whose token carries a number. @throws InvalidContinuationTokenException */
export function positionOf(token: string | undefined): number {
  if (token === undefined) return 0;
  const position = decodeToken(token)?.[0];
  if (typeof position === "number") return position;
  throw fault("InvalidContinuationToken", "The specified continuation token is not valid.");
}

export function updateRepositoryDescription(
  input: Input<"codecommit", "UpdateRepositoryDescription">,
  ctx: Context,
): Output<"codecommit", "UpdateRepositoryDescription"> {
  return ctx.tx(() => {
    const description = input.repositoryDescription ?? "";
    saveRepository(ctx, findRepository(ctx, input.repositoryName), { description: description === "" ? null : description });
    return {};
  });
}

export function updateRepositoryEncryptionKey(
  input: Input<"codecommit", "UpdateRepositoryEncryptionKey">,
  ctx: Context,
): Output<"codecommit", "UpdateRepositoryEncryptionKey"> {
  return ctx.tx(() => {
    const row = findRepository(ctx, input.repositoryName);
    const kmsKeyId = input.kmsKeyId ?? row.kms_key_id;
    saveRepository(ctx, row, { kms_key_id: kmsKeyId });
    return { repositoryId: row.id, kmsKeyId, originalKmsKeyId: row.kms_key_id };
  });
}

export function updateRepositoryName(
  input: Input<"codecommit", "UpdateRepositoryName">,
  ctx: Context,
): Output<"codecommit", "UpdateRepositoryName"> {
  const newName = input.newName ?? "";
  checkName(newName);
  return ctx.tx(() => {
    const row = findRepository(ctx, input.oldName);
    if (ctx.get(selectRepository, { name: newName }) !== undefined)
      throw fault("RepositoryNameExists", `Repository named ${newName} already exists`);
    const next = saveRepository(ctx, row, { name: newName });
    const target = pathOf(ctx.cloud, next);
    discard(ctx, target);
    mkdirSync(dirname(target), { recursive: true, mode: 0o700 });
    renameSync(pathOf(ctx.cloud, row), target);
    emitRepository(ctx, next, "Repository renamed", { oldName: row.name });
    return {};
  });
}

export function updateDefaultBranch(
  input: Input<"codecommit", "UpdateDefaultBranch">,
  ctx: Context,
): Output<"codecommit", "UpdateDefaultBranch"> {
  const branch = input.defaultBranchName ?? "";
  return ctx.tx(() => {
    const row = findRepository(ctx, input.repositoryName);
    if (ctx.cloud.store.get(selectRef, { repository_id: row.id, name: `refs/heads/${branch}` }) === undefined) throw noBranch(branch);
    saveRepository(ctx, row, { default_branch: branch });
    setHead(pathOf(ctx.cloud, row), branch);
    return {};
  });
}
