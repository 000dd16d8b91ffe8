import { resolve } from "node:path";
import { type Cloud, Context } from "./aws/context.ts";
import { type Identity, servicePrincipal } from "./aws/identity.ts";
import type { ResourceType } from "./aws/resource.ts";
import type { AnyService, MessageHandler } from "./aws/service.ts";
import { parseTraceHeader } from "./aws/tracing.ts";
import { createGateway, type ExtraEndpoint } from "./gateway/app.ts";
import { createDispatcher, type Dispatcher } from "./gateway/dispatch.ts";
import { BlobStore } from "./kernel/blobs.ts";
import { Clock, type ClockMode, type ClockState } from "./kernel/clock.ts";
import { OrreryError } from "./kernel/errors.ts";
import { Timeline } from "./kernel/events.ts";
import { Faults } from "./kernel/faults.ts";
import { Ids } from "./kernel/ids.ts";
import { Lifecycle } from "./kernel/lifecycle.ts";
import { Log, type LogLevel } from "./kernel/log.ts";
import { Scheduler } from "./kernel/scheduler.ts";
import { Snapshots } from "./kernel/snapshots.ts";
import { Store } from "./kernel/store.ts";

export interface OrreryOptions {
  readonly dataDir: string;
  /** 0 takes any free port. Default 4566. */
  readonly port?: number;
  /** Address to listen on. Default 127.0.0.1, so that nothing outside of this machine reaches it. */
  readonly host?: string;
  readonly durability?: "process" | "full";
  /** `off` takes any signature, and none. Default `on`. */
  readonly auth?: "on" | "off";
  /** `audit` (default) records what IAM would deny. */
  readonly authorisation?: "off" | "audit";
  readonly clockMode?: ClockMode;
  /** Virtual ms at which a new data folder starts. Default: wall now. */
  readonly clockStart?: number;
  readonly seed?: string;
  readonly logLevel?: LogLevel;
  readonly logWrite?: (line: string) => void;
  /** Lets CloudFormation create types that Orrery does not have as modelled resources. */
  readonly modelUnknownTypes?: boolean;
  /** UDP and TCP port of the X-Ray daemon; 0 takes any. Default: no daemon. */
  readonly xrayPort?: number;
  /** Refuses a request when an input member that it carries was not read by its handler. */
  readonly strict?: boolean;
}

/** A cloud that is up. */
export interface Orrery {
  readonly cloud: Cloud;
  readonly endpoint: string;
  readonly port: number;
  readonly dataDir: string;
  /** Empties it: every service as on the first day. */
  reset(): Promise<void>;
  readonly snapshots: Snapshots;
  stop(): Promise<void>;
}

const CLOCK_SETTING = "clock";
const PORT_SETTING = "port";
const STARTS_SETTING = "seeded starts";

/**
 * Puts a cloud together from its parts and starts it. `endpoints` are the product's own pages under /_orrery, made once
 * the cloud is there.
 * @throws OrreryError DataFolderInUse, DataFolderNewer, PortInUse, ServiceMiswired
 */
export async function compose(
  services: readonly AnyService[],
  options: OrreryOptions,
  endpoints: (orrery: Orrery) => ExtraEndpoint[],
): Promise<Orrery> {
  const log = new Log(options.logLevel ?? "info", options.logWrite ?? ((line) => process.stderr.write(line)));
  const lifecycle = new Lifecycle(log);
  const dataDir = resolve(options.dataDir);
  const durability = options.durability ?? "process";
  const store = new Store({ dataDir, durability });
  lifecycle.onStop("store", () => store.close());
  try {
    const parts = { services, options, log, lifecycle, store, dataDir, blobs: new BlobStore(dataDir, durability) };
    return await assemble(parts, endpoints);
  } catch (error) {
    await lifecycle.stop();
    throw error;
  }
}

interface Parts {
  readonly services: readonly AnyService[];
  readonly options: OrreryOptions;
  readonly log: Log;
  readonly lifecycle: Lifecycle;
  readonly store: Store;
  readonly blobs: BlobStore;
  readonly dataDir: string;
}

