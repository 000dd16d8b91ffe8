import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import fc from "fast-check";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { Clock } from "./clock.ts";
import { Log } from "./log.ts";
import { type NewMessage, type QueuedMessage, Scheduler } from "./scheduler.ts";
import { Store, unscoped } from "./store.ts";

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

describe("what goes wrong", () => {
  const readOnly = (yes: boolean): void => {
    store.get(unscoped(`PRAGMA query_only = ${yes ? 1 : 0}`), {});
  };

  test("a disk that takes nothing is waited for: the message is handled again, and nothing is lost or given up", async () => {
    let runs = 0;
    const twice = Promise.withResolvers<void>();
    scheduler.handle("t", async () => {
      runs++;
      readOnly(runs === 1);
      if (runs === 2) twice.resolve();
      return undefined;
    });
    scheduler.start();
    scheduler.send(message("t"));
    await twice.promise;
    await clock.idle();
    expect([runs, scheduler.upcoming(1), scheduler.deadLetters()]).toEqual([2, [], []]);
  });

  test("a handler whose own writes were lost has failed, whatever it answered", async () => {
    store.migrate({
      name: "n",
      steps: ["CREATE TABLE n (id INTEGER PRIMARY KEY, other INTEGER REFERENCES n DEFERRABLE INITIALLY DEFERRED)"],
    });
    let runs = 0;
    scheduler.handle("t", async () => {
      // The first commit breaks a reference, and is noticed only after the handler has gone on.
      store.run(unscoped<{ other: number }>("INSERT OR REPLACE INTO n VALUES (1, :other)"), { other: runs++ === 0 ? 99 : 1 });
      await new Promise((resolve) => setImmediate(resolve));
      return undefined;
    });
    scheduler.start();
    scheduler.send(message("t"));
    await clock.advance(HOUR);
    expect(runs).toBe(2);
    expect(store.get(unscoped<Record<never, never>, { other: number }>("SELECT other FROM n"), {})?.other).toBe(1);
  });

  test("a handler that asks again and again at one instant does not keep time from moving on", async () => {
    let runs = 0;
    const start = clock.now();
    scheduler.handle("impatient", async () => {
      runs++;
      return clock.now() < start + 2 ? { again: clock.now() } : undefined;
    });
    scheduler.start();
    scheduler.send(message("impatient"));
    await clock.advance(5);
    expect([runs, scheduler.upcoming(1)]).toEqual([20_001, []]);
  });

  test("stop waits for all that is under way, and may be asked twice", async () => {
    const end = Promise.withResolvers<undefined>();
    scheduler.handle("t", () => end.promise);
    scheduler.start();
    scheduler.send(message("t"));
    await new Promise((resolve) => setImmediate(() => setImmediate(() => setImmediate(resolve))));
    const stops = Promise.all([scheduler.stop(), scheduler.stop()]);
    end.resolve(undefined);
    await stops;
    await scheduler.stop();
  });
});

describe("a process that is killed again and again", () => {
  const DONE = {
    name: "done",
    steps: ["CREATE TABLE done (number INTEGER NOT NULL, step INTEGER NOT NULL, at INTEGER NOT NULL, PRIMARY KEY (number, step)) STRICT"],
  };
  const insertDone = unscoped<{ number: number; step: number; at: number }>("INSERT OR IGNORE INTO done VALUES (:number, :step, :at)");
  const allDone = unscoped<Record<never, never>, { number: number; step: number; at: number }>("SELECT * FROM done ORDER BY at, rowid");

  /** `kills` are asked one after the other at each delivery: not at all, before its effect is stored, or after. */
  const world = fc.record({
    messages: fc.array(fc.record({ due: fc.nat(20), lane: fc.constantFrom(undefined, "a", "b"), steps: fc.integer({ min: 1, max: 3 }) }), {
      minLength: 1,
      maxLength: 8,
    }),
    kills: fc.array(fc.constantFrom("no", "no", "before", "after"), { maxLength: 12 }),
  });

  test("does every step of every message, none early, each lane one after the other", async () => {
    const run = fc.asyncProperty(world, async ({ messages, kills }) => {
      store.wipe();
      scheduler.refresh();
      store.migrate(DONE);
      const left = [...kills];
      const running = new Set<string>();
      let killed = Promise.withResolvers<void>();
      const begin = clock.now();
      const work = async ({ payload, due, lane }: QueuedMessage): Promise<{ again: number } | undefined> => {
        if (lane !== undefined) expect(running.has(lane)).toBe(false);
        if (lane !== undefined) running.add(lane);
        await new Promise((resolve) => setImmediate(resolve));
        const number = Number(payload["number"]);
        const plan = messages[number];
        const kill = left.shift() ?? "no";
        expect(clock.now()).toBeGreaterThanOrEqual(due);
        const step = Number(due - begin - (plan?.due ?? 0));
        if (kill !== "before") store.run(insertDone, { number, step, at: clock.now() });
        if (kill !== "no") {
          scheduler.halt();
          killed.resolve();
          return new Promise(() => undefined);
        }
        if (lane !== undefined) running.delete(lane);
        return step + 1 < (plan?.steps ?? 0) ? { again: due + 1 } : undefined;
      };
      scheduler.handle("work", work);
      for (const [number, { due, lane }] of messages.entries()) {
        scheduler.send(message("work", { payload: { number }, due: begin + due, ...(lane === undefined ? {} : { lane }) }));
      }
      for (let done = false; !done; ) {
        scheduler.start();
        done = await Promise.race([clock.advance(begin + 60 - clock.now()).then(() => true), killed.promise.then(() => false)]);
        if (done) break;
        store.close();
        clock.close();
        open();
        store.migrate(DONE);
        running.clear();
        killed = Promise.withResolvers<void>();
        scheduler.handle("work", work);
      }
      scheduler.halt();
      const expected = messages.flatMap(({ steps, due }, number) =>
        Array.from({ length: steps }, (_, step) => ({ number, step, due: due + step })),
      );
      const rows = store.all(allDone, {});
      expect(rows.map(({ number, step }) => [number, step]).sort()).toEqual(expected.map(({ number, step }) => [number, step]).sort());
      for (const { number, step, at } of rows) expect(at - begin).toBeGreaterThanOrEqual((messages[number]?.due ?? 0) + step);
      expect([scheduler.upcoming(1), scheduler.deadLetters()]).toEqual([[], []]);
    });
    await fc.assert(run, { numRuns: 40 });
  });
});
