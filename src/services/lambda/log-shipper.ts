import { type Cloud, Context } from "../../aws/context.ts";
import { AwsException, unless } from "../../aws/exception.ts";
import { servicePrincipal } from "../../aws/identity.ts";
import { messageOf } from "../../kernel/errors.ts";

/** One log stream of one execution environment. */
export interface LogStream {
  readonly account: string;
  readonly region: string;
  readonly group: string;
  readonly stream: string;
}

interface Pending {
  readonly stream: LogStream;
  readonly generation: number;
  readonly events: { readonly timestamp: number; readonly message: string }[];
}

/** Limits of PutLogEvents: https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_PutLogEvents.html */
const MOST_EVENTS = 10_000;
const MOST_BYTES = 1_000_000;
const EXISTS = "ResourceAlreadyExistsException";
const EVENT_OVERHEAD = 26;
/** Characters that may wait to be stored before those who write are asked to wait. */
const MOST_PENDING = 4_000_000;

/** Brings log lines to CloudWatch Logs, off the way of the invocation that wrote them, in the order of each stream. */
export class LogShipper {
  readonly #cloud: Cloud;
  readonly #pending = new Map<LogStream, Pending>();
  #shipping: Promise<void> | undefined;
  #waiting = 0;

  constructor(cloud: Cloud) {
    this.#cloud = cloud;
  }

  /** Answers what to wait for when too much waits to be stored. */
  write(stream: LogStream, message: string): Promise<void> | undefined {
    let pending = this.#pending.get(stream);
    if (pending === undefined) {
      pending = { stream, generation: this.#cloud.store.generation, events: [] };
      this.#pending.set(stream, pending);
    }
    pending.events.push({ timestamp: this.#cloud.clock.now(), message });
    this.#waiting += message.length + EVENT_OVERHEAD;
    this.#shipping ??= this.#ship();
    return this.#waiting > MOST_PENDING ? this.#shipping : undefined;
  }

  async #ship(): Promise<void> {
    const release = this.#cloud.clock.busy("function logs");
    try {
      await new Promise((resolve) => setImmediate(resolve));
      for (let batch = [...this.#pending.values()]; batch.length > 0; batch = [...this.#pending.values()]) {
        this.#pending.clear();
        this.#waiting = 0;
        for (const pending of batch) await this.#put(pending);
      }
    } finally {
      this.#shipping = undefined;
      release();
    }
  }

  async #put({ stream, generation, events }: Pending): Promise<void> {
    const principal = servicePrincipal(stream.account, "lambda.amazonaws.com");
    const ctx = new Context(this.#cloud, { account: stream.account, region: stream.region, principal, generation });
    try {
      for (const logEvents of batchesOf(events)) await putBatch(ctx, stream, logEvents);
    } catch (error) {
      if (!ctx.isCurrent) return;
      this.#cloud.log.warn("log lines of a function were lost", { group: stream.group, lines: events.length, reason: messageOf(error) });
    }
  }
}

async function putBatch(ctx: Context, stream: LogStream, logEvents: Pending["events"]): Promise<void> {
  const names = { logGroupName: stream.group, logStreamName: stream.stream };
  try {
    await ctx.call("cloudwatch-logs", "PutLogEvents", { ...names, logEvents });
  } catch (error) {
    if (!(error instanceof AwsException) || error.code !== "ResourceNotFoundException") throw error;
    await unless(EXISTS, ctx.call("cloudwatch-logs", "CreateLogGroup", { logGroupName: stream.group }));
    await unless(EXISTS, ctx.call("cloudwatch-logs", "CreateLogStream", names));
    await ctx.call("cloudwatch-logs", "PutLogEvents", { ...names, logEvents });
  }
}

function batchesOf(events: Pending["events"]): Pending["events"][] {
  const batches: Pending["events"][] = [];
  let batch: Pending["events"] = [];
  let bytes = 0;
  for (const event of events) {
    const size = Buffer.byteLength(event.message) + EVENT_OVERHEAD;
    if (batch.length >= MOST_EVENTS || (batch.length > 0 && bytes + size > MOST_BYTES)) {
      batches.push(batch);
      batch = [];
      bytes = 0;
    }
    batch.push(event);
    bytes += size;
  }
  return batch.length === 0 ? batches : [...batches, batch];
}
