import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { Clock } from "./clock.ts";
import { Timeline, type TimelineEvent } from "./events.ts";
import { Log } from "./log.ts";
import { type NewMessage, Scheduler } from "./scheduler.ts";
import { Store } from "./store.ts";

const log = new Log("error", () => undefined);
const HOUR = 3_600_000;

let dataDir: string;
let store: Store;
let clock: Clock;
let scheduler: Scheduler;

function open(): void {
  store = new Store({ dataDir });
  clock = new Clock({ mode: { mode: "hold" }, start: clock === undefined ? 0 : clock.now() });
  scheduler = new Scheduler(store, clock, log);
}

const message = (type: string, change: Partial<NewMessage> = {}): NewMessage => ({
  type,
  payload: {},
  account: "0",
  region: "r",
  due: clock.now(),
  ...change,
});

beforeEach(() => {
  dataDir = mkdtempSync(join(tmpdir(), "orrery-scheduler-"));
  clock = new Clock({ mode: { mode: "hold" }, start: 0 });
  open();
});
afterEach(() => {
  store.close();
  clock.close();
  rmSync(dataDir, { recursive: true, force: true });
});

describe("the delay queue", () => {
  test("a message is handled at its due time, and again when its handler asks for that", async () => {
    const seen: number[] = [];
    scheduler.handle("t", async () => {
      seen.push(clock.now());
      return seen.length < 3 ? { again: clock.now() + HOUR } : undefined;
    });
    scheduler.start();
    scheduler.send(message("t", { due: HOUR }));
    await clock.advance(10 * HOUR);
    expect(seen).toEqual([HOUR, 2 * HOUR, 3 * HOUR]);
    expect(scheduler.upcoming(1)).toEqual([]);
  });

  test("a message of a rolled back transaction never was", async () => {
    let handled = 0;
    scheduler.handle("t", async () => {
      handled++;
      return undefined;
    });
    scheduler.start();
    expect(() =>
      store.tx(() => {
        scheduler.send(message("t"));
        throw new RangeError("no");
      }),
    ).toThrow();
    await clock.advance(HOUR);
    expect(handled).toBe(0);
  });

  test("failures are retried with back-off, then a dead letter names the handler", async () => {
    const seen: number[] = [];
    scheduler.handle("t.fails", async () => {
      seen.push(clock.now());
      throw new RangeError("broken");
    });
    scheduler.start();
    scheduler.send(message("t.fails"));
    await clock.advance(HOUR);
    expect(seen).toEqual([0, 1_000, 3_000, 7_000, 15_000, 31_000]);
    expect(scheduler.deadLetters()).toMatchObject([
      { type: "t.fails", attempts: 6, error: expect.stringContaining("t.fails: RangeError: broken") },
    ]);
  });

  test("a message without a handler becomes a dead letter at once", async () => {
    scheduler.start();
    scheduler.send(message("nobody"));
    await clock.advance(1);
    expect(scheduler.deadLetters()[0]?.error).toContain("no handler is registered for nobody");
  });

  test("a lane is handled one at a time and in order, other lanes side by side", async () => {
    const running = new Set<string>();
    const overlaps: string[] = [];
    const order: string[] = [];
    scheduler.handle("t", async ({ payload, lane }) => {
      if (lane !== undefined && running.has(lane)) overlaps.push(lane);
      if (lane !== undefined) running.add(lane);
      order.push(String(payload["n"]));
      await new Promise((resolve) => setImmediate(resolve));
      if (lane !== undefined) running.delete(lane);
      return undefined;
    });
    scheduler.start();
    for (let n = 0; n < 6; n++) scheduler.send(message("t", { payload: { n }, lane: n % 2 === 0 ? "even" : "odd" }));
    await clock.advance(1);
    expect(overlaps).toEqual([]);
    expect(order.filter((n) => Number(n) % 2 === 0)).toEqual(["0", "2", "4"]);
    expect(order.filter((n) => Number(n) % 2 === 1)).toEqual(["1", "3", "5"]);
  });

  test("what was queued goes on after a restart, overdue or not", async () => {
    scheduler.send(message("t", { due: HOUR }));
    store.close();
    open();
    let handled = 0;
    scheduler.handle("t", async () => {
      handled++;
      return undefined;
    });
    scheduler.start();
    await clock.advance(2 * HOUR);
    expect(handled).toBe(1);
  });
});

describe("the timeline", () => {
  const event = (type: string): Parameters<Timeline["append"]>[0] => ({
    account: "0",
    region: "r",
    source: "s",
    type,
    resources: [],
    detail: {},
    actor: "a",
  });

  test("a subscriber sees each event once and in order, over restarts too", async () => {
    const seen: string[] = [];
    const subscriber = {
      name: "reader",
      wants: (one: TimelineEvent) => one.type !== "unwanted",
      handle: (one: TimelineEvent) => {
        seen.push(one.type);
      },
    };
    let timeline = new Timeline(store, clock, log);
    timeline.subscribe(subscriber);
    timeline.append(event("one"));
    timeline.append(event("unwanted"));
    timeline.append(event("two"));
    await clock.idle();
    store.close();
    open();
    timeline = new Timeline(store, clock, log);
    timeline.append(event("three"));
    timeline.subscribe(subscriber);
    await clock.idle();
    expect(seen).toEqual(["one", "two", "three"]);
  });

  test("an event that its subscriber cannot handle is passed over, with nothing half-written", async () => {
    const seen: string[] = [];
    const timeline = new Timeline(store, clock, log);
    timeline.subscribe({
      name: "fragile",
      wants: () => true,
      handle: (one) => {
        scheduler.send(message(`from ${one.type}`));
        if (one.type === "bad") throw new RangeError("bad");
        seen.push(one.type);
      },
    });
    timeline.append(event("bad"));
    timeline.append(event("good"));
    await clock.idle();
    expect(seen).toEqual(["good"]);
    expect(scheduler.upcoming(10).map(({ type }) => type)).toEqual(["from good"]);
  });

  test("reads by source, type, cause and resource", () => {
    const timeline = new Timeline(store, clock, log);
    const first = timeline.append({ ...event("one"), resources: ["arn:aws:s3:::docs"] });
    timeline.append({ ...event("two"), cause: first });
    expect(timeline.read({ cause: first }).map((one) => one.type)).toEqual(["two"]);
    expect(timeline.read({ resource: "docs" }).map((one) => one.type)).toEqual(["one"]);
    expect(timeline.find(first)?.type).toBe("one");
  });
});
