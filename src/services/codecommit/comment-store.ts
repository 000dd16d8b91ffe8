import { statement } from "../../kernel/store.ts";

export interface CommentRow {
  readonly id: string;
  readonly sequence: number;
  readonly repository_id: string;
  readonly pull_request_id: number | null;
  /** Id of the comment that the thread begins with. */
  readonly thread: string;
  readonly in_reply_to: string | null;
  readonly author: string;
  readonly content: string;
  readonly deleted: number;
  readonly created: number;
  readonly modified: number;
  readonly token: string | null;
  /** JSON: see Place. */
  readonly place: string;
}

/** What a thread is about. */
export interface Place {
  readonly beforeCommitId?: string;
  readonly afterCommitId: string;
  readonly beforeBlobId?: string;
  readonly afterBlobId?: string;
  readonly location?: { readonly filePath?: string; readonly filePosition?: number; readonly relativeFileVersion?: "BEFORE" | "AFTER" };
}

const SCOPE = "account = :account AND region = :region";

export const insertComment = statement<Omit<CommentRow, "sequence" | "deleted"> & { readonly [name: string]: string | number | null }>(
  `INSERT INTO codecommit_comments (account, region, id, sequence, repository_id, pull_request_id, thread, in_reply_to, author, content,
     deleted, created, modified, token, place)
   VALUES (:account, :region, :id, (SELECT coalesce(max(sequence), 0) + 1 FROM codecommit_comments), :repository_id, :pull_request_id,
     :thread, :in_reply_to, :author, :content, 0, :created, :modified, :token, :place)`,
);
export const selectComment = statement<{ id: string }, CommentRow>(`SELECT * FROM codecommit_comments WHERE ${SCOPE} AND id = :id`);
export const selectCommentByToken = statement<{ token: string }, CommentRow>(
  `SELECT * FROM codecommit_comments WHERE ${SCOPE} AND token = :token`,
);
export const selectComments = statement<{ repository_id: string }, CommentRow>(
  `SELECT * FROM codecommit_comments WHERE ${SCOPE} AND repository_id = :repository_id ORDER BY sequence`,
);
export const updateComment = statement<{ id: string; content: string; deleted: number; modified: number }>(
  `UPDATE codecommit_comments SET content = :content, deleted = :deleted, modified = :modified WHERE ${SCOPE} AND id = :id`,
);
export const upsertReaction = statement<{ comment_id: string; user: string; reaction: string }>(
  `INSERT INTO codecommit_reactions (account, region, comment_id, user, reaction) VALUES (:account, :region, :comment_id, :user, :reaction)
   ON CONFLICT DO UPDATE SET reaction = :reaction`,
);
export const deleteReaction = statement<{ comment_id: string; user: string }>(
  `DELETE FROM codecommit_reactions WHERE ${SCOPE} AND comment_id = :comment_id AND user = :user`,
);
export const selectReactions = statement<{ comment_id: string }, { user: string; reaction: string }>(
  `SELECT user, reaction FROM codecommit_reactions WHERE ${SCOPE} AND comment_id = :comment_id ORDER BY user`,
);
