import type { Context } from "../../aws/context.ts";
import { type CommentRow, insertComment, type Place, selectComment, selectCommentByToken, selectReactions } from "./comment-store.ts";
import { fault } from "./errors.ts";
import { arnOf } from "./repository.ts";
import { type RepositoryRow, selectRepositoryById } from "./store.ts";

const LARGEST_COMMENT = 10_240;

/** @throws CommentDoesNotExistException, CommentDeletedException */
export function findComment(ctx: Context, id: string | undefined): CommentRow {
  if (id === undefined || id === "") throw fault("CommentIdRequired", "The comment ID is missing or null. A comment ID is required.");
  const row = ctx.get(selectComment, { id });
  if (row === undefined) throw fault("CommentDoesNotExist", `No comment exists with the provided ID: ${id}`);
  return row;
}

export function liveComment(ctx: Context, id: string | undefined): CommentRow {
  const row = findComment(ctx, id);
  if (row.deleted === 1)
    throw fault("CommentDeleted", "This comment has already been deleted. You cannot edit or delete a deleted comment.");
  return row;
}

/** @throws CommentContentRequiredException, CommentContentSizeLimitExceededException */
export function checkContent(content: string | undefined): string {
  if (content === undefined || content === "")
    throw fault("CommentContentRequired", "The comment is empty. You must provide some content for a comment. The content cannot be null.");
  if (content.length > LARGEST_COMMENT)
    throw fault("CommentContentSizeLimitExceeded", "The comment is too large. Comments are limited to 10,240 characters.");
  return content;
}

export function commentShape(ctx: Context, row: CommentRow) {
  const reactions = ctx.all(selectReactions, { comment_id: row.id });
  const counts: Record<string, number> = {};
  for (const { reaction } of reactions) counts[reaction] = (counts[reaction] ?? 0) + 1;
  return {
    commentId: row.id,
    ...(row.deleted === 1 ? {} : { content: row.content }),
    ...(row.in_reply_to === null ? {} : { inReplyTo: row.in_reply_to }),
    creationDate: new Date(row.created),
    lastModifiedDate: new Date(row.modified),
    authorArn: row.author,
    deleted: row.deleted === 1,
    ...(row.token === null ? {} : { clientRequestToken: row.token }),
    callerReactions: reactions.filter(({ user }) => user === ctx.principal.arn).map(({ reaction }) => reaction),
    reactionCounts: counts,
  };
}

export interface NewComment {
  readonly repositoryId: string;
  readonly pullRequestId: number | null;
  readonly inReplyTo?: CommentRow;
  readonly content: string;
  readonly token: string | undefined;
  readonly place: Place;
}

/** The comment that this token made, if it did. @throws IdempotencyParameterMismatchException */
export function madeBefore(ctx: Context, token: string | undefined, content: string): CommentRow | undefined {
  const row = token === undefined ? undefined : ctx.get(selectCommentByToken, { token });
  if (row !== undefined && row.content !== content)
    throw fault("IdempotencyParameterMismatch", "The client request token is not valid: it was used with other parameters.");
  return row;
}

export function addComment(ctx: Context, comment: NewComment): CommentRow {
  const id = `${ctx.cloud.ids.uuid()}:${ctx.cloud.ids.uuid()}`;
  const { inReplyTo } = comment;
  ctx.run(insertComment, {
    id,
    repository_id: comment.repositoryId,
    pull_request_id: comment.pullRequestId,
    thread: inReplyTo?.thread ?? id,
    in_reply_to: inReplyTo?.id ?? null,
    author: ctx.principal.arn,
    content: comment.content,
    created: ctx.now,
    modified: ctx.now,
    token: comment.token ?? null,
    place: JSON.stringify(comment.place),
  });
  ctx.claim(id);
  const row = findComment(ctx, id);
  emitComment(ctx, row, "Created");
  return row;
}

export function repositoryOf(ctx: Context, row: CommentRow): RepositoryRow | undefined {
  return ctx.cloud.store.get(selectRepositoryById, { id: row.repository_id });
}

/** https://docs.aws.amazon.com/codecommit/latest/userguide/monitoring-events.html#commentOnPullRequestCreated */
export function emitComment(ctx: Context, row: CommentRow, what: "Created" | "Updated"): void {
  const repository = repositoryOf(ctx, row);
  if (repository === undefined) return;
  const { beforeCommitId, afterCommitId } = JSON.parse(row.place) as Place;
  const onPull = row.pull_request_id !== null;
  ctx.emit({
    source: "aws.codecommit",
    type: onPull ? "CodeCommit Comment on Pull Request" : "CodeCommit Comment on Commit",
    resources: [arnOf(repository)],
    detail: {
      ...(beforeCommitId === undefined ? {} : { beforeCommitId }),
      afterCommitId,
      repositoryId: repository.id,
      repositoryName: repository.name,
      ...(row.in_reply_to === null ? {} : { inReplyTo: row.in_reply_to }),
      notificationBody: `A comment event occurred in the following AWS CodeCommit repository: ${repository.name}. The user ${ctx.principal.arn} made a comment. The comment ID is ${row.id}.`,
      commentId: row.id,
      event: `${onPull ? "commentOnPullRequest" : "commentOnCommit"}${what}`,
      callerUserArn: ctx.principal.arn,
      ...(onPull ? { pullRequestId: String(row.pull_request_id) } : {}),
    },
    bus: true,
  });
}
