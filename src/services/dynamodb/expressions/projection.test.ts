import { describe, expect, test } from "vitest";
import { Bindings } from "./bindings.ts";
import { keyRange } from "./key-condition.ts";
import { parseCondition } from "./parse-condition.ts";
import { parseProjection } from "./parse-projection.ts";
import { checkOverlaps, project } from "./paths.ts";

const item = {
  A: { S: "a" },
  L: { L: [{ S: "0" }, { S: "1" }, { M: { x: { N: "2" }, y: { N: "3" } } }] },
  M: { M: { p: { M: { q: { S: "q" }, r: { S: "r" } } }, s: { S: "s" } } },
};

// documented: https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/Expressions.ProjectionExpressions.html
describe("projections", () => {
  test.each([
    ["A", { A: item.A }],
    ["A, Absent", { A: item.A }],
    ["L[2].x, L[0]", { L: { L: [{ S: "0" }, { M: { x: { N: "2" } } }] } }],
    ["M.p.q, M.s", { M: { M: { p: { M: { q: { S: "q" } } }, s: { S: "s" } } } }],
    ["M.absent, L[9], A.b", {}],
  ])("%s", (text, expected) => expect(project(item, parseProjection(text).paths)).toEqual(expected));

  test("paths that overlap are refused", () => {
    const check = (text: string) => checkOverlaps("ProjectionExpression", parseProjection(text).paths);
    expect(() => check("M, M.p")).toThrow(
      "Invalid ProjectionExpression: Two document paths overlap with each other; must remove or rewrite one of these paths; path one: [M], path two: [M, p]",
    );
    expect(() => check("M.p, M.s, L[0], L[1]")).not.toThrow();
  });
});

// documented: https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/Query.KeyConditionExpressions.html
describe("key conditions", () => {
  const bindings = () =>
    new Bindings({ ExpressionAttributeValues: { ":h": { S: "h" }, ":a": { S: "b" }, ":z": { S: "y" }, ":n": { N: "1" } } }, true);
  const range = (text: string) =>
    keyRange(parseCondition("KeyConditionExpression", text).root, { name: "pk", type: "S" }, { name: "sk", type: "S" }, bindings());
  const found = (text: string) => {
    const { low, high } = range(text);
    return ["a", "b", "ba", "c", "y", "z"]
      .filter((key) => Buffer.compare(Buffer.from(key), low) >= 0 && Buffer.compare(Buffer.from(key), high) < 0)
      .join(" ");
  };

  test.each([
    ["pk = :h", "a b ba c y z"],
    ["pk = :h AND sk = :a", "b"],
    ["pk = :h AND sk < :a", "a"],
    ["pk = :h AND sk <= :a", "a b"],
    ["sk > :a AND pk = :h", "ba c y z"],
    ["pk = :h AND :a <= sk", "b ba c y z"],
    ["(pk = :h) AND (sk BETWEEN :a AND :z)", "b ba c y"],
    ["pk = :h AND begins_with(sk, :a)", "b ba"],
  ])("%s", (text, keys) => expect(found(text)).toBe(keys));

  test.each([
    ["sk = :a", "Query condition missed key schema element: pk"],
    ["pk > :h", "Query key condition not supported"],
    ["pk = :h AND extra = :a", "Query condition missed key schema element: sk"],
    ["pk = :h OR sk = :a", "Invalid operator used in KeyConditionExpression: OR"],
    ["pk = :h AND sk <> :a", "Invalid operator used in KeyConditionExpression: <>"],
    ["pk = :h AND attribute_exists(sk)", "Invalid operator used in KeyConditionExpression: attribute_exists"],
    ["pk = :h AND sk > :a AND sk < :z", "KeyConditionExpressions must only contain one condition per key"],
    ["pk = :n", "One or more parameter values were invalid: Condition parameter type does not match schema type"],
  ])("%s is refused", (text, message) => expect(() => range(text)).toThrow(message));
});
