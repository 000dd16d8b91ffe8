import {
  AddRoleToInstanceProfileCommand,
  AddUserToGroupCommand,
  AttachRolePolicyCommand,
  AttachUserPolicyCommand,
  CreateAccessKeyCommand,
  CreateAccountAliasCommand,
  CreateGroupCommand,
  CreateInstanceProfileCommand,
  CreatePolicyCommand,
  CreatePolicyVersionCommand,
  CreateRoleCommand,
  CreateServiceLinkedRoleCommand,
  CreateUserCommand,
  DeleteGroupCommand,
  DeletePolicyCommand,
  DeletePolicyVersionCommand,
  DeleteRoleCommand,
  DeleteServiceLinkedRoleCommand,
  DeleteUserCommand,
  DetachRolePolicyCommand,
  GetAccountSummaryCommand,
  GetInstanceProfileCommand,
  GetPolicyCommand,
  GetPolicyVersionCommand,
  GetRoleCommand,
  GetRolePolicyCommand,
  GetServiceLinkedRoleDeletionStatusCommand,
  GetUserCommand,
  IAMClient,
  ListAccountAliasesCommand,
  ListAttachedRolePoliciesCommand,
  ListEntitiesForPolicyCommand,
  ListPolicyVersionsCommand,
  ListRolesCommand,
  ListRoleTagsCommand,
  ListUsersCommand,
  PutGroupPolicyCommand,
  PutRolePolicyCommand,
  PutUserPermissionsBoundaryCommand,
  SetDefaultPolicyVersionCommand,
  TagRoleCommand,
  UntagRoleCommand,
  UpdateAssumeRolePolicyCommand,
  UpdateRoleCommand,
  UpdateUserCommand,
} from "@aws-sdk/client-iam";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { ACCOUNT, startCloud, type TestCloud } from "../../../test/support/cloud.ts";

let cloud: TestCloud;
let iam: IAMClient;

beforeAll(async () => {
  cloud = await startCloud();
  iam = new IAMClient(cloud.clientConfig);
});
beforeEach(() => cloud.reset());
afterAll(() => cloud.stop());

const TRUST = JSON.stringify({
  Version: "2012-10-17",
  Statement: [{ Effect: "Allow", Principal: { Service: "lambda.amazonaws.com" }, Action: "sts:AssumeRole" }],
});

function allow(action: string): string {
  return JSON.stringify({ Version: "2012-10-17", Statement: [{ Effect: "Allow", Action: action, Resource: "*" }] });
}

function makeRole(RoleName: string, more: { Path?: string; MaxSessionDuration?: number } = {}) {
  return iam.send(new CreateRoleCommand({ RoleName, AssumeRolePolicyDocument: TRUST, ...more }));
}

async function makePolicy(PolicyName: string, action = "s3:*"): Promise<string> {
  const { Policy } = await iam.send(new CreatePolicyCommand({ PolicyName, PolicyDocument: allow(action) }));
  return Policy?.Arn ?? "";
}

