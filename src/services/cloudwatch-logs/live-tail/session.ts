import type { StartLiveTailResponseStream } from "@aws-sdk/client-cloudwatch-logs";
import type { Cloud } from "../../../aws/context.ts";
import type { Timer } from "../../../kernel/clock.ts";
import type { Pattern } from "../pattern.ts";

const SECOND_MS = 1_000;
const LONGEST_MS = 3 * 3_600_000;
const MOST_EVENTS = 500;
/** Updates that wait for a slow client. */
const MOST_UPDATES = 10;

/** What a session is about. Streams are wanted by name or by prefix; all of them where neither is given. */
export interface Wanted {
  readonly account: string;
  readonly region: string;
  /** Ids of log groups and what clients call them. */
  readonly groups: ReadonlyMap<number, string>;
  readonly wantsStream: (name: string) => boolean;
  readonly pattern: Pattern;
}

/** A log event as it came in, already masked. */
export interface Arrival {
  readonly message: string;
  readonly timestamp: number;
  readonly ingestionTime: number;
  readonly logStreamName: string;
}

type Update = Extract<StartLiveTailResponseStream, { readonly sessionUpdate: object }>["sessionUpdate"];
type Result = NonNullable<Update["sessionResults"]>[number];

/**
 * One live tail. Gathers a sample of what comes in, and gives an update for each second of virtual time to whoever
 * reads it; memory is bounded however much comes in and however slowly it is read.
 * https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_StartLiveTail.html
 */
export class LiveTailSession implements AsyncIterableIterator<StartLiveTailResponseStream> {
  readonly wanted: Wanted;
  readonly #cloud: Cloud;
  readonly #generation: number;
  readonly #ends: number;
  readonly #onEnd: () => void;
  readonly #ready: StartLiveTailResponseStream[];
  #results: Result[] = [];
  #seen = 0;
  #state = 1;
  #timer: Timer | undefined;
  #waiting: ((result: IteratorResult<StartLiveTailResponseStream>) => void) | undefined;
  #isOver = false;

  constructor(cloud: Cloud, wanted: Wanted, start: StartLiveTailResponseStream, onEnd: () => void) {
    this.wanted = wanted;
    this.#cloud = cloud;
    this.#generation = cloud.store.generation;
    this.#ends = cloud.clock.now() + LONGEST_MS;
    this.#onEnd = onEnd;
    this.#ready = [start];
    this.#plan(cloud.clock.now() + SECOND_MS);
  }

  /** Each event that matches has the same chance to be in the update of its second. */
  offer(group: number, { message, timestamp, ingestionTime, logStreamName }: Arrival): void {
    const { groups, wantsStream, pattern } = this.wanted;
    if (!wantsStream(logStreamName) || pattern.match(message) === undefined) return;
    this.#seen++;
    const place = this.#seen <= MOST_EVENTS ? this.#seen - 1 : Math.floor(this.#chance() * this.#seen);
    if (place >= MOST_EVENTS) return;
    this.#results[place] = { logGroupIdentifier: groups.get(group) ?? "", logStreamName, message, timestamp, ingestionTime };
  }

  /** A number in [0, 1) of a sequence of its own, so that what is watched changes no choice that is made elsewhere. */
  #chance(): number {
    this.#state = (Math.imul(this.#state, 1_664_525) + 1_013_904_223) >>> 0;
    return this.#state / 2 ** 32;
  }

  next(): Promise<IteratorResult<StartLiveTailResponseStream>> {
    const value = this.#ready.shift();
    if (value !== undefined) return Promise.resolve({ done: false, value });
    if (this.#isOver) return Promise.resolve({ done: true, value: undefined });
    const { promise, resolve } = Promise.withResolvers<IteratorResult<StartLiveTailResponseStream>>();
    this.#waiting = resolve;
    return promise;
  }

  return(): Promise<IteratorResult<StartLiveTailResponseStream>> {
    this.close();
    return Promise.resolve({ done: true, value: undefined });
  }

  [Symbol.asyncIterator](): this {
    return this;
  }

  /** Ends it, with a last word where there is one. */
  close(last?: StartLiveTailResponseStream): void {
    if (this.#isOver) return;
    this.#isOver = true;
    this.#timer?.cancel();
    this.#onEnd();
    if (last === undefined) this.#ready.length = 0;
    else this.#give(last);
    this.#waiting?.({ done: true, value: undefined });
    this.#waiting = undefined;
  }

  #plan(due: number): void {
    // Nobody waits for it: a tail that is open must not make virtual time move.
    this.#timer = this.#cloud.clock.at(due, "cloudwatch-logs.liveTail", () => this.#tick(due), { quiet: true });
  }

  #tick(due: number): void {
    if (this.#generation !== this.#cloud.store.generation) {
      this.close({ SessionStreamingException: { message: "The log groups of this session were replaced." } as never });
      return;
    }
    this.#give({ sessionUpdate: { sessionMetadata: { sampled: this.#seen > MOST_EVENTS }, sessionResults: this.#results } });
    this.#results = [];
    this.#seen = 0;
    const next = Math.max(due + SECOND_MS, this.#cloud.clock.now());
    if (next <= this.#ends) this.#plan(next);
    else this.close({ SessionTimeoutException: { message: "The session was open for three hours." } as never });
  }

  #give(value: StartLiveTailResponseStream): void {
    if (this.#waiting !== undefined) {
      this.#waiting({ done: false, value });
      this.#waiting = undefined;
      return;
    }
    this.#ready.push(value);
    if (this.#ready.length <= MOST_UPDATES) return;
    // The oldest update goes; how the session began stays.
    const oldest = this.#ready.findIndex((waiting) => waiting.sessionUpdate !== undefined);
    if (oldest >= 0) this.#ready.splice(oldest, 1);
  }
}
