import { describe, expect, test } from "vitest";
import { checkVariable } from "./variable-check.ts";
import { momentIn, parseWindow } from "./window.ts";

const at = (text: string, zone = "UTC") => momentIn(Date.parse(text), zone);
const isOpen = (cron: string, text: string, zone?: string): boolean | undefined => {
  const moment = at(text, zone);
  return moment === undefined ? undefined : parseWindow(cron)?.(moment);
};

// documented: https://docs.aws.amazon.com/codepipeline/latest/userguide/rule-reference-DeploymentWindow.html
describe("deployment windows", () => {
  test.each([
    ["0 * 9-17 ? * MON-FRI *", "2026-11-23T09:30:00Z", true],
    ["0 * 9-17 ? * MON-FRI *", "2026-11-22T09:30:00Z", false],
    ["0 * 9-17 ? * MON-FRI", "2026-11-23T18:00:00Z", false],
    ["* 0/15 * * * ?", "2026-11-23T18:30:00Z", true],
    ["* 0/15 * * * ?", "2026-11-23T18:31:00Z", false],
    ["* * * L * ?", "2026-02-28T00:00:00Z", true],
    ["* * * L-3 * ?", "2026-11-27T00:00:00Z", true],
    ["* * * 15W * ?", "2026-11-16T00:00:00Z", true],
    ["* * * LW * ?", "2026-10-30T00:00:00Z", true],
    ["* * * ? * 6L", "2026-11-27T00:00:00Z", true],
    ["* * * ? * 6#3", "2026-11-20T00:00:00Z", true],
    ["* * * ? * 6#3", "2026-11-27T00:00:00Z", false],
    ["* * * ? JAN,NOV * 2026", "2026-11-27T00:00:00Z", true],
  ])("%s at %s: %s", (cron, text, expected) => {
    expect(isOpen(cron, text)).toBe(expected);
  });

  test("zones are regions, offsets and abbreviations", () => {
    expect(at("2026-07-01T12:00:00Z", "Europe/Berlin")?.hour).toBe(14);
    expect(at("2026-07-01T12:00:00Z", "UTC+05:30")).toMatchObject({ hour: 17, minute: 30 });
    expect(at("2026-07-01T12:00:00Z", "PST")?.hour).toBe(5);
    expect(at("2026-07-01T12:00:00Z", "Nowhere/Land")).toBeUndefined();
  });

  test("what is no cron expression is refused", () => {
    expect(parseWindow("* * *")).toBeUndefined();
    expect(parseWindow("0 61 * * * ?")).toBeUndefined();
    expect(parseWindow("0 a * * * ?")).toBeUndefined();
  });
});

// documented: https://docs.aws.amazon.com/codepipeline/latest/userguide/rule-reference-VariableCheck.html
test("variables are compared, searched and matched as a whole", () => {
  expect(checkVariable("EQ", "a", "a")).toBe(true);
  expect(checkVariable("NE", "a", "a")).toBe(false);
  expect(checkVariable("CONTAINS", "an update", "update")).toBe(true);
  expect(checkVariable("MATCHES", "release-12", "release-\\d+")).toBe(true);
  expect(checkVariable("MATCHES", "a release-12", "release-\\d+")).toBe(false);
  expect(checkVariable("LT", "1", "2")).toBeUndefined();
});
