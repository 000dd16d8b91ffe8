import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { addNumbers, canonicalNumber, compareNumbers, numberSize, subtractNumbers } from "./decimal.ts";

// documented: https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/HowItWorks.NamingRulesDataTypes.html#HowItWorks.DataTypes.Number
describe("numbers", () => {
  /** Up to 19 digits with an exponent: two of them are always exact within 38 digits when the exponents are near. */
  const number = fc
    .tuple(fc.bigInt({ min: -(10n ** 18n), max: 10n ** 18n }), fc.integer({ min: -9, max: 9 }))
    .map(([whole, power]) => ({ text: `${whole}E${power}`, scaled: whole * 10n ** BigInt(power + 9) }));
  const scaled = (text: string): bigint => {
    const [whole = "0", fraction = ""] = text.replace("-", "").split(".");
    const magnitude = BigInt(whole + fraction.padEnd(9, "0"));
    return text.startsWith("-") ? -magnitude : magnitude;
  };

  test("equal numbers have one canonical text", () => {
    fc.assert(
      fc.property(number, ({ text, scaled: value }) => {
        const canonical = canonicalNumber(text);
        expect(scaled(canonical)).toBe(value);
        expect(canonicalNumber(canonical)).toBe(canonical);
        expect(canonical).not.toMatch(/^-?0\d|\.\d*0$|\.$|^-0$|E/);
      }),
    );
  });

  test("addition and subtraction are exact", () => {
    fc.assert(
      fc.property(number, number, (a, b) => {
        expect(scaled(addNumbers(a.text, b.text))).toBe(a.scaled + b.scaled);
        expect(scaled(subtractNumbers(a.text, b.text))).toBe(a.scaled - b.scaled);
      }),
    );
  });

  test("the order is that of the values", () => {
    fc.assert(
      fc.property(number, number, (a, b) => {
        expect(Math.sign(compareNumbers(a.text, b.text))).toBe(a.scaled < b.scaled ? -1 : a.scaled > b.scaled ? 1 : 0);
      }),
    );
  });

  test.each([
    ["0.1", "0.2", "0.3"],
    ["99999999999999999999999999999999999999", "-1", "99999999999999999999999999999999999998"],
    ["1E-130", "0", `0.${"0".repeat(129)}1`],
    ["1E100", "0", `1${"0".repeat(100)}`],
  ])("%s + %s", (a, b, total) => expect(addNumbers(a, b)).toBe(total));

  test.each([
    ["", "The parameter cannot be converted to a numeric value"],
    ["ten", "The parameter cannot be converted to a numeric value: ten"],
    ["1 ", "The parameter cannot be converted to a numeric value: 1 "],
    ["0x10", "The parameter cannot be converted to a numeric value: 0x10"],
    ["NaN", "The parameter cannot be converted to a numeric value: NaN"],
    ["1".repeat(39), "Attempting to store more than 38 significant digits in a Number"],
    ["1E126", "Number overflow. Attempting to store a number with magnitude larger than supported range"],
    ["1E-131", "Number underflow. Attempting to store a number with magnitude smaller than supported range"],
  ])("%s is refused", (text, message) => expect(() => canonicalNumber(text)).toThrow(message));

  test("the largest magnitudes are held", () => {
    expect(canonicalNumber(`9.${"9".repeat(37)}E125`)).toHaveLength(126);
    expect(canonicalNumber("-1E-130")).toBe(`-0.${"0".repeat(129)}1`);
  });

  // documented: https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/CapacityUnitCalculations.html
  test("a number takes about a byte for two digits and one more", () => {
    expect(numberSize("0")).toBe(1);
    expect(numberSize("27")).toBe(2);
    expect(numberSize("-27.5")).toBe(3);
    expect(numberSize("1000000")).toBe(2);
  });
});
