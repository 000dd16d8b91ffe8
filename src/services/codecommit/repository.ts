import { type Cloud, Context } from "../../aws/context.ts";
import { servicePrincipal } from "../../aws/identity.ts";
import { repositoryPath, resolveRef } from "../../runtime/git/index.ts";
import { fault, noCommit, noRepository } from "./errors.ts";
import { type RepositoryRow, selectRepository, updateRepository } from "./store.ts";

/** @throws RepositoryDoesNotExistException */
export function findRepository(ctx: Context, name: string | undefined): RepositoryRow {
  if (name === undefined) throw fault("RepositoryNameRequired", "A repository name is required, but was not specified.");
  const row = ctx.get(selectRepository, { name });
  if (row === undefined) throw noRepository(name);
  return row;
}

/** The folder of its bare repository. */
export function pathOf(cloud: Cloud, { account, region, name }: Pick<RepositoryRow, "account" | "region" | "name">): string {
  return repositoryPath(cloud.dataDir, account, region, name);
}

export function arnOf({ account, region, name }: Pick<RepositoryRow, "account" | "region" | "name">): string {
  return `arn:aws:codecommit:${region}:${account}:${name}`;
}

/** Stores what is different now; `modified` is now unless the change says otherwise. */
export function saveRepository(ctx: Context, row: RepositoryRow, change: Partial<RepositoryRow>): RepositoryRow {
  const next = { ...row, modified: ctx.now, ...change };
  ctx.run(updateRepository, { ...next });
  return next;
}

/** The account's CodeCommit itself, in the repository's scope: for what no request asked for. */
export function ownContext(cloud: Cloud, { account, region }: Pick<RepositoryRow, "account" | "region">, cause?: string): Context {
  const principal = servicePrincipal(account, "codecommit.amazonaws.com");
  return new Context(cloud, { account, region, principal, cause });
}

/**
 * The commit that a specifier means: a branch, a tag, HEAD, a full ref or a full commit id; the default branch's when it is
 * not given. @throws CommitDoesNotExistException, CommitRequiredException
 */
export async function commitOf(ctx: Context, row: RepositoryRow, specifier: string | undefined): Promise<string> {
  if (specifier === "") throw fault("CommitRequired", "A commit was not specified.");
  const found = await resolveRef(pathOf(ctx.cloud, row), specifier ?? "HEAD");
  if (found === undefined) throw noCommit(specifier ?? "HEAD");
  return found;
}
