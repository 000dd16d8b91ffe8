import {
  CreateAccessKeyCommand,
  CreateRoleCommand,
  CreateUserCommand,
  GetUserCommand,
  IAMClient,
  PutRolePolicyCommand,
  PutUserPolicyCommand,
  UpdateAccessKeyCommand,
} from "@aws-sdk/client-iam";
import {
  AssumeRoleCommand,
  GetAccessKeyInfoCommand,
  GetCallerIdentityCommand,
  GetFederationTokenCommand,
  GetSessionTokenCommand,
  STSClient,
} from "@aws-sdk/client-sts";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { ACCOUNT, startCloud, type TestCloud } from "../../../test/support/cloud.ts";

let cloud: TestCloud;
let sts: STSClient;
let iam: IAMClient;

beforeAll(async () => {
  cloud = await startCloud();
  sts = new STSClient(cloud.clientConfig);
  iam = new IAMClient(cloud.clientConfig);
});
beforeEach(() => cloud.reset());
afterAll(() => cloud.stop());

const ROLE = `arn:aws:iam::${ACCOUNT}:role/deployer`;

function trust(principal: object, condition?: object): string {
  const statement = {
    Effect: "Allow",
    Principal: principal,
    Action: "sts:AssumeRole",
    ...(condition === undefined ? {} : { Condition: condition }),
  };
  return JSON.stringify({ Version: "2012-10-17", Statement: [statement] });
}

async function makeRole(document: string, seconds?: number): Promise<void> {
  const duration = seconds === undefined ? {} : { MaxSessionDuration: seconds };
  await iam.send(new CreateRoleCommand({ RoleName: "deployer", AssumeRolePolicyDocument: document, ...duration }));
}

async function makeUser(name: string): Promise<{ accessKeyId: string; secretAccessKey: string }> {
  await iam.send(new CreateUserCommand({ UserName: name }));
  const { AccessKey: key } = await iam.send(new CreateAccessKeyCommand({ UserName: name }));
  return { accessKeyId: key?.AccessKeyId ?? "", secretAccessKey: key?.SecretAccessKey ?? "" };
}

function as(
  credentials: { AccessKeyId: string | undefined; SecretAccessKey: string | undefined; SessionToken?: string | undefined } | undefined,
) {
  const { AccessKeyId = "", SecretAccessKey = "", SessionToken = "" } = credentials ?? {};
  return new STSClient({
    ...cloud.clientConfig,
    credentials: { accessKeyId: AccessKeyId, secretAccessKey: SecretAccessKey, sessionToken: SessionToken },
  });
}

describe("GetCallerIdentity", () => {
  // documented: https://docs.aws.amazon.com/STS/latest/APIReference/API_GetCallerIdentity.html
  it("answers with the account's root for the built-in key", async () => {
    const answer = await sts.send(new GetCallerIdentityCommand({}));
    expect(answer).toMatchObject({ Account: ACCOUNT, UserId: ACCOUNT, Arn: `arn:aws:iam::${ACCOUNT}:root` });
  });

  // documented: https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_identifiers.html
  it("answers with the user for a user's key, and no longer once the key is inactive", async () => {
    const credentials = await makeUser("alice");
    const client = new STSClient({ ...cloud.clientConfig, credentials });
    const answer = await client.send(new GetCallerIdentityCommand({}));
    expect(answer.Arn).toBe(`arn:aws:iam::${ACCOUNT}:user/alice`);
    expect(answer.UserId).toMatch(/^AIDA[A-Z2-7]{17}$/);
    await iam.send(new UpdateAccessKeyCommand({ UserName: "alice", AccessKeyId: credentials.accessKeyId, Status: "Inactive" }));
    await expect(client.send(new GetCallerIdentityCommand({}))).rejects.toMatchObject({ name: "InvalidClientTokenId" });
  });

  // assumed: a reset leaves no key behind
  it("knows no key after a reset", async () => {
    const credentials = await makeUser("alice");
    const client = new STSClient({ ...cloud.clientConfig, credentials });
    await client.send(new GetCallerIdentityCommand({}));
    await cloud.reset();
    await expect(client.send(new GetCallerIdentityCommand({}))).rejects.toMatchObject({ name: "InvalidClientTokenId" });
  });
});

