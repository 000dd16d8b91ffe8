import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { compilePattern } from "./pattern.ts";

// documented: https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-create-pattern-operators.html
const matches = (pattern: unknown, event: unknown): boolean => compilePattern(JSON.stringify(pattern)).matches(event);

describe("event patterns", () => {
  it.each([
    ["exact text", { source: ["a"] }, { source: "a" }, true],
    ["another text", { source: ["a"] }, { source: "b" }, false],
    ["any of several", { source: ["a", "b"] }, { source: "b" }, true],
    ["a missing field", { source: ["a"] }, {}, false],
    ["null", { a: [null] }, { a: null }, true],
    ["null is not a missing field", { a: [null] }, {}, false],
    ["an empty text", { a: [""] }, { a: "" }, true],
    ["a number is not its text", { a: [1] }, { a: "1" }, false],
    ["numbers by value", { a: [300] }, { a: 300.0 }, true],
    ["one element of the event's array", { resources: ["x"] }, { resources: ["y", "x"] }, true],
    ["prefix", { a: [{ prefix: "ab" }] }, { a: "abc" }, true],
    ["prefix without case", { a: [{ prefix: { "equals-ignore-case": "AB" } }] }, { a: "abc" }, true],
    ["suffix", { a: [{ suffix: ".png" }] }, { a: "x.png" }, true],
    ["suffix without case", { a: [{ suffix: { "equals-ignore-case": ".PNG" } }] }, { a: "x.png" }, true],
    ["equals-ignore-case", { a: [{ "equals-ignore-case": "Alice" }] }, { a: "aLICE" }, true],
    ["wildcard", { a: [{ wildcard: "dir/*.png" }] }, { a: "dir/sub/x.png" }, true],
    ["an escaped star", { a: [{ wildcard: "a\\*b" }] }, { a: "a*b" }, true],
    ["an escaped star is no star", { a: [{ wildcard: "a\\*b" }] }, { a: "axb" }, false],
    ["anything-but text", { a: [{ "anything-but": "x" }] }, { a: "y" }, true],
    ["anything-but list", { a: [{ "anything-but": ["x", "y"] }] }, { a: "y" }, false],
    ["anything-but numbers", { a: [{ "anything-but": [1, 2] }] }, { a: 3 }, true],
    ["anything-but needs the field", { a: [{ "anything-but": "x" }] }, {}, false],
    ["anything-but prefix", { a: [{ "anything-but": { prefix: "in" } }] }, { a: "init" }, false],
    ["anything-but a list of prefixes", { a: [{ "anything-but": { prefix: ["in", "de"] } }] }, { a: "pre" }, true],
    ["anything-but suffix", { a: [{ "anything-but": { suffix: "ing" } }] }, { a: "init" }, true],
    ["anything-but without case", { a: [{ "anything-but": { "equals-ignore-case": ["INIT"] } }] }, { a: "init" }, false],
    ["anything-but wildcard", { a: [{ "anything-but": { wildcard: "*/lib/*" } }] }, { a: "x/lib/y" }, false],
    ["numeric range", { a: [{ numeric: [">", 0, "<=", 5] }] }, { a: 5 }, true],
    ["outside of a numeric range", { a: [{ numeric: [">", 0, "<=", 5] }] }, { a: 0 }, false],
    ["numeric equality", { a: [{ numeric: ["=", 3.018e2] }] }, { a: 301.8 }, true],
    ["exists", { a: [{ exists: true }] }, { a: null }, true],
    ["exists looks at leaves only", { a: [{ exists: true }] }, { a: { b: 1 } }, false],
    ["exists false", { a: { b: [{ exists: false }] } }, {}, true],
    ["cidr", { a: [{ cidr: "10.0.0.0/24" }] }, { a: "10.0.0.255" }, true],
    ["outside of a cidr", { a: [{ cidr: "10.0.0.0/24" }] }, { a: "10.0.1.0" }, false],
    ["cidr of version 6", { a: [{ cidr: "2001:db8::/32" }] }, { a: "2001:db8::1" }, true],
    ["nested", { detail: { state: ["on"] } }, { detail: { state: "on" } }, true],
    ["one element must match all below it", { a: { b: [1], c: [2] } }, { a: [{ b: 1 }, { c: 2 }] }, false],
    ["one element that matches all below it", { a: { b: [1], c: [2] } }, { a: [{ b: 1, c: 2 }] }, true],
    ["$or", { a: [1], $or: [{ b: [1] }, { c: { d: [2] } }] }, { a: 1, c: { d: 2 } }, true],
    ["$or with none", { a: [1], $or: [{ b: [1] }, { c: [2] }] }, { a: 1 }, false],
  ])("%s", (_, pattern, event, expected) => {
    expect(matches(pattern, event)).toBe(expected);
  });

  // assumed: the wording of AWS's rule compiler, without the position that it appends
  it.each([
    ["[]", "Filter is not an object"],
    ["{}", "Empty objects are not allowed"],
    ['{"a":"b"}', '"a" must be an object or an array'],
    ['{"a":[]}', "Empty arrays are not allowed"],
    ['{"a":[["b"]]}', "Match value must be String, number, true, false, or null"],
    ['{"a":[{"like":"b"}]}', "Unrecognized match type like"],
    ['{"a":[{"prefix":1}]}', "prefix match pattern must be a string"],
    ['{"a":[{"prefix":"a","suffix":"b"}]}', "Only one key allowed in match expression"],
    ['{"a":[{"exists":"yes"}]}', "exists match pattern must be either true or false."],
    ['{"a":[{"numeric":5}]}', "Value of numeric must be an array."],
    ['{"a":[{"numeric":[">",5,"<",5]}]}', "Bottom must be less than top"],
    ['{"a":[{"wildcard":"a**b"}]}', "Consecutive wildcard characters at pos 1"],
    ['{"a":[{"anything-but":["a",1]}]}', "Inside anything but list, either all values are number or string, mixed type is not supported"],
    ['{"a":[{"cidr":"10.0.0.0"}]}', "Malformed CIDR, one '/' required"],
  ])("%s is refused", (pattern, reason) => {
    expect(() => compilePattern(pattern)).toThrow(reason);
  });

  it("finds the sources that an index can use", () => {
    expect(compilePattern('{"source":["a","b"]}').sources).toEqual(["a", "b"]);
    expect(compilePattern('{"source":["a",{"prefix":"b"}]}').sources).toBeUndefined();
    expect(compilePattern('{"detail":{"x":[1]}}').sources).toBeUndefined();
  });

  it("matches every event by the pattern of its own values", () => {
    const leaf = fc.oneof(
      fc.string(),
      fc.double({ noNaN: true }).filter((n) => !Object.is(n, -0)),
      fc.boolean(),
      fc.constant(null),
    );
    fc.assert(
      fc.property(
        fc.dictionary(
          fc.string({ minLength: 1 }).filter((key) => key !== "$or"),
          leaf,
          { minKeys: 1, noNullPrototype: true },
        ),
        (event) => {
          const pattern = Object.fromEntries(Object.entries(event).map(([key, value]) => [key, [value]]));
          expect(matches(pattern, JSON.parse(JSON.stringify(event)))).toBe(true);
        },
      ),
    );
  });

  it("answers every text with a pattern or a reason", () => {
    fc.assert(
      fc.property(fc.json(), (text) => {
        try {
          compilePattern(text).matches({});
        } catch (error) {
          expect((error as Error).name).toBe("PatternError");
        }
      }),
    );
  });
});
