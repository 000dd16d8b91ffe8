import { describe, expect, it } from "vitest";
import { answerOf } from "./function-answer.ts";

const read = (result: unknown, version = "2.0") => {
  const answer = answerOf(typeof result === "string" ? result : JSON.stringify(result), version);
  return answer && { status: answer.status, headers: answer.headers, body: answer.body.toString() };
};
const json = [["content-type", "application/json"]];

// documented: https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-develop-integrations-lambda.html
describe("a function's answer", () => {
  it("is inferred in format 2.0 when there is no status code", () => {
    expect(read('"Hello from Lambda!"')).toEqual({ status: 200, headers: json, body: "Hello from Lambda!" });
    expect(read('{ "message": "Hello" }')).toEqual({ status: 200, headers: json, body: '{ "message": "Hello" }' });
  });

  it("says status, headers, cookies and a body in base64", () => {
    const result = { statusCode: 201, headers: { "X-A": 1 }, cookies: ["a=1", "b=2"], body: "aGk=", isBase64Encoded: true };
    expect(read(result)).toEqual({
      status: 201,
      headers: [
        ["x-a", "1"],
        ["set-cookie", "a=1"],
        ["set-cookie", "b=2"],
        ["content-type", "text/plain;charset=UTF-8"],
      ],
      body: "hi",
    });
  });

  it("has many values of one header in format 1.0", () => {
    const result = { statusCode: 200, headers: { a: "0", b: "1" }, multiValueHeaders: { A: ["1", "2"] }, body: "x" };
    expect(read(result, "1.0")?.headers.slice(0, 3)).toEqual([
      ["b", "1"],
      ["a", "1"],
      ["a", "2"],
    ]);
  });

  it.each([
    ["no JSON", "oops", "2.0"],
    ["a status code that is none", { statusCode: "fine" }, "2.0"],
    ["a body that is no text", { statusCode: 200, body: { a: 1 } }, "2.0"],
    ["headers that are no map", { statusCode: 200, headers: "x" }, "2.0"],
    ["no status code in format 1.0", { body: "x" }, "1.0"],
  ])("is malformed with %s", (_, result, version) => {
    expect(read(result, version)).toBeUndefined();
  });
});
