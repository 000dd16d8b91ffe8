import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { type Host, healthyNow, inOrder, type Limits, minimumOf, nextStep } from "./health.ts";

const hosts = (count: number, change: (index: number) => Partial<Host> = () => ({})): Host[] =>
  Array.from({ length: count }, (_, i) => ({
    name: `h${String(i).padStart(3, "0")}`,
    zone: "a",
    progress: "waiting",
    wasHealthy: true,
    revision: "current",
    ...change(i),
  }));

const begun = (list: Host[], limits: Limits, zone?: string): string[] => {
  const verdict = nextStep(list, limits, zone);
  return verdict.decision === "begin" ? verdict.hosts.map(({ name }) => name) : [];
};

// documented: https://docs.aws.amazon.com/codedeploy/latest/userguide/instances-health.html, its examples with ten instances
describe("the minimum of healthy hosts", () => {
  test("a percentage is rounded up to whole instances", () => {
    expect(minimumOf({ type: "FLEET_PERCENT", value: 95 }, 10)).toBe(10);
    expect(minimumOf({ type: "FLEET_PERCENT", value: 50 }, 9)).toBe(5);
    expect(minimumOf({ type: "FLEET_PERCENT", value: 0 }, 9)).toBe(0);
    expect(minimumOf({ type: "HOST_COUNT", value: 7 }, 9)).toBe(7);
  });

  test("total minus minimum are deployed to at once", () => {
    expect(begun(hosts(10), { minimum: 9 })).toHaveLength(1);
    expect(begun(hosts(10), { minimum: 3 })).toHaveLength(7);
    expect(begun(hosts(10), { minimum: 0 })).toHaveLength(10);
    expect(
      begun(
        hosts(10, (i) => (i < 7 ? { progress: "succeeded" } : {})),
        { minimum: 3 },
      ),
    ).toHaveLength(3);
  });

  test("one failure is the end where one instance at a time is taken down, but for the last one", () => {
    const failing = (index: number) => hosts(10, (i) => ({ progress: i < index ? "succeeded" : i === index ? "failed" : "waiting" }));
    expect(nextStep(failing(0), { minimum: 9 }).decision).toBe("fail");
    expect(nextStep(failing(8), { minimum: 9 }).decision).toBe("fail");
    expect(nextStep(failing(9), { minimum: 9 }).decision).toBe("succeed");
  });

  test("two failures are the end where two are taken down, but for the last one", () => {
    const failed =
      (...indexes: number[]) =>
      (total: number) =>
        hosts(10, (i) => ({ progress: indexes.includes(i) ? "failed" : i < total ? "succeeded" : "waiting" }));
    expect(nextStep(failed(0)(2), { minimum: 8 }).decision).toBe("begin");
    expect(nextStep(failed(0, 3)(4), { minimum: 8 })).toEqual({
      decision: "fail",
      rule: "deployments to 2 of 10 instances failed, so that 8 can be healthy, and the minimum is 8: no further instance may be taken down",
    });
    expect(nextStep(failed(0, 9)(10), { minimum: 8 }).decision).toBe("succeed");
  });

  test("at a minimum of 0 one success is enough, and none is not", () => {
    expect(
      nextStep(
        hosts(3, (i) => ({ progress: i === 0 ? "succeeded" : "failed" })),
        { minimum: 0 },
      ).decision,
    ).toBe("succeed");
    expect(
      nextStep(
        hosts(3, () => ({ progress: "failed" })),
        { minimum: 0 },
      ).decision,
    ).toBe("fail");
  });

  test("what runs is waited for before the deployment fails", () => {
    expect(
      nextStep(
        hosts(10, (i) => ({ progress: i === 0 ? "failed" : i === 1 ? "running" : i === 2 ? "failed" : "waiting" })),
        { minimum: 8 },
      ).decision,
    ).toBe("wait");
  });

  test("unhealthy ones are first, then unknown, old and current revisions", () => {
    const list: Host[] = hosts(4).map((host, i) => ({
      ...host,
      ...([{ revision: "current" }, { revision: "old" }, { revision: "unknown" }, { wasHealthy: false }] as const)[i],
    }));
    expect(inOrder(list).map(({ name }) => name)).toEqual(["h003", "h002", "h001", "h000"]);
  });

  test("an unhealthy fleet is deployed to as many at once as a healthy one", () => {
    expect(
      begun(
        hosts(4, () => ({ wasHealthy: false })),
        { minimum: 3 },
      ),
    ).toHaveLength(1);
    expect(
      begun(
        hosts(4, (i) => ({ wasHealthy: i > 0 })),
        { minimum: 2 },
      ),
    ).toEqual(["h000", "h001"]);
  });
});

