import { describe, expect, test } from "vitest";
import type { Item } from "../values.ts";
import { applyUpdate } from "./apply-update.ts";
import { Bindings } from "./bindings.ts";
import { checkUpdate } from "./check-update.ts";
import { parseUpdate } from "./parse-update.ts";

const before: Item = {
  Id: { N: "1" },
  Price: { N: "10" },
  Tags: { SS: ["a", "b"] },
  Nums: { NS: ["1"] },
  Arr: { L: [{ S: "0" }, { S: "1" }, { S: "2" }] },
  Obj: { M: { x: { N: "1" }, deep: { M: { y: { S: "y" } } } } },
};
const values = {
  ":one": { N: "1" },
  ":s": { S: "new" },
  ":set": { SS: ["b", "c"] },
  ":both": { SS: ["a", "b"] },
  ":nums": { NS: ["1", "2"] },
  ":list": { L: [{ S: "x" }] },
  ":m": { M: {} },
};

function update(text: string): Item {
  const parsed = parseUpdate(text);
  const bindings = new Bindings({ ExpressionAttributeValues: values, ExpressionAttributeNames: { "#p": "Price" } }, true);
  bindings.use("UpdateExpression", parsed);
  checkUpdate(parsed, bindings);
  const frozen = structuredClone(before);
  const after = applyUpdate(parsed, before, bindings);
  expect(before).toEqual(frozen);
  return after;
}

// documented: https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/Expressions.UpdateExpressions.html
describe("updates", () => {
  test.each<[string, Partial<Record<string, unknown>>]>([
    ["SET Price = :one", { Price: { N: "1" } }],
    ["SET #p = #p + :one", { Price: { N: "11" } }],
    ["set Price = Price - :one", { Price: { N: "9" } }],
    ["SET Fresh = if_not_exists(Fresh, :one)", { Fresh: { N: "1" } }],
    ["SET Fresh = if_not_exists(Price, :one) + :one", { Fresh: { N: "11" } }],
    ["SET Arr = list_append(Arr, :list)", { Arr: { L: [{ S: "0" }, { S: "1" }, { S: "2" }, { S: "x" }] } }],
    ["SET Trail = list_append(if_not_exists(Trail, :list), :list)", { Trail: { L: [{ S: "x" }, { S: "x" }] } }],
    ["SET Arr[1] = :s", { Arr: { L: [{ S: "0" }, { S: "new" }, { S: "2" }] } }],
    ["SET Arr[9] = :s", { Arr: { L: [{ S: "0" }, { S: "1" }, { S: "2" }, { S: "new" }] } }],
    ["REMOVE Arr[0], Arr[1]", { Arr: { L: [{ S: "2" }] } }],
    ["REMOVE Arr[0] SET Arr[2] = :s", { Arr: { L: [{ S: "1" }, { S: "new" }] } }],
    ["SET #p = Id, Id2 = #p", { Price: { N: "1" }, Id2: { N: "10" } }],
    ["SET Obj.deep.z = :one", { Obj: { M: { x: { N: "1" }, deep: { M: { y: { S: "y" }, z: { N: "1" } } } } } }],
    ["REMOVE Obj.deep.y", { Obj: { M: { x: { N: "1" }, deep: { M: {} } } } }],
    ["REMOVE Absent", {}],
    ["ADD Price :one, Fresh :one", { Price: { N: "11" }, Fresh: { N: "1" } }],
    ["ADD Tags :set", { Tags: { SS: ["a", "b", "c"] } }],
    ["ADD Nums :nums, Obj.x :one", { Nums: { NS: ["1", "2"] }, Obj: { M: { x: { N: "2" }, deep: { M: { y: { S: "y" } } } } } }],
    ["DELETE Tags :set", { Tags: { SS: ["a"] } }],
    ["DELETE Tags :both", { Tags: undefined }],
    ["DELETE Absent :set", {}],
  ])("%s", (text, changed) => expect(update(text)).toEqual({ ...before, ...changed }));

  test.each([
    ["SET Price = Absent", "The provided expression refers to an attribute that does not exist in the item"],
    ["SET Price = Absent + :one", "The provided expression refers to an attribute that does not exist in the item"],
    ["SET Absent.a = :one", "The document path provided in the update expression is invalid for update"],
    ["SET Price.a = :one", "The document path provided in the update expression is invalid for update"],
    ["SET Obj[0] = :one", "The document path provided in the update expression is invalid for update"],
    ["SET Price = Tags + :one", "An operand in the update expression has an incorrect data type"],
    ["ADD Arr :one", "An operand in the update expression has an incorrect data type"],
    ["DELETE Price :set", "An operand in the update expression has an incorrect data type"],
    [
      "ADD Price :s",
      "Invalid UpdateExpression: Incorrect operand type for operator or function; operator: ADD, operand type: STRING, typeSet: ALLOWED_FOR_ADD_OPERAND",
    ],
    [
      "DELETE Price :one",
      "Invalid UpdateExpression: Incorrect operand type for operator or function; operator: DELETE, operand type: NUMBER, typeSet: ALLOWED_FOR_DELETE_OPERAND",
    ],
    [
      "SET Price = :s + :one",
      "Invalid UpdateExpression: Incorrect operand type for operator or function; operator or function: +, operand type: S",
    ],
    [
      "SET a.b = :one, a = :m",
      "Invalid UpdateExpression: Two document paths overlap with each other; must remove or rewrite one of these paths; path one: [a, b], path two: [a]",
    ],
    [
      "SET a[0] = :one, a.b = :m",
      "Invalid UpdateExpression: Two document paths conflict with each other; must remove or rewrite one of these paths; path one: [a, [0]], path two: [a, b]",
    ],
    ["SET Price = :one SET Id2 = :one", 'Invalid UpdateExpression: The "SET" section can only be used once in an update expression;'],
    ["SET Price :one", 'Invalid UpdateExpression: Syntax error; token: ":one", near: "Price :one"'],
    ["UPSERT Price = :one", 'Invalid UpdateExpression: Syntax error; token: "UPSERT", near: "UPSERT Price"'],
    ["SET Price = size(Id)", "Invalid UpdateExpression: The function is not allowed in an update expression; function: size"],
    [
      "SET Price = if_not_exists(:one, :one)",
      "Invalid UpdateExpression: Operator or function requires a document path; operator or function: if_not_exists",
    ],
    [
      "SET Price = :missing",
      "Invalid UpdateExpression: An expression attribute value used in expression is not defined; attribute value: :missing",
    ],
  ])("%s is refused", (text, message) => expect(() => update(text)).toThrow(message));
});
