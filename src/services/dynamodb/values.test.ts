import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { type AttributeValue, deserialise, equal, type Item, itemSize, normalise, normaliseItem, serialise } from "./values.ts";

const { value } = fc.letrec<{ value: AttributeValue }>((tie) => ({
  value: fc.oneof(
    { depthSize: "small" },
    fc.string().map((S): AttributeValue => ({ S })),
    fc.integer().map((n): AttributeValue => ({ N: String(n) })),
    fc.uint8Array({ maxLength: 6 }).map((B): AttributeValue => ({ B: new Uint8Array(B) })),
    fc.boolean().map((BOOL): AttributeValue => ({ BOOL })),
    fc.constant<AttributeValue>({ NULL: true }),
    fc.uniqueArray(fc.string({ minLength: 1 }), { minLength: 1, maxLength: 4 }).map((SS): AttributeValue => ({ SS })),
    fc.array(tie("value"), { maxLength: 4 }).map((L): AttributeValue => ({ L })),
    fc
      .dictionary(
        fc.string({ minLength: 1 }).filter((name) => name !== "__proto__"),
        tie("value"),
        { maxKeys: 4, noNullPrototype: true },
      )
      .map((M): AttributeValue => ({ M })),
  ),
}));

describe("values", () => {
  test("an item comes back from storage as it was", () => {
    fc.assert(
      fc.property(fc.dictionary(fc.stringMatching(/^[a-z]{1,5}$/), value, { noNullPrototype: true }), (given) => {
        const tally = { size: 0, binary: false };
        const item = normaliseItem(given, tally);
        const back = deserialise(serialise(item, tally.binary));
        expect(equal({ M: item }, { M: back })).toBe(true);
        expect(itemSize(back)).toBe(tally.size);
      }),
    );
  });

  test("binary data of a Buffer is stored as its bytes", () => {
    const item: Item = { a: { B: Buffer.from([1, 2]) }, type: { S: "Buffer" }, data: { L: [{ N: "1" }] } };
    expect(deserialise(serialise(item, true))).toEqual({ ...item, a: { B: Uint8Array.of(1, 2) } });
  });

  // documented: https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/HowItWorks.NamingRulesDataTypes.html: the order of a set is not kept
  test("sets are equal whatever their order", () => {
    expect(equal({ NS: ["1", "2"] }, { NS: ["2", "1"] })).toBe(true);
    expect(equal({ SS: ["1", "2"] }, { SS: ["1"] })).toBe(false);
    expect(equal({ SS: ["1"] }, { NS: ["1"] })).toBe(false);
  });

  // documented: https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/HowItWorks.NamingRulesDataTypes.html
  test.each<[AttributeValue, string]>([
    [{} as AttributeValue, "Supplied AttributeValue is empty, must contain exactly one of the supported datatypes"],
    [{ S: "a", N: "1" } as unknown as AttributeValue, "Supplied AttributeValue has more than one datatypes set"],
    [{ NULL: false } as unknown as AttributeValue, "Null attribute value types must have the value of true"],
    [{ SS: [] }, "An string set  may not be empty"],
    [{ SS: [""] }, "An string set may not have a empty string as a member"],
    [{ SS: ["a", "a"] }, "One or more parameter values were invalid: Input collection [a, a] contains duplicates."],
    [{ NS: ["1", "1.0"] }, "Input collection contains duplicates"],
    [{ N: "" }, "The parameter cannot be converted to a numeric value"],
  ])("%j is refused", (bad, message) => {
    expect(() => normalise(bad, { size: 0, binary: false })).toThrow(message);
  });

  // documented: https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/Constraints.html: 32 levels
  test("nesting ends at 32 levels", () => {
    const nest = (depth: number): AttributeValue => (depth === 0 ? { S: "x" } : { L: [nest(depth - 1)] });
    expect(() => normalise(nest(32), { size: 0, binary: false })).not.toThrow();
    expect(() => normalise(nest(33), { size: 0, binary: false })).toThrow("Nesting Levels have exceeded supported limits");
  });
});