async function assemble(parts: Parts, endpoints: (orrery: Orrery) => ExtraEndpoint[]): Promise<Orrery> {
  const { services, options, log, lifecycle, store, blobs, dataDir } = parts;
  const clock = restoreClock(store, options);
  lifecycle.onStop("clock", () => {
    clock.onChange?.(clock.state);
    clock.close();
  });
  const timeline = new Timeline(store, clock, log);
  lifecycle.onStop("timeline", () => timeline.stop());
  const newest = timeline.find(`evt-${timeline.last()}`);
  // A kill -9 in a mode that jumps leaves the clock's own record behind what was stamped already.
  if (newest !== undefined && newest.time > clock.now()) clock.jumpTo(newest.time);
  const scheduler = new Scheduler(store, clock, log);
  store.migrate(...services.flatMap(({ migrations }) => migrations ?? []));
  const dispatcher = createDispatcher(services);
  const ids = new Ids(seedOf(store, options.seed));
  const faults = new Faults(store, clock, ids);
  const base = { clock, store, blobs, timeline, scheduler, faults, ids, log, lifecycle, dataDir };
  const cloud = new RunningCloud(base, dispatcher, settingsOf(options), collectResourceTypes(services));
  cloud.identity = identityOf(services, cloud);

  /** All rows are others now: who holds some in memory, or is at work on some, must know. */
  const replaced = async (): Promise<void> => {
    moveTo(store, cloud.port);
    const kept = keptClock(store);
    if (kept !== undefined && kept.virtual > clock.now()) clock.jumpTo(kept.virtual);
    clock.onChange?.(clock.state);
    scheduler.refresh();
    timeline.refresh();
    faults.refresh();
    await lifecycle.reset();
  };
  const settle = (): void => clock.onChange?.(clock.state);
  const orrery: Orrery = {
    cloud,
    dataDir,
    get endpoint() {
      return cloud.endpoint;
    },
    get port() {
      return cloud.port;
    },
    reset: async () => {
      store.wipe();
      blobs.wipe();
      await replaced();
    },
    snapshots: new Snapshots({ dataDir, store, blobs, settle, replaced, copy: (from, to) => lifecycle.copy(from, to) }),
    stop: () => lifecycle.stop(),
  };
  const ready = Promise.withResolvers<void>();
  const gateway = createGateway({
    ready: ready.promise,
    cloud,
    services,
    dispatcher,
    auth: options.auth ?? "on",
    authorisation: options.authorisation ?? "audit",
    strict: options.strict ?? false,
    endpoints: endpoints(orrery),
  });
  const host = options.host ?? "127.0.0.1";
  const { port } = await gateway.listen(options.port ?? 4566, host);
  const forget = lifecycle.onStop("gateway of a start that failed", () => gateway.close());
  cloud.port = port;
  cloud.endpoint = `http://${host.includes(":") ? `[${host}]` : host}:${port}`;
  moveTo(store, port);
  connect(services, cloud);
  // Stopping goes the other way round: no new request, no new message, then the services end their workloads, which
  // lets the messages that wait for them come to an end.
  lifecycle.onStop("messages under way", () => scheduler.stop());
  for (const service of services) await service.start?.(cloud);
  lifecycle.onStop("scheduler", () => scheduler.halt());
  lifecycle.onStop("gateway", () => gateway.close());
  forget();
  scheduler.start();
  ready.resolve();
  return orrery;
}

function settingsOf({ modelUnknownTypes = false, xrayPort }: OrreryOptions): Cloud["options"] {
  return { modelUnknownTypes, ...(xrayPort === undefined ? {} : { xrayPort }) };
}

type Base = Omit<Cloud, "identity" | "endpoint" | "invoke" | "resourceTypes" | "options">;

/** The parts in one object. Endpoint and identity are known only after the others are there. */
class RunningCloud implements Cloud {
  readonly clock: Clock;
  readonly store: Store;
  readonly blobs: BlobStore;
  readonly timeline: Timeline;
  readonly scheduler: Scheduler;
  readonly faults: Faults;
  readonly ids: Ids;
  readonly log: Log;
  readonly lifecycle: Lifecycle;
  readonly dataDir: string;
  readonly options: Cloud["options"];
  readonly resourceTypes: ReadonlyMap<string, ResourceType>;
  readonly #dispatcher: Dispatcher;
  identity: Identity = nobody;
  endpoint = "";
  port = 0;

