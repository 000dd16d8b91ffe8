/** https://docs.aws.amazon.com/codebuild/latest/APIReference/API_WebhookFilter.html */
export type WebhookEvent =
  | "PUSH"
  | "PULL_REQUEST_CREATED"
  | "PULL_REQUEST_UPDATED"
  | "PULL_REQUEST_CLOSED"
  | "PULL_REQUEST_REOPENED"
  | "PULL_REQUEST_MERGED"
  | "RELEASED"
  | "PRERELEASED";

/** What a host tells of one event, in the words that filters are written in. */
export interface Delivery {
  readonly event: WebhookEvent;
  /** Account id of who did it. */
  readonly actor: string;
  /** `owner/name`. */
  readonly repository: string;
  readonly cloneUrl: string | undefined;
  /** `refs/heads/…` or `refs/tags/…`. */
  readonly headRef: string;
  /** Of a pull request: the branch that it is to be merged into. */
  readonly baseRef?: string | undefined;
  readonly commit: string | undefined;
  /** Of a push: what the ref was at before. */
  readonly before?: string | undefined;
  /** Of a merged pull request. */
  readonly mergeCommit?: string | undefined;
  /** Of the head commit; undefined where the host does not tell. */
  readonly message?: string | undefined;
  /** Changed files; undefined where the host does not tell. */
  readonly paths?: readonly string[] | undefined;
  readonly pullRequest?: string | undefined;
  readonly tagName?: string | undefined;
  readonly releaseName?: string | undefined;
  /** The contributor's role in the repository, of `approverRoles`; undefined where the host does not tell. */
  readonly role?: string | undefined;
  readonly isFork?: boolean | undefined;
}

/** Somebody lets a pull request be built: `/codebuild_run(<commit>)`. */
export interface Approval {
  readonly pullRequest: string;
  readonly commit: string;
  readonly role: string | undefined;
}

/** What came: events, an approval, or something that builds are not about. */
export interface Received {
  readonly deliveries: readonly Delivery[];
  readonly approval?: Approval;
  /** Why there is nothing to do. */
  readonly ignored?: string;
}

export const ignored = (why: string): Received => ({ deliveries: [], ignored: why });

/** JSON that somebody sent: every step may lead to nothing. */
export class Payload {
  readonly #value: unknown;

  constructor(value: unknown) {
    this.#value = value;
  }

  at(...path: readonly string[]): Payload {
    let value = this.#value;
    for (const name of path) value = (value as Readonly<Record<string, unknown>> | null | undefined)?.[name];
    return new Payload(value);
  }

  list(...path: readonly string[]): Payload[] {
    const value = this.at(...path).#value;
    return Array.isArray(value) ? value.map((item) => new Payload(item)) : [];
  }

  /** Numbers too, which ids are. */
  text(...path: readonly string[]): string | undefined {
    const value = this.at(...path).#value;
    return typeof value === "string" || typeof value === "number" ? String(value) : undefined;
  }

  flag(...path: readonly string[]): boolean {
    return this.at(...path).#value === true;
  }

  texts(...path: readonly string[]): string[] {
    return this.list(...path).flatMap((item) => item.text() ?? []);
  }

  get isThere(): boolean {
    return this.#value !== undefined && this.#value !== null;
  }
}

/** A commit's id, unless it is the one of zeros, which stands for none. */
export const commitId = (id: string | undefined): string | undefined => (id === undefined || /^0*$/.test(id) ? undefined : id);

/** Files of all commits of a push. */
export function pathsOf(commits: readonly Payload[]): string[] {
  return [...new Set(commits.flatMap((commit) => ["added", "modified", "removed"].flatMap((kind) => commit.texts(kind))))];
}
