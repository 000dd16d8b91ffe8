import { describe, expect, it } from "vitest";
import { matches, parsePolicy } from "./filter.ts";

const byAttributes = (policy: object, attributes: Record<string, [type: string, value: string]>): boolean =>
  matches(parsePolicy(JSON.stringify(policy), "MessageAttributes"), "MessageAttributes", {
    body: "",
    attributes: Object.fromEntries(Object.entries(attributes).map(([name, [DataType, StringValue]]) => [name, { DataType, StringValue }])),
  });
const byBody = (policy: object, body: unknown): boolean =>
  matches(parsePolicy(JSON.stringify(policy), "MessageBody"), "MessageBody", { body: JSON.stringify(body), attributes: {} });

// documented: https://docs.aws.amazon.com/sns/latest/dg/sns-subscription-filter-policies.html
describe("filter policies", () => {
  it.each([
    [{ store: ["a", "b"] }, true],
    [{ store: ["c"] }, false],
    [{ store: [{ prefix: "a" }] }, true],
    [{ store: [{ suffix: "b" }] }, false],
    [{ store: [{ "anything-but": ["b", "c"] }] }, true],
    [{ store: [{ "anything-but": { prefix: "a" } }] }, false],
    [{ store: [{ "equals-ignore-case": "A" }] }, true],
    [{ price: [{ numeric: [">=", 10, "<", 20] }] }, true],
    [{ price: [{ numeric: ["=", 11] }] }, false],
    [{ tags: ["y"] }, true],
    [{ none: [{ exists: false }] }, true],
    [{ store: [{ exists: false }] }, false],
    [{ $or: [{ store: ["z"] }, { price: [10] }] }, true],
    [{ store: ["a"], price: [11] }, false],
  ])("%j on attributes: %s", (policy, expected) => {
    const attributes = { store: ["String", "a"], price: ["Number", "10"], tags: ["String.Array", '["x","y"]'] } as const;
    expect(byAttributes(policy, attributes as unknown as Record<string, [string, string]>)).toBe(expected);
  });

  it("look into bodies, and into each item of their lists", () => {
    expect(byBody({ order: { items: { sku: ["b"] } } }, { order: { items: [{ sku: "a" }, { sku: "b" }] } })).toBe(true);
    expect(byBody({ order: { state: ["paid"] } }, { order: { state: "open" } })).toBe(false);
  });

  // documented: https://docs.aws.amazon.com/sns/latest/dg/string-value-matching.html
  it("know networks", () => {
    const inside = (network: string, address: string) => byAttributes({ ip: [{ cidr: network }] }, { ip: ["String", address] });
    expect([inside("10.0.0.0/24", "10.0.0.255"), inside("10.0.0.0/24", "10.0.1.1")]).toEqual([true, false]);
    expect([inside("2001:db8::/32", "2001:db8::1"), inside("10.0.0.0/24", "not an address")]).toEqual([true, false]);
  });

  it("are refused when they use what is not known, or nest on attributes", () => {
    expect(() => byAttributes({ a: [{ wildcard: "a*" }] }, {})).toThrow(/Unrecognized match type wildcard/);
    expect(() => byAttributes({ a: [{ cidr: "10.0.0.0/99" }] }, {})).toThrow(/Malformed CIDR/);
    expect(() => byAttributes({ a: { b: ["c"] } }, {})).toThrow(/nested/);
  });
});
