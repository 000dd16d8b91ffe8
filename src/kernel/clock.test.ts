import fc from "fast-check";
import { afterEach, describe, expect, test, vi } from "vitest";
import { Clock } from "./clock.ts";

const MINUTE = 60_000;

describe("hold", () => {
  test("stands still until advanced, and stops at each timer on its way", async () => {
    const clock = new Clock({ mode: { mode: "hold" }, start: 1_000 });
    const seen: [string, number][] = [];
    clock.at(1_000 + 2 * MINUTE, "second", () => seen.push(["second", clock.now()]));
    clock.at(1_000 + MINUTE, "first", () => seen.push(["first", clock.now()]));
    expect(clock.now()).toBe(1_000);
    await clock.advance(5 * MINUTE);
    expect(seen).toEqual([
      ["first", 1_000 + MINUTE],
      ["second", 1_000 + 2 * MINUTE],
    ]);
    expect(clock.now()).toBe(1_000 + 5 * MINUTE);
  });

  test("timers of one instant fire in the order in which they were scheduled", async () => {
    const clock = new Clock({ mode: { mode: "hold" }, start: 0 });
    const seen: number[] = [];
    for (let i = 0; i < 50; i++) clock.at(MINUTE, `t${i}`, () => seen.push(i));
    await clock.advance(MINUTE);
    expect(seen).toEqual([...Array(50).keys()]);
  });

  test("a timer that schedules another within the advance is followed by it", async () => {
    const clock = new Clock({ mode: { mode: "hold" }, start: 0 });
    const seen: number[] = [];
    const tick = (): void => {
      seen.push(clock.now());
      clock.at(clock.now() + MINUTE, "tick", tick);
    };
    clock.at(MINUTE, "tick", tick);
    await clock.advance(3 * MINUTE);
    expect(seen).toEqual([MINUTE, 2 * MINUTE, 3 * MINUTE]);
  });

  test("advance waits for what is busy before it goes past it", async () => {
    const clock = new Clock({ mode: { mode: "hold" }, start: 0 });
    const order: string[] = [];
    clock.at(MINUTE, "work", () => {
      const release = clock.busy("work");
      setImmediate(() =>
        setImmediate(() =>
          setImmediate(() =>
            setImmediate(() => {
              order.push("work done");
              release();
            }),
          ),
        ),
      );
    });
    clock.at(2 * MINUTE, "later", () => order.push("later"));
    await clock.advance(2 * MINUTE);
    expect(order).toEqual(["work done", "later"]);
  });

  test("next goes to the next timer and says what it was", async () => {
    const clock = new Clock({ mode: { mode: "hold" }, start: 0 });
    clock.at(7 * MINUTE, "bake", () => undefined);
    expect(await clock.next()).toEqual({ due: 7 * MINUTE, label: "bake" });
    expect(clock.now()).toBe(7 * MINUTE);
    expect(await clock.next()).toBeUndefined();
  });

  test("a cancelled timer does not fire", async () => {
    const clock = new Clock({ mode: { mode: "hold" }, start: 0 });
    let fired = false;
    clock
      .at(MINUTE, "t", () => {
        fired = true;
      })
      .cancel();
    await clock.advance(2 * MINUTE);
    expect(fired).toBe(false);
  });
});