describe("roles", () => {
  // documented: https://docs.aws.amazon.com/IAM/latest/APIReference/API_CreateRole.html
  it("are created with path, trust and duration, and read back", async () => {
    await makeRole("builder", { Path: "/ci/", MaxSessionDuration: 7200 });
    const { Role } = await iam.send(new GetRoleCommand({ RoleName: "builder" }));
    expect(Role).toMatchObject({ Arn: `arn:aws:iam::${ACCOUNT}:role/ci/builder`, Path: "/ci/", MaxSessionDuration: 7200 });
    expect(Role?.RoleId).toMatch(/^AROA[A-Z2-7]{17}$/);
    expect(JSON.parse(decodeURIComponent(Role?.AssumeRolePolicyDocument ?? ""))).toEqual(JSON.parse(TRUST));
    await iam.send(new UpdateRoleCommand({ RoleName: "builder", Description: "d", MaxSessionDuration: 3600 }));
    expect((await iam.send(new GetRoleCommand({ RoleName: "builder" }))).Role).toMatchObject({
      Description: "d",
      MaxSessionDuration: 3600,
    });
  });

  // documented: https://docs.aws.amazon.com/IAM/latest/APIReference/API_CreateRole.html#API_CreateRole_Errors
  it("have names that are unique whatever their case", async () => {
    await makeRole("builder");
    await expect(makeRole("Builder")).rejects.toMatchObject({
      name: "EntityAlreadyExistsException",
      message: "Role with name Builder already exists.",
    });
    const missing = { name: "NoSuchEntityException", message: "The role with name nobody cannot be found." };
    await expect(iam.send(new GetRoleCommand({ RoleName: "nobody" }))).rejects.toMatchObject(missing);
  });

  // documented: https://docs.aws.amazon.com/IAM/latest/APIReference/API_UpdateAssumeRolePolicy.html#API_UpdateAssumeRolePolicy_Errors
  it("refuse a trust policy that names nobody who exists", async () => {
    await makeRole("builder");
    const PolicyDocument = TRUST.replace('"Service":"lambda.amazonaws.com"', `"AWS":"arn:aws:iam::${ACCOUNT}:role/nobody"`);
    const command = new UpdateAssumeRolePolicyCommand({ RoleName: "builder", PolicyDocument });
    const message = `Invalid principal in policy: "AWS":"arn:aws:iam::${ACCOUNT}:role/nobody"`;
    await expect(iam.send(command)).rejects.toMatchObject({ name: "MalformedPolicyDocumentException", message });
  });

  // documented: https://docs.aws.amazon.com/IAM/latest/APIReference/API_DeleteRole.html
  it("are deleted only when nothing hangs on them", async () => {
    await makeRole("builder");
    const arn = "arn:aws:iam::aws:policy/service-role/AWSLambdaBasicExecutionRole";
    await iam.send(new AttachRolePolicyCommand({ RoleName: "builder", PolicyArn: arn }));
    const remove = () => iam.send(new DeleteRoleCommand({ RoleName: "builder" }));
    const conflict = { name: "DeleteConflictException", message: "Cannot delete entity, must detach all policies first." };
    await expect(remove()).rejects.toMatchObject(conflict);
    await iam.send(new DetachRolePolicyCommand({ RoleName: "builder", PolicyArn: arn }));
    await iam.send(new CreateInstanceProfileCommand({ InstanceProfileName: "p" }));
    await iam.send(new AddRoleToInstanceProfileCommand({ InstanceProfileName: "p", RoleName: "builder" }));
    const { InstanceProfile } = await iam.send(new GetInstanceProfileCommand({ InstanceProfileName: "p" }));
    expect(InstanceProfile?.Roles).toMatchObject([{ RoleName: "builder" }]);
    await expect(remove()).rejects.toMatchObject({ name: "DeleteConflictException" });
  });

  // documented: https://docs.aws.amazon.com/IAM/latest/APIReference/API_ListRoles.html
  it("are listed by path, page by page", async () => {
    for (const name of ["a", "b", "c", "d", "e"]) await makeRole(name, { Path: name === "e" ? "/other/" : "/team/" });
    const first = await iam.send(new ListRolesCommand({ PathPrefix: "/team/", MaxItems: 3 }));
    expect(first).toMatchObject({ IsTruncated: true });
    const second = await iam.send(new ListRolesCommand({ PathPrefix: "/team/", MaxItems: 3, Marker: first.Marker ?? "" }));
    expect([...(first.Roles ?? []), ...(second.Roles ?? [])].map(({ RoleName }) => RoleName)).toEqual(["a", "b", "c", "d"]);
    expect(second.IsTruncated).toBe(false);
  });

  // documented: https://docs.aws.amazon.com/IAM/latest/UserGuide/id_tags.html
  it("carry tags", async () => {
    await makeRole("builder");
    await iam.send(
      new TagRoleCommand({
        RoleName: "builder",
        Tags: [
          { Key: "a", Value: "1" },
          { Key: "b", Value: "2" },
        ],
      }),
    );
    await iam.send(new UntagRoleCommand({ RoleName: "builder", TagKeys: ["a"] }));
    expect((await iam.send(new ListRoleTagsCommand({ RoleName: "builder" }))).Tags).toEqual([{ Key: "b", Value: "2" }]);
  });

  // documented: https://docs.aws.amazon.com/IAM/latest/UserGuide/using-service-linked-roles.html
  it("that are linked to a service are deleted by a task of their own", async () => {
    const { Role } = await iam.send(new CreateServiceLinkedRoleCommand({ AWSServiceName: "ecs.amazonaws.com" }));
    expect(Role?.Arn).toBe(`arn:aws:iam::${ACCOUNT}:role/aws-service-role/ecs.amazonaws.com/AWSServiceRoleForECS`);
    const RoleName = "AWSServiceRoleForECS";
    await expect(iam.send(new DeleteRoleCommand({ RoleName }))).rejects.toMatchObject({ name: "UnmodifiableEntityException" });
    const { DeletionTaskId } = await iam.send(new DeleteServiceLinkedRoleCommand({ RoleName }));
    await cloud.cloud.clock.idle();
    const status = await iam.send(new GetServiceLinkedRoleDeletionStatusCommand({ DeletionTaskId }));
    expect(status.Status).toBe("SUCCEEDED");
    await expect(iam.send(new GetRoleCommand({ RoleName }))).rejects.toMatchObject({ name: "NoSuchEntityException" });
  });
});