describe("AssumeRole", () => {
  // documented: https://docs.aws.amazon.com/STS/latest/APIReference/API_AssumeRole.html
  it("gives credentials that act as the role", async () => {
    await makeRole(trust({ AWS: `arn:aws:iam::${ACCOUNT}:root` }));
    const answer = await sts.send(new AssumeRoleCommand({ RoleArn: ROLE, RoleSessionName: "ci" }));
    expect(answer.AssumedRoleUser?.Arn).toBe(`arn:aws:sts::${ACCOUNT}:assumed-role/deployer/ci`);
    expect(answer.AssumedRoleUser?.AssumedRoleId).toMatch(/^AROA[A-Z2-7]{17}:ci$/);
    expect(answer.Credentials?.AccessKeyId).toMatch(/^ASIA[A-Z2-7]{16}$/);
    const me = await as(answer.Credentials).send(new GetCallerIdentityCommand({}));
    expect(me).toMatchObject({ Arn: answer.AssumedRoleUser?.Arn, UserId: answer.AssumedRoleUser?.AssumedRoleId, Account: ACCOUNT });
  });

  // documented: https://docs.aws.amazon.com/IAM/latest/UserGuide/troubleshoot_roles.html
  it("is denied when the trust policy names somebody else, and for a role that does not exist", async () => {
    await makeRole(trust({ Service: "lambda.amazonaws.com" }));
    const message = `User: arn:aws:iam::${ACCOUNT}:root is not authorized to perform: sts:AssumeRole on resource: ${ROLE}`;
    await expect(sts.send(new AssumeRoleCommand({ RoleArn: ROLE, RoleSessionName: "ci" }))).rejects.toMatchObject({
      name: "AccessDenied",
      message,
    });
    const missing = sts.send(new AssumeRoleCommand({ RoleArn: `${ROLE}2`, RoleSessionName: "ci" }));
    await expect(missing).rejects.toMatchObject({ name: "AccessDenied" });
  });

  // documented: https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_principal.html#principal-accounts
  it("asks the user's own policies where the trust policy names the account, and not where it names the user", async () => {
    await makeRole(trust({ AWS: ACCOUNT }));
    const credentials = await makeUser("bob");
    const client = new STSClient({ ...cloud.clientConfig, credentials });
    const command = new AssumeRoleCommand({ RoleArn: ROLE, RoleSessionName: "s1" });
    await expect(client.send(command)).rejects.toMatchObject({ name: "AccessDenied" });
    const document = JSON.stringify({ Version: "2012-10-17", Statement: { Effect: "Allow", Action: "sts:Assume*", Resource: ROLE } });
    await iam.send(new PutUserPolicyCommand({ UserName: "bob", PolicyName: "assume", PolicyDocument: document }));
    await expect(client.send(command)).resolves.toMatchObject({ AssumedRoleUser: { Arn: expect.stringContaining("/deployer/s1") } });
  });

  // documented: https://docs.aws.amazon.com/IAM/latest/UserGuide/confused-deputy.html
  it("holds the caller to the external id of the trust policy", async () => {
    await makeRole(trust({ AWS: ACCOUNT }, { StringEquals: { "sts:ExternalId": "42x" } }));
    const request = { RoleArn: ROLE, RoleSessionName: "ci" };
    await expect(sts.send(new AssumeRoleCommand(request))).rejects.toMatchObject({ name: "AccessDenied" });
    await expect(sts.send(new AssumeRoleCommand({ ...request, ExternalId: "42x" }))).resolves.toBeDefined();
  });

  // documented: https://docs.aws.amazon.com/STS/latest/APIReference/API_AssumeRole.html (DurationSeconds)
  it("holds the duration to the role's maximum, and a chained one to an hour", async () => {
    await makeRole(trust({ AWS: "*" }), 7200);
    const request = { RoleArn: ROLE, RoleSessionName: "ci" };
    const message = "The requested DurationSeconds exceeds the MaxSessionDuration set for this role.";
    await expect(sts.send(new AssumeRoleCommand({ ...request, DurationSeconds: 7201 }))).rejects.toMatchObject({
      name: "ValidationError",
      message,
    });
    const first = await sts.send(new AssumeRoleCommand({ ...request, DurationSeconds: 7200 }));
    const all = JSON.stringify({ Version: "2012-10-17", Statement: { Effect: "Allow", Action: "sts:*", Resource: "*" } });
    await iam.send(new PutRolePolicyCommand({ RoleName: "deployer", PolicyName: "chain", PolicyDocument: all }));
    const chained = as(first.Credentials).send(new AssumeRoleCommand({ ...request, DurationSeconds: 3601 }));
    await expect(chained).rejects.toMatchObject({
      message: "The requested DurationSeconds exceeds the 1 hour session limit for roles assumed by role chaining.",
    });
  });

  // documented: https://docs.aws.amazon.com/IAM/latest/UserGuide/access_policies.html#policies_session
  it("narrows a session to what its session policy allows", async () => {
    await makeRole(trust({ AWS: ACCOUNT }));
    const everything = JSON.stringify({ Version: "2012-10-17", Statement: { Effect: "Allow", Action: "*", Resource: "*" } });
    await iam.send(new PutRolePolicyCommand({ RoleName: "deployer", PolicyName: "all", PolicyDocument: everything }));
    const Policy = JSON.stringify({ Version: "2012-10-17", Statement: { Effect: "Allow", Action: "s3:Get*", Resource: "*" } });
    const answer = await sts.send(new AssumeRoleCommand({ RoleArn: ROLE, RoleSessionName: "ci", Policy }));
    expect(answer.PackedPolicySize).toBeGreaterThan(0);
    const { identity } = cloud.cloud;
    const principal = identity.find(answer.Credentials?.AccessKeyId ?? "")?.principal;
    if (principal === undefined) expect.fail("the session is not known");
    const ask = (action: string) => identity.decide({ principal, action, resource: "arn:aws:s3:::b/k", conditions: {} });
    expect(ask("s3:GetObject")).toMatchObject({ allowed: true });
    expect(ask("s3:PutObject")).toMatchObject({ allowed: false, reason: "no session policy allows the action" });
  });

  // documented: https://docs.aws.amazon.com/STS/latest/APIReference/API_AssumeRole.html#API_AssumeRole_Errors
  it("refuses a session policy that is none", async () => {
    await makeRole(trust({ AWS: ACCOUNT }));
    const command = new AssumeRoleCommand({ RoleArn: ROLE, RoleSessionName: "ci", Policy: "{}" });
    await expect(sts.send(command)).rejects.toMatchObject({ name: "MalformedPolicyDocumentException" });
  });
});

