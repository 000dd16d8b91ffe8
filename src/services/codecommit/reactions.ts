import type { Input, Output } from "../../aws/clients.ts";
import type { Context } from "../../aws/context.ts";
import { pageOf } from "../../aws/paging.ts";
import { liveComment, repositoryOf } from "./comment-record.ts";
import { deleteReaction, selectReactions, upsertReaction } from "./comment-store.ts";
import { limitOf } from "./commits.ts";
import { fault } from "./errors.ts";
import { positionOf } from "./repositories.ts";
import { arnOf } from "./repository.ts";

/** https://docs.aws.amazon.com/codecommit/latest/userguide/how-to-commit-comment.html#emoji-reaction-table */
const REACTIONS = [
  { emoji: "👍", shortCode: ":thumbsup:", unicode: "U+1F44D" },
  { emoji: "👎", shortCode: ":thumbsdown:", unicode: "U+1F44E" },
  { emoji: "😄", shortCode: ":smile:", unicode: "U+1F604" },
  { emoji: "❤️", shortCode: ":heart:", unicode: "U+2764" },
  { emoji: "😠", shortCode: ":angry:", unicode: "U+1F620" },
  { emoji: "😕", shortCode: ":confused:", unicode: "U+1F615" },
  { emoji: "😨", shortCode: ":scared:", unicode: "U+1F628" },
  { emoji: "😴", shortCode: ":sleep:", unicode: "U+1F634" },
] as const;

export function putCommentReaction(
  input: Input<"codecommit", "PutCommentReaction">,
  ctx: Context,
): Output<"codecommit", "PutCommentReaction"> {
  const value = input.reactionValue ?? "";
  const isNone = value === "" || value === "none";
  const reaction = REACTIONS.find((known) => [known.emoji, known.shortCode, known.unicode].some((form) => form === value));
  if (reaction === undefined && !isNone) throw fault("InvalidReactionValue", `The value of the reaction is not valid: ${value}`);
  return ctx.tx(() => {
    const comment = liveComment(ctx, input.commentId);
    const user = ctx.principal.arn;
    const before = ctx.all(selectReactions, { comment_id: comment.id }).find((other) => other.user === user);
    if (reaction === undefined) {
      ctx.run(deleteReaction, { comment_id: comment.id, user });
      return {};
    }
    ctx.run(upsertReaction, { comment_id: comment.id, user, reaction: reaction.shortCode });
    const repository = repositoryOf(ctx, comment);
    if (repository === undefined) return {};
    ctx.emit({
      source: "aws.codecommit",
      type: "CodeCommit Comment Reaction Change",
      resources: [arnOf(repository)],
      detail: {
        callerUserArn: user,
        commentId: comment.id,
        event: before === undefined ? "commentReactionCreated" : "commentReactionUpdated",
        notificationBody: `A comment reaction event occurred in the following AWS CodeCommit Repository: ${repository.name}. The user: ${user} made a comment reaction ${reaction.emoji} to the comment with comment ID: ${comment.id}`,
        reactionEmojis: [reaction.emoji],
        reactionShortcodes: [reaction.shortCode],
        reactionUnicodes: [reaction.unicode],
        repositoryId: repository.id,
        repositoryName: repository.name,
      },
      bus: true,
    });
    return {};
  });
}

export function getCommentReactions(
  input: Input<"codecommit", "GetCommentReactions">,
  ctx: Context,
): Output<"codecommit", "GetCommentReactions"> {
  const comment = liveComment(ctx, input.commentId);
  const rows = ctx
    .all(selectReactions, { comment_id: comment.id })
    .filter(({ user }) => input.reactionUserArn === undefined || user === input.reactionUserArn);
  const used = REACTIONS.flatMap((reaction) => {
    const users = rows.filter((row) => row.reaction === reaction.shortCode).map(({ user }) => user);
    return users.length === 0 ? [] : [{ reaction: { ...reaction }, reactionUsers: users, reactionsFromDeletedUsersCount: 0 }];
  });
  const limit = limitOf(input.maxResults);
  const start = positionOf(input.nextToken);
  const { items, nextToken } = pageOf(used.slice(start, start + limit + 1), limit, () => [start + limit]);
  return { reactionsForComment: items, ...(nextToken === undefined ? {} : { nextToken }) };
}