describe("managed policies", () => {
  // documented: https://docs.aws.amazon.com/IAM/latest/UserGuide/access_policies_managed-versioning.html
  it("keep five versions, and one of them is the default", async () => {
    const PolicyArn = await makePolicy("p");
    for (const action of ["s3:Get*", "s3:Put*", "s3:List*", "s3:Delete*"]) {
      await iam.send(new CreatePolicyVersionCommand({ PolicyArn, PolicyDocument: allow(action) }));
    }
    const sixth = iam.send(new CreatePolicyVersionCommand({ PolicyArn, PolicyDocument: allow("s3:*") }));
    await expect(sixth).rejects.toMatchObject({ name: "LimitExceededException" });
    await iam.send(new SetDefaultPolicyVersionCommand({ PolicyArn, VersionId: "v3" }));
    await iam.send(new DeletePolicyVersionCommand({ PolicyArn, VersionId: "v1" }));
    const { Versions } = await iam.send(new ListPolicyVersionsCommand({ PolicyArn }));
    expect(Versions?.map((v) => [v.VersionId, v.IsDefaultVersion])).toEqual([
      ["v5", false],
      ["v4", false],
      ["v3", true],
      ["v2", false],
    ]);
    const current = new DeletePolicyVersionCommand({ PolicyArn, VersionId: "v3" });
    await expect(iam.send(current)).rejects.toMatchObject({ message: "Cannot delete the default version of a policy." });
    const created = await iam.send(new CreatePolicyVersionCommand({ PolicyArn, PolicyDocument: allow("sqs:*"), SetAsDefault: true }));
    expect(created.PolicyVersion).toMatchObject({ VersionId: "v6", IsDefaultVersion: true });
  });

  // documented: https://docs.aws.amazon.com/IAM/latest/APIReference/API_DeletePolicy.html
  it("count who has them, and stay while anybody does", async () => {
    const PolicyArn = await makePolicy("p");
    await makeRole("builder");
    await iam.send(new AttachRolePolicyCommand({ RoleName: "builder", PolicyArn }));
    await iam.send(new CreateUserCommand({ UserName: "u", PermissionsBoundary: PolicyArn }));
    expect((await iam.send(new GetPolicyCommand({ PolicyArn }))).Policy).toMatchObject({
      AttachmentCount: 1,
      PermissionsBoundaryUsageCount: 1,
    });
    const entities = await iam.send(new ListEntitiesForPolicyCommand({ PolicyArn }));
    expect(entities).toMatchObject({ PolicyRoles: [{ RoleName: "builder" }], PolicyUsers: [{ UserName: "u" }], PolicyGroups: [] });
    await expect(iam.send(new DeletePolicyCommand({ PolicyArn }))).rejects.toMatchObject({ name: "DeleteConflictException" });
  });

  // documented: https://docs.aws.amazon.com/IAM/latest/APIReference/API_CreatePolicy.html#API_CreatePolicy_Errors
  it("refuse documents that are none", async () => {
    const command = new CreatePolicyCommand({
      PolicyName: "p",
      PolicyDocument: '{"Version":"2012-10-17","Statement":[{"Effect":"Allow"}]}',
    });
    const refusal = { name: "MalformedPolicyDocumentException", message: "Policy statement must contain actions." };
    await expect(iam.send(command)).rejects.toMatchObject(refusal);
  });

  // documented: https://docs.aws.amazon.com/aws-managed-policy/latest/reference/AWSLambdaBasicExecutionRole.html
  it("of AWS can be read and attached; unknown ones are not there", async () => {
    const PolicyArn = "arn:aws:iam::aws:policy/service-role/AWSLambdaBasicExecutionRole";
    const { Policy } = await iam.send(new GetPolicyCommand({ PolicyArn }));
    const { PolicyVersion } = await iam.send(new GetPolicyVersionCommand({ PolicyArn, VersionId: Policy?.DefaultVersionId }));
    expect(JSON.parse(decodeURIComponent(PolicyVersion?.Document ?? ""))).toMatchObject({
      Statement: [{ Action: ["logs:CreateLogGroup", "logs:CreateLogStream", "logs:PutLogEvents"] }],
    });
    await makeRole("fn");
    await iam.send(new AttachRolePolicyCommand({ RoleName: "fn", PolicyArn }));
    const { AttachedPolicies } = await iam.send(new ListAttachedRolePoliciesCommand({ RoleName: "fn" }));
    expect(AttachedPolicies).toEqual([{ PolicyName: "AWSLambdaBasicExecutionRole", PolicyArn }]);
    const unknown = new AttachRolePolicyCommand({ RoleName: "fn", PolicyArn: "arn:aws:iam::aws:policy/NoSuchThing" });
    await expect(iam.send(unknown)).rejects.toMatchObject({ name: "NoSuchEntityException" });
  });
});

