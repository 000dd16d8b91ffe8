import { statement, unscoped } from "../../kernel/store.ts";

const SCOPE = "account = :account AND region = :region";

export interface PullRequestRow {
  readonly account: string;
  readonly region: string;
  readonly id: number;
  readonly repository_id: string;
  readonly status: "OPEN" | "CLOSED";
  readonly author: string;
  readonly token: string | null;
  /** JSON: see PullRequest. */
  readonly body: string;
}

export interface Rule {
  readonly id: string;
  readonly name: string;
  readonly content: string;
  readonly created: number;
  readonly modified: number;
  readonly modifiedBy: string;
  readonly template?: { readonly id: string; readonly name: string };
}

/** What of a pull request may change. */
export interface PullRequest {
  readonly title: string;
  readonly description?: string;
  readonly sourceReference: string;
  readonly destinationReference: string;
  readonly sourceCommit: string;
  readonly destinationCommit: string;
  readonly revisionId: string;
  readonly created: number;
  readonly lastActivity: number;
  readonly rules: readonly Rule[];
  /** By revision, then by user. */
  readonly approvals: Readonly<Record<string, Readonly<Record<string, "APPROVE" | "REVOKE">>>>;
  /** By revision: who set the rules aside. */
  readonly overrides: Readonly<Record<string, string>>;
  readonly merge?: { readonly by: string; readonly commitId: string; readonly option: string };
}

export interface PullRequestEventRow {
  readonly sequence: number;
  readonly type: string;
  readonly actor: string;
  readonly time: number;
  /** JSON: the member of PullRequestEvent that the type has. */
  readonly metadata: string;
}

export const nextPullRequestId = statement<Record<never, never>, { id: number }>(
  `SELECT coalesce(max(id), 0) + 1 AS id FROM codecommit_pull_requests WHERE ${SCOPE}`,
);
export const insertPullRequest = statement<
  Omit<PullRequestRow, "account" | "region"> & { readonly [name: string]: string | number | null }
>(
  `INSERT INTO codecommit_pull_requests (account, region, id, repository_id, status, author, token, body)
   VALUES (:account, :region, :id, :repository_id, :status, :author, :token, :body)`,
);
export const selectPullRequest = statement<{ id: number }, PullRequestRow>(
  `SELECT * FROM codecommit_pull_requests WHERE ${SCOPE} AND id = :id`,
);
export const selectPullRequestByToken = statement<{ token: string }, PullRequestRow>(
  `SELECT * FROM codecommit_pull_requests WHERE ${SCOPE} AND token = :token`,
);
export const selectPullRequests = unscoped<{ repository_id: string }, PullRequestRow>(
  "SELECT * FROM codecommit_pull_requests WHERE repository_id = :repository_id ORDER BY id DESC",
);
export const updatePullRequest = statement<{ id: number; status: string; body: string }>(
  `UPDATE codecommit_pull_requests SET status = :status, body = :body WHERE ${SCOPE} AND id = :id`,
);
export const insertPullRequestEvent = statement<{ id: number; type: string; actor: string; time: number; metadata: string }>(
  `INSERT INTO codecommit_pull_request_events (account, region, pull_request_id, type, actor, time, metadata)
   VALUES (:account, :region, :id, :type, :actor, :time, :metadata)`,
);
export const selectPullRequestEvents = statement<{ id: number }, PullRequestEventRow>(
  `SELECT sequence, type, actor, time, metadata FROM codecommit_pull_request_events WHERE ${SCOPE} AND pull_request_id = :id ORDER BY sequence DESC`,
);
