import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { arnLike, inRange, like } from "./conditions.ts";
import { type Caller, evaluate, judgePolicy, type PrincipalPolicies, type SourcedPolicy, substitute } from "./evaluate.ts";
import { parsePolicy } from "./policy.ts";

type Json = Record<string, unknown>;

function policy(...statements: Json[]): SourcedPolicy {
  const document = JSON.stringify({ Version: "2012-10-17", Statement: statements });
  return { id: "p", source: "user", document: parsePolicy(document, "identity") };
}

function allow(Action: unknown, Resource: unknown = "*", Condition?: Json): Json {
  return { Effect: "Allow", Action, Resource, ...(Condition === undefined ? {} : { Condition }) };
}

function deny(Action: unknown, Resource: unknown = "*"): Json {
  return { Effect: "Deny", Action, Resource };
}

function ask(
  policies: PrincipalPolicies | SourcedPolicy,
  action: string,
  resource = "arn:aws:s3:::b/k",
  keys: Record<string, string | string[]> = {},
) {
  const context = new Map(Object.entries(keys).map(([key, value]) => [key.toLowerCase(), [value].flat()]));
  return evaluate("identity" in policies ? policies : { identity: [policies] }, { action, resource, context }).decision;
}

/** A policy variable as documents write it. */
function variable(name: string): string {
  return `\${${name}}`;
}

function holds(Condition: Json, keys: Record<string, string | string[]>): boolean {
  return ask(policy(allow("*", "*", Condition)), "s3:GetObject", "arn:aws:s3:::b/k", keys) === "allowed";
}

// documented: https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_evaluation-logic.html
describe("evaluation", () => {
  it("denies what nothing allows, and what is denied whatever allows it", () => {
    expect(ask(policy(allow("s3:Get*")), "s3:PutObject")).toBe("implicitDeny");
    expect(ask(policy(allow("*"), deny("s3:Put*")), "s3:PutObject")).toBe("explicitDeny");
    expect(ask(policy(allow("s3:get*")), "S3:GetObject")).toBe("allowed");
  });

  it("asks boundary and session policies as well, where there are any", () => {
    const identity = [policy(allow("*"))];
    expect(ask({ identity, boundary: [policy(allow("s3:*"))] }, "sqs:SendMessage")).toBe("implicitDeny");
    expect(ask({ identity, boundary: [policy(allow("s3:*"))] }, "s3:PutObject")).toBe("allowed");
    expect(ask({ identity, session: [policy(allow("s3:Get*"))] }, "s3:PutObject")).toBe("implicitDeny");
    expect(ask({ identity, session: [] }, "s3:GetObject")).toBe("implicitDeny");
    expect(ask({ identity: [], boundary: [policy(allow("*"))] }, "s3:GetObject")).toBe("implicitDeny");
  });

  it("takes NotAction and NotResource as everything else", () => {
    const notIam = policy({ Effect: "Allow", NotAction: ["iam:*"], Resource: "*" });
    expect(ask(notIam, "s3:GetObject")).toBe("allowed");
    expect(ask(notIam, "iam:CreateUser")).toBe("implicitDeny");
    const elsewhere = policy({ Effect: "Allow", Action: "*", NotResource: "arn:aws:s3:::b/*" });
    expect(ask(elsewhere, "s3:GetObject")).toBe("implicitDeny");
    expect(ask(elsewhere, "s3:GetObject", "arn:aws:s3:::c/k")).toBe("allowed");
  });

  it("lets the policy of a resource allow a principal by itself", () => {
    const caller: Caller = { account: "111111111111", names: ["arn:aws:iam::111111111111:user/u"] };
    const Principal = { AWS: "arn:aws:iam::111111111111:user/u" };
    const text = JSON.stringify({ Version: "2012-10-17", Statement: [{ ...allow("s3:GetObject"), Principal }] });
    const onResource: SourcedPolicy = { id: "bucket", source: "resource", document: parsePolicy(text, "resource") };
    const request = { action: "s3:GetObject", resource: "arn:aws:s3:::b/k", context: new Map() };
    expect(evaluate({ identity: [] }, { ...request, caller }, [onResource]).decision).toBe("allowed");
    const stranger = { ...caller, names: ["arn:aws:iam::111111111111:user/v"] };
    expect(evaluate({ identity: [] }, { ...request, caller: stranger }, [onResource]).decision).toBe("implicitDeny");
  });

  it("property: a denial of everything always wins", () => {
    const actions = fc.constantFrom("s3:GetObject", "iam:CreateUser", "sqs:SendMessage");
    fc.assert(
      fc.property(fc.array(actions), actions, (granted, asked) => {
        const statements = granted.map((action) => allow(action));
        expect(ask(policy(...statements, deny("*")), asked)).toBe("explicitDeny");
        expect(ask(policy(...statements, allow("none:*")), asked)).toBe(granted.includes(asked) ? "allowed" : "implicitDeny");
      }),
    );
  });
});

