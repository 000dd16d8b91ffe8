import {
  CreateRoleCommand,
  GetAccountAuthorizationDetailsCommand,
  GetContextKeysForCustomPolicyCommand,
  IAMClient,
  PutRolePolicyCommand,
  SimulateCustomPolicyCommand,
  SimulatePrincipalPolicyCommand,
} from "@aws-sdk/client-iam";
import { afterAll, beforeAll, expect, it } from "vitest";
import { ACCOUNT, startCloud, type TestCloud } from "../../../test/support/cloud.ts";

let cloud: TestCloud;
let iam: IAMClient;

beforeAll(async () => {
  cloud = await startCloud();
  iam = new IAMClient(cloud.clientConfig);
});
afterAll(() => cloud.stop());

const document = JSON.stringify({
  Version: "2012-10-17",
  Statement: [
    { Effect: "Allow", Action: "s3:*", Resource: "*", Condition: { StringEquals: { "aws:RequestedRegion": "eu-west-1" } } },
    { Effect: "Deny", Action: "s3:Delete*", Resource: "*" },
  ],
});

// documented: https://docs.aws.amazon.com/IAM/latest/APIReference/API_SimulateCustomPolicy.html
it("simulates a policy, and says which context was missing", async () => {
  const request = { PolicyInputList: [document], ActionNames: ["s3:GetObject", "s3:DeleteObject"] };
  const bare = await iam.send(new SimulateCustomPolicyCommand(request));
  expect(bare.EvaluationResults?.map(({ EvalDecision }) => EvalDecision)).toEqual(["implicitDeny", "explicitDeny"]);
  expect(bare.EvaluationResults?.[0]?.MissingContextValues).toEqual(["aws:requestedregion"]);
  const ContextEntries = [{ ContextKeyName: "aws:RequestedRegion", ContextKeyType: "string" as const, ContextKeyValues: ["eu-west-1"] }];
  const full = await iam.send(new SimulateCustomPolicyCommand({ ...request, ContextEntries }));
  expect(full.EvaluationResults?.[0]).toMatchObject({
    EvalDecision: "allowed",
    MatchedStatements: [{ SourcePolicyId: "PolicyInputList.1" }],
  });
  const { ContextKeyNames } = await iam.send(new GetContextKeysForCustomPolicyCommand({ PolicyInputList: [document] }));
  expect(ContextKeyNames).toEqual(["aws:requestedregion"]);
});

// documented: https://docs.aws.amazon.com/IAM/latest/APIReference/API_SimulatePrincipalPolicy.html
it("simulates what a role may do, and shows it among the account's details", async () => {
  const trust = { Version: "2012-10-17", Statement: { Effect: "Allow", Principal: { AWS: ACCOUNT }, Action: "sts:AssumeRole" } };
  await iam.send(new CreateRoleCommand({ RoleName: "r", AssumeRolePolicyDocument: JSON.stringify(trust) }));
  const allow = document.replace(/,"Condition":\{.*?\}\}/, "");
  await iam.send(new PutRolePolicyCommand({ RoleName: "r", PolicyName: "p", PolicyDocument: allow }));
  const PolicySourceArn = `arn:aws:iam::${ACCOUNT}:role/r`;
  const { EvaluationResults } = await iam.send(new SimulatePrincipalPolicyCommand({ PolicySourceArn, ActionNames: ["s3:PutObject"] }));
  expect(EvaluationResults).toMatchObject([{ EvalDecision: "allowed", MatchedStatements: [{ SourcePolicyId: "role_r_p" }] }]);
  const details = await iam.send(new GetAccountAuthorizationDetailsCommand({ Filter: ["Role"] }));
  expect(details.RoleDetailList).toMatchObject([{ RoleName: "r", RolePolicyList: [{ PolicyName: "p" }] }]);
});
