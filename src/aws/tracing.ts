import { randomBytes } from "node:crypto";
import { messageOf } from "../kernel/errors.ts";
import type { Cloud, Context } from "./context.ts";
import { perCloud } from "./per-cloud.ts";

/** `aws.xray.sdk` of what the gateway tells of a call for programs that do not tell it themselves. */
export const GATEWAY_SDK = "Orrery gateway";
/** The same of what came as OpenTelemetry's spans. */
export const OTLP_SDK = "OpenTelemetry";

/** What a tracing header says. https://docs.aws.amazon.com/xray/latest/devguide/xray-concepts.html#xray-concepts-tracingheader */
export interface TraceHeader {
  /** `1-<8 hex>-<24 hex>`. */
  readonly root: string;
  readonly parent?: string;
  /** Undefined where nobody has decided yet. */
  readonly sampled?: boolean;
}

const ROOT = /^1-[0-9a-f]{8}-[0-9a-f]{24}$/;

/** Undefined without a usable root. */
export function parseTraceHeader(text: string | readonly string[] | undefined): TraceHeader | undefined {
  if (typeof text !== "string") return undefined;
  const fields = new Map(
    text.split(";").map((field) => [field.slice(0, field.indexOf("=")).trim().toLowerCase(), field.slice(field.indexOf("=") + 1).trim()]),
  );
  const root = fields.get("root")?.toLowerCase();
  if (root === undefined || !ROOT.test(root)) return undefined;
  const parent = fields.get("parent")?.toLowerCase();
  const sampled = fields.get("sampled");
  return {
    root,
    ...(parent !== undefined && /^[0-9a-f]{16}$/.test(parent) ? { parent } : {}),
    ...(sampled === "1" || sampled === "0" ? { sampled: sampled === "1" } : {}),
  };
}

export function formatTraceHeader({ root, parent, sampled }: TraceHeader): string {
  const fields = [`Root=${root}`];
  if (parent !== undefined) fields.push(`Parent=${parent}`);
  if (sampled !== undefined) fields.push(`Sampled=${sampled ? 1 : 0}`);
  return fields.join(";");
}

/** What of a document is written here; times in seconds since the epoch. */
export interface TracedSegment {
  readonly id: string;
  readonly trace_id: string;
  readonly name: string;
  readonly start_time: number;
  readonly end_time: number;
  readonly [field: string]: unknown;
}

/** A request that somebody must decide about, in the words of a sampling rule. */
export interface TracedRequest {
  readonly serviceName: string;
  readonly serviceType: string;
  readonly host: string;
  readonly method: string;
  readonly path: string;
  readonly resourceArn: string;
}

/** The cloud's time at the beginning of a trace, and the machine's at that moment. */
interface Anchor {
  /** Virtual ms. */
  readonly virtual: number;
  readonly measured: number;
  readonly wall: number;
  readonly scope: Scope;
}

/** Whose trace it is. */
type Scope = Pick<Context, "account" | "region">;

const MOST_ANCHORS = 1_000;
/** Clocks that differ by less are the same. */
const SAME_TIME_MS = 1_000;
/** Documents of one PutTraceSegments call. */
const BATCH = 50;

interface Queued {
  readonly ctx: Context;
  readonly segment: TracedSegment;
}

/** Traces of one cloud as its parts make them: ids, times, decisions, and documents on their way to X-Ray. */
export class Tracing {
  readonly #cloud: Cloud;
  readonly #anchors = new Map<string, Anchor>();
  #waiting: Queued[] = [];
  /** X-Ray's answer to whether a request is sampled; without X-Ray none is. */
  sampler: (ctx: Context, request: TracedRequest, trace: string) => boolean = () => false;
  /** `host:port` of the daemon that programs reach, while there is one. */
  daemon: string | undefined;

  constructor(cloud: Cloud) {
    this.#cloud = cloud;
  }

  /** Of the system's generator: how many requests arrive is the clients' business, and would shift every later seeded id. */
  segmentId(): string {
    return randomBytes(8).toString("hex");
  }

