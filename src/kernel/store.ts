import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { DatabaseSync, type SQLInputValue, type StatementSync } from "node:sqlite";
import { messageOf, OrreryError } from "./errors.ts";
import { lockFolder } from "./lock.ts";
import { Transactions } from "./transactions.ts";

export type Value = SQLInputValue;
export type Params = { readonly [name: string]: Value };
/** A result row. Declared as an interface or an object type with the columns that the statement selects. */
export type Row = object;

/** Account and region that scoped statements are bound to. */
export interface Scope {
  readonly account: string;
  readonly region: string;
}

interface Sql {
  readonly sql: string;
  readonly usesAccount: boolean;
  readonly usesRegion: boolean;
  readonly writes: boolean;
  /** The table that it writes to; undefined for reads, and for writes that do not begin with it. */
  readonly table: string | undefined;
  /** For `remembered` reads: writing to one of these tables makes its rows old. */
  readonly memory?: { readonly tables: readonly string[]; readonly names: readonly string[] };
}

/** One SQL text with the types of its parameters and rows; prepared once per store, on first use. */
export interface Statement<P extends Params, R extends Row> extends Sql {
  /** Never set: carries the types. */
  readonly types?: (params: P) => R;
}

const WRITES = /^\s*(INSERT|UPDATE|DELETE|REPLACE|WITH)\b/i;
const WRITTEN_TABLE = /^\s*(?:INSERT(?:\s+OR\s+\w+)?\s+INTO|UPDATE(?:\s+OR\s+\w+)?|DELETE\s+FROM|REPLACE\s+INTO)\s+"?(\w+)/i;

function writing(sql: string): Pick<Sql, "writes" | "table"> {
  return { writes: WRITES.test(sql), table: WRITTEN_TABLE.exec(sql)?.[1] };
}

/**
 * The same statement, its rows kept in memory until one of `tables` is written to: for `get` of small rows that nearly
 * every request reads. `tables` names what it reads, and what its rows go with (ON DELETE CASCADE).
 */
export function remembered<P extends Params, R extends Row>(statement: Statement<P, R>, tables: readonly string[]): Statement<P, R> {
  const names = [...new Set([...statement.sql.matchAll(/:(\w+)/g)].map(([, name = ""]) => name))];
  return { ...statement, memory: { tables, names } };
}

/**
 * A statement over rows of one account (and, where it says `:region`, one region). The store binds `:account` and
 * `:region` from the context.
 * @throws OrreryError StatementInvalid when the text does not mention `:account`.
 */
export function statement<P extends Params = Record<never, never>, R extends Row = Record<never, never>>(sql: string): Statement<P, R> {
  if (!/:account\b/.test(sql))
    throw new OrreryError("StatementInvalid", `not scoped by :account (use unscoped() where that is right): ${sql}`);
  return { sql, usesAccount: true, usesRegion: /:region\b/.test(sql), ...writing(sql) };
}

/** A statement that may cross accounts and regions: look-ups by a globally unique id, and tables that have no scope. */
export function unscoped<P extends Params = Record<never, never>, R extends Row = Record<never, never>>(sql: string): Statement<P, R> {
  return { sql, usesAccount: false, usesRegion: false, ...writing(sql) };
}

/** The schema of one part, as a list of SQL scripts; script i takes it from version i to i+1. Never edit one that was released. */
export interface Migrations {
  readonly name: string;
  readonly steps: readonly string[];
}

export interface StoreOptions {
  readonly dataDir: string;
  /** `full` also survives loss of power; `process` (the default) survives `kill -9`. */
  readonly durability?: "process" | "full";
}

const MOST_REMEMBERED = 1_000;

const KERNEL: Migrations = {
  name: "kernel",
  steps: [
    `CREATE TABLE claims (token TEXT PRIMARY KEY, id TEXT NOT NULL) STRICT, WITHOUT ROWID;
     CREATE TABLE settings (name TEXT PRIMARY KEY, value TEXT NOT NULL) STRICT, WITHOUT ROWID;`,
  ],
};

