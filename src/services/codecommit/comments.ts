import type { Input, Output } from "../../aws/clients.ts";
import type { Context } from "../../aws/context.ts";
import { pageOf } from "../../aws/paging.ts";
import { commitInfo } from "../../runtime/git/index.ts";
import { entryAt } from "../../runtime/git/trees.ts";
import { addComment, checkContent, commentShape, emitComment, findComment, liveComment, madeBefore } from "./comment-record.ts";
import { type CommentRow, type Place, selectComments, updateComment as updateRow } from "./comment-store.ts";
import { limitOf } from "./commits.ts";
import { fault } from "./errors.ts";
import { checkPath } from "./objects.ts";
import { findPullRequest } from "./pull-request-record.ts";
import { positionOf } from "./repositories.ts";
import { findRepository, pathOf } from "./repository.ts";
import type { RepositoryRow } from "./store.ts";

type Compared = Pick<Input<"codecommit", "PostCommentForComparedCommit">, "beforeCommitId" | "afterCommitId" | "location">;

/** What a comment is about, with the blobs of its file. @throws CommitDoesNotExistException, PathDoesNotExistException and the like */
async function placeOf(ctx: Context, row: RepositoryRow, { beforeCommitId, afterCommitId, location }: Compared): Promise<Place> {
  const repository = pathOf(ctx.cloud, row);
  if (afterCommitId === undefined) throw fault("CommitIdRequired", "A commit ID was not specified.");
  if (beforeCommitId === afterCommitId)
    throw fault("BeforeCommitIdAndAfterCommitIdAreSame", "The before commit ID and the after commit ID are the same, which is not valid.");
  for (const id of [beforeCommitId, afterCommitId]) {
    if (id !== undefined && (await commitInfo(repository, id)) === undefined)
      throw fault("CommitDoesNotExist", `The specified commit does not exist: ${id}`);
  }
  const commits = { ...(beforeCommitId === undefined ? {} : { beforeCommitId }), afterCommitId };
  if (location?.filePath === undefined) return commits;
  const path = checkPath(location.filePath);
  const blobAt = async (commit: string | undefined) => (commit === undefined ? undefined : (await entryAt(repository, commit, path))?.id);
  const [beforeBlobId, afterBlobId] = await Promise.all([blobAt(beforeCommitId), blobAt(afterCommitId)]);
  if (beforeBlobId === undefined && afterBlobId === undefined)
    throw fault("PathDoesNotExist", `The specified path does not exist: ${path}`);
  return {
    ...commits,
    ...(beforeBlobId === undefined ? {} : { beforeBlobId }),
    ...(afterBlobId === undefined ? {} : { afterBlobId }),
    location: {
      filePath: path,
      ...(location.filePosition === undefined ? {} : { filePosition: location.filePosition }),
      relativeFileVersion: location.relativeFileVersion ?? "AFTER",
    },
  };
}

export async function postCommentForComparedCommit(
  input: Input<"codecommit", "PostCommentForComparedCommit">,
  ctx: Context,
): Promise<Output<"codecommit", "PostCommentForComparedCommit">> {
  const row = findRepository(ctx, input.repositoryName);
  const content = checkContent(input.content);
  const place = await placeOf(ctx, row, input);
  const token = input.clientRequestToken;
  const comment = ctx.tx(
    () => madeBefore(ctx, token, content) ?? addComment(ctx, { repositoryId: row.id, pullRequestId: null, content, token, place }),
  );
  return { repositoryName: row.name, ...place, comment: commentShape(ctx, comment) };
}

export async function postCommentForPullRequest(
  input: Input<"codecommit", "PostCommentForPullRequest">,
  ctx: Context,
): Promise<Output<"codecommit", "PostCommentForPullRequest">> {
  const found = findPullRequest(ctx, input.pullRequestId);
  const row = findRepository(ctx, input.repositoryName);
  if (found.repository.id !== row.id)
    throw fault("RepositoryNotAssociatedWithPullRequest", "The repository does not contain any pull requests with that pull request ID.");
  const content = checkContent(input.content);
  const place = await placeOf(ctx, row, input);
  const token = input.clientRequestToken;
  const pullRequestId = found.row.id;
  const comment = ctx.tx(
    () => madeBefore(ctx, token, content) ?? addComment(ctx, { repositoryId: row.id, pullRequestId, content, token, place }),
  );
  return { repositoryName: row.name, pullRequestId: String(pullRequestId), ...place, comment: commentShape(ctx, comment) };
}

