import type { Context } from "../../aws/context.ts";
import { fault } from "./errors.ts";
import {
  insertPullRequestEvent,
  type PullRequest,
  type PullRequestRow,
  selectPullRequest,
  updatePullRequest,
} from "./pull-request-store.ts";
import { arnOf } from "./repository.ts";
import { type RepositoryRow, selectRepositoryById } from "./store.ts";

/** A pull request with its repository. */
export interface Found {
  readonly row: PullRequestRow;
  readonly body: PullRequest;
  readonly repository: RepositoryRow;
}

/** @throws PullRequestDoesNotExistException, InvalidPullRequestIdException */
export function findPullRequest(ctx: Context, id: string | undefined): Found {
  if (id === undefined || id === "") throw fault("PullRequestIdRequired", "A pull request ID is required, but none was provided.");
  if (!/^\d{1,15}$/.test(id)) throw fault("InvalidPullRequestId", `${id} is not a valid pull request ID.`);
  const row = ctx.get(selectPullRequest, { id: Number(id) });
  const repository = row === undefined ? undefined : ctx.cloud.store.get(selectRepositoryById, { id: row.repository_id });
  if (row === undefined || repository === undefined) throw fault("PullRequestDoesNotExist", `Pull request ${id} does not exist.`);
  return { row, repository, body: JSON.parse(row.body) as PullRequest };
}

/** @throws PullRequestAlreadyClosedException */
export function openPullRequest(ctx: Context, id: string | undefined): Found {
  const found = findPullRequest(ctx, id);
  if (found.row.status === "CLOSED") throw fault("PullRequestAlreadyClosed", `Pull request ${found.row.id} is already closed.`);
  return found;
}

/** What a change of a pull request is called in its own history and on the bus. */
export interface Happening {
  /** Of PullRequestEvent. */
  readonly type: string;
  readonly metadata: object;
  /** AWS's name on the bus; undefined where it says nothing there. */
  readonly event?: string;
  /** What the bus's event says beyond the pull request itself. */
  readonly more?: Readonly<Record<string, unknown>>;
  readonly told: string;
}

/** Stores a changed pull request with what happened to it; returns it, and the event's id. */
export function savePullRequest(
  ctx: Context,
  found: Found,
  change: Partial<PullRequest> & { readonly status?: "OPEN" | "CLOSED" },
  happening: Happening | undefined,
): Found & { readonly eventId: string | undefined } {
  const { status = found.row.status, ...rest } = change;
  const body: PullRequest = { ...found.body, ...rest, lastActivity: ctx.now };
  ctx.run(updatePullRequest, { id: found.row.id, status, body: JSON.stringify(body) });
  const next = { ...found, row: { ...found.row, status, body: JSON.stringify(body) }, body };
  return { ...next, eventId: happening === undefined ? undefined : record(ctx, next, happening) };
}

/** https://docs.aws.amazon.com/codecommit/latest/userguide/monitoring-events.html */
export function record(ctx: Context, { row, body, repository }: Found, happening: Happening): string {
  ctx.run(insertPullRequestEvent, {
    id: row.id,
    type: happening.type,
    actor: ctx.principal.arn,
    time: ctx.now,
    metadata: JSON.stringify(happening.metadata),
  });
  return ctx.emit({
    source: "aws.codecommit",
    type: "CodeCommit Pull Request State Change",
    resources: [arnOf(repository)],
    detail: {
      event: happening.event ?? happening.type,
      author: row.author,
      callerUserArn: ctx.principal.arn,
      creationDate: dateText(body.created),
      lastModifiedDate: dateText(body.lastActivity),
      ...(body.description === undefined ? {} : { description: body.description }),
      destinationCommit: body.destinationCommit,
      destinationReference: body.destinationReference,
      sourceCommit: body.sourceCommit,
      sourceReference: body.sourceReference,
      isMerged: body.merge === undefined ? "False" : "True",
      notificationBody: `A pull request event occurred in the following AWS CodeCommit repository: ${repository.name}. ${ctx.principal.arn} updated the following PullRequest ${row.id}. ${happening.told}`,
      pullRequestId: String(row.id),
      pullRequestStatus: row.status === "OPEN" ? "Open" : "Closed",
      repositoryNames: [repository.name],
      revisionId: body.revisionId,
      title: body.title,
      ...happening.more,
    },
    bus: happening.event !== undefined,
    rule: `pull request ${row.id} "${body.title}": ${happening.told}`,
  });
}

/** As AWS's events have it: `Wed Nov 06 19:10:58 UTC 2019`. */
export function dateText(ms: number): string {
  const [weekday = "", day = "", month = "", year = "", time = ""] = new Date(ms).toUTCString().replace(",", "").split(" ");
  return `${weekday} ${month} ${day} ${time} UTC ${year}`;
}
