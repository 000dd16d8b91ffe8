import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { Clock } from "./clock.ts";
import { Timeline, type TimelineEvent } from "./events.ts";
import { Log } from "./log.ts";
import { Scheduler } from "./scheduler.ts";
import { Store, unscoped } from "./store.ts";

const log = new Log("error", () => undefined);

let dataDir: string;
let store: Store;
let clock: Clock;

function open(): void {
  store = new Store({ dataDir });
  clock = new Clock({ mode: { mode: "hold" }, start: 0 });
}

beforeEach(() => {
  dataDir = mkdtempSync(join(tmpdir(), "orrery-timeline-"));
  open();
});
afterEach(() => {
  store.close();
  clock.close();
  rmSync(dataDir, { recursive: true, force: true });
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
    const scheduler = new Scheduler(store, clock, log);
    timeline.subscribe({
      name: "fragile",
      wants: () => true,
      handle: (one) => {
        scheduler.send({ type: `from ${one.type}`, payload: {}, account: "0", region: "r", due: 0 });
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

  test("a subscriber that cannot judge an event passes it over too", async () => {
    const seen: string[] = [];
    const timeline = new Timeline(store, clock, log);
    timeline.subscribe({
      name: "choosy",
      wants: ({ type }) => {
        if (type === "odd") throw new RangeError("odd");
        return true;
      },
      handle: ({ type }) => void seen.push(type),
    });
    timeline.append(event("odd"));
    timeline.append(event("plain"));
    await clock.idle();
    expect(seen).toEqual(["plain"]);
  });

  test("a disk that takes nothing is waited for", async () => {
    const readOnly = (yes: boolean): void => void store.get(unscoped(`PRAGMA query_only = ${yes ? 1 : 0}`), {});
    const told = new Log("error", () => readOnly(false));
    const timeline = new Timeline(store, clock, told);
    const seen: string[] = [];
    const both = Promise.withResolvers<void>();
    timeline.subscribe({
      name: "reader",
      wants: () => true,
      handle: ({ type }) => {
        seen.push(type);
        if (seen.length === 2) both.resolve();
        else readOnly(true);
      },
    });
    timeline.append(event("one"));
    await both.promise;
    await clock.idle();
    expect(seen).toEqual(["one", "one"]);
    expect(store.get(unscoped<Record<never, never>, { position: number }>("SELECT position FROM subscribers"), {})?.position).toBe(1);
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
