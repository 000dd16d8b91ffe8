import type { Clock } from "./clock.ts";
import { OrreryError } from "./errors.ts";
import type { Ids } from "./ids.ts";
import { type Migrations, type Store, unscoped } from "./store.ts";

/** What a fault does to what it strikes. A delay is waited for in wall time: measured values are never made up. */
export interface FaultEffect {
  readonly error?: { readonly code: string; readonly message: string; readonly status: number };
  readonly delayMs?: number;
}

/** Strikes at one kind of place, where all of `where` holds; a value may end with `*`. */
export interface Fault {
  readonly id: string;
  /** A kind of place that asks, e.g. `api` or `function`. */
  readonly point: string;
  readonly where: Readonly<Record<string, string>>;
  /** 0–100. */
  readonly percent: number;
  readonly effect: FaultEffect;
  /** Virtual ms at which it ends by itself. */
  readonly until?: number;
}

const MIGRATIONS: Migrations = {
  name: "faults",
  steps: ["CREATE TABLE faults (id TEXT PRIMARY KEY, fault TEXT NOT NULL) STRICT, WITHOUT ROWID;"],
};
const insertFault = unscoped<{ id: string; fault: string }>("INSERT OR REPLACE INTO faults (id, fault) VALUES (:id, :fault)");
const deleteFault = unscoped<{ id: string }>("DELETE FROM faults WHERE id = :id");
const selectFaults = unscoped<Record<never, never>, { fault: string }>("SELECT fault FROM faults ORDER BY id");

/** The faults that are injected into this cloud. Where there are none, asking costs one comparison. */
export class Faults {
  readonly #store: Store;
  readonly #clock: Clock;
  readonly #ids: Ids;
  #active: readonly Fault[] = [];

  constructor(store: Store, clock: Clock, ids: Ids) {
    this.#store = store;
    this.#clock = clock;
    this.#ids = ids;
    store.migrate(MIGRATIONS);
    this.refresh();
  }

  get active(): readonly Fault[] {
    return this.#active;
  }

  /** Adds one, or changes the one of the same id. @throws OrreryError UsageError */
  put(fault: Fault): void {
    const { error, delayMs } = fault.effect;
    if (!(fault.percent >= 0 && fault.percent <= 100))
      throw new OrreryError("UsageError", `${fault.percent} is not a percentage: give 0 to 100`);
    if (error === undefined && delayMs === undefined)
      throw new OrreryError("UsageError", `the fault "${fault.id}" has neither an error nor a delay`);
    if (delayMs !== undefined && !(delayMs >= 0 && delayMs <= MAX_DELAY_MS))
      throw new OrreryError("UsageError", `a delay of ${delayMs} ms cannot be injected: give 0 to ${MAX_DELAY_MS}`);
    this.#store.run(insertFault, { id: fault.id, fault: JSON.stringify(fault) });
    this.refresh();
  }

  remove(id: string): boolean {
    const removed = this.#store.run(deleteFault, { id }) > 0;
    this.refresh();
    return removed;
  }

  /** All rows were replaced. */
  refresh(): void {
    this.#active = this.#store.all(selectFaults, {}).map(({ fault }) => JSON.parse(fault) as Fault);
  }

  /** What strikes here and now, if anything does. */
  strike(point: string, place: Readonly<Record<string, string>>): FaultEffect | undefined {
    if (this.#active.length === 0) return undefined;
    const fault = this.#active.find((one) => one.point === point && this.#holds(one, place));
    return fault !== undefined && this.#ids.random() * 100 < fault.percent ? fault.effect : undefined;
  }

  #holds(fault: Fault, place: Readonly<Record<string, string>>): boolean {
    if (fault.until !== undefined && this.#clock.now() >= fault.until) return false;
    return Object.entries(fault.where).every(([name, wanted]) => {
      const value = place[name] ?? "";
      return wanted.endsWith("*") ? value.startsWith(wanted.slice(0, -1)) : value === wanted;
    });
  }
}

const MAX_DELAY_MS = 60_000;
