import type { Input, Output } from "../../aws/clients.ts";
import type { Context } from "../../aws/context.ts";
import { mergeBase } from "../../runtime/git/reading.ts";
import { evaluate } from "./approvals.ts";
import { moveBranch } from "./branches.ts";
import { fault } from "./errors.ts";
import { type MergeInput, type MergeOption, mergeCommit, mergeDetails } from "./merging.ts";
import { findPullRequest, openPullRequest, savePullRequest } from "./pull-request-record.ts";
import { pullRequestShape } from "./pull-requests.ts";
import { pathOf } from "./repository.ts";

type PullRequestMerge = MergeInput & Input<"codecommit", "MergePullRequestByFastForward">;

async function merge(ctx: Context, input: PullRequestMerge, option: MergeOption) {
  const found = openPullRequest(ctx, input.pullRequestId);
  const { body, repository } = found;
  if (repository.name !== input.repositoryName)
    throw fault("RepositoryNotAssociatedWithPullRequest", "The repository does not contain any pull requests with that pull request ID.");
  if (input.sourceCommitId !== undefined && input.sourceCommitId !== body.sourceCommit)
    throw fault(
      "TipOfSourceReferenceIsDifferent",
      "The tip of the source branch in the destination repository does not match the tip of the source branch specified in your request.",
    );
  const { approved, overridden } = evaluate(found);
  if (!approved && !overridden)
    throw fault(
      "PullRequestApprovalRulesNotSatisfied",
      "The pull request cannot be merged because one or more approval rules applied to the pull request have conditions that have not been met.",
    );
  const { sourceCommit: source, destinationCommit: destination } = body;
  const tips = { source, destination, base: await mergeBase(pathOf(ctx.cloud, repository), source, destination) };
  const { commitId } = await mergeCommit(ctx, repository, { tips, option, input });
  const branch = body.destinationReference.slice("refs/heads/".length);
  const details = mergeDetails(tips, option, input);
  const cause =
    commitId === destination
      ? undefined
      : await moveBranch(ctx, repository, { branch, to: commitId, expected: destination, merge: details });
  const by = { by: ctx.principal.arn, commitId, option };
  const after = cause === undefined ? ctx : ctx.with({ cause });
  const next = ctx.tx(() =>
    savePullRequest(
      after,
      findPullRequest(ctx, input.pullRequestId),
      { status: "CLOSED", merge: by, destinationCommit: destination },
      {
        type: "PULL_REQUEST_MERGE_STATE_CHANGED",
        metadata: {
          pullRequestMergedStateChangedEventMetadata: {
            repositoryName: repository.name,
            destinationReference: body.destinationReference,
            mergeMetadata: { isMerged: true, mergedBy: ctx.principal.arn, mergeCommitId: commitId, mergeOption: option },
          },
        },
        event: "pullRequestMergeStatusUpdated",
        more: { mergeOption: option },
        told: "The pull request merge status has been updated. The status is merged.",
      },
    ),
  );
  return { pullRequest: await pullRequestShape(ctx, next) };
}

export function mergePullRequestByFastForward(
  input: Input<"codecommit", "MergePullRequestByFastForward">,
  ctx: Context,
): Promise<Output<"codecommit", "MergePullRequestByFastForward">> {
  return merge(ctx, input, "FAST_FORWARD_MERGE");
}

export function mergePullRequestBySquash(
  input: Input<"codecommit", "MergePullRequestBySquash">,
  ctx: Context,
): Promise<Output<"codecommit", "MergePullRequestBySquash">> {
  return merge(ctx, input, "SQUASH_MERGE");
}

export function mergePullRequestByThreeWay(
  input: Input<"codecommit", "MergePullRequestByThreeWay">,
  ctx: Context,
): Promise<Output<"codecommit", "MergePullRequestByThreeWay">> {
  return merge(ctx, input, "THREE_WAY_MERGE");
}
