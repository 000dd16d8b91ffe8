import type { Input } from "../../aws/clients.ts";
import type { Context } from "../../aws/context.ts";
import { commitInfo } from "../../runtime/git/index.ts";
import { type MergedFile, type MergePlan, mergedTree, planMerge } from "../../runtime/git/merging.ts";
import { isAncestor, mergeBase } from "../../runtime/git/reading.ts";
import { commitTree, type FileChange } from "../../runtime/git/writing.ts";
import { type Authorship, signatureOf } from "./changes.ts";
import { fault } from "./errors.ts";
import { checkPath, gitModeOf } from "./objects.ts";
import { commitOf, pathOf } from "./repository.ts";
import type { RepositoryRow } from "./store.ts";

export type MergeOption = "FAST_FORWARD_MERGE" | "SQUASH_MERGE" | "THREE_WAY_MERGE";

/** What the operations on merges have in common. */
export interface MergeInput {
  readonly conflictDetailLevel?: string | undefined;
  readonly conflictResolutionStrategy?: string | undefined;
  readonly conflictResolution?: Input<"codecommit", "MergeBranchesBySquash">["conflictResolution"];
  readonly authorName?: string | undefined;
  readonly email?: string | undefined;
  readonly commitMessage?: string | undefined;
}

export interface Tips {
  readonly source: string;
  readonly destination: string;
  readonly base: string | undefined;
}

export async function tipsOf(
  ctx: Context,
  row: RepositoryRow,
  input: { readonly sourceCommitSpecifier?: string | undefined; readonly destinationCommitSpecifier?: string | undefined },
): Promise<Tips> {
  const source = await commitOf(ctx, row, input.sourceCommitSpecifier ?? "");
  const destination = await commitOf(ctx, row, input.destinationCommitSpecifier ?? "");
  return { source, destination, base: await mergeBase(pathOf(ctx.cloud, row), source, destination) };
}

/**
 * https://docs.aws.amazon.com/codecommit/latest/APIReference/API_GetMergeConflicts.html: FILE_LEVEL is a conflict where both
 * changed the same file, LINE_LEVEL where both changed the same lines; AUTOMERGE tries to put two versions of a file together.
 */
export function planOf(ctx: Context, row: RepositoryRow, tips: Tips, input: MergeInput): Promise<MergePlan> {
  const strategy = input.conflictResolutionStrategy;
  const favour = strategy === "ACCEPT_SOURCE" ? "source" : strategy === "ACCEPT_DESTINATION" ? "destination" : undefined;
  const byLine = input.conflictDetailLevel === "LINE_LEVEL" || strategy === "AUTOMERGE";
  return planMerge(pathOf(ctx.cloud, row), tips, { byLine, favour });
}

export function isConflict({ conflicts }: MergedFile): boolean {
  return conflicts.content || conflicts.mode;
}

export function canFastForward(ctx: Context, row: RepositoryRow, { source, destination }: Tips): Promise<boolean> {
  return isAncestor(pathOf(ctx.cloud, row), destination, source);
}

export function manualMerge() {
  return fault(
    "ManualMergeRequired",
    "The pull request cannot be merged automatically into the destination branch. You must manually merge the branches and resolve any conflicts.",
  );
}

/** What AWS's event tells of a merge. */
export function mergeDetails(tips: Tips, option: MergeOption, input: MergeInput): Record<string, unknown> {
  return {
    ...(tips.base === undefined ? {} : { baseCommitId: tips.base }),
    sourceCommitId: tips.source,
    destinationCommitId: tips.destination,
    mergeOption: option,
    ...(option === "FAST_FORWARD_MERGE"
      ? {}
      : {
          conflictDetailsLevel: input.conflictDetailLevel ?? "FILE_LEVEL",
          conflictResolutionStrategy: input.conflictResolutionStrategy ?? "NONE",
        }),
  };
}

/** The commit that a merge ends in, made where it must be; no branch names it yet. @throws ManualMergeRequiredException */
export async function mergeCommit(
  ctx: Context,
  row: RepositoryRow,
  { tips, option, input }: { readonly tips: Tips; readonly option: MergeOption; readonly input: MergeInput },
): Promise<{ readonly commitId: string; readonly treeId: string }> {
  const repository = pathOf(ctx.cloud, row);
  if (option === "FAST_FORWARD_MERGE") {
    if (!(await canFastForward(ctx, row, tips))) throw manualMerge();
    return { commitId: tips.source, treeId: (await commitInfo(repository, tips.source))?.tree ?? "" };
  }
  const by: Authorship = { name: input.authorName, email: input.email, message: input.commitMessage };
  const author = signatureOf(ctx, by);
  const plan = await planOf(ctx, row, tips, input);
  const resolved = resolutions(input, plan);
  const settled = new Set(resolved.map(({ path }) => path));
  if (plan.both.some((file) => isConflict(file) && !settled.has(file.path))) throw manualMerge();
  const treeId = await mergedTree(repository, tips.destination, plan, resolved);
  const parents = option === "SQUASH_MERGE" ? [tips.destination] : [tips.destination, tips.source];
  const message = input.commitMessage ?? `Merged ${tips.source} into ${tips.destination}`;
  const commitId = await commitTree(repository, { tree: treeId, parents, author, committer: author, message });
  return { commitId, treeId };
}

/** https://docs.aws.amazon.com/codecommit/latest/APIReference/API_ConflictResolution.html */
function resolutions({ conflictResolution }: MergeInput, { both }: MergePlan): FileChange[] {
  if (conflictResolution === undefined) return [];
  const files = new Map(both.map((file) => [file.path, file]));
  const known = (filePath: string | undefined): MergedFile => {
    const file = files.get(checkPath(filePath));
    if (file === undefined) throw fault("InvalidConflictResolution", `${filePath ?? ""} has no conflict to resolve.`);
    return file;
  };
  const replaced = (conflictResolution.replaceContents ?? []).map((entry): FileChange => {
    const file = known(entry.filePath);
    if (entry.replacementType === "USE_NEW_CONTENT") {
      if (entry.content === undefined)
        throw fault("ReplacementContentRequired", "USE_NEW_CONTENT was specified, but no replacement content has been provided.");
      return { path: file.path, content: entry.content, mode: gitModeOf(entry.fileMode) };
    }
    const kept = { KEEP_BASE: file.base, KEEP_SOURCE: file.source, KEEP_DESTINATION: file.destination }[String(entry.replacementType)];
    return { path: file.path, ...kept, ...(entry.fileMode === undefined || kept === undefined ? {} : { mode: gitModeOf(entry.fileMode) }) };
  });
  const removed = (conflictResolution.deleteFiles ?? []).map(({ filePath }): FileChange => ({ path: known(filePath).path }));
  const modes = (conflictResolution.setFileModes ?? []).map(({ filePath, fileMode }): FileChange => {
    const file = known(filePath);
    return { path: file.path, ...file.result, mode: gitModeOf(fileMode) };
  });
  const all = [...replaced, ...removed, ...modes];
  if (new Set(all.map(({ path }) => path)).size < all.length)
    throw fault(
      "MultipleConflictResolutionEntries",
      "More than one conflict resolution entry exists for the conflict. A conflict can have only one conflict resolution entry.",
    );
  return all;
}