describe("users and groups", () => {
  // documented: https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html
  it("have two access keys at most", async () => {
    await iam.send(new CreateUserCommand({ UserName: "u" }));
    for (let i = 0; i < 2; i++) await iam.send(new CreateAccessKeyCommand({ UserName: "u" }));
    const third = iam.send(new CreateAccessKeyCommand({ UserName: "u" }));
    await expect(third).rejects.toMatchObject({ name: "LimitExceededException", message: "Cannot exceed quota for AccessKeysPerUser: 2" });
    await expect(iam.send(new DeleteUserCommand({ UserName: "u" }))).rejects.toMatchObject({ name: "DeleteConflictException" });
  });

  // documented: https://docs.aws.amazon.com/IAM/latest/APIReference/API_UpdateUser.html
  it("keep what they have when they are renamed", async () => {
    const { User: before } = await iam.send(new CreateUserCommand({ UserName: "u" }));
    const arn = await makePolicy("p");
    await iam.send(new AttachUserPolicyCommand({ UserName: "u", PolicyArn: arn }));
    await iam.send(new UpdateUserCommand({ UserName: "u", NewUserName: "v", NewPath: "/x/" }));
    const { User } = await iam.send(new GetUserCommand({ UserName: "v" }));
    expect(User).toMatchObject({ UserId: before?.UserId, Arn: `arn:aws:iam::${ACCOUNT}:user/x/v` });
    expect((await iam.send(new ListEntitiesForPolicyCommand({ PolicyArn: arn }))).PolicyUsers).toMatchObject([{ UserName: "v" }]);
    expect((await iam.send(new ListUsersCommand({}))).Users).toHaveLength(1);
  });

  // documented: https://docs.aws.amazon.com/IAM/latest/UserGuide/id_groups.html and access_policies_boundaries.html
  it("give a user what its groups may do, within its boundary", async () => {
    await iam.send(new CreateUserCommand({ UserName: "u" }));
    await iam.send(new CreateGroupCommand({ GroupName: "g" }));
    await iam.send(new PutGroupPolicyCommand({ GroupName: "g", PolicyName: "all", PolicyDocument: allow("*") }));
    const { AccessKey } = await iam.send(new CreateAccessKeyCommand({ UserName: "u" }));
    const { identity } = cloud.cloud;
    const may = (action: string): boolean => {
      const principal = identity.find(AccessKey?.AccessKeyId ?? "")?.principal;
      if (principal === undefined) expect.fail("the key is not known");
      return identity.decide({ principal, action, resource: "*", conditions: {} }).allowed;
    };
    expect(may("s3:ListAllMyBuckets")).toBe(false);
    await iam.send(new AddUserToGroupCommand({ GroupName: "g", UserName: "u" }));
    expect(may("s3:ListAllMyBuckets")).toBe(true);
    const boundary = new PutUserPermissionsBoundaryCommand({ UserName: "u", PermissionsBoundary: await makePolicy("only-sqs", "sqs:*") });
    await iam.send(boundary);
    expect([may("s3:ListAllMyBuckets"), may("sqs:ListQueues")]).toEqual([false, true]);
    await expect(iam.send(new DeleteGroupCommand({ GroupName: "g" }))).rejects.toMatchObject({
      message: "Cannot delete entity, must remove users from group first.",
    });
  });
});

describe("inline policies and the account", () => {
  // documented: https://docs.aws.amazon.com/IAM/latest/APIReference/API_GetRolePolicy.html
  it("come back percent-encoded", async () => {
    await makeRole("r");
    await iam.send(new PutRolePolicyCommand({ RoleName: "r", PolicyName: "in", PolicyDocument: allow("s3:*") }));
    const answer = await iam.send(new GetRolePolicyCommand({ RoleName: "r", PolicyName: "in" }));
    expect(answer.PolicyDocument).toContain("%22Version%22%3A%222012-10-17%22");
    expect(decodeURIComponent(answer.PolicyDocument ?? "")).toBe(allow("s3:*"));
    const missing = { name: "NoSuchEntityException", message: "The role policy with name out cannot be found." };
    await expect(iam.send(new GetRolePolicyCommand({ RoleName: "r", PolicyName: "out" }))).rejects.toMatchObject(missing);
  });

  // documented: https://docs.aws.amazon.com/IAM/latest/APIReference/API_GetAccountSummary.html
  it("are summed up, with one alias to the account", async () => {
    await makeRole("r");
    await makePolicy("p");
    const { SummaryMap } = await iam.send(new GetAccountSummaryCommand({}));
    expect(SummaryMap).toMatchObject({ Roles: 1, Policies: 1, PolicyVersionsInUse: 1, Users: 0, AccessKeysPerUserQuota: 2 });
    await iam.send(new CreateAccountAliasCommand({ AccountAlias: "one" }));
    await iam.send(new CreateAccountAliasCommand({ AccountAlias: "two" }));
    expect((await iam.send(new ListAccountAliasesCommand({}))).AccountAliases).toEqual(["two"]);
  });
});
