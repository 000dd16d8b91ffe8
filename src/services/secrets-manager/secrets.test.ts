import {
  BatchGetSecretValueCommand,
  CreateSecretCommand,
  DeleteSecretCommand,
  DescribeSecretCommand,
  GetRandomPasswordCommand,
  GetSecretValueCommand,
  ListSecretsCommand,
  PutSecretValueCommand,
  RestoreSecretCommand,
  SecretsManagerClient,
  UpdateSecretVersionStageCommand,
} from "@aws-sdk/client-secrets-manager";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { startCloud, type TestCloud } from "../../../test/support/cloud.ts";

let cloud: TestCloud;
let client: SecretsManagerClient;
beforeAll(async () => {
  cloud = await startCloud({ strict: true });
  client = new SecretsManagerClient(cloud.clientConfig);
});
afterAll(async () => {
  client.destroy();
  await cloud.stop();
});

const create = (Name: string, SecretString: string) => client.send(new CreateSecretCommand({ Name, SecretString }));
const value = (SecretId: string, more = {}) => client.send(new GetSecretValueCommand({ SecretId, ...more }));

// documented: https://docs.aws.amazon.com/secretsmanager/latest/userguide/whats-in-a-secret.html
describe("secrets", () => {
  it("keep a current and a previous value, found by name and ARN", async () => {
    const { ARN = "", VersionId } = await create("app/db", "one");
    expect(ARN).toMatch(/^arn:aws:secretsmanager:us-east-1:000000000000:secret:app\/db-[A-Za-z0-9]{6}$/);
    await client.send(new PutSecretValueCommand({ SecretId: "app/db", SecretString: "two" }));
    expect(await value(ARN)).toMatchObject({ SecretString: "two", VersionStages: ["AWSCURRENT"] });
    expect(await value(ARN.slice(0, -7), { VersionStage: "AWSPREVIOUS" })).toMatchObject({ SecretString: "one", VersionId });
    await expect(create("app/db", "x")).rejects.toMatchObject({ name: "ResourceExistsException" });
    await expect(value("none")).rejects.toMatchObject({ name: "ResourceNotFoundException" });
  });

  it("take repeated requests with the same token as one", async () => {
    const ClientRequestToken = "0123456789abcdef0123456789abcdef";
    const request = () => client.send(new CreateSecretCommand({ Name: "once", SecretString: "v", ClientRequestToken }));
    expect((await request()).VersionId).toBe(ClientRequestToken);
    expect((await request()).VersionId).toBe(ClientRequestToken);
    const other = client.send(new PutSecretValueCommand({ SecretId: "once", SecretString: "w", ClientRequestToken }));
    await expect(other).rejects.toMatchObject({ name: "ResourceExistsException" });
  });

  it("move staging labels", async () => {
    const { VersionId: first } = await create("stages", "1");
    const pending = new PutSecretValueCommand({ SecretId: "stages", SecretString: "2", VersionStages: ["AWSPENDING"] });
    const { VersionId: second } = await client.send(pending);
    expect((await value("stages")).SecretString).toBe("1");
    const move = { SecretId: "stages", VersionStage: "AWSCURRENT", MoveToVersionId: second };
    await expect(client.send(new UpdateSecretVersionStageCommand(move))).rejects.toMatchObject({ name: "InvalidParameterException" });
    await client.send(new UpdateSecretVersionStageCommand({ ...move, RemoveFromVersionId: first }));
    const { VersionIdsToStages } = await client.send(new DescribeSecretCommand({ SecretId: "stages" }));
    expect(VersionIdsToStages).toEqual({ [first ?? ""]: ["AWSPREVIOUS"], [second ?? ""]: ["AWSPENDING", "AWSCURRENT"] });
  });

  // documented: https://docs.aws.amazon.com/secretsmanager/latest/apireference/API_DeleteSecret.html
  it("are gone after their recovery window, unless restored", async () => {
    await create("doomed", "x");
    const remove = () => client.send(new DeleteSecretCommand({ SecretId: "doomed", RecoveryWindowInDays: 7 }));
    await remove();
    await expect(value("doomed")).rejects.toMatchObject({ name: "InvalidRequestException" });
    await client.send(new RestoreSecretCommand({ SecretId: "doomed" }));
    expect((await value("doomed")).SecretString).toBe("x");
    await remove();
    await cloud.cloud.clock.advance(7 * 86_400_000);
    await expect(value("doomed")).rejects.toMatchObject({ name: "ResourceNotFoundException" });
  });

  it("are listed by filters and read in batches", async () => {
    await create("list/a", "1");
    await create("list/b", "2");
    const Filters = [{ Key: "name" as const, Values: ["list/"] }];
    const { SecretList } = await client.send(new ListSecretsCommand({ Filters, SortOrder: "asc" }));
    expect(SecretList?.map(({ Name }) => Name)).toEqual(["list/a", "list/b"]);
    const batch = await client.send(new BatchGetSecretValueCommand({ SecretIdList: ["list/a", "nope"] }));
    expect(batch).toMatchObject({
      SecretValues: [{ SecretString: "1" }],
      Errors: [{ SecretId: "nope", ErrorCode: "ResourceNotFoundException" }],
    });
  });
});

// documented: https://docs.aws.amazon.com/secretsmanager/latest/apireference/API_GetRandomPassword.html
describe("random passwords", () => {
  it("hold each kind that is not excluded", async () => {
    const password = async (input: object) => (await client.send(new GetRandomPasswordCommand(input))).RandomPassword ?? "";
    expect(await password({ PasswordLength: 4 })).toMatch(/^(?=.*[a-z])(?=.*[A-Z])(?=.*\d)(?=.*[^A-Za-z0-9]).{4}$/);
    expect(await password({ ExcludePunctuation: true, ExcludeUppercase: true, ExcludeCharacters: "aeiou" })).toMatch(
      /^[b-df-hj-np-tv-z0-9]{32}$/,
    );
    await expect(password({ PasswordLength: 3 })).rejects.toMatchObject({ name: "InvalidParameterException" });
  });
});
