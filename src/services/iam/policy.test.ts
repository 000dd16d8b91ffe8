import { describe, expect, it } from "vitest";
import { type PolicyUse, parsePolicy } from "./policy.ts";

const ok = { Effect: "Allow", Action: "s3:GetObject", Resource: "*" };

function problem(document: unknown, use: PolicyUse = "identity"): string | undefined {
  try {
    parsePolicy(typeof document === "string" ? document : JSON.stringify(document), use);
    return undefined;
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}

function of(statement: object, use: PolicyUse = "identity"): string | undefined {
  return problem({ Version: "2012-10-17", Statement: [statement] }, use);
}

// documented: https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_grammar.html
// assumed: the texts, which AWS does not publish
describe("what a policy document may say", () => {
  it("takes a statement alone or in a list, and single values or lists", () => {
    expect(problem({ Version: "2012-10-17", Statement: ok })).toBeUndefined();
    expect(of({ ...ok, Action: ["s3:Get*", "s3:List*"], Resource: ["arn:aws:s3:::a", "arn:aws:s3:::a/*"] })).toBeUndefined();
  });

  it.each<[string, object, string]>([
    ["no action", { Effect: "Allow", Resource: "*" }, "Policy statement must contain actions."],
    ["no resource", { Effect: "Allow", Action: "s3:*" }, "Policy statement must contain resources."],
    ["no effect", { Action: "s3:*", Resource: "*" }, "Missing required field Effect"],
    ["another effect", { ...ok, Effect: "Maybe" }, "Invalid effect: Maybe"],
    ["a principal", { ...ok, Principal: "*" }, "Policy document should not specify a principal."],
    ["an action without a vendor", { ...ok, Action: "Get" }, "Actions/Conditions must be prefaced by a vendor, e.g., iam, sdb, ec2, etc."],
    ["a resource that is no ARN", { ...ok, Resource: "bucket" }, 'Resource bucket must be in ARN format or "*".'],
    ["both Action and NotAction", { ...ok, NotAction: "s3:*" }, "Syntax errors in policy."],
    ["an unknown member", { ...ok, Actions: [] }, "Syntax errors in policy."],
    ["an unknown operator", { ...ok, Condition: { Equals: { a: "b" } } }, "Invalid Condition type : Equals"],
  ])("refuses %s", (_name, statement, message) => {
    expect(of(statement)).toBe(message);
  });

  it("refuses what is not JSON, old versions and doubled statement ids", () => {
    expect(problem("{")).toBe("Syntax errors in policy.");
    expect(problem({ Statement: [ok] })).toBe("Policy document must be version 2012-10-17 or greater.");
    expect(problem({ Version: "2013-01-01", Statement: [ok] })).toBe("The policy must contain a valid version string");
    const twice = {
      Version: "2012-10-17",
      Statement: [
        { ...ok, Sid: "a" },
        { ...ok, Sid: "a" },
      ],
    };
    expect(problem(twice)).toBe("Statement IDs (SID) in a single policy must be unique.");
  });

  it("holds trust policies to STS actions, a principal and no resource", () => {
    const trust = { Effect: "Allow", Principal: { Service: "lambda.amazonaws.com" }, Action: "sts:AssumeRole" };
    expect(of(trust, "trust")).toBeUndefined();
    expect(of({ ...trust, Resource: "*" }, "trust")).toBe("Has prohibited field Resource");
    expect(of({ ...trust, Principal: undefined }, "trust")).toBe("Missing required field Principal");
    expect(of({ ...trust, Action: "s3:GetObject" }, "trust")).toBe("AssumeRole policy may only specify STS AssumeRole actions.");
    expect(problem("{", "trust")).toBe("This policy contains invalid Json");
  });
});
