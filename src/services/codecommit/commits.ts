import type { Input, Output } from "../../aws/clients.ts";
import type { Context } from "../../aws/context.ts";
import { pageOf } from "../../aws/paging.ts";
import { changes, commitInfos } from "../../runtime/git/reading.ts";
import { entryAt, fileHistory } from "../../runtime/git/trees.ts";
import { fault } from "./errors.ts";
import { checkPath, commitShape } from "./objects.ts";
import { positionOf } from "./repositories.ts";
import { commitOf, findRepository, pathOf } from "./repository.ts";

const COMMIT_ID = /^[0-9a-f]{40}$/;
const MOST_COMMITS = 100;
const PAGE = 100;

export async function getCommit(input: Input<"codecommit", "GetCommit">, ctx: Context): Promise<Output<"codecommit", "GetCommit">> {
  const row = findRepository(ctx, input.repositoryName);
  const id = input.commitId ?? "";
  if (!COMMIT_ID.test(id)) throw fault("InvalidCommitId", `The specified commit ID is not valid: ${id}`);
  const [commit] = await commitInfos(pathOf(ctx.cloud, row), [id]);
  if (commit === undefined) throw fault("CommitIdDoesNotExist", `The specified commit ID does not exist: ${id}`);
  return { commit: commitShape(commit) };
}

export async function batchGetCommits(
  input: Input<"codecommit", "BatchGetCommits">,
  ctx: Context,
): Promise<Output<"codecommit", "BatchGetCommits">> {
  const row = findRepository(ctx, input.repositoryName);
  const ids = [...new Set(input.commitIds ?? [])];
  if (ids.length === 0)
    throw fault("CommitIdsListRequired", "A list of commit IDs is required, but was either not specified or the list was empty.");
  if (ids.length > MOST_COMMITS)
    throw fault("CommitIdsLimitExceeded", `The maximum number of allowed commit IDs in a batch request is ${MOST_COMMITS}.`);
  const found = await commitInfos(pathOf(ctx.cloud, row), ids);
  const known = new Set(found.map(({ id }) => id));
  const errorOf = (commitId: string) => {
    const name = COMMIT_ID.test(commitId) ? "CommitDoesNotExistException" : "InvalidCommitIdException";
    return { commitId, errorCode: name, errorMessage: `The commit ${commitId} could not be found in ${row.name}.` };
  };
  return { commits: found.map(commitShape), errors: ids.filter((id) => !known.has(id)).map(errorOf) };
}

export async function getDifferences(
  input: Input<"codecommit", "GetDifferences">,
  ctx: Context,
): Promise<Output<"codecommit", "GetDifferences">> {
  const row = findRepository(ctx, input.repositoryName);
  const path = pathOf(ctx.cloud, row);
  const limit = limitOf(input.MaxResults);
  const after = await commitOf(ctx, row, input.afterCommitSpecifier ?? "");
  const before = input.beforeCommitSpecifier === undefined ? undefined : await commitOf(ctx, row, input.beforeCommitSpecifier);
  const paths = [input.beforePath, input.afterPath].flatMap((given) => (given === undefined || given === "/" ? [] : [checkPath(given)]));
  for (const wanted of paths) {
    const there = await Promise.all([before, after].map((commit) => (commit === undefined ? undefined : entryAt(path, commit, wanted))));
    if (there.every((entry) => entry === undefined)) throw fault("PathDoesNotExist", `The specified path does not exist: ${wanted}`);
  }
  const all = await changes(path, before, after, paths);
  const start = positionOf(input.NextToken);
  const { items, nextToken } = pageOf(all.slice(start, start + limit + 1), limit, () => [start + limit]);
  return {
    differences: items.map((change) => ({
      ...(change.before === undefined ? {} : { beforeBlob: { blobId: change.before.id, path: change.path, mode: change.before.mode } }),
      ...(change.after === undefined ? {} : { afterBlob: { blobId: change.after.id, path: change.path, mode: change.after.mode } }),
      changeType: change.kind === "A" || change.kind === "D" ? change.kind : "M",
    })),
    ...(nextToken === undefined ? {} : { NextToken: nextToken }),
  };
}

/** @throws InvalidMaxResultsException */
export function limitOf(given: number | undefined): number {
  if (given === undefined) return PAGE;
  if (given > 0 && given <= 1_000) return given;
  throw fault("InvalidMaxResults", "The specified number of maximum results is not valid.");
}

export async function listFileCommitHistory(
  input: Input<"codecommit", "ListFileCommitHistory">,
  ctx: Context,
): Promise<Output<"codecommit", "ListFileCommitHistory">> {
  const row = findRepository(ctx, input.repositoryName);
  const repository = pathOf(ctx.cloud, row);
  const filePath = checkPath(input.filePath);
  const limit = limitOf(input.maxResults);
  const start = positionOf(input.nextToken);
  const history = await fileHistory(repository, await commitOf(ctx, row, input.commitSpecifier), filePath);
  const children = (id: string): string[] => history.flatMap(({ commit, parents }) => (parents.includes(id) ? [commit] : []));
  const { items, nextToken } = pageOf(history.slice(start, start + limit + 1), limit, () => [start + limit]);
  const infos = new Map(
    (
      await commitInfos(
        repository,
        items.map(({ commit }) => commit),
      )
    ).map((info) => [info.id, info]),
  );
  const revisionDag = await Promise.all(
    items.map(async ({ commit }) => {
      const info = infos.get(commit);
      const blobId = (await entryAt(repository, commit, filePath))?.id;
      return {
        ...(info === undefined ? {} : { commit: commitShape(info) }),
        ...(blobId === undefined ? {} : { blobId }),
        path: filePath,
        revisionChildren: children(commit),
      };
    }),
  );
  return { revisionDag, ...(nextToken === undefined ? {} : { nextToken }) };
}
