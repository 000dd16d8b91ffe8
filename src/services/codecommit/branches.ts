import type { Input, Output } from "../../aws/clients.ts";
import type { Context } from "../../aws/context.ts";
import { pageOf } from "../../aws/paging.ts";
import { commitInfo, GitError } from "../../runtime/git/index.ts";
import { exclusively } from "../../runtime/git/refs.ts";
import { NO_COMMIT, updateRefs } from "../../runtime/git/repository.ts";
import { fault, noBranch } from "./errors.ts";
import { type MergeDetails, tellRefs } from "./refs.ts";
import { positionOf } from "./repositories.ts";
import { findRepository, pathOf } from "./repository.ts";
import { type RepositoryRow, selectRef, selectRefs } from "./store.ts";

const HEADS = "refs/heads/";
const PAGE = 1_000;
const COMMIT_ID = /^[0-9a-f]{40}$/;
/** What git takes as the name of a branch: https://git-scm.com/docs/git-check-ref-format */
const BAD_NAME = /^[./-]|\/\/|\.\.|\/\.|@\{|[\s\p{Cc}~^:?*[\\]|[./]$|\.lock($|\/)|^@$/u;

/** @throws BranchNameRequiredException, InvalidBranchNameException */
export function checkBranchName(name: string | undefined): string {
  if (name === undefined || name === "") throw fault("BranchNameRequired", "A branch name is required, but was not specified.");
  if (name.length > 256 || BAD_NAME.test(name)) throw fault("InvalidBranchName", `${name} is not a valid branch name.`);
  return name;
}

/** The commit that a branch points at; undefined when there is no such branch. */
export function tipOf(ctx: Context, row: RepositoryRow, branch: string): string | undefined {
  return ctx.cloud.store.get(selectRef, { repository_id: row.id, name: `${HEADS}${branch}` })?.commit_id;
}

/**
 * Moves a branch, tells of it, and returns the id of the event. `expected` is where it was; undefined when there was none.
 * @throws ConcurrentReferenceUpdateException when it is not there any more
 */
export function moveBranch(
  ctx: Context,
  row: RepositoryRow,
  move: { readonly branch: string; readonly to: string | undefined; readonly expected: string | undefined; readonly merge?: object },
): Promise<string | undefined> {
  const name = `${HEADS}${move.branch}`;
  return exclusively(ctx.cloud, row.id, async () => {
    try {
      await updateRefs(pathOf(ctx.cloud, row), [{ name, target: move.to, expected: move.expected ?? NO_COMMIT }]);
    } catch (error) {
      if (!(error instanceof GitError)) throw error;
      throw fault("ConcurrentReferenceUpdate", "The merge cannot be completed because the target branch has been modified.");
    }
    const merges: MergeDetails = move.merge === undefined ? {} : { [name]: move.merge as Record<string, unknown> };
    return (await tellRefs(ctx, row.id, merges)).get(name);
  });
}

export async function createBranch(
  input: Input<"codecommit", "CreateBranch">,
  ctx: Context,
): Promise<Output<"codecommit", "CreateBranch">> {
  const row = findRepository(ctx, input.repositoryName);
  const branch = checkBranchName(input.branchName);
  const commitId = input.commitId ?? "";
  if (commitId === "") throw fault("CommitIdRequired", "A commit ID was not specified.");
  if (!COMMIT_ID.test(commitId)) throw fault("InvalidCommitId", `${commitId} is not a valid commit ID.`);
  if (tipOf(ctx, row, branch) !== undefined) throw fault("BranchNameExists", `Branch ${branch} already exists in ${row.name}.`);
  if ((await commitInfo(pathOf(ctx.cloud, row), commitId)) === undefined)
    throw fault("CommitDoesNotExist", `Commit ${commitId} does not exist in ${row.name}.`);
  await moveBranch(ctx, row, { branch, to: commitId, expected: undefined });
  return {};
}

export function getBranch(input: Input<"codecommit", "GetBranch">, ctx: Context): Output<"codecommit", "GetBranch"> {
  const row = findRepository(ctx, input.repositoryName);
  const branchName = checkBranchName(input.branchName);
  const commitId = tipOf(ctx, row, branchName);
  if (commitId === undefined) throw noBranch(branchName);
  return { branch: { branchName, commitId } };
}

export function listBranches(input: Input<"codecommit", "ListBranches">, ctx: Context): Output<"codecommit", "ListBranches"> {
  const row = findRepository(ctx, input.repositoryName);
  const start = positionOf(input.nextToken);
  const refs = ctx.cloud.store.all(selectRefs, { repository_id: row.id });
  const names = refs.flatMap(({ name }) => (name.startsWith(HEADS) ? [name.slice(HEADS.length)] : []));
  const { items, nextToken } = pageOf(names.slice(start, start + PAGE + 1), PAGE, () => [start + PAGE]);
  return { branches: items, ...(nextToken === undefined ? {} : { nextToken }) };
}

export async function deleteBranch(
  input: Input<"codecommit", "DeleteBranch">,
  ctx: Context,
): Promise<Output<"codecommit", "DeleteBranch">> {
  const row = findRepository(ctx, input.repositoryName);
  const branchName = checkBranchName(input.branchName);
  if (row.default_branch === branchName) throw fault("DefaultBranchCannotBeDeleted", `The default branch ${branchName} cannot be deleted.`);
  const commitId = tipOf(ctx, row, branchName);
  // A branch that is gone already is as good as deleted.
  if (commitId === undefined) return {};
  await moveBranch(ctx, row, { branch: branchName, to: undefined, expected: commitId });
  return { deletedBranch: { branchName, commitId } };
}
