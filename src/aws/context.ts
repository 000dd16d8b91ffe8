import { randomUUID } from "node:crypto";
import type { BlobStore } from "../kernel/blobs.ts";
import type { Clock } from "../kernel/clock.ts";
import { OrreryError } from "../kernel/errors.ts";
import type { Timeline } from "../kernel/events.ts";
import type { Faults } from "../kernel/faults.ts";
import type { Ids } from "../kernel/ids.ts";
import type { Lifecycle } from "../kernel/lifecycle.ts";
import type { Log } from "../kernel/log.ts";
import type { Scheduler } from "../kernel/scheduler.ts";
import type { Params, Row, Statement, Store } from "../kernel/store.ts";
import { formatArn } from "./arn.ts";
import type { Clients, Input, OperationName, Output, ServiceId } from "./clients.ts";
import type { Identity, Principal } from "./identity.ts";
import type { ResourceType } from "./resource.ts";
import { formatTraceHeader, parseTraceHeader, type TraceHeader } from "./tracing.ts";

/** All that is shared by every request of one running cloud. */
export interface Cloud {
  readonly clock: Clock;
  readonly store: Store;
  readonly blobs: BlobStore;
  readonly timeline: Timeline;
  readonly scheduler: Scheduler;
  readonly faults: Faults;
  readonly ids: Ids;
  readonly log: Log;
  readonly lifecycle: Lifecycle;
  readonly identity: Identity;
  /** Where clients on this machine reach Orrery, e.g. `http://127.0.0.1:4566`, without a final slash. */
  readonly endpoint: string;
  /** The data folder; each service that needs files of its own uses a folder of its name in it. */
  readonly dataDir: string;
  /** CloudFormation types by name, from all services. */
  readonly resourceTypes: ReadonlyMap<string, ResourceType>;
  readonly options: CloudOptions;
  /** The shared in-process dispatch behind `ctx.call`. */
  invoke(ctx: Context, service: string, operation: string, input: object): Promise<object>;
}

/** What was chosen at start and services must know. */
export interface CloudOptions {
  /** CloudFormation makes types that Orrery does not have as modelled resources. */
  readonly modelUnknownTypes: boolean;
  /** UDP and TCP port of the X-Ray daemon, 0 for any; without it there is none. */
  readonly xrayPort?: number;
}

/** What only a request that came over HTTP has. */
export interface RequestInfo {
  readonly method: string;
  /** What the client itself asked for, e.g. `s3:PutObject`: a handler that is called from inside sees that it is not it. */
  readonly operation: string;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly sourceIp: string;
  /** The `Host` the client used, with its port; answers that carry URLs are built from it. */
  readonly host: string;
  readonly protocol: "http" | "https";
  /** Access key that signed it, if any. */
  readonly accessKeyId: string | undefined;
  /** Trailing headers of an `aws-chunked` body, names in lower case; complete once the body has ended. */
  trailers(): Readonly<Record<string, string>>;
  /** A body that is no stream, as it was sent: what checksums of XML are made over. */
  payload(): Promise<Uint8Array>;
  /** Adds a header to the answer, be it an output or an exception: what the schema does not have, such as CORS or a 304's ETag. */
  setResponseHeader(name: string, value: string): void;
  /** Calls back when the connection or the answer has ended: for answers that go on, whose client may go away. */
  onClose(listener: () => void): void;
  /** See `Context.idle`. */
  idle<T>(wait: Promise<T>): Promise<T>;
}

/** Events as services give them: the context adds account, region, actor, cause and times. */
export interface ServiceEvent {
  /** AWS's event source, e.g. `aws.s3`. */
  readonly source: string;
  /** AWS's detail type where AWS has one, e.g. `Object Created`; else a short past-tense phrase. */
  readonly type: string;
  /** ARNs of what it is about, the most important first. */
  readonly resources: readonly string[];
  readonly detail: Readonly<Record<string, unknown>>;
  /** True when AWS puts this very event on the account's default event bus. */
  readonly bus?: boolean;
  /** Why: the rule that decided, for transitions. */
  readonly rule?: string;
}

/** When a message is due: an instant (virtual ms), a delay (ms), or at once. */
export interface SendOptions {
  readonly at?: number;
  readonly delay?: number;
  /** Messages of one lane are handled one at a time, in order of due time. */
  readonly lane?: string;
  /** For time-outs and housekeeping, which nobody waits for: in `skip` they happen on the way, but do not make time move. */
  readonly quiet?: boolean;
}

interface ContextParts {
  readonly account: string;
  readonly region: string;
  readonly principal: Principal;
  readonly requestId?: string;
  readonly cause?: string | undefined;
  readonly request?: RequestInfo | undefined;
  readonly claimToken?: string | undefined;
  readonly trace?: TraceHeader | undefined;
  /** The store's generation that this work began in; without it the work may outlive a reset. */
  readonly generation?: number | undefined;
}

/**
 * What a handler works with: one account and one region, the principal, and the cause of all that it does.
 * Statements that are scoped get `:account` and `:region` from here and from nowhere else, so that a
 * handler can neither forget the scope nor choose another one by accident.
 */
export class Context {
  readonly cloud: Cloud;
  readonly account: string;
  readonly region: string;
  readonly principal: Principal;
  readonly requestId: string;
  /** Id of the event or message that caused this work; undefined for a client's own request. */
  readonly cause: string | undefined;
  readonly request: RequestInfo | undefined;
  readonly #claimToken: string | undefined;
  readonly #trace: TraceHeader | undefined;
  readonly #generation: number | undefined;