// documented: https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_principal.html
describe("principals of a resource's policy", () => {
  const user: Caller = { account: "111111111111", names: ["arn:aws:iam::111111111111:user/u", "AIDAX"] };
  const judge = (Principal: unknown, caller: Caller, Effect = "Allow") => {
    const text = JSON.stringify({ Version: "2012-10-17", Statement: [{ Effect, Action: "*", Principal }] });
    return judgePolicy(parsePolicy(text, "resource"), { action: "sts:AssumeRole", resource: "*", context: new Map(), caller });
  };

  it("are named directly, by account, as everybody, or as services", () => {
    expect(judge({ AWS: user.names[0] }, user)).toBe("allow");
    expect(judge({ AWS: "arn:aws:iam::111111111111:root" }, user)).toBe("delegate");
    expect(judge({ AWS: "111111111111" }, user)).toBe("delegate");
    expect(judge({ AWS: "222222222222" }, user)).toBe("none");
    expect(judge("*", user)).toBe("allow");
    expect(judge({ Service: "lambda.amazonaws.com" }, user)).toBe("none");
    expect(judge({ Service: "lambda.amazonaws.com" }, { ...user, names: [], service: "lambda.amazonaws.com" })).toBe("allow");
    expect(judge({ AWS: "*" }, user, "Deny")).toBe("deny");
  });
});

// documented: https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_condition_operators.html
describe("condition operators", () => {
  it.each<[string, Json, Record<string, string | string[]>, boolean]>([
    ["StringEquals", { StringEquals: { "aws:username": ["a", "b"] } }, { "aws:username": "b" }, true],
    ["StringEquals, missing key", { StringEquals: { "aws:username": "a" } }, {}, false],
    ["StringNotEquals", { StringNotEquals: { "aws:username": ["a", "b"] } }, { "aws:username": "b" }, false],
    ["StringNotEquals, missing key", { StringNotEquals: { "aws:username": "a" } }, {}, true],
    ["StringEqualsIgnoreCase", { StringEqualsIgnoreCase: { "aws:username": "AB" } }, { "aws:username": "ab" }, true],
    ["StringLike", { StringLike: { "s3:prefix": "home/*" } }, { "s3:prefix": "home/x/y" }, true],
    ["StringNotLike", { StringNotLike: { "s3:prefix": "home/*" } }, { "s3:prefix": "work" }, true],
    ["StringEqualsIfExists", { StringEqualsIfExists: { "aws:username": "a" } }, {}, true],
    ["StringEqualsIfExists, other value", { StringEqualsIfExists: { "aws:username": "a" } }, { "aws:username": "b" }, false],
    ["NumericLessThanEquals", { NumericLessThanEquals: { "s3:max-keys": "10" } }, { "s3:max-keys": "9" }, true],
    ["NumericGreaterThan", { NumericGreaterThan: { "s3:max-keys": 10 } }, { "s3:max-keys": "10" }, false],
    [
      "DateGreaterThan",
      { DateGreaterThan: { "aws:CurrentTime": "2020-01-01T00:00:00Z" } },
      { "aws:CurrentTime": "2026-01-01T00:00:00Z" },
      true,
    ],
    ["DateLessThan, epoch", { DateLessThan: { "aws:EpochTime": "2000000000" } }, { "aws:EpochTime": "1000000000" }, true],
    ["Bool", { Bool: { "aws:SecureTransport": "false" } }, { "aws:SecureTransport": "false" }, true],
    ["Bool, missing key", { Bool: { "aws:MultiFactorAuthPresent": "false" } }, {}, false],
    ["IpAddress", { IpAddress: { "aws:SourceIp": "203.0.113.0/24" } }, { "aws:SourceIp": "203.0.113.77" }, true],
    ["NotIpAddress", { NotIpAddress: { "aws:SourceIp": ["203.0.113.0/24", "10.0.0.0/8"] } }, { "aws:SourceIp": "10.1.2.3" }, false],
    ["ArnLike", { ArnLike: { "aws:SourceArn": "arn:aws:sns:*:1:t*" } }, { "aws:SourceArn": "arn:aws:sns:eu-west-1:1:topic" }, true],
    ["ArnNotEquals", { ArnNotEquals: { "aws:SourceArn": "arn:aws:sns:*:1:t*" } }, { "aws:SourceArn": "arn:aws:sns:x:1:topic" }, false],
    ["Null true", { Null: { "aws:TokenIssueTime": "true" } }, {}, true],
    ["Null false", { Null: { "aws:TokenIssueTime": "false" } }, {}, false],
    ["ForAllValues", { "ForAllValues:StringEquals": { "aws:TagKeys": ["a", "b"] } }, { "aws:TagKeys": ["a", "b"] }, true],
    ["ForAllValues, one more", { "ForAllValues:StringEquals": { "aws:TagKeys": ["a"] } }, { "aws:TagKeys": ["a", "c"] }, false],
    ["ForAllValues, missing key", { "ForAllValues:StringEquals": { "aws:TagKeys": ["a"] } }, {}, true],
    ["ForAnyValue", { "ForAnyValue:StringLike": { "aws:TagKeys": ["pro*"] } }, { "aws:TagKeys": ["x", "project"] }, true],
    ["ForAnyValue, missing key", { "ForAnyValue:StringLike": { "aws:TagKeys": ["*"] } }, {}, false],
    ["two operators are an AND", { StringEquals: { a: "1" }, Bool: { b: "true" } }, { a: "1", b: "false" }, false],
    ["two keys are an AND", { StringEquals: { a: "1", b: "2" } }, { a: "1", b: "2" }, true],
  ])("%s", (_name, condition, keys, expected) => {
    expect(holds(condition, keys)).toBe(expected);
  });

  it("compares IPv6 and mapped IPv4 addresses by range", () => {
    expect(inRange("2001:db8::1", "2001:db8::/32")).toBe(true);
    expect(inRange("::ffff:127.0.0.1", "127.0.0.0/8")).toBe(true);
    expect(inRange("127.0.0.1", "2001:db8::/32")).toBe(false);
  });
});

