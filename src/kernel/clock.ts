import { OrreryError } from "./errors.ts";

/** `warp` carries its factor; `skip` and `warp` never pass `until` (virtual ms), or the wall clock when none is given. */
export type ClockMode =
  | { readonly mode: "real" }
  | { readonly mode: "hold" }
  | { readonly mode: "skip"; readonly until?: number }
  | { readonly mode: "warp"; readonly factor: number; readonly until?: number };

export interface ClockOptions {
  readonly mode?: ClockMode;
  /** Virtual ms to start at; the wall clock when absent. */
  readonly start?: number;
}

/** The clock's line as it is kept over restarts. */
export interface ClockState {
  readonly mode: ClockMode;
  readonly virtual: number;
  readonly wall: number;
}

export interface Timer {
  readonly due: number;
  readonly label: string;
  cancel(): void;
}

export interface TimerOptions {
  /** Nobody waits for it: it happens on the way, but does not make `skip` move. */
  readonly quiet?: boolean;
}

interface Pending extends Timer {
  readonly quiet: boolean;
  readonly sequence: number;
  readonly fire: () => void;
  live: boolean;
}

/** The longest that one setTimeout can be. */
const LONGEST_TIMEOUT_MS = 2 ** 31 - 1;
/** The end of the year 9999: what comes after has no place in AWS's date formats. */
const LATEST = 253_402_300_799_999;

/**
 * The one clock. Virtual time is a line through (virtual base, wall base) whose slope is 1 in `real`, the factor in
 * `warp`, and 0 in `hold` and `skip`, which move in jumps: `hold` when it is told to, `skip` to the next due timer as
 * soon as nothing is busy and something is waited for; while all that is due are time-outs and housekeeping it stands
 * still, unless it was given an `until` to go to. `skip` and `warp` become `real` when they arrive at the wall clock, so
 * that nothing is ever stamped in the future unless `until` asks for it; at `until` they become `hold`.
 *
 * Timers here live as long as the process: what must outlive it is a message of the scheduler, which has one timer.
 */
export class Clock {
  #mode: ClockMode;
  #virtualBase: number;
  #wallBase: number;
  /** The latest virtual time that was told. */
  #told = Number.NEGATIVE_INFINITY;
  readonly #timers: Pending[] = [];
  #sequence = 0;
  /** How many timers are waited for. */
  #awaited = 0;
  #busy = new Map<symbol, string>();
  readonly #idleWaiters: (() => void)[] = [];
  #wake: ReturnType<typeof setTimeout> | undefined;
  /** Somebody asked for rest while a look for it was under way: what they began may not show in it yet. */
  #lookAgain = false;
  #check: ReturnType<typeof setImmediate> | undefined;
  #moving = false;
  /** Told whenever mode or line change, so that a restart goes on from there. */
  onChange: ((state: ClockState) => void) | undefined;
  readonly #listeners = new Set<() => void>();

  constructor(options: ClockOptions = {}) {
    this.#mode = options.mode ?? { mode: "real" };
    this.#wallBase = Date.now();
    this.#virtualBase = options.start ?? this.#wallBase;
  }

