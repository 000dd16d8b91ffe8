import type { Input, Output } from "../../aws/clients.ts";
import type { Context } from "../../aws/context.ts";
import { pageOf } from "../../aws/paging.ts";
import type { Hunk, HunkSide, MergedFile, Side } from "../../runtime/git/merging.ts";
import { readObjects } from "../../runtime/git/reading.ts";
import { limitOf } from "./commits.ts";
import { fault } from "./errors.ts";
import { canFastForward, isConflict, type MergeInput, planOf, type Tips, tipsOf } from "./merging.ts";
import { checkPath, fileModeOf } from "./objects.ts";
import { positionOf } from "./repositories.ts";
import { findRepository, pathOf } from "./repository.ts";
import type { RepositoryRow } from "./store.ts";

type Wanted = MergeInput &
  Pick<Input<"codecommit", "GetMergeConflicts">, "repositoryName" | "sourceCommitSpecifier" | "destinationCommitSpecifier" | "mergeOption">;

interface Found {
  readonly row: RepositoryRow;
  readonly tips: Tips;
  readonly conflicts: readonly MergedFile[];
}

async function conflictsOf(ctx: Context, input: Wanted): Promise<Found> {
  const row = findRepository(ctx, input.repositoryName);
  const tips = await tipsOf(ctx, row, input);
  if (input.mergeOption === "FAST_FORWARD_MERGE") return { row, tips, conflicts: [] };
  return { row, tips, conflicts: (await planOf(ctx, row, tips, input)).both.filter(isConflict) };
}

function idsOf({ source, destination, base }: Tips) {
  return { sourceCommitId: source, destinationCommitId: destination, ...(base === undefined ? {} : { baseCommitId: base }) };
}

const objectTypeOf = (side: Side | undefined) =>
  side === undefined ? undefined : side.mode === "160000" ? "GIT_LINK" : side.mode === "120000" ? "SYMBOLIC_LINK" : "FILE";

/** One value for each side that has the file. */
function bySide<T>(file: MergedFile, tell: (side: Side) => T | undefined) {
  const entries = (["source", "destination", "base"] as const).flatMap((name) => {
    const side = file[name];
    const value = side === undefined ? undefined : tell(side);
    return value === undefined ? [] : [[name, value] as const];
  });
  return Object.fromEntries(entries) as { source?: T; destination?: T; base?: T };
}

/** https://docs.aws.amazon.com/codecommit/latest/APIReference/API_ConflictMetadata.html */
async function metadataOf(ctx: Context, row: RepositoryRow, file: MergedFile) {
  const ids = [file.source, file.destination, file.base].flatMap((side) => side?.id ?? []);
  const objects = new Map((await readObjects(pathOf(ctx.cloud, row), ids)).map((object) => [object?.id, object?.content]));
  const operation = (side: Side | undefined) => (side === undefined ? "D" : file.base === undefined ? "A" : "M");
  return {
    filePath: file.path,
    fileSizes: bySide(file, ({ id }) => objects.get(id)?.length ?? 0),
    fileModes: bySide(file, ({ mode }) => fileModeOf(mode)),
    objectTypes: bySide(file, objectTypeOf),
    numberOfConflicts: Math.max(1, file.hunks.length),
    isBinaryFile: bySide(file, ({ id }) => objects.get(id)?.includes(0) ?? false),
    contentConflict: file.conflicts.content,
    fileModeConflict: file.conflicts.mode,
    objectTypeConflict: new Set([file.source, file.destination].flatMap((side) => objectTypeOf(side) ?? [])).size > 1,
    mergeOperations: { source: operation(file.source), destination: operation(file.destination) },
  } as const;
}

function hunkShape({ source, destination, base }: Hunk) {
  const detail = ({ startLine, endLine, text }: HunkSide) => ({ startLine, endLine, hunkContent: Buffer.from(text).toString("base64") });
  return { isConflict: true, source: detail(source), destination: detail(destination), base: detail(base) };
}

export async function getMergeConflicts(
  input: Input<"codecommit", "GetMergeConflicts">,
  ctx: Context,
): Promise<Output<"codecommit", "GetMergeConflicts">> {
  const { row, tips, conflicts } = await conflictsOf(ctx, input);
  const limit = limitOf(input.maxConflictFiles);
  const start = positionOf(input.nextToken);
  const { items, nextToken } = pageOf(conflicts.slice(start, start + limit + 1), limit, () => [start + limit]);
  const isFast = input.mergeOption === "FAST_FORWARD_MERGE";
  return {
    mergeable: isFast ? await canFastForward(ctx, row, tips) : conflicts.length === 0,
    ...idsOf(tips),
    conflictMetadataList: await Promise.all(items.map((file) => metadataOf(ctx, row, file))),
    ...(nextToken === undefined ? {} : { nextToken }),
  };
}

export async function describeMergeConflicts(
  input: Input<"codecommit", "DescribeMergeConflicts">,
  ctx: Context,
): Promise<Output<"codecommit", "DescribeMergeConflicts">> {
  const { row, tips, conflicts } = await conflictsOf(ctx, input);
  const path = checkPath(input.filePath);
  const file = conflicts.find((candidate) => candidate.path === path);
  if (file === undefined) throw fault("FileDoesNotExist", `There is no conflict in ${path}.`);
  const limit = limitOf(input.maxMergeHunks);
  const start = positionOf(input.nextToken);
  const { items, nextToken } = pageOf(file.hunks.slice(start, start + limit + 1), limit, () => [start + limit]);
  return {
    conflictMetadata: await metadataOf(ctx, row, file),
    mergeHunks: items.map(hunkShape),
    ...idsOf(tips),
    ...(nextToken === undefined ? {} : { nextToken }),
  };
}

export async function batchDescribeMergeConflicts(
  input: Input<"codecommit", "BatchDescribeMergeConflicts">,
  ctx: Context,
): Promise<Output<"codecommit", "BatchDescribeMergeConflicts">> {
  const { row, tips, conflicts } = await conflictsOf(ctx, input);
  const wanted = input.filePaths?.map((path) => checkPath(path));
  const chosen = conflicts.filter(({ path }) => wanted?.includes(path) ?? true);
  const limit = limitOf(input.maxConflictFiles);
  const start = positionOf(input.nextToken);
  const { items, nextToken } = pageOf(chosen.slice(start, start + limit + 1), limit, () => [start + limit]);
  const missing = (wanted ?? []).filter((path) => !conflicts.some((file) => file.path === path));
  return {
    conflicts: await Promise.all(
      items.map(async (file) => ({
        conflictMetadata: await metadataOf(ctx, row, file),
        mergeHunks: file.hunks.slice(0, input.maxMergeHunks ?? file.hunks.length).map(hunkShape),
      })),
    ),
    errors: missing.map((filePath) => ({
      filePath,
      exceptionName: "FileDoesNotExistException",
      message: `There is no conflict in ${filePath}.`,
    })),
    ...idsOf(tips),
    ...(nextToken === undefined ? {} : { nextToken }),
  };
}