// documented: https://docs.aws.amazon.com/codedeploy/latest/userguide/instances-health.html#minimum-healthy-hosts-az, its example
describe("zones", () => {
  const limits: Limits = { minimum: 160, minimumPerZone: { type: "HOST_COUNT", value: 50 } };
  const fleet = (done: number) => hosts(200, (i) => ({ zone: i < 100 ? "a" : "b", progress: i < done ? "succeeded" : "waiting" }));

  test("the lesser of both calculations is deployed to at once, one zone at a time", () => {
    expect(begun(fleet(0), limits)).toHaveLength(40);
    expect(begun(fleet(80), limits)).toHaveLength(20);
    expect(nextStep(fleet(100), limits, "a")).toEqual({ decision: "next zone", done: "a", next: "b", isFirst: true });
    expect(begun(fleet(100), limits, "b")).toHaveLength(40);
    expect(nextStep(fleet(200), limits, "b").decision).toBe("succeed");
  });

  test("a zone with as few healthy instances as its minimum ends the whole deployment", () => {
    const list = hosts(6, (i) => ({ zone: i < 3 ? "a" : "b", progress: i === 0 ? "failed" : "waiting" }));
    const verdict = nextStep(list, { minimum: 0, minimumPerZone: { type: "HOST_COUNT", value: 2 } });
    expect(verdict).toMatchObject({ decision: "fail", rule: expect.stringContaining("of zone a failed") });
  });
});

/** Any fleet, deployed to until its end with each host's own outcome. */
const fleets = fc.record({
  list: fc.array(fc.record({ ok: fc.boolean(), wasHealthy: fc.boolean(), zone: fc.constantFrom("a", "b", "c") }), {
    minLength: 1,
    maxLength: 20,
  }),
  percent: fc.integer({ min: 0, max: 99 }),
  perZone: fc.option(fc.integer({ min: 0, max: 99 })),
});

describe("any rollout", () => {
  // documented: "a deployment must never cause the number of healthy instances to fall below the minimum number"
  test("never takes a healthy fleet below its minimum, and comes to an end", () => {
    fc.assert(
      fc.property(fleets, ({ list, percent, perZone }) => {
        const minimum = minimumOf({ type: "FLEET_PERCENT", value: percent }, list.length);
        const limits: Limits = { minimum, ...(perZone === null ? {} : { minimumPerZone: { type: "FLEET_PERCENT", value: perZone } }) };
        let state: Host[] = list.map(({ wasHealthy, zone }, i) => ({
          name: `h${i}`,
          zone,
          wasHealthy,
          progress: "waiting",
          revision: "old",
        }));
        let zone: string | undefined;
        const start = healthyNow(state);
        for (let steps = 0; ; steps++) {
          expect(steps).toBeLessThan(100);
          const verdict = nextStep(state, limits, zone);
          if (verdict.decision === "succeed" || verdict.decision === "fail") {
            const succeeded = state.filter(({ progress }) => progress === "succeeded").length;
            if (verdict.decision === "succeed") expect(succeeded).toBeGreaterThanOrEqual(Math.max(1, minimum));
            return;
          }
          if (verdict.decision === "next zone") zone = verdict.next;
          if (verdict.decision === "begin") {
            const names = new Set(verdict.hosts.map(({ name }) => name));
            expect(names.size).toBeLessThanOrEqual(list.length - minimum);
            const down = state.map((host): Host => (names.has(host.name) ? { ...host, progress: "running" } : host));
            expect(healthyNow(down)).toBeGreaterThanOrEqual(Math.min(start, minimum, healthyNow(state)));
            if (healthyNow(state) > minimum) expect(healthyNow(down)).toBeGreaterThanOrEqual(minimum);
            state = down.map((host, i) =>
              host.progress === "running" ? { ...host, progress: list[i]?.ok === true ? "succeeded" : "failed" } : host,
            );
          }
          expect(verdict.decision).not.toBe("wait");
        }
      }),
    );
  });
});
