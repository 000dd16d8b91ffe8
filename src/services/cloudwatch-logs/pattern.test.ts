import { describe, expect, it } from "vitest";
import { compilePattern } from "./pattern.ts";

const matches = (pattern: string, message: string): boolean => compilePattern(pattern).match(message) !== undefined;

// documented: https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/FilterAndPatternSyntax.html
describe("terms", () => {
  const lines = ["[ERROR 400] BAD REQUEST", "[ERROR 401] UNAUTHORIZED REQUEST", "[ERROR 419] MISSING ARGUMENTS", "[INFO] REQUEST FAILED"];
  const found = (pattern: string): number[] => lines.flatMap((line, index) => (matches(pattern, line) ? [index] : []));

  it("must all be there", () => {
    expect(found("ERROR")).toEqual([0, 1, 2]);
    expect(found("ERROR ARGUMENTS")).toEqual([2]);
    expect(found("error")).toEqual([]);
    expect(found('"BAD REQUEST"')).toEqual([0]);
  });

  it("may be optional, unless other terms stand beside them", () => {
    expect(found("?FAILED ?ARGUMENTS")).toEqual([2, 3]);
    expect(found("?FAILED ?ARGUMENTS REQUEST")).toEqual([0, 1, 3]);
  });

  it("may be excluded, or be regular expressions", () => {
    expect(found("ERROR -ARGUMENTS")).toEqual([0, 1]);
    expect(found("%AUTHORIZED%")).toEqual([1]);
    expect(found("%40[01]\\]%")).toEqual([0, 1]);
  });

  it("match everything when there are none", () => {
    expect([matches("", "x"), matches('" "', "x")]).toEqual([true, true]);
  });

  it("are refused when they are not well formed", () => {
    expect(() => compilePattern("a-b$")).toThrow("Invalid filter pattern");
    expect(() => compilePattern("%(a)%")).toThrow("Invalid filter pattern");
    expect(() => compilePattern("{ $.a = }")).toThrow("Invalid filter pattern");
  });
});

// documented: https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/FilterAndPatternSyntax.html#matching-terms-json-log-events
describe("JSON patterns", () => {
  const event = JSON.stringify({
    eventType: "UpdateTrail",
    sourceIPAddress: "111.111.111.111",
    arrayKey: ["value", "another value"],
    objectList: [{ name: "a", id: 1 }],
    SomeObject: null,
    "cluster.name": "c",
    errorCode: 400,
    ok: true,
  });

  it.each([
    ['{ $.eventType = "UpdateTrail" }', true],
    ["{ $.sourceIPAddress != 123.123.* }", true],
    ["{ $.sourceIPAddress = 111.* }", true],
    ['{ $.arrayKey[0] = "value" }', true],
    ["{ $.eventType = %Trail% }", true],
    ["{ $.arrayKey[*] = %val.{2}% }", true],
    ["{ $.* = %111\\.111\\.111\\.1[0-9]{1,2}% }", true],
    ["{ $.['cluster.name'] = \"c\" }", true],
    ["{ $.SomeObject IS NULL }", true],
    ["{ $.ok IS FALSE }", false],
    ["{ $.SomeOtherObject NOT EXISTS }", true],
    ["{ $.eventType NOT EXISTS }", false],
    ["{ $.errorCode >= 400 && $.errorCode < 500 }", true],
    ["{ $.errorCode = 4e2 }", true],
    ["{ $.errorCode = 4* }", true],
    ['{ $.arrayKey = "value" }', false],
    ['{ ($.objectList[0].id = 2 && $.ok IS TRUE) || $.eventType = "x" }', false],
    ['{ $.ok IS TRUE || $.eventType = "x" && $.errorCode = 1 }', true],
    ['{ ($.ok IS TRUE || $.eventType = "x") && $.errorCode = 1 }', false],
  ])("%s: %s", (pattern, expected) => {
    expect(matches(pattern, event)).toBe(expected);
  });

  it("match no text that is not JSON, and give the values they name", () => {
    expect(matches("{ $.a = 1 }", "a = 1")).toBe(false);
    const match = compilePattern("{ $.errorCode = 400 }").match(event);
    expect(match?.values).toEqual({ "$.errorCode": "400" });
    expect(match?.value("$.objectList[0].name")).toBe("a");
  });
});

// documented: https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/FilterAndPatternSyntax.html#matching-term-space-delimited-log-events
describe("space-delimited patterns", () => {
  const line = '127.0.0.1 Prod frank [10/Oct/2000:13:25:15 -0700] "GET /index.html HTTP/1.0" 404 1534';

  it.each([
    ["[ip=%127\\.0\\.0\\.[1-9]%, user, username, timestamp, request =*.html*, status_code = 4*, bytes]", true],
    ["[..., request =*.html*, status_code = 4*, bytes]", true],
    ["[ip, user, username, timestamp, request =*.html*, status_code = 404 || status_code = 410, bytes]", true],
    ["[ip, user, username, timestamp, request, status_code = 500, bytes]", false],
    ["[ip, user, username, timestamp, request, status_code, bytes > 1000]", true],
    ["[w1=ERROR, w2]", false],
    ["[w1!=ERROR && w1!=WARNING, w2]", true],
    ["[a, b, c, d, e, f, g, h]", false],
  ])("%s: %s", (pattern, expected) => {
    expect(matches(pattern, line)).toBe(expected);
  });

  it("give every field by its name", () => {
    const values = compilePattern("[ip, user, name, at, request, status, bytes]").match(line)?.values;
    expect(values).toMatchObject({
      $ip: "127.0.0.1",
      $at: "10/Oct/2000:13:25:15 -0700",
      $request: "GET /index.html HTTP/1.0",
      $bytes: "1534",
    });
    expect(matches("[w1=ERROR, w2]", "ERROR 09/25/2014 12:00:02 Failed to process request")).toBe(true);
  });
});