describe("skip", () => {
  test("jumps from timer to timer from a start in the past and arrives at the wall clock as real time", async () => {
    const clock = new Clock();
    const start = clock.wall() - 30 * MINUTE;
    const past = new Clock({ mode: { mode: "skip" }, start });
    const seen: number[] = [];
    const arrived = new Promise<void>((resolve) => {
      past.onChange = (state) => {
        if (state.mode.mode === "real") resolve();
      };
    });
    const tick = (): void => {
      seen.push((past.now() - start) / MINUTE);
      past.at(past.now() + 10 * MINUTE, "tick", tick);
    };
    past.at(start + 10 * MINUTE, "tick", tick);
    await arrived;
    expect(seen).toEqual([10, 20, 30]);
    expect(past.now()).toBeGreaterThanOrEqual(start + 30 * MINUTE);
    past.close();
  });

  test("stands still while nobody waits for what is due, and takes it along when somebody does", async () => {
    const start = new Clock().wall() - 30 * MINUTE;
    const clock = new Clock({ mode: { mode: "skip" }, start });
    const seen: string[] = [];
    clock.at(start + MINUTE, "time-out", () => seen.push("time-out"), { quiet: true });
    clock.at(start + 3 * MINUTE, "later time-out", () => seen.push("later"), { quiet: true });
    await clock.idle();
    await clock.idle();
    expect([seen, clock.now(), clock.mode.mode]).toEqual([[], start, "skip"]);
    clock.at(start + 2 * MINUTE, "bake", () => seen.push("bake"));
    await clock.idle();
    await clock.idle();
    expect([seen, clock.now(), clock.mode.mode]).toEqual([["time-out", "bake"], start + 2 * MINUTE, "skip"]);
    clock.close();
  });

  test("does not jump while something is busy", async () => {
    const start = new Clock().wall() - 30 * MINUTE;
    const clock = new Clock({ mode: { mode: "skip" }, start });
    const release = clock.busy("build");
    let fired = false;
    clock.at(start + MINUTE, "t", () => {
      fired = true;
    });
    await new Promise((resolve) => setImmediate(() => setImmediate(() => setImmediate(resolve))));
    expect(fired).toBe(false);
    expect(clock.now()).toBe(start);
    release();
    await clock.idle();
    await clock.idle();
    expect(fired).toBe(true);
    clock.close();
  });

  test("with a limit it goes past the wall clock, up to the limit, and stands still there", async () => {
    const start = new Clock().wall();
    const clock = new Clock({ start, mode: { mode: "hold" } });
    const seen: string[] = [];
    clock.at(start + MINUTE, "in", () => seen.push("in"));
    clock.at(start + 60 * MINUTE, "out", () => seen.push("out"));
    const stood = new Promise<void>((resolve) => {
      clock.onChange = (state) => {
        if (state.mode.mode === "hold") resolve();
      };
    });
    clock.setMode({ mode: "skip", until: start + 30 * MINUTE });
    await stood;
    expect(seen).toEqual(["in"]);
    expect(clock.now()).toBe(start + 30 * MINUTE);
    clock.close();
  });
});

/** One of: a timer after so many ms, one that is cancelled, one that makes another one when it fires. */
const plan = fc.array(
  fc.record({ delay: fc.integer({ min: 0, max: 20 }), kind: fc.constantFrom("plain", "cancelled", "parent"), again: fc.nat(5) }),
  { maxLength: 30 },
);

describe("any timers", () => {
  const fired: { due: number; at: number; sequence: number }[] = [];
  let sequence = 0;
  const add = (clock: Clock, due: number, after?: () => void): (() => void) => {
    const number = sequence++;
    return clock.at(due, "t", () => {
      fired.push({ due, at: clock.now(), sequence: number });
      after?.();
    }).cancel;
  };
  const addAll = (clock: Clock, timers: readonly { delay: number; kind: string; again: number }[]): number => {
    const start = clock.now();
    for (const { delay, kind, again } of timers) {
      const due = start + delay;
      const cancel = add(clock, due, kind === "parent" ? () => void add(clock, due + again) : undefined);
      if (kind === "cancelled") cancel();
    }
    return timers.filter(({ kind }) => kind === "plain").length + 2 * timers.filter(({ kind }) => kind === "parent").length;
  };
  const expectInOrder = (): void => {
    for (const { due, at } of fired) expect(at).toBeGreaterThanOrEqual(due);
    const sorted = fired.toSorted((a, b) => a.at - b.at || a.due - b.due || a.sequence - b.sequence);
    expect(fired).toEqual(sorted);
  };

  test("fire in order of their instants, then of their making, each once and exactly then, in hold and skip", async () => {
    const run = fc.asyncProperty(plan, fc.constantFrom("hold", "skip"), async (timers, mode) => {
      fired.length = 0;
      const start = new Clock().wall();
      const clock = new Clock({ mode: { mode: "hold" }, start });
      const expected = addAll(clock, timers);
      if (mode === "hold") await clock.advance(100);
      else {
        const stands = new Promise<void>((resolve) => {
          clock.onChange = ({ mode: now }) => {
            if (now.mode === "hold") resolve();
          };
        });
        clock.setMode({ mode: "skip", until: start + 100 });
        await stands;
      }
      expect(fired).toHaveLength(expected);
      expect(fired.every(({ due, at }) => due === at)).toBe(true);
      expectInOrder();
      clock.close();
    });
    await fc.assert(run, { numRuns: 60 });
  });

  test("never fire early and never twice in real time and in warp", async () => {
    const run = fc.asyncProperty(plan, fc.constantFrom(undefined, 3, 1_000), async (timers, factor) => {
      fired.length = 0;
      const start = new Clock().wall() - (factor === undefined ? 0 : MINUTE);
      const clock = new Clock({ start, mode: factor === undefined ? { mode: "real" } : { mode: "warp", factor } });
      const expected = addAll(clock, timers);
      await new Promise<void>((resolve) => clock.at(start + 30, "end", resolve));
      expect(fired).toHaveLength(expected);
      expectInOrder();
      clock.close();
    });
    await fc.assert(run, { numRuns: 15 });
  });

  test("one that always makes another one for the same instant does not stop the event loop", async () => {
    const clock = new Clock({ mode: { mode: "hold" }, start: 0 });
    let count = 0;
    const tick = (): void => {
      if (count++ < 1_000_000) clock.at(0, "tick", tick);
    };
    clock.at(0, "tick", tick);
    await new Promise((resolve) => setTimeout(resolve, 0));
    await new Promise((resolve) => setImmediate(resolve));
    expect(count).toBeLessThan(1_000_000);
    clock.close();
  });
});

