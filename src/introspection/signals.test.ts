import { afterAll, beforeAll, expect, it } from "vitest";
import { startCloud, type TestCloud } from "../../test/support/cloud.ts";
import { putMetrics } from "../aws/metrics.ts";
import type { SignalsAnswer } from "./signals.ts";

let cloud: TestCloud;
beforeAll(async () => {
  cloud = await startCloud();
});
afterAll(() => cloud.stop());

const look = async (minutes: number): Promise<SignalsAnswer> =>
  (await (await fetch(`${cloud.endpoint}/_orrery/signals?minutes=${minutes}`)).json()) as SignalsAnswer;

/** What a function's invocation leaves behind: of the function, and of the version that ran. */
function invoked(version: string, duration: number, failed: boolean): void {
  for (const dimensions of [{ FunctionName: "shop" }, { FunctionName: "shop", Resource: "shop:live", ExecutedVersion: version }]) {
    putMetrics(cloud.ctx, "AWS/Lambda", [
      { name: "Invocations", value: 1, unit: "Count", dimensions },
      { name: "Errors", value: failed ? 1 : 0, unit: "Count", dimensions },
      { name: "Duration", value: duration, unit: "Milliseconds", dimensions },
    ]);
  }
}

// documented: https://sre.google/sre-book/monitoring-distributed-systems/ names the four signals; where they are told is Orrery's own
it("tells the golden signals of a function and of its versions, without any set-up, for a window of virtual time", async () => {
  for (let i = 0; i < 9; i++) invoked("1", 10, false);
  invoked("2", 80, true);
  await cloud.cloud.clock.advance(1_000);
  const { services, minutes } = await look(5);
  expect(minutes).toBe(5);
  const shop = services.find(({ name }) => name === "shop");
  expect(shop).toMatchObject({ kind: "function", requests: 10, faults: 1, p50: expect.closeTo(10, 0), p99: expect.closeTo(80, 0) });
  expect(shop?.rate).toBeCloseTo(10 / 300);
  expect(shop?.versions).toMatchObject([
    { version: "1", requests: 9, faults: 0 },
    { version: "2", requests: 1, faults: 1, p90: expect.closeTo(80, 0) },
  ]);
  await cloud.cloud.clock.advance(20 * 60_000);
  expect((await look(5)).services.some(({ name }) => name === "shop")).toBe(false);
});
