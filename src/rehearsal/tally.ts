/** One request of a load and what came of it; status 0 is no answer at all. */
export interface Answered {
  readonly status: number;
  /** Wall ms from sending to the end of the answer. */
  readonly ms: number;
  readonly version: string | undefined;
  /** Virtual ms at which it left. */
  readonly at: number;
}

export interface Latency {
  readonly p50: number;
  readonly p90: number;
  readonly p99: number;
  readonly max: number;
}

export interface Share {
  readonly requests: number;
  readonly clientErrors: number;
  /** 5xx, and requests without an answer. */
  readonly failed: number;
  /** Wall ms; of successes. */
  readonly latency: Latency;
}

export interface LoadReport extends Share {
  readonly virtualMs: number;
  readonly wallMs: number;
  readonly perVirtualSecond: number;
  readonly perWallSecond: number;
  /** By what the target said; `-` where it said nothing. */
  readonly versions: Readonly<Record<string, Share>>;
}

class Group {
  requests = 0;
  clientErrors = 0;
  failed = 0;
  readonly #ms: number[] = [];

  add({ status, ms }: Answered): void {
    this.requests++;
    if (status === 0 || status >= 500) this.failed++;
    else if (status >= 400) this.clientErrors++;
    else this.#ms.push(ms);
  }

  share(): Share {
    const sorted = this.#ms.toSorted((a, b) => a - b);
    const at = (part: number): number => round(sorted[Math.max(0, Math.ceil(part * sorted.length) - 1)] ?? 0);
    const latency = { p50: at(0.5), p90: at(0.9), p99: at(0.99), max: at(1) };
    return { requests: this.requests, clientErrors: this.clientErrors, failed: this.failed, latency };
  }
}

/** Counts what a load met, whole and by version. */
export class Tally {
  readonly startedAt: number;
  readonly #startedWall: number;
  readonly #all = new Group();
  readonly #versions = new Map<string, Group>();
  #end: { readonly virtual: number; readonly wall: number } | undefined;

  /** `virtual` in ms since the epoch, `wall` on the clock's steady reading. */
  constructor(virtual: number, wall: number) {
    this.startedAt = virtual;
    this.#startedWall = wall;
  }

  add(answered: Answered): void {
    this.#all.add(answered);
    const key = answered.version ?? "-";
    const group = this.#versions.get(key) ?? new Group();
    this.#versions.set(key, group);
    group.add(answered);
  }

  end(virtual: number, wall: number): void {
    this.#end ??= { virtual, wall };
  }

  report(virtual: number, wall: number): LoadReport {
    const virtualMs = (this.#end?.virtual ?? virtual) - this.startedAt;
    const wallMs = (this.#end?.wall ?? wall) - this.#startedWall;
    const all = this.#all.share();
    const rate = (ms: number): number => (ms <= 0 ? 0 : round((all.requests * 1_000) / ms));
    return {
      ...all,
      virtualMs,
      wallMs: round(wallMs),
      perVirtualSecond: rate(virtualMs),
      perWallSecond: rate(wallMs),
      versions: Object.fromEntries(
        [...this.#versions].sort(([a], [b]) => a.localeCompare(b)).map(([name, group]) => [name, group.share()]),
      ),
    };
  }
}

function round(value: number): number {
  return Math.round(value * 100) / 100;
}