// documented: https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_variables.html
describe("policy variables", () => {
  const context = new Map([["aws:username", ["a*"]]]);

  it("are replaced literally, take defaults, and match nothing when the key is missing", () => {
    const home = policy(allow("s3:*", `arn:aws:s3:::b/${variable("aws:username")}/*`));
    expect(ask(home, "s3:GetObject", "arn:aws:s3:::b/ann/x", { "aws:username": "ann" })).toBe("allowed");
    expect(ask(home, "s3:GetObject", "arn:aws:s3:::b/ann/x", { "aws:username": "a*" })).toBe("implicitDeny");
    expect(ask(home, "s3:GetObject", "arn:aws:s3:::b/a*/x", { "aws:username": "a*" })).toBe("allowed");
    expect(ask(home, "s3:GetObject", "arn:aws:s3:::b//x")).toBe("implicitDeny");
    const withDefault = policy(allow("s3:*", `arn:aws:s3:::b/${variable("aws:PrincipalTag/team, 'common'")}/*`));
    expect(ask(withDefault, "s3:GetObject", "arn:aws:s3:::b/common/x")).toBe("allowed");
    expect(substitute("plain", context)).toBe("plain");
  });

  it("stay as they are in documents of the older version", () => {
    const Statement = [{ ...allow("s3:*", `arn:aws:s3:::b/${variable("aws:username")}`), Principal: "*" }];
    const old = parsePolicy(JSON.stringify({ Version: "2008-10-17", Statement }), "resource");
    const request = { action: "s3:GetObject", resource: "arn:aws:s3:::b/ann", context: new Map([["aws:username", ["ann"]]]) };
    expect(judgePolicy(old, { ...request, caller: { account: "1", names: [] } })).toBe("none");
  });
});

describe("wildcards", () => {
  // documented: https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_resource.html
  it("stand for any text and any character, within one part of an ARN", () => {
    expect([like("abc", "a?c"), like("ac", "a?c"), like("a/b/c", "a*c"), like("a.c", "a.c"), like("abc", "a.c")]).toEqual([
      true,
      false,
      true,
      true,
      false,
    ]);
    expect(arnLike("arn:aws:sqs:us-east-1:1:q", "arn:aws:sqs:*:q")).toBe(false);
    expect(arnLike("arn:aws:logs:us-east-1:1:log-group:/a:*", "arn:aws:logs:*:*:log-group:/a:*")).toBe(true);
  });

  it("property: a pattern made from a text by putting stars matches it", () => {
    fc.assert(
      fc.property(
        fc.string({ maxLength: 20 }).filter((text) => !text.includes("\uE000")),
        fc.nat(20),
        fc.nat(20),
        (text, from, length) => {
          expect(like(text, `${text.slice(0, from)}*${text.slice(from + length)}`)).toBe(true);
        },
      ),
    );
  });
});