  /** Virtual now, ms since the epoch. Never goes back. */
  now(): number {
    const line = this.#virtualBase + (Date.now() - this.#wallBase) * this.#rate();
    const at = Math.floor(this.#mode.mode === "warp" ? Math.min(line, Math.max(this.#limit(), this.#virtualBase)) : line);
    // The wall clock was set back: from here on virtual time goes on by its side.
    if (at < this.#told) this.#rebase(this.#told);
    else this.#told = at;
    return this.#told;
  }

  /** Wall now, ms since the epoch: for what clients compare with their own clocks (clock.md, rule 6). */
  wall(): number {
    return Date.now();
  }

  /** A steady reading in ms for measuring how long something took; only differences mean anything. */
  measure(): number {
    return performance.now();
  }

  get state(): ClockState {
    return { mode: this.#mode, virtual: this.now(), wall: Date.now() };
  }

  get mode(): ClockMode {
    return this.#mode;
  }

  /** Calls back after each change of mode or line; returns what ends that. */
  listen(listener: () => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  #changed(): void {
    this.onChange?.(this.state);
    for (const listener of this.#listeners) listener();
  }

  setMode(mode: ClockMode): void {
    if (mode.mode === "warp" && !(mode.factor > 0 && mode.factor <= 100_000)) {
      throw new OrreryError("ClockModeInvalid", `warp factor ${mode.factor}: give a number over 0 and up to 100000`);
    }
    if ((mode.mode === "skip" || mode.mode === "warp") && mode.until !== undefined) checkReach(mode.until);
    this.#rebase(this.now());
    this.#mode = mode;
    this.#changed();
    this.#plan();
  }

  /** Sets virtual now, ahead only. Timers in between fire at once, in order. */
  jumpTo(virtual: number): void {
    checkReach(virtual);
    if (virtual < this.now())
      throw new OrreryError("ClockModeInvalid", `cannot go back from ${this.now()} to ${virtual}: virtual time only moves on`);
    this.#rebase(virtual);
    this.#changed();
    this.#plan();
  }

  /** Calls `fire` once at virtual `due`; timers of one instant fire in the order in which they were made. */
  at(due: number, label: string, fire: () => void, { quiet = false }: TimerOptions = {}): Timer {
    const timer: Pending = {
      quiet,
      due,
      label,
      fire,
      sequence: this.#sequence++,
      live: true,
      cancel: () => {
        if (!timer.live) return;
        this.#timers.splice(this.#timers.indexOf(timer), 1);
        this.#leave(timer);
      },
    };
    this.#timers.splice(this.#place(timer), 0, timer);
    if (!quiet) this.#awaited++;
    this.#plan();
    return timer;
  }

  /** Resolves at a virtual instant. For waits that belong to one connection; durable waits are messages. */
  until(due: number, label: string, signal?: AbortSignal): Promise<void> {
    return new Promise((resolve) => {
      if (signal?.aborted) return resolve();
      const end = (): void => {
        signal?.removeEventListener("abort", end);
        timer.cancel();
        resolve();
      };
      const timer = this.at(due, label, end);
      signal?.addEventListener("abort", end);
    });
  }

  /** The next due timers, soonest first. */
  upcoming(limit: number): { readonly due: number; readonly label: string }[] {
    return this.#timers.slice(0, limit).map(({ due, label }) => ({ due, label }));
  }

  /** Says that something is running, which keeps `skip` from jumping; call what it returns when it ends. */
  busy(label: string): () => void {
    const token = Symbol(label);
    this.#busy.set(token, label);
    return () => {
      if (this.#busy.delete(token) && this.#busy.size === 0) this.#planIdle();
    };
  }

  /** What is running now. */
  get activity(): string[] {
    return [...this.#busy.values()];
  }

  /** Resolves when nothing is running and nothing that was due is left. */
  idle(): Promise<void> {
    return new Promise((resolve) => {
      this.#idleWaiters.push(resolve);
      this.#lookAgain = true;
      this.#planIdle();
    });
  }

  /**
   * In `hold`: moves on by `ms`, stopping at each due timer until what it started has come to rest. Another mode that is
   * chosen meanwhile ends it.
   * @throws OrreryError ClockModeInvalid in another mode
   */
  async advance(ms: number): Promise<void> {
    if (this.#mode.mode !== "hold")
      throw new OrreryError("ClockModeInvalid", `the clock is in ${this.#mode.mode} mode: 'orrery clock mode hold' first, then advance`);
    if (this.#moving) throw new OrreryError("ClockModeInvalid", "the clock is being advanced already");
    const target = this.now() + ms;
    checkReach(target);
    this.#moving = true;
    try {
      await this.idle();
      for (let next = this.#timers[0]; this.#isHeld && next !== undefined && next.due <= target; next = this.#timers[0]) {
        this.#rebase(Math.max(next.due, this.now()));
        this.#fireDue();
        await this.idle();
      }
      if (this.#isHeld) this.#rebase(Math.max(target, this.now()));
    } finally {
      this.#moving = false;
      this.#changed();
      this.#plan();
    }
  }

  /** In `hold`: moves to the next due timer and lets it come to rest. Returns what it was. */
  async next(): Promise<{ readonly due: number; readonly label: string } | undefined> {
    await this.idle();
    const next = this.#timers[0];
    if (next === undefined) return undefined;
    await this.advance(Math.max(0, next.due - this.now()));
    return { due: next.due, label: next.label };
  }

  /** A wall-clock time-out for bounded I/O; returns what cancels it. Does not keep the process alive. */
  wallTimeout(ms: number, fire: () => void): () => void {
    const timer = setTimeout(fire, ms);
    timer.unref();
    return () => clearTimeout(timer);
  }

  /** A wall-clock pause, for polling what lies outside of this process. */
  wallPause(ms: number): Promise<void> {
    return new Promise((resolve) => setTimeout(resolve, ms));
  }

  /** Calls `fire` every `ms` of wall time, for housekeeping of this process; returns what ends it. */
  wallInterval(ms: number, fire: () => void): () => void {
    const timer = setInterval(fire, ms);
    timer.unref();
    return () => clearInterval(timer);
  }

  /** Drops all timers, and lets those go who wait for rest. */
  close(): void {
    this.#timers.length = 0;
    this.#awaited = 0;
    clearTimeout(this.#wake);
    clearImmediate(this.#check);
    this.#endWaits();
  }

  get #isHeld(): boolean {
    return this.#mode.mode === "hold";
  }

  #rate(): number {
    if (this.#mode.mode === "real") return 1;
    return this.#mode.mode === "warp" ? this.#mode.factor : 0;
  }

  #limit(): number {
    const mode = this.#mode;
    return (mode.mode === "skip" || mode.mode === "warp") && mode.until !== undefined ? mode.until : Date.now();
  }

  #rebase(virtual: number): void {
    this.#virtualBase = virtual;
    this.#wallBase = Date.now();
  }

  /** Where a timer belongs: after all that are due no later. */
  #place(timer: Pending): number {
    let low = 0;
    let high = this.#timers.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      const other = this.#timers[middle];
      if (other !== undefined && other.due <= timer.due) low = middle + 1;
      else high = middle;
    }
    return low;
  }

  #plan(): void {
    clearTimeout(this.#wake);
    const { mode } = this.#mode;
    if (mode === "hold" && !this.#moving) {
      // What is due already fires without being asked: standing still does not stop what happens now.
      const next = this.#timers[0];
      if (next !== undefined && next.due <= this.now()) this.#wake = setTimeout(() => this.#onWake(), 0);
      return;
    }
    if (mode === "hold") return;
    if (mode === "skip") {
      this.#planIdle();
      return;
    }
    if (mode === "warp" && this.now() >= this.#limit()) {
      this.#arrive();
      return;
    }
    const next = this.#timers[0];
    const wait = next === undefined ? Number.POSITIVE_INFINITY : (next.due - this.now()) / this.#rate();
    const arrival = mode === "warp" ? this.#untilArrival() : Number.POSITIVE_INFINITY;
    const delay = Math.min(wait, arrival);
    if (delay === Number.POSITIVE_INFINITY) return;
    this.#wake = setTimeout(() => this.#onWake(), Math.min(Math.max(0, Math.ceil(delay)), LONGEST_TIMEOUT_MS));
    this.#wake.unref();
  }

  /** Wall ms until a warp meets its limit, which itself moves when it is the wall clock. */
  #untilArrival(): number {
    const behind = this.#limit() - this.now();
    const closing = this.#mode.mode === "warp" && this.#mode.until === undefined ? this.#rate() - 1 : this.#rate();
    return closing <= 0 ? Number.POSITIVE_INFINITY : behind / closing;
  }

  #onWake(): void {
    this.#fireDue();
    this.#plan();
  }

  /** Those that are made meanwhile have to wait for the next turn of the event loop, which goes on whatever they do. */
  #fireDue(): void {
    const now = this.now();
    const made = this.#sequence;
    for (let next = this.#timers[0]; next !== undefined && next.due <= now && next.sequence < made; next = this.#timers[0]) {
      this.#timers.shift();
      this.#leave(next);
      next.fire();
    }
  }

  #leave(timer: Pending): void {
    timer.live = false;
    if (!timer.quiet) this.#awaited--;
  }

  /** Idle means: still nothing is busy after the event loop has been through everything that was ready. */
  #planIdle(): void {
    if (this.#check !== undefined || this.#busy.size > 0) return;
    this.#lookAgain = false;
    this.#check = setImmediate(() => {
      this.#check = setImmediate(() => {
        this.#check = undefined;
        if (this.#busy.size > 0) return;
        if (this.#lookAgain) this.#planIdle();
        else this.#onIdle();
      });
    });
  }

