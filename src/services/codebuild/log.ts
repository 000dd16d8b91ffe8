import { appendFileSync } from "node:fs";
import type { Context } from "../../aws/context.ts";
import { AwsException, unless } from "../../aws/exception.ts";
import { messageOf } from "../../kernel/errors.ts";
import { LARGEST_MESSAGE } from "../../runtime/processes/output.ts";
import type { BuildRecord } from "./records.ts";

/** Limits of PutLogEvents: https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_PutLogEvents.html */
const MOST_EVENTS = 10_000;
const MOST_BYTES = 1_000_000;
const OVERHEAD = 26;
/** Characters that may wait to be stored before the commands that write them have to wait. */
const MOST_PENDING = 2_000_000;
const EXISTS = "ResourceAlreadyExistsException";
const SHORTEST_SECRET = 3;

interface LogEvent {
  readonly timestamp: number;
  readonly message: string;
}

/**
 * The log of one build, in the lines that CodeBuild writes, stored as they come: in CloudWatch Logs, and in a file that is
 * put into S3 at the end. Values of secrets are written as `***`.
 */
export class BuildLog {
  /** Who writes; the build's role once it is there. */
  ctx: Context;
  readonly #build: BuildRecord;
  /** Where the copy for S3 grows; undefined without S3 logs. */
  readonly #file: string | undefined;
  #secrets: string[] = [];
  #pending: LogEvent[] = [];
  #waiting = 0;
  #shipping: Promise<void> | undefined;
  #hasOutput = false;
  #isLost = false;

  constructor(ctx: Context, build: BuildRecord, file: string | undefined) {
    this.ctx = ctx;
    this.#build = build;
    this.#file = file;
  }

  /** Longer ones first, so that one within another does not leave its rest. */
  hide(values: readonly string[]): void {
    const long = values.filter((value) => value.length >= SHORTEST_SECRET);
    this.#secrets = [...new Set([...this.#secrets, ...long])].sort((a, b) => b.length - a.length);
  }

  masked(text: string): string {
    let shown = text;
    for (const secret of this.#secrets) shown = shown.replaceAll(secret, "***");
    return shown;
  }

  /** `[Container] 2026/11/23 10:00:00.123456 <text>`, after an empty line where commands have written. */
  container(text: string): void {
    if (this.#hasOutput) void this.#add("");
    this.#hasOutput = false;
    void this.#add(`[Container] ${logTime(this.ctx.now)} ${text}`);
  }

  /** What a command wrote. Answers what to wait for when too much of it waits to be stored. */
  output(line: string): Promise<void> | undefined {
    this.#hasOutput = true;
    return this.#add(line);
  }

  /** Resolves when all that was written is stored. */
  async flush(): Promise<void> {
    while (this.#shipping !== undefined) await this.#shipping;
  }

  #add(line: string): Promise<void> | undefined {
    const message = `${this.masked(line)}\n`;
    if (this.#file !== undefined) appendFileSync(this.#file, message);
    if (this.#build.logs?.groupName === undefined || this.#isLost) return undefined;
    this.#pending.push({ timestamp: this.ctx.now, message: message.slice(0, LARGEST_MESSAGE) });
    this.#waiting += message.length + OVERHEAD;
    this.#shipping ??= this.#ship();
    return this.#waiting > MOST_PENDING ? this.#shipping : undefined;
  }

  async #ship(): Promise<void> {
    await new Promise((resolve) => setImmediate(resolve));
    try {
      while (this.#pending.length > 0) {
        const events = this.#pending;
        this.#pending = [];
        this.#waiting = 0;
        for (const batch of batchesOf(events)) await this.#put(batch);
      }
    } catch (error) {
      // A build goes on without its log, as it does when its role may not write one.
      this.#isLost = true;
      this.#pending = [];
      if (this.ctx.isCurrent && !this.ctx.cloud.lifecycle.stopping) {
        this.ctx.cloud.log.warn("the log of a build is lost", { build: this.#build.id, reason: messageOf(error) });
      }
    } finally {
      this.#shipping = undefined;
    }
  }

  async #put(logEvents: LogEvent[]): Promise<void> {
    const names = { logGroupName: this.#build.logs?.groupName ?? "", logStreamName: this.#build.logs?.streamName ?? "" };
    try {
      await this.ctx.call("cloudwatch-logs", "PutLogEvents", { ...names, logEvents });
    } catch (error) {
      if (!(error instanceof AwsException) || error.code !== "ResourceNotFoundException") throw error;
      await unless(EXISTS, this.ctx.call("cloudwatch-logs", "CreateLogGroup", { logGroupName: names.logGroupName }));
      await unless(EXISTS, this.ctx.call("cloudwatch-logs", "CreateLogStream", names));
      await this.ctx.call("cloudwatch-logs", "PutLogEvents", { ...names, logEvents });
    }
  }
}

function batchesOf(events: readonly LogEvent[]): LogEvent[][] {
  const batches: LogEvent[][] = [];
  let batch: LogEvent[] = [];
  let bytes = 0;
  for (const event of events) {
    const size = Buffer.byteLength(event.message) + OVERHEAD;
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

/** `2026/11/23 10:00:00.123456`, in UTC; the clock counts milliseconds. */
export function logTime(ms: number): string {
  const iso = new Date(ms).toISOString();
  return `${iso.slice(0, 10).replaceAll("-", "/")} ${iso.slice(11, 23)}000`;
}
