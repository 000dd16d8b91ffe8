import { expect, it } from "vitest";
import { managedPolicies, managedPolicy } from "./aws-managed.ts";
import { parsePolicy } from "./policy.ts";

// documented: https://docs.aws.amazon.com/aws-managed-policy/latest/reference/policy-list.html
it("has documents that are policies, each under its own ARN", () => {
  const policies = managedPolicies();
  expect(policies.length).toBeGreaterThan(25);
  for (const { arn, document, created } of policies) {
    expect(managedPolicy(arn)?.arn).toBe(arn);
    expect(parsePolicy(document, "identity").statements.length).toBeGreaterThan(0);
    expect(created).toBeGreaterThan(0);
  }
  expect(new Set(policies.map(({ arn }) => arn)).size).toBe(policies.length);
  expect(managedPolicy("arn:aws:iam::aws:policy/AdministratorAccess")?.document).toContain('"Action": "*"');
});