describe("GetSessionToken and GetFederationToken", () => {
  // documented: https://docs.aws.amazon.com/STS/latest/APIReference/API_GetSessionToken.html
  it("gives the user a session that stays the user, for half a day", async () => {
    const client = new STSClient({ ...cloud.clientConfig, credentials: await makeUser("carol") });
    const { Credentials } = await client.send(new GetSessionTokenCommand({}));
    const left = (Credentials?.Expiration?.getTime() ?? 0) - cloud.cloud.clock.wall();
    expect(Math.round(left / 3_600_000)).toBe(12);
    const me = await as(Credentials).send(new GetCallerIdentityCommand({}));
    expect(me.Arn).toBe(`arn:aws:iam::${ACCOUNT}:user/carol`);
    await expect(as(Credentials).send(new GetSessionTokenCommand({}))).rejects.toMatchObject({ name: "AccessDenied" });
  });

  // documented: https://docs.aws.amazon.com/STS/latest/APIReference/API_GetFederationToken.html
  it("gives a federated user the permissions of both the user and the session policy", async () => {
    const client = new STSClient({ ...cloud.clientConfig, credentials: await makeUser("dan") });
    const allow = (action: string) =>
      JSON.stringify({ Version: "2012-10-17", Statement: { Effect: "Allow", Action: action, Resource: "*" } });
    await iam.send(new PutUserPolicyCommand({ UserName: "dan", PolicyName: "s3", PolicyDocument: allow("s3:*") }));
    const answer = await client.send(
      new GetFederationTokenCommand({ Name: "guest", Policy: allow("*:Get*").replace("*:Get*", "s3:Get*") }),
    );
    expect(answer.FederatedUser?.Arn).toBe(`arn:aws:sts::${ACCOUNT}:federated-user/guest`);
    const { identity } = cloud.cloud;
    const principal = identity.find(answer.Credentials?.AccessKeyId ?? "")?.principal;
    if (principal === undefined) expect.fail("the session is not known");
    const ask = (action: string) => identity.decide({ principal, action, resource: "arn:aws:s3:::b/k", conditions: {} }).allowed;
    expect([ask("s3:GetObject"), ask("s3:PutObject"), ask("sqs:GetQueueUrl")]).toEqual([true, false, false]);
  });
});

describe("GetAccessKeyInfo", () => {
  // documented: https://docs.aws.amazon.com/STS/latest/APIReference/API_GetAccessKeyInfo.html
  it("tells the account of a key, its own or one that it never issued", async () => {
    const { accessKeyId } = await makeUser("erin");
    expect((await sts.send(new GetAccessKeyInfoCommand({ AccessKeyId: accessKeyId }))).Account).toBe(ACCOUNT);
    await cloud.reset();
    expect((await sts.send(new GetAccessKeyInfoCommand({ AccessKeyId: accessKeyId }))).Account).toBe(ACCOUNT);
  });
});

// documented: https://docs.aws.amazon.com/service-authorization/latest/reference/list_awsidentityandaccessmanagementiam.html
it("asks IAM about the very resource of a call, and records what would be denied", async () => {
  const credentials = await makeUser("frank");
  const own = `arn:aws:iam::${ACCOUNT}:user/frank`;
  const document = JSON.stringify({ Version: "2012-10-17", Statement: { Effect: "Allow", Action: "iam:GetUser", Resource: own } });
  await iam.send(new PutUserPolicyCommand({ UserName: "frank", PolicyName: "self", PolicyDocument: document }));
  const client = new IAMClient({ ...cloud.clientConfig, credentials });
  await client.send(new GetUserCommand({ UserName: "frank" }));
  const denied = () =>
    cloud.cloud.timeline.read({ type: "Access Would Be Denied" }).map(({ detail }) => [detail["action"], detail["resource"]]);
  expect(denied()).toEqual([]);
  await makeUser("grace");
  await client.send(new GetUserCommand({ UserName: "grace" }));
  expect(denied()).toEqual([["iam:GetUser", `arn:aws:iam::${ACCOUNT}:user/grace`]]);
});
