import type { Input, Output } from "../../aws/clients.ts";
import type { Context } from "../../aws/context.ts";
import { checkBranchName, moveBranch, tipOf } from "./branches.ts";
import { fault, noBranch } from "./errors.ts";
import {
  canFastForward,
  isConflict,
  type MergeInput,
  type MergeOption,
  mergeCommit,
  mergeDetails,
  planOf,
  type Tips,
  tipsOf,
} from "./merging.ts";
import { arnOf, findRepository } from "./repository.ts";
import type { RepositoryRow } from "./store.ts";
import { insertUnreferenced, selectUnreferenced } from "./store.ts";

type BranchMerge = MergeInput & Input<"codecommit", "MergeBranchesByFastForward">;

/** @throws BranchNameRequiredException, BranchDoesNotExistException, InvalidTargetBranchException */
function targetOf(ctx: Context, row: RepositoryRow, input: BranchMerge, { destination }: Tips): string {
  const branch = checkBranchName(input.targetBranch ?? input.destinationCommitSpecifier?.replace(/^refs\/heads\//, ""));
  const tip = tipOf(ctx, row, branch);
  if (tip === undefined) throw noBranch(branch);
  if (tip !== destination) throw fault("InvalidTargetBranch", `The destination commit is not the tip of the branch ${branch}.`);
  return branch;
}

async function mergeBranches(ctx: Context, input: BranchMerge, option: MergeOption) {
  const row = findRepository(ctx, input.repositoryName);
  const tips = await tipsOf(ctx, row, input);
  const branch = targetOf(ctx, row, input, tips);
  const made = await mergeCommit(ctx, row, { tips, option, input });
  const merge = mergeDetails(tips, option, input);
  if (made.commitId !== tips.destination) await moveBranch(ctx, row, { branch, to: made.commitId, expected: tips.destination, merge });
  return made;
}

export function mergeBranchesByFastForward(
  input: Input<"codecommit", "MergeBranchesByFastForward">,
  ctx: Context,
): Promise<Output<"codecommit", "MergeBranchesByFastForward">> {
  return mergeBranches(ctx, input, "FAST_FORWARD_MERGE");
}

export function mergeBranchesBySquash(
  input: Input<"codecommit", "MergeBranchesBySquash">,
  ctx: Context,
): Promise<Output<"codecommit", "MergeBranchesBySquash">> {
  return mergeBranches(ctx, input, "SQUASH_MERGE");
}

export function mergeBranchesByThreeWay(
  input: Input<"codecommit", "MergeBranchesByThreeWay">,
  ctx: Context,
): Promise<Output<"codecommit", "MergeBranchesByThreeWay">> {
  return mergeBranches(ctx, input, "THREE_WAY_MERGE");
}

export async function createUnreferencedMergeCommit(
  input: Input<"codecommit", "CreateUnreferencedMergeCommit">,
  ctx: Context,
): Promise<Output<"codecommit", "CreateUnreferencedMergeCommit">> {
  const row = findRepository(ctx, input.repositoryName);
  const option = input.mergeOption ?? "THREE_WAY_MERGE";
  if (option === "FAST_FORWARD_MERGE") throw fault("InvalidMergeOption", "The only valid values are SQUASH_MERGE and THREE_WAY_MERGE.");
  const tips = await tipsOf(ctx, row, input);
  const made = await mergeCommit(ctx, row, { tips, option, input });
  ctx.tx(() => {
    const key = { repository_id: row.id, source: tips.source, destination: tips.destination };
    ctx.cloud.store.run(insertUnreferenced, { ...key, commit_id: made.commitId });
    ctx.emit({
      source: "aws.codecommit",
      type: "CodeCommit Repository State Change",
      resources: [arnOf(row)],
      detail: {
        event: "unreferencedMergeCommitCreated",
        repositoryName: row.name,
        repositoryId: row.id,
        commitId: made.commitId,
        ...mergeDetails(tips, option, input),
      },
      bus: true,
    });
  });
  return made;
}

export async function getMergeCommit(
  input: Input<"codecommit", "GetMergeCommit">,
  ctx: Context,
): Promise<Output<"codecommit", "GetMergeCommit">> {
  const row = findRepository(ctx, input.repositoryName);
  const { source, destination, base } = await tipsOf(ctx, row, input);
  const known = ctx.cloud.store.get(selectUnreferenced, { repository_id: row.id, source, destination });
  return {
    sourceCommitId: source,
    destinationCommitId: destination,
    ...(base === undefined ? {} : { baseCommitId: base }),
    ...(known === undefined ? {} : { mergedCommitId: known.commit_id }),
  };
}

export async function getMergeOptions(
  input: Input<"codecommit", "GetMergeOptions">,
  ctx: Context,
): Promise<Output<"codecommit", "GetMergeOptions">> {
  const row = findRepository(ctx, input.repositoryName);
  const tips = await tipsOf(ctx, row, input);
  const mergeOptions: MergeOption[] = (await canFastForward(ctx, row, tips)) ? ["FAST_FORWARD_MERGE"] : [];
  const { both } = await planOf(ctx, row, tips, input);
  if (!both.some(isConflict)) mergeOptions.push("SQUASH_MERGE", "THREE_WAY_MERGE");
  return { mergeOptions, sourceCommitId: tips.source, destinationCommitId: tips.destination, baseCommitId: tips.base };
}