describe("the edges", () => {
  afterEach(() => {
    vi.restoreAllMocks();
  });

  test("a wall clock that is set back does not take virtual time with it, and does not stop it", () => {
    const clock = new Clock();
    const before = clock.now();
    const real = Date.now();
    const wall = vi.spyOn(Date, "now").mockReturnValue(real - 3_600_000);
    const then = clock.now();
    expect(then).toBeGreaterThanOrEqual(before);
    wall.mockReturnValue(real - 3_600_000 + 5_000);
    expect(clock.now()).toBe(then + 5_000);
    clock.close();
  });

  test("rest is looked for from when it was asked for, not from a look that had begun before", async () => {
    const clock = new Clock({ mode: { mode: "hold" }, start: 0 });
    clock.busy("before")();
    await new Promise((resolve) => setImmediate(resolve));
    let isDone = false;
    setImmediate(() => {
      const release = clock.busy("work");
      setImmediate(() =>
        setImmediate(() => {
          isDone = true;
          release();
        }),
      );
    });
    await clock.idle();
    expect(isDone).toBe(true);
  });

  test("a mode that is chosen during an advance ends it", async () => {
    const start = new Clock().wall();
    const clock = new Clock({ mode: { mode: "hold" }, start });
    clock.at(start + MINUTE, "first", () => clock.setMode({ mode: "real" }));
    await clock.advance(60 * MINUTE);
    expect(clock.now()).toBeLessThan(start + 2 * MINUTE);
    expect(clock.mode).toEqual({ mode: "real" });
    clock.close();
  });

  test("what cannot be said as a date is refused", async () => {
    const clock = new Clock({ mode: { mode: "hold" }, start: 0 });
    await expect(clock.advance(1e18)).rejects.toThrow("year 9999");
    expect(() => clock.jumpTo(Number.NaN)).toThrow("year 9999");
    expect(() => clock.setMode({ mode: "skip", until: 1e18 })).toThrow("year 9999");
  });

  test("a wait whose signal is given already, or given later, ends at once and leaves no timer and no listener", async () => {
    const clock = new Clock({ mode: { mode: "hold" }, start: 0 });
    await clock.until(MINUTE, "late", AbortSignal.abort());
    const later = new AbortController();
    const removed = vi.spyOn(later.signal, "removeEventListener");
    const wait = clock.until(MINUTE, "poll", later.signal);
    later.abort();
    await wait;
    expect(clock.upcoming(1)).toEqual([]);
    const reached = clock.until(0, "now", later.signal);
    await reached;
    const other = new AbortController();
    const spy = vi.spyOn(other.signal, "removeEventListener");
    await clock.until(0, "now", other.signal);
    expect([removed.mock.calls.length, spy.mock.calls.length]).toEqual([1, 1]);
  });
});

describe("warp and real", () => {
  test("virtual time in warp never passes the wall clock", async () => {
    const start = new Clock().wall() - MINUTE;
    const clock = new Clock({ mode: { mode: "warp", factor: 100_000 }, start });
    await new Promise<void>((resolve) => clock.at(start + MINUTE - 1, "end", resolve));
    expect(clock.now()).toBeLessThanOrEqual(clock.wall());
    clock.close();
  });

  test("real time refuses to be advanced, and says what to do", async () => {
    const clock = new Clock();
    await expect(clock.advance(1)).rejects.toThrow("orrery clock mode hold");
  });

  test("virtual time does not go back", () => {
    const clock = new Clock({ mode: { mode: "hold" }, start: 10 });
    expect(() => clock.jumpTo(9)).toThrow("virtual time only moves on");
  });
});
