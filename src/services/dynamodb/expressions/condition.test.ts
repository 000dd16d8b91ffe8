import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { AttributeValue, Item } from "../values.ts";
import { Bindings } from "./bindings.ts";
import { checkCondition } from "./check-condition.ts";
import { evaluate } from "./evaluate.ts";
import { parseCondition } from "./parse-condition.ts";

const item: Item = {
  Id: { N: "789" },
  Title: { S: "Bicycle" },
  Price: { N: "650" },
  Empty: { S: "" },
  Nothing: { NULL: true },
  Colors: { SS: ["Red", "Black"] },
  Safety: { M: { Warning: { S: "Always wear a helmet" }, "a.b": { N: "1" } } },
  Photos: { L: [{ S: "front.jpg" }, { M: { width: { N: "5" } } }] },
  Bin: { B: Uint8Array.of(1, 2, 3) },
  Ok: { BOOL: true },
};
const values: Record<string, AttributeValue> = {
  ":n": { N: "650.0" },
  ":lo": { N: "100" },
  ":hi": { N: "1E3" },
  ":s": { S: "Bi" },
  ":t": { S: "Bicycle" },
  ":red": { S: "Red" },
  ":front": { S: "front.jpg" },
  ":type": { S: "SS" },
  ":five": { N: "5" },
  ":raw": { B: Uint8Array.of(1, 2) },
  ":true": { BOOL: true },
};

function holds(text: string, names: Record<string, string> = {}): boolean {
  const parsed = parseCondition("ConditionExpression", text);
  const request = {
    ...(Object.keys(names).length === 0 ? {} : { ExpressionAttributeNames: names }),
    ExpressionAttributeValues: values,
  };
  const bindings = new Bindings(request, true);
  bindings.use("ConditionExpression", parsed);
  checkCondition("ConditionExpression", parsed.root, bindings);
  return evaluate(parsed.root, item, bindings);
}

// documented: https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/Expressions.OperatorsAndFunctions.html
describe("conditions", () => {
  test.each<[string, boolean]>([
    ["Price = :n", true],
    [":n = Price", true],
    ["Price <> :n", false],
    ["Price < :hi AND Price > :lo", true],
    ["Price between :lo and :hi", true],
    ["Price BETWEEN :hi AND :hi", false],
    ["Title IN (:s, :t)", true],
    ["Title IN (:s)", false],
    ["attribute_exists(Safety.Warning)", true],
    ["attribute_not_exists(Safety.Absent)", true],
    ["attribute_exists(Photos[1].width)", true],
    ["attribute_exists(Photos[2])", false],
    ["Photos[1].width = :five", true],
    ["Photos[0] = :front", true],
    ["attribute_type(Colors, :type)", true],
    ["begins_with(Title, :s)", true],
    ["begins_with(Bin, :raw)", true],
    ["begins_with(Price, :s)", false],
    ["contains(Title, :s)", true],
    ["contains(Colors, :red)", true],
    ["contains(Photos, :front)", true],
    ["contains(Bin, :raw)", true],
    ["size(Title) > :five", true],
    ["size(Colors) = :five", false],
    ["size(Absent) = :five", false],
    ["Absent = :n", false],
    ["Absent <> :n", true],
    ["Absent < :n", false],
    ["Title > :n", false],
    ["NOT Title = :t", false],
    ["NOT (Title = :t AND Absent = :n)", true],
    ["Title = :t OR Absent = :n AND Absent = :s", true],
    ["(Title = :s OR Ok = :true) AND Price = :n", true],
    ["attribute_exists(Nothing)", true],
  ])("%s", (text, expected) => expect(holds(text)).toBe(expected));

  test("names stand for one part of a path, dots and all", () => {
    expect(holds("#s.#ab < :five", { "#s": "Safety", "#ab": "a.b" })).toBe(true);
  });
});

