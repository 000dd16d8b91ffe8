import type { DatabaseSync, StatementSync } from "node:sqlite";
import { OrreryError } from "./errors.ts";

interface Batch {
  readonly committed: Promise<void>;
  readonly resolve: () => void;
  readonly reject: (error: unknown) => void;
}

interface Savepoint {
  readonly open: StatementSync;
  readonly release: StatementSync;
  readonly undo: StatementSync;
}

/**
 * Transactions of one connection. Those of one turn of the event loop share a commit, which is what costs: requests that
 * arrive together are committed together, and one that comes alone is committed before the loop turns again.
 *
 * SQLite itself gives up the whole transaction, savepoints included, when the disk is full or fails. Then all that shared
 * the commit is lost, and each of them must be told: by `committed`, or by the next statement when it is still under way.
 */
export class Transactions {
  readonly #db: DatabaseSync;
  readonly #undone: () => void;
  readonly #savepoints: Savepoint[] = [];
  readonly #begin: StatementSync;
  readonly #end: StatementSync;
  #depth = 0;
  #batch: Batch | undefined;
  #afterCommit: (() => void)[] = [];
  #failures = 0;
  #failure: unknown;
  /** What ended the transaction under the feet of the work that is under way. */
  #broken: { readonly error: unknown } | undefined;

  /** `undone` is told of everything that was rolled back. */
  constructor(db: DatabaseSync, undone: () => void) {
    this.#db = db;
    this.#undone = undone;
    this.#begin = db.prepare("BEGIN IMMEDIATE");
    this.#end = db.prepare("COMMIT");
  }

  /** Makes sure that a transaction is open, to be committed at the end of this turn. */
  begin(): void {
    this.#check();
    if (this.#batch !== undefined) return;
    this.#begin.run();
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    // Nobody may be waiting for it: a failed commit is then told by `committed` with a mark.
    promise.catch(() => undefined);
    this.#batch = { committed: promise, resolve, reject };
    setImmediate(() => this.#commit());
  }

  /** See `Store.tx`. */
  run<T>(work: () => T): T {
    this.begin();
    const { open, release, undo } = this.#savepoint(this.#depth);
    open.run();
    this.#depth++;
    const hooks = this.#afterCommit.length;
    try {
      const result = work();
      this.#check();
      release.run();
      return result;
    } catch (error) {
      if (this.#db.isTransaction) {
        this.#afterCommit.length = hooks;
        undo.run();
        release.run();
        this.#undone();
      } else this.#abandon(error);
      throw error;
    } finally {
      this.#depth--;
      if (this.#depth === 0) this.#broken = undefined;
    }
  }

  /** See `Store.afterCommit`. */
  afterCommit(hook: () => void): void {
    if (this.#batch === undefined) hook();
    else this.#afterCommit.push(hook);
  }

  /** See `Store.mark`. */
  get failures(): number {
    return this.#failures;
  }

  /** See `Store.committed`. */
  committed(mark: number): Promise<void> | undefined {
    return mark === this.#failures ? this.#batch?.committed : Promise.reject(this.#failure);
  }

  /** See `Store.flush`. */
  flush(): void {
    if (this.#depth > 0) return;
    const failures = this.#failures;
    this.#commit();
    if (this.#failures !== failures) throw this.#failure;
  }

  /** Whoever caught what ended the whole transaction cannot go on as if only its own part had failed. */
  #check(): void {
    if (this.#batch !== undefined && !this.#db.isTransaction)
      this.#abandon(new OrreryError("StorageFailed", "the database gave up a transaction: the disk is full, or fails"));
    if (this.#broken !== undefined) throw this.#broken.error;
  }

  #commit(): void {
    const batch = this.#batch;
    if (batch === undefined || this.#depth > 0) return;
    try {
      this.#end.run();
    } catch (error) {
      if (this.#db.isTransaction) this.#db.exec("ROLLBACK");
      this.#abandon(error);
      return;
    }
    const hooks = this.#afterCommit;
    this.#batch = undefined;
    this.#afterCommit = [];
    batch.resolve();
    for (const hook of hooks) hook();
  }

  /** Nothing of the batch is there any more. */
  #abandon(error: unknown): void {
    if (this.#depth > 0) this.#broken ??= { error };
    this.#undone();
    const batch = this.#batch;
    if (batch === undefined) return;
    this.#batch = undefined;
    this.#afterCommit = [];
    this.#failures++;
    this.#failure = error;
    batch.reject(error);
  }

  #savepoint(level: number): Savepoint {
    const existing = this.#savepoints[level];
    if (existing !== undefined) return existing;
    const made = {
      open: this.#db.prepare(`SAVEPOINT s${level}`),
      release: this.#db.prepare(`RELEASE s${level}`),
      undo: this.#db.prepare(`ROLLBACK TO s${level}`),
    };
    this.#savepoints[level] = made;
    return made;
  }
}
