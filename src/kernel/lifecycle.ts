import { messageOf } from "./errors.ts";
import type { Log } from "./log.ts";

/** The whole of stopping is bounded by this, whatever its parts do. */
const STOP_BUDGET_MS = 5_000;

/** Things that must be ended, ended in the reverse order of their start. */
export class Lifecycle {
  readonly #log: Log;
  #stops: { readonly name: string; readonly stop: () => Promise<void> | void }[] = [];
  #copies: ((fromDataDir: string, toDataDir: string) => void)[] = [];
  #resets: (() => Promise<void> | void)[] = [];
  #stopping: Promise<void> | undefined;

  constructor(log: Log) {
    this.#log = log;
  }

  get stopping(): boolean {
    return this.#stopping !== undefined;
  }

  /** Returns what takes it back, for what may end before the rest does. */
  onStop(name: string, stop: () => Promise<void> | void): () => void {
    const entry = { name, stop };
    this.#stops.push(entry);
    return () => {
      this.#stops = this.#stops.filter((other) => other !== entry);
    };
  }

  /** Called when all state is replaced while the process goes on (`reset`, a snapshot): drop caches, end workloads. */
  onReset(reset: () => Promise<void> | void): void {
    this.#resets.push(reset);
  }

  /**
   * Called for files beside the database that are neither rows nor blobs, before the rows are copied: when a snapshot is saved,
   * from the data folder into it, and when one is loaded, the other way. It only adds: what is not there yet, and nothing else.
   */
  onCopy(copy: (fromDataDir: string, toDataDir: string) => void): void {
    this.#copies.push(copy);
  }

  copy(fromDataDir: string, toDataDir: string): void {
    for (const copy of this.#copies) copy(fromDataDir, toDataDir);
  }

  /** All of them begin before anything else can happen, so that none serves what is gone while another takes its time. */
  async reset(): Promise<void> {
    const ends = await Promise.allSettled(this.#resets.map(async (reset) => reset()));
    for (const end of ends) if (end.status === "rejected") throw end.reason;
  }

  /** Idempotent; never throws, and never takes longer than its budget. */
  stop(): Promise<void> {
    this.#stopping ??= this.#stopAll();
    return this.#stopping;
  }

  async #stopAll(): Promise<void> {
    let left: ReturnType<typeof setTimeout> | undefined;
    const budget = new Promise<"late">((resolve) => {
      left = setTimeout(() => resolve("late"), STOP_BUDGET_MS);
      left.unref();
    });
    for (const { name, stop } of this.#stops.toReversed()) {
      try {
        if ((await Promise.race([Promise.resolve(stop()), budget])) === "late") this.#log.warn("did not stop in time", { part: name });
      } catch (error) {
        this.#log.error("failed to stop", { part: name, reason: messageOf(error) });
      }
    }
    this.#stops = [];
    clearTimeout(left);
  }
}
