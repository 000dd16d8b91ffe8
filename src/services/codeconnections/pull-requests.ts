import type { Cloud, Context } from "../../aws/context.ts";
import { AwsException } from "../../aws/exception.ts";
import { type CommitInfo, changedPaths, commitInfo, resolveRef } from "../../runtime/git/index.ts";
import { mergeBase } from "../../runtime/git/reading.ts";
import type { RefChange } from "../../runtime/git/refs.ts";
import { eachConnection, type ProviderRepository } from "./providers.ts";
import { closePullRequestRow, type ItemRow, insertPullRequest, type PullRequestRow, selectPullRequests } from "./store.ts";

const HEADS = "refs/heads/";
const MOST_PATHS = 3_000;

/** What CodePipeline's filters call what happens to a pull request. */
export type PullRequestEvent = "OPEN" | "UPDATED" | "CLOSED";

/** A pull request to which something happens, with what it holds then. */
export interface PullRequestChange {
  readonly row: PullRequestRow;
  readonly event: PullRequestEvent;
  /** Newest commit of the source branch; undefined when the branch is gone. */
  readonly commit: CommitInfo | undefined;
  /** What differs from where the two branches parted. */
  readonly paths: readonly string[];
}

export interface PullRequestView {
  readonly number: number;
  readonly title: string;
  readonly sourceBranch: string;
  readonly destinationBranch: string;
  readonly status: "OPEN" | "CLOSED";
}

const invalid = (message: string): AwsException => new AwsException("ValidationException", message, { status: 400 });

export const pullRequestView = ({ number, title, source, destination, open }: PullRequestRow): PullRequestView => ({
  number,
  title,
  sourceBranch: source,
  destinationBranch: destination,
  status: open === 1 ? "OPEN" : "CLOSED",
});

async function headOf(repository: ProviderRepository, branch: string): Promise<string> {
  const commit = await resolveRef(repository.path, `${HEADS}${branch}`);
  if (commit === undefined) throw invalid(`${repository.fullRepositoryId} has no branch "${branch}"`);
  return commit;
}

/** @param head Commit of the source branch, which may be gone already. */
async function changeOf(
  repository: ProviderRepository,
  row: PullRequestRow,
  event: PullRequestEvent,
  head: string | undefined,
): Promise<PullRequestChange> {
  if (head === undefined) return { row, event, commit: undefined, paths: [] };
  const destination = await resolveRef(repository.path, `${HEADS}${row.destination}`);
  const parted = destination === undefined ? undefined : await mergeBase(repository.path, head, destination);
  const [commit, paths] = await Promise.all([commitInfo(repository.path, head), changedPaths(repository.path, parted, head)]);
  return { row, event, commit, paths: paths.slice(0, MOST_PATHS) };
}

/** Open pull requests whose source branch has moved, or is gone: those are closed. */
export async function updatedPullRequests(
  cloud: Cloud,
  repository: ProviderRepository,
  changes: readonly RefChange[],
): Promise<PullRequestChange[]> {
  const open = cloud.store.all(selectPullRequests, { repository: repository.key }).filter((row) => row.open === 1);
  const moved = open.flatMap((row) => {
    const change = changes.find(({ name }) => name === HEADS + row.source);
    if (change === undefined) return [];
    const { commitId, oldCommitId } = change;
    return [changeOf(repository, row, commitId === undefined ? "CLOSED" : "UPDATED", commitId ?? oldCommitId)];
  });
  return Promise.all(moved);
}

/** Keeps what a push did to them. To be called in a transaction. */
export function storePullRequests(cloud: Cloud, changes: readonly PullRequestChange[]): void {
  for (const { row, event } of changes) {
    if (event === "CLOSED") cloud.store.run(closePullRequestRow, { repository: row.repository, number: row.number });
  }
}

/** Tells one connection. To be called in a transaction. */
export function emitPullRequest(ctx: Context, connection: ItemRow, repository: ProviderRepository, change: PullRequestChange): void {
  const { row, event, commit } = change;
  ctx.emit({
    source: "aws.codeconnections",
    type: "Pull request changed",
    resources: [connection.arn],
    detail: {
      event,
      connectionArn: connection.arn,
      fullRepositoryId: repository.fullRepositoryId,
      pullRequestId: String(row.number),
      title: row.title,
      sourceBranch: row.source,
      destinationBranch: row.destination,
      ...(commit === undefined
        ? {}
        : { commitId: commit.id, message: commit.subject, author: commit.author.name, authorEmail: commit.author.email }),
      changedPaths: change.paths,
    },
    rule: ruleOf(repository, change),
  });
}

function ruleOf({ fullRepositoryId }: ProviderRepository, { row, event, commit }: PullRequestChange): string {
  const what = `pull request ${row.number} "${row.title}" of ${fullRepositoryId}, ${row.source} into ${row.destination}`;
  if (event === "CLOSED") return `${what}, was closed`;
  return `${what}, ${event === "OPEN" ? "was opened" : "was updated"} at commit ${commit?.id.slice(0, 7)} "${commit?.subject}"`;
}

/**
 * Opens one, as a person does at the provider: whoever filters pull requests hears of it.
 *
 * @throws ValidationException when a branch is not there, both are the same, or such a pull request is open already.
 */
export async function openPullRequest(
  cloud: Cloud,
  repository: ProviderRepository,
  { source, destination, title }: Pick<PullRequestRow, "source" | "destination" | "title">,
): Promise<PullRequestView> {
  if (source === destination) throw invalid("a pull request is of two branches");
  const [head] = await Promise.all([source, destination].map((branch) => headOf(repository, branch)));
  const before = cloud.store.all(selectPullRequests, { repository: repository.key });
  const same = before.find((one) => one.open === 1 && one.source === source && one.destination === destination);
  if (same !== undefined) throw invalid(`pull request ${same.number} of ${source} into ${destination} is open already`);
  const row: PullRequestRow = { repository: repository.key, number: before.length + 1, source, destination, title, open: 1 };
  const change = await changeOf(repository, row, "OPEN", head);
  cloud.store.tx(() => {
    cloud.store.run(insertPullRequest, { ...row });
    eachConnection(cloud, repository, (ctx, connection) => emitPullRequest(ctx, connection, repository, change));
  });
  return pullRequestView(row);
}

/** Closes one, merged or not. @throws ValidationException when none of that number is open. */
export async function closePullRequest(cloud: Cloud, repository: ProviderRepository, number: number): Promise<PullRequestView> {
  const row = cloud.store.all(selectPullRequests, { repository: repository.key }).find((one) => one.number === number && one.open === 1);
  if (row === undefined) throw invalid(`${repository.fullRepositoryId} has no open pull request ${number}`);
  const head = await resolveRef(repository.path, `${HEADS}${row.source}`);
  const change = await changeOf(repository, row, "CLOSED", head);
  cloud.store.tx(() => {
    storePullRequests(cloud, [change]);
    eachConnection(cloud, repository, (ctx, connection) => emitPullRequest(ctx, connection, repository, change));
  });
  return pullRequestView({ ...row, open: 0 });
}
