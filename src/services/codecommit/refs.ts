import type { Context } from "../../aws/context.ts";
import { type CommitInfo, commitInfos } from "../../runtime/git/reading.ts";
import { type RefChange, refChanges } from "../../runtime/git/refs.ts";
import { listRefs, type Ref, setHead } from "../../runtime/git/repository.ts";
import { followSources } from "./pull-request-sources.ts";
import { arnOf, pathOf, saveRepository } from "./repository.ts";
import { deleteRef, type RepositoryRow, selectRefs, selectRepositoryById, upsertRef } from "./store.ts";
import { startTriggers } from "./triggers.ts";

/** What AWS's event says in addition when a merge moved the ref, by the ref's full name. */
export type MergeDetails = Readonly<Record<string, Readonly<Record<string, unknown>>>>;

/**
 * Compares the repository's refs with what was last told of them, and tells the difference: rows, the default branch, one
 * event for each ref, pull requests whose source moved, and triggers, in one transaction. Called after every change, and at
 * the start for what a killed process left untold. Returns the events' ids by ref.
 */
export async function tellRefs(ctx: Context, repositoryId: string, merges: MergeDetails = {}): Promise<Map<string, string>> {
  const row = ctx.cloud.store.get(selectRepositoryById, { id: repositoryId });
  if (row === undefined) return new Map();
  const path = pathOf(ctx.cloud, row);
  const refs = await listRefs(path);
  const changes = refChanges(ctx.cloud.store.all(selectRefs, { repository_id: row.id }), refs);
  if (changes.length === 0) return new Map();
  const tips = changes.flatMap(({ commitId }) => commitId ?? []);
  const commits = new Map((await commitInfos(path, tips)).map((commit) => [commit.id, commit]));
  const events = new Map<string, string>();
  ctx.tx(() => {
    // The repository may have been deleted, or renamed, while git was asked.
    const current = ctx.cloud.store.get(selectRepositoryById, { id: repositoryId });
    if (current === undefined) return;
    storeRefs(ctx, current, refs, changes);
    for (const change of changes) {
      const cause = emitChange(ctx, current, change, { commit: commits.get(change.commitId ?? ""), merge: merges[change.name] });
      events.set(change.name, cause);
      followSources(ctx.with({ cause }), current, change);
      startTriggers(ctx.with({ cause }), current, change);
    }
  });
  return events;
}

function storeRefs(ctx: Context, row: RepositoryRow, refs: readonly Ref[], changes: readonly RefChange[]): void {
  const { store } = ctx.cloud;
  const targets = new Map(refs.map((ref) => [ref.name, ref]));
  for (const { name } of changes) {
    const ref = targets.get(name);
    if (ref === undefined) store.run(deleteRef, { repository_id: row.id, name });
    else store.run(upsertRef, { repository_id: row.id, name, target: ref.target, commit_id: ref.commit });
  }
  const branches = refs.flatMap(({ name }) => (name.startsWith("refs/heads/") ? [name.slice("refs/heads/".length)] : []));
  const chosen = row.default_branch ?? branches.find((name) => name === "main" || name === "master") ?? branches[0] ?? null;
  saveRepository(ctx, row, { default_branch: chosen });
  // https://docs.aws.amazon.com/codecommit/latest/userguide/how-to-change-branch.html: the first branch becomes the default one.
  if (chosen !== null && row.default_branch === null) setHead(pathOf(ctx.cloud, row), chosen);
}

const VERBS = { referenceCreated: "created", referenceUpdated: "moved", referenceDeleted: "deleted" } as const;

/** https://docs.aws.amazon.com/codecommit/latest/userguide/monitoring-events.html */
function emitChange(
  ctx: Context,
  row: RepositoryRow,
  change: RefChange,
  { commit, merge }: { readonly commit: CommitInfo | undefined; readonly merge: Readonly<Record<string, unknown>> | undefined },
): string {
  const [, kind = "", ...name] = change.name.split("/");
  const referenceName = name.join("/");
  return ctx.emit({
    source: "aws.codecommit",
    type: "CodeCommit Repository State Change",
    resources: [arnOf(row)],
    detail: {
      event: change.kind,
      callerUserArn: ctx.principal.arn,
      repositoryName: row.name,
      repositoryId: row.id,
      referenceType: kind === "tags" ? "tag" : "branch",
      referenceName,
      referenceFullName: change.name,
      ...(change.commitId === undefined ? {} : { commitId: change.commitId }),
      ...(change.oldCommitId === undefined ? {} : { oldCommitId: change.oldCommitId }),
      ...merge,
    },
    bus: true,
    rule: `${kind === "tags" ? "tag" : "branch"} ${referenceName} was ${VERBS[change.kind]}${
      commit === undefined ? "" : `: commit ${commit.id.slice(0, 7)} "${commit.subject}" by ${commit.author.name}`
    }`,
  });
}
