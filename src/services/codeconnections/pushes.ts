import type { Cloud, Context } from "../../aws/context.ts";
import { type CommitInfo, changedPaths, commitInfo } from "../../runtime/git/index.ts";
import { type RefChange, refChanges } from "../../runtime/git/refs.ts";
import { listRefs, type Ref } from "../../runtime/git/repository.ts";
import { eachConnection, type ProviderRepository } from "./providers.ts";
import { emitPullRequest, storePullRequests, updatedPullRequests } from "./pull-requests.ts";
import { deleteRef, type ItemRow, selectRefs, upsertRef } from "./store.ts";

/** CodePipeline's file-path filters look at so many files of a push at most; more are not told. */
const MOST_PATHS = 3_000;

interface Told extends RefChange {
  readonly commit: CommitInfo | undefined;
  readonly paths: readonly string[];
}

/**
 * Tells every available connection to the repository what has changed since the last time: one event `Repository pushed` for
 * each ref and connection, in the connection's account and region, and one for each pull request that the push moves, in one
 * transaction with the refs.
 */
export async function tellPush(cloud: Cloud, repository: ProviderRepository): Promise<void> {
  const { generation } = cloud.store;
  const refs = await listRefs(repository.path);
  const changes = refChanges(cloud.store.all(selectRefs, { repository: repository.key }), refs);
  const told = await Promise.all(changes.map((change) => lookInto(repository, change)));
  const requests = await updatedPullRequests(cloud, repository, changes);
  if (told.length === 0 || generation !== cloud.store.generation) return;
  cloud.store.tx(() => {
    storeRefs(cloud, repository.key, refs, changes);
    storePullRequests(cloud, requests);
    eachConnection(cloud, repository, (ctx, connection) => {
      for (const change of told) emitPush(ctx, connection, repository, change);
      for (const request of requests) emitPullRequest(ctx, connection, repository, request);
    });
  });
}

async function lookInto(repository: ProviderRepository, change: RefChange): Promise<Told> {
  const { commitId, oldCommitId } = change;
  if (commitId === undefined) return { ...change, commit: undefined, paths: [] };
  const [commit, paths] = await Promise.all([commitInfo(repository.path, commitId), changedPaths(repository.path, oldCommitId, commitId)]);
  return { ...change, commit, paths: paths.slice(0, MOST_PATHS) };
}

function storeRefs({ store }: Cloud, repository: string, refs: readonly Ref[], changes: readonly RefChange[]): void {
  const present = new Map(refs.map((ref) => [ref.name, ref]));
  for (const { name } of changes) {
    const ref = present.get(name);
    if (ref === undefined) store.run(deleteRef, { repository, name });
    else store.run(upsertRef, { repository, name, target: ref.target, commit_id: ref.commit });
  }
}

function emitPush(ctx: Context, connection: ItemRow, repository: ProviderRepository, change: Told): void {
  const [, kind = "", ...name] = change.name.split("/");
  const { commit } = change;
  const referenceName = name.join("/");
  ctx.emit({
    source: "aws.codeconnections",
    type: "Repository pushed",
    resources: [connection.arn],
    detail: {
      event: change.kind,
      connectionArn: connection.arn,
      fullRepositoryId: repository.fullRepositoryId,
      referenceType: kind === "tags" ? "tag" : "branch",
      referenceName,
      referenceFullName: change.name,
      ...(change.commitId === undefined ? {} : { commitId: change.commitId }),
      ...(change.oldCommitId === undefined ? {} : { oldCommitId: change.oldCommitId }),
      ...(commit === undefined ? {} : { message: commit.subject, author: commit.author.name, authorEmail: commit.author.email }),
      changedPaths: change.paths,
    },
    rule: `${repository.fullRepositoryId}: ${referenceName} ${
      commit === undefined ? "was deleted" : `is at commit ${commit.id.slice(0, 7)} "${commit.subject}" by ${commit.author.name}`
    }`,
  });
}
