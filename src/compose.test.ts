import { mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { GetCallerIdentityCommand, STSClient } from "@aws-sdk/client-sts";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import type { Context } from "./aws/context.ts";
import type { AnyService, MessageHandler } from "./aws/service.ts";
import { compose, type Orrery, type OrreryOptions } from "./compose.ts";
import { introspection } from "./introspection/endpoints.ts";
import { OrreryError } from "./kernel/errors.ts";
import type { TimelineEvent } from "./kernel/events.ts";
import { serviceMetas } from "./models/services.ts";

const MINUTE = 60_000;
const event = (type: string): Parameters<Context["emit"]>[0] => ({ source: "test", type, resources: [], detail: {} });
const scope = { account: "000000000000", region: "us-east-1", payload: {} };

let dataDir: string;
let orrery: Orrery | undefined;
beforeEach(() => {
  dataDir = mkdtempSync(join(tmpdir(), "orrery-compose-"));
});
afterEach(async () => {
  await orrery?.stop();
  orrery = undefined;
  rmSync(dataDir, { recursive: true, force: true });
});

/** A cloud of one service, declared under the name of one that has a schema. */
async function start(parts: Partial<AnyService>, options: Partial<OrreryOptions> = {}): Promise<Orrery> {
  const operations = parts.operations ?? {};
  const notImplemented = (serviceMetas()["sts"]?.operations ?? []).filter((name) => operations[name] === undefined);
  const services = [{ id: "sts", notImplemented, ...parts, operations }];
  const all = { dataDir, port: 0, clockMode: { mode: "hold" }, logLevel: "error", ...options } as const;
  orrery = await compose(services, all, (running) => [introspection(running, services)]);
  return orrery;
}

/** A promise that somebody else settles, and a look at whether it was asked for. */
function gate(): { readonly open: () => void; readonly reached: Promise<void>; pass(): Promise<void> } {
  const opened = Promise.withResolvers<void>();
  const reached = Promise.withResolvers<void>();
  const pass = (): Promise<void> => {
    reached.resolve();
    return opened.promise;
  };
  return { open: opened.resolve, reached: reached.promise, pass };
}

describe("a reset while something is under way", () => {
  const handlers: [string, (ctx: Context) => ReturnType<MessageHandler>][] = [
    ["asks to be asked again", (ctx) => ({ again: ctx.now })],
    ["writes", (ctx) => ctx.tx(() => void ctx.emit(event("late")))],
    ["sends", (ctx) => void ctx.send("sts.work", {})],
    [
      "fails",
      () => {
        throw new OrreryError("WorkloadFailed", "on purpose");
      },
    ],
  ];
  test.each(handlers)("a message whose handler then %s leaves no trace", async (_name, then) => {
    const { open, reached, pass } = gate();
    const work: MessageHandler = async (ctx) => {
      await pass();
      return then(ctx);
    };
    const { cloud, reset } = await start({ messages: { "sts.work": work } });
    cloud.scheduler.send({ ...scope, type: "sts.work", due: cloud.clock.now() });
    await reached;
    await reset();
    open();
    await cloud.clock.advance(10 * MINUTE);
    expect([cloud.scheduler.upcoming(10), cloud.scheduler.deadLetters(), cloud.timeline.read()]).toEqual([[], [], []]);
  });

  test("a request is told that it came too early, and writes nothing", async () => {
    const { open, reached, pass } = gate();
    const GetCallerIdentity = async (_input: never, ctx: Context): Promise<object> => {
      await pass();
      ctx.emit(event("late"));
      return {};
    };
    const { cloud, endpoint, reset } = await start({ operations: { GetCallerIdentity } });
    const credentials = { accessKeyId: "test", secretAccessKey: "test" };
    const sts = new STSClient({ endpoint, region: "us-east-1", credentials, maxAttempts: 1 });
    const answer = sts.send(new GetCallerIdentityCommand({}));
    await reached;
    await reset();
    open();
    await expect(answer).rejects.toMatchObject({ name: "ServiceUnavailable", $metadata: { httpStatusCode: 503 } });
    expect(cloud.timeline.read()).toEqual([]);
  });

  test("subscribers see each event of the new world once, and listeners go on", async () => {
    const seen: string[] = [];
    const heard: string[] = [];
    const handle = (_ctx: Context, { type }: TimelineEvent): number => seen.push(type);
    const { cloud, reset } = await start({ subscriptions: [{ name: "reader", wants: () => true, handle }] });
    cloud.timeline.listen(({ type }) => heard.push(type));
    const append = (type: string): void => void cloud.timeline.append({ ...event(type), account: "0", region: "r", actor: "a" });
    append("before");
    await cloud.clock.idle();
    append("lost");
    await reset();
    append("after");
    await cloud.clock.idle();
    expect([seen, heard]).toEqual([
      ["before", "after"],
      ["before", "after"],
    ]);
  });

  test("the clock stays as it was, over a kill too", async () => {
    const { cloud, reset } = await start({});
    await cloud.clock.advance(90 * MINUTE);
    const { mode, virtual } = cloud.clock.state;
    await reset();
    expect(JSON.parse(cloud.store.setting("clock") ?? "{}")).toMatchObject({ mode, virtual });
  });

  test("each part is told although another one fails, and the failure is not hidden", async () => {
    const { cloud, reset } = await start({});
    const told: string[] = [];
    cloud.lifecycle.onReset(() => {
      throw new OrreryError("WorkloadFailed", "on purpose");
    });
    cloud.lifecycle.onReset(() => void told.push("second"));
    await expect(reset()).rejects.toThrow("on purpose");
    expect(told).toEqual(["second"]);
  });
});

describe("snapshots", () => {
  test("a message of the snapshot is handled although its number was being handled before", async () => {
    const first = gate();
    let runs = 0;
    const work: MessageHandler = async () => {
      if (runs++ === 0) await first.pass();
    };
    const { cloud, snapshots } = await start({ messages: { "sts.work": work } });
    cloud.scheduler.send({ ...scope, type: "sts.work", due: cloud.clock.now() });
    await first.reached;
    snapshots.save("one");
    await snapshots.load("one");
    for (let turn = 0; turn < 4; turn++) await new Promise((resolve) => setImmediate(resolve));
    expect(runs).toBe(2);
    first.open();
    await cloud.clock.idle();
    expect([runs, cloud.scheduler.upcoming(1)]).toEqual([2, []]);
  });

  test("what is due in it is done, and its time is not in the future", async () => {
    const done: number[] = [];
    const work: MessageHandler = (ctx) => void done.push(ctx.now);
    const { cloud, snapshots } = await start({ messages: { "sts.work": work } });
    const began = cloud.clock.now();
    await cloud.clock.advance(60 * MINUTE);
    cloud.scheduler.send({ ...scope, type: "sts.work", due: began + 90 * MINUTE });
    snapshots.save("later");
    await orrery?.stop();
    rmSync(join(dataDir, "orrery.db"));
    const again = await start({ messages: { "sts.work": work } }, { clockStart: began });
    await again.snapshots.load("later");
    expect(again.cloud.clock.now()).toBe(began + 60 * MINUTE);
    await again.cloud.clock.advance(30 * MINUTE);
    expect(done).toEqual([began + 90 * MINUTE]);
  });

  test("one that cannot be saved leaves the one before, and a half-saved one is no snapshot", async () => {
    const { cloud, snapshots } = await start({});
    cloud.store.setSetting("note", "first");
    snapshots.save("one");
    cloud.store.setSetting("note", "second");
    rmSync(join(dataDir, "blobs"), { recursive: true });
    expect(() => snapshots.save("one")).toThrow();
    expect(snapshots.list()).toEqual(["one"]);
    await snapshots.load("one").catch(() => undefined);
    expect(cloud.store.setting("note")).toBe("first");
    mkdirSync(join(dataDir, "snapshots", ".two"));
    expect(snapshots.list()).toEqual(["one"]);
  });
});

test("a request that no stage can answer gets a 500, and the next one is answered", async () => {
  const matches = (_host: string, path: string): boolean => {
    if (path === "/trap") throw new OrreryError("WorkloadFailed", "on purpose");
    return false;
  };
  const { endpoint } = await start(
    { endpoints: [{ name: "trap", matches, handle: () => Promise.resolve() }] },
    { logWrite: () => undefined },
  );
  expect((await fetch(`${endpoint}/trap`)).status).toBe(500);
  expect((await fetch(`${endpoint}/_orrery/health`)).status).toBe(200);
});

describe("starting", () => {
  test("a request that comes before every service is started waits for it", async () => {
    const { open, reached, pass } = gate();
    let started = false;
    const port = await freePort();
    const starting = start(
      {
        start: async () => {
          await pass();
          started = true;
        },
      },
      { port },
    );
    await reached;
    let answered = false;
    const answer = fetch(`http://127.0.0.1:${port}/_orrery/health`).then((response) => {
      answered = true;
      return [started, response.status];
    });
    for (let turn = 0; turn < 50; turn++) await new Promise((resolve) => setImmediate(resolve));
    expect(answered).toBe(false);
    open();
    await starting;
    expect(await answer).toEqual([true, 200]);
  });

  test("one that fails gives port and folder back", async () => {
    const port = await freePort();
    const broken = {
      start: () => {
        throw new OrreryError("WorkloadFailed", "on purpose");
      },
    };
    await expect(start(broken, { port })).rejects.toThrow("on purpose");
    await start({}, { port });
  });
});

function freePort(): Promise<number> {
  return new Promise((resolve) => {
    const server = createServer().listen(0, "127.0.0.1", () => {
      const address = server.address();
      server.close(() => resolve(typeof address === "object" && address !== null ? address.port : 0));
    });
  });
}
