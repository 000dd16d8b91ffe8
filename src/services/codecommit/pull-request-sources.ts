import type { Context } from "../../aws/context.ts";
import type { RefChange } from "../../runtime/git/refs.ts";
import { savePullRequest } from "./pull-request-record.ts";
import { type PullRequest, selectPullRequests } from "./pull-request-store.ts";
import type { RepositoryRow } from "./store.ts";

/** A moved source branch makes a new revision of the open pull requests from it; a moved destination is noted. */
export function followSources(ctx: Context, repository: RepositoryRow, { name, commitId }: RefChange): void {
  if (commitId === undefined) return;
  for (const row of ctx.cloud.store.all(selectPullRequests, { repository_id: repository.id })) {
    if (row.status !== "OPEN") continue;
    const body = JSON.parse(row.body) as PullRequest;
    const found = { row, body, repository };
    if (body.destinationReference === name) savePullRequest(ctx, found, { destinationCommit: commitId }, undefined);
    if (body.sourceReference !== name || body.sourceCommit === commitId) continue;
    const metadata = { repositoryName: repository.name, beforeCommitId: body.sourceCommit, afterCommitId: commitId };
    savePullRequest(
      ctx,
      found,
      { sourceCommit: commitId, revisionId: newRevision(ctx) },
      {
        type: "PULL_REQUEST_SOURCE_REFERENCE_UPDATED",
        metadata: { pullRequestSourceReferenceUpdatedEventMetadata: metadata },
        event: "pullRequestSourceBranchUpdated",
        told: `The pull request was updated with one or more commits to the source branch: ${name.slice("refs/heads/".length)}.`,
      },
    );
  }
}

export function newRevision(ctx: Context): string {
  return ctx.cloud.ids.hex(64);
}
