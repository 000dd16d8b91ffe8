import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { ACCOUNT, startCloud, type TestCloud } from "../../../test/support/cloud.ts";
import type { Properties, ResourceRequest, ResourceState, ResourceType } from "../../aws/resource.ts";
import { resources } from "./resources.ts";

let cloud: TestCloud;

beforeAll(async () => {
  cloud = await startCloud();
});
beforeEach(() => cloud.reset());
afterAll(() => cloud.stop());

function type(name: string): ResourceType {
  const found = resources[name];
  if (found === undefined) expect.fail(`there is no ${name}`);
  return found;
}

function request(properties: Properties, logicalId = "Thing"): ResourceRequest {
  return {
    properties,
    logicalId,
    stackName: "stack",
    stackId: "arn:aws:cloudformation:us-east-1:000000000000:stack/stack/1",
    stackTags: { team: "a", "aws:cloudformation:stack-name": "stack" },
    generatedName: (maxLength) => `stack-${logicalId}-ABC123`.slice(0, maxLength),
  };
}

async function create(name: string, properties: Properties, logicalId?: string): Promise<ResourceState> {
  const state = await type(name).create(cloud.ctx, request(properties, logicalId));
  if ("again" in state) expect.fail(`${name} is not finished`);
  return state;
}

const trust = {
  Version: "2012-10-17",
  Statement: [{ Effect: "Allow", Principal: { Service: "lambda.amazonaws.com" }, Action: "sts:AssumeRole" }],
};
const allow = (Action: string) => ({ Version: "2012-10-17", Statement: [{ Effect: "Allow", Action, Resource: "*" }] });
const BASIC = "arn:aws:iam::aws:policy/service-role/AWSLambdaBasicExecutionRole";

// documented: https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-iam-role.html
describe("AWS::IAM::Role", () => {
  it("is created with its policies, changed in place, and deleted with them", async () => {
    const first = {
      AssumeRolePolicyDocument: trust,
      MaxSessionDuration: "7200",
      ManagedPolicyArns: [BASIC],
      Policies: [{ PolicyName: "one", PolicyDocument: allow("s3:*") }],
      Tags: [{ Key: "own", Value: "1" }],
    };
    const state = await create("AWS::IAM::Role", first);
    expect(state).toMatchObject({
      physicalId: "stack-Thing-ABC123",
      attributes: { Arn: `arn:aws:iam::${ACCOUNT}:role/stack-Thing-ABC123` },
    });
    const RoleName = state.physicalId;
    const { Role } = await cloud.ctx.call("iam", "GetRole", { RoleName });
    expect(Role).toMatchObject({
      MaxSessionDuration: 7200,
      Tags: [
        { Key: "own", Value: "1" },
        { Key: "team", Value: "a" },
      ],
    });
    const second = { AssumeRolePolicyDocument: trust, Policies: [{ PolicyName: "two", PolicyDocument: allow("sqs:*") }] };
    await type("AWS::IAM::Role").update?.(cloud.ctx, { ...request(second), physicalId: RoleName, previous: first });
    expect((await cloud.ctx.call("iam", "ListRolePolicies", { RoleName })).PolicyNames).toEqual(["two"]);
    expect((await cloud.ctx.call("iam", "ListAttachedRolePolicies", { RoleName })).AttachedPolicies).toEqual([]);
    expect((await cloud.ctx.call("iam", "ListRoleTags", { RoleName })).Tags).toEqual([{ Key: "team", Value: "a" }]);
    await type("AWS::IAM::Role").delete(cloud.ctx, { physicalId: RoleName, properties: second });
    await expect(cloud.ctx.call("iam", "GetRole", { RoleName })).rejects.toMatchObject({ code: "NoSuchEntityException" });
    await type("AWS::IAM::Role").delete(cloud.ctx, { physicalId: RoleName, properties: second });
  });

  // assumed: a creation that died after its commit is asked for again under the same claim
  it("goes on from what was made before a crash", async () => {
    const ctx = cloud.ctx.with({ claimToken: "token-1" });
    const properties = { AssumeRolePolicyDocument: trust, Policies: [{ PolicyName: "one", PolicyDocument: allow("s3:*") }] };
    await ctx.call("iam", "CreateRole", { RoleName: "stack-Thing-ABC123", AssumeRolePolicyDocument: JSON.stringify(trust) });
    const state = await type("AWS::IAM::Role").create(ctx, request(properties));
    expect(state).toMatchObject({ physicalId: "stack-Thing-ABC123" });
    expect((await ctx.call("iam", "ListRolePolicies", { RoleName: "stack-Thing-ABC123" })).PolicyNames).toEqual(["one"]);
  });
});