export function postCommentReply(input: Input<"codecommit", "PostCommentReply">, ctx: Context): Output<"codecommit", "PostCommentReply"> {
  const content = checkContent(input.content);
  return ctx.tx(() => {
    const inReplyTo = findComment(ctx, input.inReplyTo);
    const token = input.clientRequestToken;
    const place = JSON.parse(inReplyTo.place) as Place;
    const { repository_id: repositoryId, pull_request_id: pullRequestId } = inReplyTo;
    const comment = madeBefore(ctx, token, content) ?? addComment(ctx, { repositoryId, pullRequestId, inReplyTo, content, token, place });
    return { comment: commentShape(ctx, comment) };
  });
}

export function getComment(input: Input<"codecommit", "GetComment">, ctx: Context): Output<"codecommit", "GetComment"> {
  return { comment: commentShape(ctx, findComment(ctx, input.commentId)) };
}

export function updateComment(input: Input<"codecommit", "UpdateComment">, ctx: Context): Output<"codecommit", "UpdateComment"> {
  const content = checkContent(input.content);
  return ctx.tx(() => {
    const row = liveComment(ctx, input.commentId);
    if (row.author !== ctx.principal.arn)
      throw fault(
        "CommentNotCreatedByCaller",
        "You cannot modify or delete this comment. Only comment authors can modify or delete their comments.",
      );
    ctx.run(updateRow, { id: row.id, content, deleted: 0, modified: ctx.now });
    emitComment(ctx, row, "Updated");
    return { comment: commentShape(ctx, findComment(ctx, row.id)) };
  });
}

export function deleteCommentContent(
  input: Input<"codecommit", "DeleteCommentContent">,
  ctx: Context,
): Output<"codecommit", "DeleteCommentContent"> {
  return ctx.tx(() => {
    const row = liveComment(ctx, input.commentId);
    ctx.run(updateRow, { id: row.id, content: "", deleted: 1, modified: ctx.now });
    return { comment: commentShape(ctx, findComment(ctx, row.id)) };
  });
}

/** Threads, the oldest first, each with what it is about. */
function threadsOf(ctx: Context, rows: readonly CommentRow[]) {
  const threads = new Map<string, CommentRow[]>();
  for (const row of rows) threads.set(row.thread, [...(threads.get(row.thread) ?? []), row]);
  return [...threads.values()].map((comments) => ({
    place: JSON.parse(comments[0]?.place ?? "{}") as Place,
    comments: comments.map((row) => commentShape(ctx, row)),
  }));
}

export function getCommentsForComparedCommit(
  input: Input<"codecommit", "GetCommentsForComparedCommit">,
  ctx: Context,
): Output<"codecommit", "GetCommentsForComparedCommit"> {
  const repository = findRepository(ctx, input.repositoryName);
  const limit = limitOf(input.maxResults);
  const start = positionOf(input.nextToken);
  const rows = ctx.all(selectComments, { repository_id: repository.id }).filter((row) => row.pull_request_id === null);
  const threads = threadsOf(ctx, rows).filter(
    ({ place }) => place.afterCommitId === input.afterCommitId && place.beforeCommitId === input.beforeCommitId,
  );
  const { items, nextToken } = pageOf(threads.slice(start, start + limit + 1), limit, () => [start + limit]);
  return {
    commentsForComparedCommitData: items.map(({ place, comments }) => ({ repositoryName: repository.name, ...place, comments })),
    ...(nextToken === undefined ? {} : { nextToken }),
  };
}

export function getCommentsForPullRequest(
  input: Input<"codecommit", "GetCommentsForPullRequest">,
  ctx: Context,
): Output<"codecommit", "GetCommentsForPullRequest"> {
  const { row, repository } = findPullRequest(ctx, input.pullRequestId);
  if (input.repositoryName !== undefined && findRepository(ctx, input.repositoryName).id !== repository.id)
    throw fault("RepositoryNotAssociatedWithPullRequest", "The repository does not contain any pull requests with that pull request ID.");
  const limit = limitOf(input.maxResults);
  const start = positionOf(input.nextToken);
  const rows = ctx.all(selectComments, { repository_id: repository.id }).filter((comment) => comment.pull_request_id === row.id);
  const threads = threadsOf(ctx, rows).filter(
    ({ place }) =>
      (input.afterCommitId ?? place.afterCommitId) === place.afterCommitId &&
      (input.beforeCommitId === undefined || input.beforeCommitId === place.beforeCommitId),
  );
  const { items, nextToken } = pageOf(threads.slice(start, start + limit + 1), limit, () => [start + limit]);
  return {
    commentsForPullRequestData: items.map(({ place, comments }) => ({
      pullRequestId: String(row.id),
      repositoryName: repository.name,
      ...place,
      comments,
    })),
    ...(nextToken === undefined ? {} : { nextToken }),
  };
}