describe("mistakes in conditions", () => {
  // documented: https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/ReservedWords.html; texts assumed from AWS's own
  test.each([
    ["", "Invalid ConditionExpression: The expression can not be empty;"],
    ["Price = ", 'Invalid ConditionExpression: Syntax error; token: "<EOF>", near: "= "'],
    ["Price", 'Invalid ConditionExpression: Syntax error; token: "<EOF>", near: "Price"'],
    ["a b = :n", 'Invalid ConditionExpression: Syntax error; token: "b", near: "a b ="'],
    ["a-b = :n", 'Invalid ConditionExpression: Syntax error; token: "-", near: "a-b"'],
    ["a = :n)", 'Invalid ConditionExpression: Syntax error; token: ")", near: ":n)"'],
    ["Name = :n", "Invalid ConditionExpression: Attribute name is a reserved keyword; reserved keyword: Name"],
    ["#x = :n", "Invalid ConditionExpression: An expression attribute name used in the document path is not defined; attribute name: #x"],
    ["Price = :x", "Invalid ConditionExpression: An expression attribute value used in expression is not defined; attribute value: :x"],
    [
      "attribute_exists(:n)",
      "Invalid ConditionExpression: Operator or function requires a document path; operator or function: attribute_exists",
    ],
    ["foo(Price)", "Invalid ConditionExpression: Invalid function name; function: foo"],
    [
      "contains(Price)",
      "Invalid ConditionExpression: Incorrect number of operands for operator or function; operator or function: contains, number of operands: 1",
    ],
    ["size(Price)", "Invalid ConditionExpression: The function is not allowed to be used this way in an expression; function: size"],
    [
      "attribute_exists(a) = :n",
      "Invalid ConditionExpression: The function is not allowed to be used this way in an expression; function: attribute_exists",
    ],
    [
      "Price BETWEEN :hi AND :lo",
      "Invalid ConditionExpression: The BETWEEN operator requires upper bound to be greater than or equal to lower bound; lower bound operand: AttributeValue: {N:1000}, upper bound operand: AttributeValue: {N:100}",
    ],
    ["Price BETWEEN :s AND :lo", "Invalid ConditionExpression: The BETWEEN operator requires same data type for lower and upper bounds"],
    [
      "Ok < :true",
      "Invalid ConditionExpression: Incorrect operand type for operator or function; operator or function: <, operand type: BOOL",
    ],
    [
      "begins_with(Title, :n)",
      "Invalid ConditionExpression: Incorrect operand type for operator or function; operator or function: begins_with, operand type: N",
    ],
    [
      "attribute_type(Title, :t)",
      "Invalid ConditionExpression: Invalid attribute type name found; type: Bicycle, valid types: {B,NULL,SS,BOOL,L,BS,N,NS,S,M}",
    ],
    [
      "Price = Price",
      "Invalid ConditionExpression: The first operand must be distinct from the remaining operands for this operator or function; operator: =, first operand: [Price]",
    ],
    ["((Price = :n))", "Invalid ConditionExpression: The expression has redundant parentheses;"],
  ])("%s", (text, message) => expect(() => holds(text)).toThrow(message));

  // documented: https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/Constraints.html#limits-expression-parameters
  test.each(["(", "NOT ", "size("])("%s hundreds of times is too deep", (opening) => {
    expect(() => parseCondition("FilterExpression", opening.repeat(800))).toThrow("The expression contains too many operators");
  });

  test("no text makes the parser fail in another way", () => {
    const piece = fc.constantFrom(
      "a",
      "#b",
      ":c",
      "(",
      ")",
      "[0]",
      ".",
      ",",
      "=",
      "<>",
      "AND",
      "OR",
      "NOT",
      "IN",
      "BETWEEN",
      "size(",
      "contains(",
      "é",
      "1",
      " ",
    );
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 12 }), (pieces) => {
        try {
          parseCondition("FilterExpression", pieces.join(" "));
        } catch (error) {
          expect(error).toMatchObject({ code: "ValidationException", message: expect.stringMatching(/^Invalid FilterExpression: /) });
        }
      }),
    );
  });
});