// documented: https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-iam-managedpolicy.html
describe("AWS::IAM::ManagedPolicy", () => {
  it("makes a new default version for every change and keeps within five", async () => {
    const { physicalId: role } = await create("AWS::IAM::Role", { AssumeRolePolicyDocument: trust }, "Role");
    let properties: Properties = { PolicyDocument: allow("s3:Get*"), Roles: [role] };
    const { physicalId: PolicyArn } = await create("AWS::IAM::ManagedPolicy", properties);
    expect(PolicyArn).toBe(`arn:aws:iam::${ACCOUNT}:policy/stack-Thing-ABC123`);
    for (const action of ["a:*", "b:*", "c:*", "d:*", "e:*", "f:*"]) {
      const next = { PolicyDocument: allow(action), Roles: [role] };
      await type("AWS::IAM::ManagedPolicy").update?.(cloud.ctx, { ...request(next), physicalId: PolicyArn, previous: properties });
      properties = next;
    }
    expect(await type("AWS::IAM::ManagedPolicy").read?.(cloud.ctx, PolicyArn)).toMatchObject({ PolicyDocument: allow("f:*") });
    await type("AWS::IAM::ManagedPolicy").delete(cloud.ctx, { physicalId: PolicyArn, properties });
    await expect(cloud.ctx.call("iam", "GetPolicy", { PolicyArn })).rejects.toMatchObject({ code: "NoSuchEntityException" });
  });
});

// documented: https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/AWS_IAM.html
describe("the other types of IAM", () => {
  it("put, move and delete an inline policy of several holders", async () => {
    const { physicalId: one } = await create("AWS::IAM::Role", { AssumeRolePolicyDocument: trust }, "One");
    const { physicalId: two } = await create("AWS::IAM::Role", { AssumeRolePolicyDocument: trust }, "Two");
    const before = { PolicyName: "p", PolicyDocument: allow("s3:*"), Roles: [one] };
    const { physicalId } = await create("AWS::IAM::Policy", before, "Policy");
    const after = { ...before, Roles: [two] };
    await type("AWS::IAM::Policy").update?.(cloud.ctx, { ...request(after), physicalId, previous: before });
    expect((await cloud.ctx.call("iam", "ListRolePolicies", { RoleName: one })).PolicyNames).toEqual([]);
    expect((await cloud.ctx.call("iam", "ListRolePolicies", { RoleName: two })).PolicyNames).toEqual(["p"]);
    await type("AWS::IAM::Policy").delete(cloud.ctx, { physicalId, properties: after });
    expect((await cloud.ctx.call("iam", "ListRolePolicies", { RoleName: two })).PolicyNames).toEqual([]);
  });

  it("make users in groups with a key that works, and take it all away", async () => {
    const { physicalId: group } = await create("AWS::IAM::Group", { ManagedPolicyArns: [BASIC] }, "Group");
    const userProperties = { UserName: "u", Groups: [group] };
    const { physicalId: user } = await create("AWS::IAM::User", userProperties, "User");
    const key = await create("AWS::IAM::AccessKey", { UserName: user }, "Key");
    const known = cloud.cloud.identity.find(key.physicalId);
    expect(known).toMatchObject({
      secretAccessKey: key.attributes?.["SecretAccessKey"],
      principal: { arn: `arn:aws:iam::${ACCOUNT}:user/u` },
    });
    await type("AWS::IAM::AccessKey").delete(cloud.ctx, { physicalId: key.physicalId, properties: { UserName: user } });
    await type("AWS::IAM::User").delete(cloud.ctx, { physicalId: user, properties: userProperties });
    await type("AWS::IAM::Group").delete(cloud.ctx, { physicalId: group, properties: { ManagedPolicyArns: [BASIC] } });
    expect((await cloud.ctx.call("iam", "ListUsers", {})).Users).toEqual([]);
  });

  it("put a role into an instance profile and exchange it", async () => {
    const { physicalId: one } = await create("AWS::IAM::Role", { AssumeRolePolicyDocument: trust }, "One");
    const { physicalId: two } = await create("AWS::IAM::Role", { AssumeRolePolicyDocument: trust }, "Two");
    const { physicalId } = await create("AWS::IAM::InstanceProfile", { Roles: [one] }, "Profile");
    const change = { ...request({ Roles: [two] }), physicalId, previous: { Roles: [one] } };
    await type("AWS::IAM::InstanceProfile").update?.(cloud.ctx, change);
    const { InstanceProfile } = await cloud.ctx.call("iam", "GetInstanceProfile", { InstanceProfileName: physicalId });
    expect(InstanceProfile?.Roles?.map(({ RoleName }) => RoleName)).toEqual([two]);
    await type("AWS::IAM::InstanceProfile").delete(cloud.ctx, { physicalId, properties: {} });
  });
});