  #onIdle(): void {
    const due = this.#timers[0];
    if (due !== undefined && due.due <= this.now()) {
      this.#fireDue();
      this.#planIdle();
      return;
    }
    this.#endWaits();
    if (this.#mode.mode !== "skip") return;
    const isDrawn = this.#mode.until !== undefined || this.#awaited > 0;
    if (!isDrawn && this.now() < Date.now()) return;
    if (due !== undefined && due.due <= this.#limit()) {
      this.#rebase(due.due);
      this.#fireDue();
      this.#planIdle();
    } else this.#arrive();
  }

  #endWaits(): void {
    for (const resolve of this.#idleWaiters.splice(0)) resolve();
  }

  /** The end of a skip or a warp: at the wall clock it goes on as real time, at an explicit limit it stands still. */
  #arrive(): void {
    const explicit = (this.#mode.mode === "skip" || this.#mode.mode === "warp") && this.#mode.until !== undefined;
    this.#rebase(Math.max(this.now(), this.#limit()));
    this.#mode = { mode: explicit ? "hold" : "real" };
    this.#changed();
    this.#plan();
  }
}

function checkReach(virtual: number): void {
  if (!(virtual <= LATEST)) throw new OrreryError("ClockModeInvalid", `virtual time ends with the year 9999, before ${virtual}`);
}
