import { expect, test } from "vitest";
import { scale } from "../../bench/loop/scale.ts";

// documented: https://docs.aws.amazon.com/codedeploy/latest/userguide/deployment-configurations.html
test("executions of many pipelines all succeed while canaries and linears, with alarms that see data, shift at their minutes", async () => {
  // The run itself compares the instant of every weight, and the end of every execution.
  const waves = await scale(0.1);
  expect(waves.map(({ executions }) => executions)).toEqual([20, 50, 100]);
  expect(waves.map(({ shifts }) => shifts)).toEqual([60, 60, 60]);
});
