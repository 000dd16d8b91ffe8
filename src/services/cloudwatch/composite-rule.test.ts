import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { alarmsOf, holds, parseRule, RuleError } from "./composite-rule.ts";

const states: Readonly<Record<string, string>> = { a: "ALARM", b: "OK", c: "INSUFFICIENT_DATA", "d (prod)": "ALARM" };
const value = (text: string): boolean => holds(parseRule(text), (name) => states[name]);

// documented: https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_PutCompositeAlarm.html
describe("rules of composite alarms", () => {
  it.each([
    ["ALARM(a)", true],
    ['OK("b") AND INSUFFICIENT_DATA(c)', true],
    ["NOT ALARM(a) OR OK(b)", true],
    ["ALARM(b) OR ALARM(a) AND FALSE", false],
    ["(ALARM(b) OR ALARM(a)) AND NOT (FALSE)", true],
    ['ALARM("d (prod)")', true],
    ["false", false],
    ["ALARM(gone) OR OK(gone)", false],
  ])("%s is %s", (text, expected) => {
    expect(value(text)).toBe(expected);
  });

  // documented: https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/alarm-combining.html
  it.each([
    ['AT_LEAST(2, ALARM, (a, b, "d (prod)"))', true],
    ["AT_LEAST(2, ALARM, (a, b, c))", false],
    ["AT_LEAST(50%, NOT ALARM, (a, b))", true],
    ["AT_LEAST(51%, NOT ALARM, (a, b))", false],
    ["AT_LEAST(1, OK, (a, b)) AND ALARM(a)", true],
  ])("%s is %s", (text, expected) => {
    expect(value(text)).toBe(expected);
  });

  it.each(["", "ALARM", "ALARM()", "ALARM(a) ALARM(b)", "WARN(a)", "(ALARM(a)", "AT_LEAST(x, OK, (a))", "ALARM(a) AND"])(
    "refuses '%s'",
    (text) => {
      expect(() => parseRule(text)).toThrow(RuleError);
    },
  );

  it("never does anything but read a rule or refuse it", () => {
    const parts = fc.constantFrom("ALARM(a)", "OK(b)", "AND", "OR", "NOT", "(", ")", "TRUE", "FALSE", "AT_LEAST(1, OK, (a, b))", ",", '"');
    fc.assert(
      fc.property(fc.array(parts, { maxLength: 12 }), (words) => {
        try {
          expect(alarmsOf(parseRule(words.join(" "))).size).toBeLessThan(100);
        } catch (error) {
          expect(error).toBeInstanceOf(RuleError);
        }
      }),
    );
  });
});