  constructor(cloud: Cloud, parts: ContextParts) {
    this.cloud = cloud;
    this.account = parts.account;
    this.region = parts.region;
    this.principal = parts.principal;
    // Not from the seeded ids: how many requests arrive is the clients' business, and would shift every later id.
    this.requestId = parts.requestId ?? randomUUID();
    this.cause = parts.cause;
    this.request = parts.request;
    this.#claimToken = parts.claimToken;
    this.#trace = parts.trace;
    this.#generation = parts.generation;
  }

  /** The trace that this work belongs to: what the client's tracing header says, or whoever went on from there. */
  get trace(): TraceHeader | undefined {
    return this.#trace ?? parseTraceHeader(this.request?.headers["x-amzn-trace-id"]);
  }

  /** Virtual now, ms since the epoch. */
  get now(): number {
    return this.cloud.clock.now();
  }

  get #store(): Store {
    this.#checkGeneration();
    return this.cloud.store;
  }

  /** False when a reset or a snapshot has replaced all that this work began with: it must leave no trace. */
  get isCurrent(): boolean {
    return this.#generation === undefined || this.#generation === this.cloud.store.generation;
  }

  /** @throws OrreryError StateReplaced */
  #checkGeneration(): void {
    if (this.isCurrent) return;
    throw new OrreryError("StateReplaced", "everything was replaced by a reset or a snapshot while this was under way");
  }

  get<P extends Params, R extends Row>(statement: Statement<P, R>, params: P): R | undefined {
    return this.#store.get(statement, params, this);
  }

  all<P extends Params, R extends Row>(statement: Statement<P, R>, params: P): R[] {
    return this.#store.all(statement, params, this);
  }

  /** Number of rows changed. */
  run<P extends Params, R extends Row>(statement: Statement<P, R>, params: P): number {
    return this.#store.run(statement, params, this);
  }

  /**
   * State change, event and next message as one: `work` is synchronous, and either all of it is stored or nothing.
   * Nested calls join the outer one.
   */
  tx<T>(work: () => T): T {
    return this.#store.tx(work);
  }

  /** Appends to the timeline; returns the event's id, to be used as a cause. */
  emit(event: ServiceEvent): string {
    this.#checkGeneration();
    return this.cloud.timeline.append({
      ...event,
      account: this.account,
      region: this.region,
      actor: this.principal.arn,
      ...(this.cause === undefined ? {} : { cause: this.cause }),
      requestId: this.requestId,
    });
  }

  /** Queues a durable message `"<service>.<name>"`; `payload` carries ids only. Returns its id. */
  send(type: string, payload: Readonly<Record<string, unknown>>, options: SendOptions = {}): string {
    this.#checkGeneration();
    const at = options.at ?? this.now + (options.delay ?? 0);
    const { lane, quiet } = options;
    const more = { ...(lane === undefined ? {} : { lane }), ...(quiet === undefined ? {} : { quiet }) };
    const { trace } = this;
    const traced = trace?.sampled === true ? { trace: formatTraceHeader(trace) } : {};
    const message = { type, payload, account: this.account, region: this.region, due: at, ...more, ...traced };
    return this.cloud.scheduler.send(this.cause === undefined ? message : { ...message, cause: this.cause });
  }

  /** Calls another service through the same dispatch as a client's request. */
  call<S extends ServiceId, N extends OperationName<Clients[S]> & string>(
    service: S,
    operation: N,
    input: Input<S, N>,
  ): Promise<Output<S, N>> {
    return this.cloud.invoke(this, service, operation, input as object) as Promise<Output<S, N>>;
  }

  /**
   * For a handler that waits for something to happen, such as a long poll: while it waits, its request does not count as
   * work in flight, so that virtual time may move on.
   */
  idle<T>(wait: Promise<T>): Promise<T> {
    return this.request === undefined ? wait : this.request.idle(wait);
  }

  /** The same cloud as seen from elsewhere: another region, account, principal or cause. */
  with(change: Partial<ContextParts>): Context {
    return new Context(this.cloud, {
      account: this.account,
      region: this.region,
      principal: this.principal,
      requestId: this.requestId,
      cause: this.cause,
      request: this.request,
      claimToken: this.#claimToken,
      trace: this.#trace,
      generation: this.#generation,
      ...change,
    });
  }

  /** `arn:aws:<service>:<region>:<account>:<resource>` of this scope. */
  arn(service: string, resource: string): string {
    return formatArn({ service, region: this.region, account: this.account, resource });
  }

  /**
   * Says "this is what I made", inside the transaction that makes it. Every operation that creates something
   * calls it with the new thing's id (name, ARN or server-made id, whichever its `get` takes). When the creation
   * was asked for under a claim token (CloudFormation does that), a process that died right after the commit
   * finds with `claimed` what it had made, and makes nothing twice. Without a token it does nothing.
   */
  claim(id: string): void {
    if (this.#claimToken !== undefined) this.#store.claim(this.#claimToken, id);
  }

  /** What was made under this context's claim token, if anything was. */
  claimed(): string | undefined {
    return this.#claimToken === undefined ? undefined : this.#store.claimed(this.#claimToken);
  }
}