  constructor(base: Base, dispatcher: Dispatcher, options: Cloud["options"], resourceTypes: ReadonlyMap<string, ResourceType>) {
    this.clock = base.clock;
    this.store = base.store;
    this.blobs = base.blobs;
    this.timeline = base.timeline;
    this.scheduler = base.scheduler;
    this.faults = base.faults;
    this.ids = base.ids;
    this.log = base.log;
    this.lifecycle = base.lifecycle;
    this.dataDir = base.dataDir;
    this.options = options;
    this.resourceTypes = resourceTypes;
    this.#dispatcher = dispatcher;
  }

  invoke(ctx: Context, service: string, operation: string, input: object): Promise<object> {
    return this.#dispatcher.call(ctx, service, operation, input);
  }
}

/** URLs that services told, in a stack's outputs for one, name the port of their time: where the cloud has moved, they are told anew. */
function moveTo(store: Store, port: number): void {
  const before = store.setting(PORT_SETTING);
  if (before !== undefined && before !== String(port))
    for (const host of ["127.0.0.1", "localhost"]) store.replaceText(`${host}:${before}`, `${host}:${port}`);
  store.setSetting(PORT_SETTING, String(port));
}

/** Stands in when no service knows credentials: only the built-in test keys work then. */
const noCredentials = (): never => {
  throw new OrreryError("ServiceMiswired", "no service gives credentials: IAM and STS are not part of this cloud");
};
const nobody: Identity = {
  find: () => undefined,
  issue: noCredentials,
  issueAs: noCredentials,
  judge: () => "none",
  problemOf: () => undefined,
  decide: () => ({ allowed: true, reason: "no service decides about permissions" }),
};

function identityOf(services: readonly AnyService[], cloud: Cloud): Identity {
  for (const { identity } of services) if (identity !== undefined) return identity(cloud);
  return nobody;
}

function collectResourceTypes(services: readonly AnyService[]): Map<string, ResourceType> {
  return new Map(services.flatMap((service) => Object.entries(service.resources ?? {})));
}

/** Connects message handlers and subscriptions, each working in the scope of what it was sent or told. */
function connect(services: readonly AnyService[], cloud: Cloud): void {
  for (const service of services) {
    const host = `${service.id}.amazonaws.com`;
    for (const [type, handler] of Object.entries(service.messages ?? {})) {
      cloud.scheduler.handle(type, (message) => {
        const scope = { account: message.account, region: message.region, principal: servicePrincipal(message.account, host) };
        const parts = { ...scope, cause: message.cause ?? message.id, trace: parseTraceHeader(message.trace) };
        return runHandler(handler, new Context(cloud, { ...parts, generation: cloud.store.generation }), message);
      });
    }
    for (const subscription of service.subscriptions ?? []) {
      cloud.timeline.subscribe({
        name: subscription.name,
        wants: (event) => subscription.wants(event),
        handle: (event) => {
          const scope = { account: event.account, region: event.region, principal: servicePrincipal(event.account, host) };
          subscription.handle(new Context(cloud, { ...scope, cause: event.id }), event);
        },
      });
    }
  }
}

async function runHandler(
  handler: MessageHandler,
  ctx: Context,
  message: Parameters<MessageHandler>[1],
): Promise<{ readonly again: number } | undefined> {
  return (await handler(ctx, message)) ?? undefined;
}

/** The same seed again would give the ids of the last start once more: a folder that was started before goes on with others. */
function seedOf(store: Store, seed: string | undefined): string | undefined {
  if (seed === undefined) return undefined;
  const starts = Number(store.setting(STARTS_SETTING) ?? 0);
  store.setSetting(STARTS_SETTING, String(starts + 1));
  return starts === 0 ? seed : `${seed}/${starts}`;
}

/** A data folder keeps its clock: mode and virtual time go on where they were; in real mode the offset is kept. */
function restoreClock(store: Store, options: OrreryOptions): Clock {
  const state = keptClock(store);
  const start = state === undefined ? options.clockStart : continuedFrom(state);
  const clock = new Clock({ mode: options.clockMode ?? state?.mode ?? { mode: "real" }, ...(start === undefined ? {} : { start }) });
  clock.onChange = (changed) => store.setSetting(CLOCK_SETTING, JSON.stringify(changed));
  clock.onChange(clock.state);
  return clock;
}

function keptClock(store: Store): ClockState | undefined {
  const kept = store.setting(CLOCK_SETTING);
  return kept === undefined ? undefined : (JSON.parse(kept) as ClockState);
}

function continuedFrom(state: ClockState): number {
  return state.mode.mode === "real" ? state.virtual + new Clock().wall() - state.wall : state.virtual;
}
