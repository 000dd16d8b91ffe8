import { describe, expect, test } from "vitest";
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
