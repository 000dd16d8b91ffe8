import fc from "fast-check";
import { expect, it } from "vitest";
import type { RunStatus } from "../run-store.ts";
import { decideStage, type StageView } from "./states.ts";

const orders = fc.array(fc.integer({ min: 1, max: 4 }), { minLength: 1, maxLength: 8 });
const statuses = fc.array(fc.option(fc.constantFrom<RunStatus>("InProgress", "Succeeded", "Failed")), { minLength: 8, maxLength: 8 });

function view(runOrders: readonly number[], change: Partial<StageView> = {}): StageView {
  const actions = runOrders.map((runOrder, at) => ({ name: `a${at}`, runOrder }));
  const base = { phase: "actions", actions: new Map(), rules: [], overridden: false, ending: null, retries: 0, mayRollBack: true } as const;
  return { stage: { actions }, limit: Number.POSITIVE_INFINITY, ...base, ...change };
}

/** Runs a stage to its end with given outcomes, in random order of completion; answers what ran side by side. */
function play(runOrders: readonly number[], outcomes: readonly boolean[], picks: readonly number[], limit: number) {
  const actions = new Map<string, RunStatus>();
  const orderOf = new Map(runOrders.map((runOrder, at) => [`a${at}`, runOrder]));
  const together: string[][] = [];
  for (let step = 0; step < 100; step++) {
    const decision = decideStage(view(runOrders, { actions, limit }));
    if (decision.do === "end") return { decision, actions, together, orderOf };
    if (decision.do === "start") for (const name of decision.names) actions.set(name, "InProgress");
    const running = [...actions].filter(([, status]) => status === "InProgress").map(([name]) => name);
    together.push(running);
    const next = running[(picks[step % picks.length] ?? 0) % Math.max(1, running.length)];
    if (next !== undefined) actions.set(next, outcomes[Number(next.slice(1))] === false ? "Failed" : "Succeeded");
  }
  return expect.fail("the stage never ends");
}

// documented: https://docs.aws.amazon.com/codepipeline/latest/userguide/action-requirements.html
it("actions of one run order run side by side, and no later one before all of them have succeeded", () => {
  fc.assert(
    fc.property(orders, fc.array(fc.nat(7), { minLength: 1 }), fc.integer({ min: 1, max: 5 }), (runOrders, picks, limit) => {
      const { decision, together, orderOf } = play(runOrders, [], picks, limit);
      expect(decision).toMatchObject({ do: "end", status: "Succeeded" });
      for (const running of together) {
        expect(new Set(running.map((name) => orderOf.get(name))).size).toBeLessThanOrEqual(1);
        expect(running.length).toBeLessThanOrEqual(limit);
      }
    }),
  );
});

// documented: https://docs.aws.amazon.com/codepipeline/latest/userguide/concepts-how-it-works.html
it("a stage with an action that fails ends as failed when the others of its run order have ended, and starts no later one", () => {
  fc.assert(
    fc.property(
      orders,
      fc.array(fc.boolean(), { minLength: 8, maxLength: 8 }),
      fc.array(fc.nat(7), { minLength: 1 }),
      (runOrders, outcomes, picks) => {
        const { decision, actions, orderOf } = play(runOrders, outcomes, picks, Number.POSITIVE_INFINITY);
        const failed = [...actions].filter(([, status]) => status === "Failed").map(([name]) => orderOf.get(name) ?? 0);
        expect(decision).toMatchObject({ status: failed.length === 0 ? "Succeeded" : "Failed" });
        expect([...actions.values()]).not.toContain("InProgress");
        if (failed.length > 0) for (const name of actions.keys()) expect(orderOf.get(name)).toBeLessThanOrEqual(Math.min(...failed));
      },
    ),
  );
});

// documented: https://docs.aws.amazon.com/codepipeline/latest/userguide/concepts-how-it-works.html
it("an execution that is to end starts nothing more, and ends when nothing is in progress", () => {
  fc.assert(
    fc.property(orders, statuses, fc.constantFrom("stop", "cancel"), (runOrders, states, ending) => {
      const actions = new Map(runOrders.flatMap((_, at) => (states[at] == null ? [] : [[`a${at}`, states[at]] as const])));
      const decision = decideStage(view(runOrders, { actions, ending }));
      const running = [...actions.values()].includes("InProgress");
      expect(decision).toMatchObject(running ? { do: "wait" } : { do: "end", status: ending === "stop" ? "Stopped" : "Cancelled" });
    }),
  );
});

const condition = (result: "FAIL" | "SKIP" | "ROLLBACK") => ({ conditions: [{ result, rules: [] }] });
const rules = (...all: RunStatus[]) => all.map((status, at) => ({ name: `r${at}`, status }));

// documented: https://docs.aws.amazon.com/codepipeline/latest/userguide/stage-conditions.html
it.each([
  ["beforeEntry", "FAIL", rules("Succeeded", "Succeeded"), { do: "run" }],
  ["beforeEntry", "FAIL", rules("Succeeded", "InProgress"), { do: "wait" }],
  ["beforeEntry", "FAIL", rules("Succeeded", "Failed"), { status: "Failed" }],
  ["beforeEntry", "SKIP", rules("Failed"), { status: "Skipped" }],
  ["onSuccess", "FAIL", rules("Succeeded"), { status: "Succeeded" }],
  ["onSuccess", "FAIL", rules("Failed"), { status: "Failed" }],
  ["onSuccess", "ROLLBACK", rules("Failed", "InProgress"), { status: "Failed", rollBack: true }],
  ["onFailure", "ROLLBACK", rules("Succeeded"), { status: "Failed", rollBack: true }],
  ["onFailure", "ROLLBACK", rules("Failed"), { status: "Failed" }],
] as const)("%s with the result %s and rules %o", (phase, result, given, expected) => {
  const base = view([1]);
  const decision = decideStage({ ...base, phase, rules: given, stage: { ...base.stage, [phase]: condition(result) } });
  expect(decision).toMatchObject(expected);
  if (!("rollBack" in expected)) expect(decision).not.toHaveProperty("rollBack");
});

// documented: https://docs.aws.amazon.com/codepipeline/latest/userguide/stage-conditions.html
it("a condition that was overridden counts as met", () => {
  const base = view([1], { overridden: true, rules: rules("Abandoned") });
  expect(decideStage({ ...base, phase: "beforeEntry", stage: { ...base.stage, beforeEntry: condition("FAIL") } })).toMatchObject({
    do: "run",
  });
  const after = decideStage({ ...base, phase: "onSuccess", stage: { ...base.stage, onSuccess: condition("ROLLBACK") } });
  expect(after).toMatchObject({ status: "Succeeded" });
});

// documented: https://docs.aws.amazon.com/codepipeline/latest/userguide/stage-retry.html
it("a stage is retried once by itself", () => {
  const actions = new Map([["a0", "Failed" as const]]);
  const base = view([1], { actions });
  const stage = { ...base.stage, onFailure: { result: "RETRY", retryConfiguration: { retryMode: "ALL_ACTIONS" } } } as const;
  expect(decideStage({ ...base, stage })).toMatchObject({ do: "retry", mode: "ALL_ACTIONS" });
  expect(decideStage({ ...base, stage, retries: 1 })).toMatchObject({ do: "end", status: "Failed" });
});