const insertClaim = unscoped<{ token: string; id: string }>("INSERT OR IGNORE INTO claims (token, id) VALUES (:token, :id)");
const selectClaim = unscoped<{ token: string }, { id: string }>("SELECT id FROM claims WHERE token = :token");
const deleteClaim = unscoped<{ token: string }>("DELETE FROM claims WHERE token = :token");
const selectSetting = unscoped<{ name: string }, { value: string }>("SELECT value FROM settings WHERE name = :name");
const upsertSetting = unscoped<{ name: string; value: string }>(
  "INSERT INTO settings (name, value) VALUES (:name, :value) ON CONFLICT (name) DO UPDATE SET value = :value",
);

/**
 * The one SQLite file of a cloud. All access is synchronous and in this process, so a transaction is a function call:
 * nothing else can run inside it. In WAL mode with `synchronous=NORMAL` a commit is in the operating system's hands before
 * it returns, which is what makes it survive `kill -9` of this process.
 */
export class Store {
  readonly #db: DatabaseSync;
  readonly #prepared = new Map<Sql, StatementSync>();
  readonly #unlock: () => void;
  readonly #transactions: Transactions;
  /** Writes to each table, and rollbacks: what was remembered at another count is old. */
  readonly #writes = new Map<string, number>();
  #upheavals = 0;
  #generation = 0;
  readonly #memories = new Map<Sql, Map<string, { readonly stamp: number; readonly row: Row | undefined }>>();

