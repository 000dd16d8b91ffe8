import { describe, expect, test } from "vitest";
import { duration } from "./durations.ts";

describe("durations", () => {
  test.each([
    ["90s", 90_000],
    ["1h30m", 5_400_000],
    ["7d", 604_800_000],
    ["1.5h", 5_400_000],
    ["250ms", 250],
    ["", undefined],
    ["5", undefined],
    ["-5m", undefined],
    ["5m later", undefined],
  ])("%s", (text, ms) => {
    expect(duration(text)).toBe(ms);
  });
});
