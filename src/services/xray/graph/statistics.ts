import type { Output } from "../../../aws/clients.ts";
import type { Outcome } from "../trace/outcome.ts";

type Service = NonNullable<Output<"xray", "GetServiceGraph">["Services"]>[number];
export type SummaryStatistics = NonNullable<Service["SummaryStatistics"]>;
export type Histogram = NonNullable<Service["ResponseTimeHistogram"]>;

/** Counts calls as they come. https://docs.aws.amazon.com/xray/latest/api/API_ServiceStatistics.html */
export class Statistics {
  #ok = 0;
  #throttles = 0;
  #errors = 0;
  #faults = 0;
  #total = 0;
  #time = 0;
  readonly #times = new Map<number, number>();
  #start = Number.POSITIVE_INFINITY;
  #end = 0;

  /** `at` in seconds since the epoch. Work that is under way has no outcome yet, but is seen. */
  add(outcome: Outcome, at: number): void {
    this.#start = Math.min(this.#start, at);
    this.#end = Math.max(this.#end, at + (outcome.duration ?? 0));
    if (outcome.duration === undefined) return;
    this.#total++;
    this.#time += outcome.duration;
    // A request that was throttled and failed is a fault: each is counted once.
    if (outcome.fault) this.#faults++;
    else if (outcome.throttle) this.#throttles++;
    else if (outcome.error) this.#errors++;
    else this.#ok++;
    // Three digits tell two times apart, and keep the histogram short.
    const time = Number(outcome.duration.toPrecision(3));
    this.#times.set(time, (this.#times.get(time) ?? 0) + 1);
  }

  get span(): { readonly StartTime: Date; readonly EndTime: Date } {
    return { StartTime: new Date(this.#start * 1_000), EndTime: new Date(this.#end * 1_000) };
  }

  get summary(): SummaryStatistics {
    return {
      OkCount: this.#ok,
      ErrorStatistics: { ThrottleCount: this.#throttles, OtherCount: this.#errors, TotalCount: this.#throttles + this.#errors },
      FaultStatistics: { OtherCount: this.#faults, TotalCount: this.#faults },
      TotalCount: this.#total,
      TotalResponseTime: Math.round(this.#time * 1e6) / 1e6,
    };
  }

  get histogram(): Histogram {
    return [...this.#times].toSorted(([a], [b]) => a - b).map(([Value, Count]) => ({ Value, Count }));
  }
}