  /** @throws OrreryError DataFolderInUse, DataFolderNewer */
  constructor(options: StoreOptions) {
    mkdirSync(options.dataDir, { recursive: true, mode: 0o700 });
    this.#unlock = lockFolder(options.dataDir);
    try {
      this.#db = openDatabase(options);
    } catch (error) {
      this.#unlock();
      throw error;
    }
    this.#transactions = new Transactions(this.#db, () => {
      this.#upheavals++;
    });
    this.migrate(KERNEL);
  }

  /** Brings the tables of parts to the version that this program knows, all of them in one commit. */
  migrate(...parts: readonly Migrations[]): void {
    for (const part of parts) this.#migrate(part);
    // What comes after stands on it, and must not share its fate.
    this.flush();
  }

  #migrate(migrations: Migrations): void {
    const row = this.#db.prepare("SELECT version FROM versions WHERE name = ?").get(migrations.name);
    const from = typeof row?.["version"] === "number" ? row["version"] : 0;
    if (from > migrations.steps.length) {
      this.close();
      throw new OrreryError(
        "DataFolderNewer",
        `the data folder holds version ${from} of ${migrations.name}, this Orrery knows ${migrations.steps.length}: start the newer Orrery, or another folder with --data`,
      );
    }
    if (from === migrations.steps.length) return;
    this.tx(() => {
      for (const step of migrations.steps.slice(from)) this.#db.exec(step);
      this.#db.prepare("INSERT OR REPLACE INTO versions (name, version) VALUES (?, ?)").run(migrations.name, migrations.steps.length);
    });
  }

  get<P extends Params, R extends Row>(statement: Statement<P, R>, params: P, scope?: Scope): R | undefined {
    const bound = bind(statement, params, scope);
    if (statement.memory !== undefined) return this.#recall(statement, statement.memory, bound) as R | undefined;
    return this.#prepare(statement).get(bound) as R | undefined;
  }

  all<P extends Params, R extends Row>(statement: Statement<P, R>, params: P, scope?: Scope): R[] {
    return this.#prepare(statement).all(bind(statement, params, scope)) as R[];
  }

  /** Rows one by one, for results that may be large. The caller must not write to the same table meanwhile. */
  iterate<P extends Params, R extends Row>(statement: Statement<P, R>, params: P, scope?: Scope): IterableIterator<R> {
    return this.#prepare(statement).iterate(bind(statement, params, scope)) as IterableIterator<R>;
  }

  /** Number of rows changed. */
  run<P extends Params, R extends Row>(statement: Statement<P, R>, params: P, scope?: Scope): number {
    return Number(this.#prepare(statement).run(bind(statement, params, scope)).changes);
  }

  /**
   * All or nothing. `work` is synchronous; a nested call is a savepoint of the outer transaction, so that what it
   * threw may be caught without losing the rest.
   */
  tx<T>(work: () => T): T {
    return this.#transactions.run(work);
  }

  /** Runs `hook`, which must not throw, once what was written so far is committed; at once when it is. Dropped when its transaction is rolled back. */
  afterCommit(hook: () => void): void {
    this.#transactions.afterCommit(hook);
  }

  /** Taken before some work begins, it makes `committed` tell of every commit that failed since. */
  mark(): number {
    return this.#transactions.failures;
  }

  /**
   * Resolves when all that was written since the mark is committed; undefined when it is already. Whoever acknowledges a
   * write to the world outside waits for it. @throws what a commit threw, e.g. a full disk
   */
  committed(mark = this.mark()): Promise<void> | undefined {
    return this.#transactions.committed(mark);
  }

  /** Commits now what waits for the end of this turn of the event loop. @throws what the commit threw */
  flush(): void {
    this.#transactions.flush();
  }

  claim(token: string, id: string): void {
    this.run(insertClaim, { token, id });
  }

  claimed(token: string): string | undefined {
    return this.get(selectClaim, { token })?.id;
  }

  /** Forgets a claim whose creation has been recorded by whoever asked for it. */
  releaseClaim(token: string): void {
    this.run(deleteClaim, { token });
  }

  setting(name: string): string | undefined {
    return this.get(selectSetting, { name })?.value;
  }

  setSetting(name: string, value: string): void {
    this.run(upsertSetting, { name, value });
  }

  /** Grows when all rows are replaced: whoever read rows of an earlier generation knows nothing of what is there now. */
  get generation(): number {
    return this.#generation;
  }

  /** Empties every table, the schema stays: milliseconds, whatever the number of services. */
  wipe(): void {
    this.#replaceAll((table) => `DELETE FROM "${table}"`);
  }

  /**
   * Replaces all rows by those of a copy that `copyTo` wrote.
   * @throws OrreryError SnapshotInvalid when the copy has other tables or versions than this program
   */
  restoreFrom(file: string): void {
    this.flush();
    this.#attach(file);
    try {
      this.#replaceAll((table) => `DELETE FROM "${table}"; INSERT INTO main."${table}" SELECT * FROM copy."${table}"`);
    } finally {
      this.#detach();
    }
  }

  /** Makes the tables of another file known as `copy`. @throws OrreryError SnapshotInvalid */
  #attach(file: string): void {
    let differing: Row | undefined;
    try {
      this.#db.prepare("ATTACH ? AS copy").run(file);
      differing = this.#db.prepare("SELECT name, version FROM versions EXCEPT SELECT name, version FROM copy.versions LIMIT 1").get();
    } catch (error) {
      this.#detach();
      throw new OrreryError("SnapshotInvalid", `${file} cannot be read: ${messageOf(error)}`, { cause: error });
    }
    if (differing === undefined) return;
    this.#detach();
    const tables = String((differing as { name?: unknown }).name);
    throw new OrreryError("SnapshotInvalid", `the snapshot was made by another version of Orrery (its ${tables} tables differ)`);
  }

  #detach(): void {
    const attached = this.#db.prepare("PRAGMA database_list").all();
    if (attached.some(({ name }) => name === "copy")) this.#db.exec("DETACH copy");
  }

  #replaceAll(sqlFor: (table: string) => string): void {
    const tables = this.#db
      .prepare("SELECT name FROM main.sqlite_schema WHERE type = 'table' AND name NOT LIKE 'sqlite_%' AND name <> 'versions'")
      .all();
    this.#upheavals++;
    // The pragma and DETACH mean nothing inside a transaction.
    this.flush();
    this.#db.exec("PRAGMA foreign_keys = OFF");
    try {
      this.tx(() => {
        for (const { name } of tables) this.#db.exec(sqlFor(String(name)));
      });
      this.#generation++;
    } finally {
      try {
        this.flush();
      } finally {
        this.#db.exec("PRAGMA foreign_keys = ON");
      }
    }
  }

  /** Puts one text in the place of another, wherever text is stored. Reads every row: for when the whole cloud has moved. */
  replaceText(from: string, to: string): void {
    const columns = this.#db
      .prepare(
        `SELECT tables.name AS inTable, columns.name AS inColumn FROM main.sqlite_schema AS tables, pragma_table_info(tables.name) AS columns
         WHERE tables.type = 'table' AND tables.name NOT LIKE 'sqlite_%' AND tables.name <> 'versions' AND columns.type = 'TEXT'`,
      )
      .all();
    this.#upheavals++;
    this.tx(() => {
      for (const { inTable, inColumn } of columns) {
        const column = `"${String(inColumn)}"`;
        const update = `UPDATE "${String(inTable)}" SET ${column} = replace(${column}, :from, :to) WHERE instr(${column}, :from) > 0`;
        this.#db.prepare(update).run({ from, to });
      }
    });
    this.flush();
  }

  /** Writes a consistent copy of the whole file. */
  copyTo(file: string): void {
    this.flush();
    this.#db.prepare("VACUUM INTO ?").run(file);
  }

  get isOpen(): boolean {
    return this.#db.isOpen;
  }

  close(): void {
    try {
      if (this.#db.isOpen) this.flush();
    } finally {
      if (this.#db.isOpen) this.#db.close();
      this.#unlock();
    }
  }

  #recall(statement: Sql, { tables, names }: NonNullable<Sql["memory"]>, bound: Record<string, SQLInputValue>): Row | undefined {
    let stamp = this.#upheavals;
    for (const table of tables) stamp += this.#writes.get(table) ?? 0;
    let memory = this.#memories.get(statement);
    if (memory === undefined || memory.size > MOST_REMEMBERED) {
      memory = new Map();
      this.#memories.set(statement, memory);
    }
    const key = JSON.stringify(names.map((name) => bound[name]));
    const known = memory.get(key);
    if (known?.stamp === stamp) return known.row;
    const row = this.#prepare(statement).get(bound);
    memory.set(key, { stamp, row });
    return row;
  }

  #prepare(statement: Sql): StatementSync {
    if (statement.writes) {
      this.#transactions.begin();
      if (statement.table === undefined) this.#upheavals++;
      else this.#writes.set(statement.table, (this.#writes.get(statement.table) ?? 0) + 1);
    }
    let prepared = this.#prepared.get(statement);
    if (prepared === undefined) {
      prepared = this.#db.prepare(statement.sql);
      // An object that has what the statement needs is enough, as everywhere in TypeScript.
      prepared.setAllowUnknownNamedParameters(true);
      this.#prepared.set(statement, prepared);
    }
    return prepared;
  }
}

function openDatabase({ dataDir, durability }: StoreOptions): DatabaseSync {
  const db = new DatabaseSync(join(dataDir, "orrery.db"));
  db.exec(
    `PRAGMA journal_mode = WAL; PRAGMA synchronous = ${durability === "full" ? "FULL" : "NORMAL"};
     PRAGMA foreign_keys = ON; PRAGMA cache_size = -16384; PRAGMA temp_store = MEMORY; PRAGMA wal_autocheckpoint = 4000;
     CREATE TABLE IF NOT EXISTS versions (name TEXT PRIMARY KEY, version INTEGER NOT NULL) STRICT, WITHOUT ROWID;`,
  );
  return db;
}

function bind(statement: Sql, params: Params, scope: Scope | undefined): Record<string, SQLInputValue> {
  if (!statement.usesAccount) return params;
  if (scope === undefined) throw new OrreryError("StatementInvalid", `a scoped statement needs a context: ${statement.sql}`);
  return statement.usesRegion ? { ...params, account: scope.account, region: scope.region } : { ...params, account: scope.account };
}