  traceId(): string {
    const epoch = Math.floor(this.#cloud.clock.now() / 1_000);
    return `1-${epoch.toString(16).padStart(8, "0")}-${randomBytes(12).toString("hex")}`;
  }

  /**
   * The time of something that happens now in a trace, s. Where time stands still while work is done, as in `skip`, the
   * machine's measure goes on from the trace's beginning, so that what follows one another is seen to.
   */
  instant(scope: Scope, trace: string): number {
    const { clock } = this.#cloud;
    const { virtual, measured } = this.#anchor(scope, trace);
    return Math.max(clock.now(), virtual + clock.measure() - measured) / 1_000;
  }

  /**
   * What to add to a program's times, ms, so that they are the cloud's: the two clocks differ where time was skipped. `start`
   * (ms) is the earliest of them; one that was made with the cloud's own time, as a script may do, is left as it is.
   */
  offset(trace: string, start: number): number {
    const { clock } = this.#cloud;
    const ahead = clock.now() - clock.wall();
    if (Math.abs(ahead) <= SAME_TIME_MS || Math.abs(start - clock.now()) < Math.abs(start - clock.wall())) return 0;
    const anchor = this.#anchors.get(trace);
    return anchor === undefined ? ahead : anchor.virtual - anchor.wall;
  }

  /** Where a trace was seen; undefined for one that has not been, or is long past. */
  scopeOf(trace: string): Scope | undefined {
    return this.#anchors.get(trace)?.scope;
  }

  #anchor({ account, region }: Scope, trace: string): Anchor {
    const known = this.#anchors.get(trace);
    if (known !== undefined) return known;
    const { clock } = this.#cloud;
    const anchor = { virtual: clock.now(), measured: clock.measure(), wall: clock.wall(), scope: { account, region } };
    this.#anchors.set(trace, anchor);
    if (this.#anchors.size > MOST_ANCHORS) for (const oldest of this.#anchors.keys()) if (this.#anchors.delete(oldest)) break;
    return anchor;
  }

  /** Hands a document over without keeping the caller; what is waiting when the process is killed is lost, as with a daemon. */
  record(ctx: Context, segment: TracedSegment): void {
    if (this.#waiting.length === 0) {
      const release = this.#cloud.clock.busy("traces");
      setImmediate(() => void this.#flush().finally(release));
    }
    this.#waiting.push({ ctx: ctx.with({ request: undefined, claimToken: undefined, cause: undefined }), segment });
  }

  async #flush(): Promise<void> {
    const waiting = this.#waiting;
    this.#waiting = [];
    const scopes = Map.groupBy(waiting, ({ ctx }) => `${ctx.account}|${ctx.region}|${ctx.isCurrent}`);
    for (const queued of scopes.values()) {
      const [first] = queued;
      if (first === undefined || !first.ctx.isCurrent) continue;
      for (let from = 0; from < queued.length; from += BATCH) {
        const documents = queued.slice(from, from + BATCH).map(({ segment }) => JSON.stringify(segment));
        await this.#put(first.ctx, documents);
      }
    }
  }

  async #put(ctx: Context, TraceSegmentDocuments: string[]): Promise<void> {
    try {
      await this.#cloud.invoke(ctx, "xray", "PutTraceSegments", { TraceSegmentDocuments });
    } catch (error) {
      if (!this.#cloud.lifecycle.stopping && ctx.isCurrent) this.#cloud.log.warn("traces were lost", { reason: messageOf(error) });
    }
  }
}

export const tracingOf = perCloud((cloud) => new Tracing(cloud));

/** The flags of a document for an HTTP status. xray-api-segmentdocuments.html#api-segmentdocuments-errors */
export function flagsOf(status: number): { readonly error?: true; readonly throttle?: true; readonly fault?: true } {
  if (status === 429) return { error: true, throttle: true };
  if (status >= 500) return { fault: true };
  return status >= 400 ? { error: true } : {};
}
