import { AddPermissionCommand } from "@aws-sdk/client-lambda";
import {
  CancelRotateSecretCommand,
  CreateSecretCommand,
  DescribeSecretCommand,
  GetSecretValueCommand,
  RotateSecretCommand,
  SecretsManagerClient,
} from "@aws-sdk/client-secrets-manager";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { LambdaTest } from "../../../test/support/lambda.ts";

/** As AWS's templates do it; a secret whose value says so fails in that step. */
const ROTATOR = `
const { SecretsManagerClient, DescribeSecretCommand, GetSecretValueCommand, PutSecretValueCommand, UpdateSecretVersionStageCommand } = require("@aws-sdk/client-secrets-manager");
exports.handler = async ({ SecretId, ClientRequestToken, Step }) => {
  const client = new SecretsManagerClient({});
  const { VersionIdsToStages, RotationEnabled } = await client.send(new DescribeSecretCommand({ SecretId }));
  if (!RotationEnabled || !VersionIdsToStages[ClientRequestToken]?.includes("AWSPENDING")) throw new Error("no stage for rotation");
  const { SecretString } = await client.send(new GetSecretValueCommand({ SecretId, VersionStage: "AWSCURRENT" }));
  if (SecretString === "fail in " + Step) throw new Error("told to fail");
  if (Step === "createSecret") {
    try {
      await client.send(new GetSecretValueCommand({ SecretId, VersionId: ClientRequestToken, VersionStage: "AWSPENDING" }));
    } catch (error) {
      if (error.name !== "ResourceNotFoundException") throw error;
      await client.send(new PutSecretValueCommand({ SecretId, ClientRequestToken, SecretString: SecretString + "+", VersionStages: ["AWSPENDING"] }));
    }
  }
  if (Step === "finishSecret") {
    const [RemoveFromVersionId] = Object.entries(VersionIdsToStages).find(([, stages]) => stages.includes("AWSCURRENT"));
    await client.send(new UpdateSecretVersionStageCommand({ SecretId, VersionStage: "AWSCURRENT", MoveToVersionId: ClientRequestToken, RemoveFromVersionId }));
  }
};`;

const DAY = 86_400_000;
const RotationLambdaARN = "arn:aws:lambda:us-east-1:000000000000:function:rotator";
let test: LambdaTest;
let client: SecretsManagerClient;
beforeAll(async () => {
  test = await LambdaTest.start();
  client = new SecretsManagerClient(test.cloud.clientConfig);
  await test.create("rotator", ROTATOR);
});
afterAll(async () => {
  client.destroy();
  await test.cloud.stop();
});

const secret = (Name: string, SecretString = "one") => client.send(new CreateSecretCommand({ Name, SecretString }));
const rotate = (SecretId: string, more: object = {}) => client.send(new RotateSecretCommand({ SecretId, RotationLambdaARN, ...more }));
const value = async (SecretId: string, VersionStage = "AWSCURRENT") =>
  (await client.send(new GetSecretValueCommand({ SecretId, VersionStage }))).SecretString;
const described = (SecretId: string) => client.send(new DescribeSecretCommand({ SecretId }));
const told = (name: string) =>
  test.cloud.cloud.timeline
    .read({ source: "aws.secretsmanager" })
    .filter((event) => event.detail["name"] === name && event.type.includes("Rotation"));

// documented: https://docs.aws.amazon.com/secretsmanager/latest/userguide/rotate-secrets_lambda-functions.html
describe("rotation", () => {
  it("needs a function, and its permission", async () => {
    await secret("bare");
    await expect(client.send(new RotateSecretCommand({ SecretId: "bare" }))).rejects.toMatchObject({ name: "InvalidRequestException" });
    await expect(rotate("bare")).rejects.toMatchObject({ name: "AccessDeniedException" });
    await test.client.send(
      new AddPermissionCommand({
        FunctionName: "rotator",
        StatementId: "rotation",
        Action: "lambda:InvokeFunction",
        Principal: "secretsmanager.amazonaws.com",
      }),
    );
  });

  it("makes a new version current in four steps, and the old one previous", async () => {
    await secret("fresh");
    const ClientRequestToken = "11111111-2222-4333-8444-555555555555";
    const answer = await rotate("fresh", { ClientRequestToken, RotationRules: { AutomaticallyAfterDays: 7 } });
    expect(answer.VersionId).toBe(ClientRequestToken);
    await test.idle();
    expect([await value("fresh"), await value("fresh", "AWSPREVIOUS")]).toEqual(["one+", "one"]);
    expect(await described("fresh")).toMatchObject({
      RotationEnabled: true,
      RotationLambdaARN,
      RotationRules: { AutomaticallyAfterDays: 7 },
      LastRotatedDate: expect.any(Date),
      NextRotationDate: expect.any(Date),
    });
    const [started, succeeded] = told("fresh");
    expect(started?.type).toBe("RotationStarted");
    expect(succeeded).toMatchObject({ type: "RotationSucceeded", cause: started?.id });
  });

  it("comes again when its window opens, until it is cancelled", async () => {
    await test.cloud.cloud.clock.advance(8 * DAY);
    expect(await value("fresh")).toBe("one++");
    await client.send(new CancelRotateSecretCommand({ SecretId: "fresh" }));
    expect(await described("fresh")).toMatchObject({ RotationEnabled: false });
    await test.cloud.cloud.clock.advance(8 * DAY);
    expect(await value("fresh")).toBe("one++");
  });

  it("that fails stays pending, and another one is refused", async () => {
    await secret("stuck", "fail in testSecret");
    await rotate("stuck");
    await test.idle();
    expect(await value("stuck")).toBe("fail in testSecret");
    expect(await value("stuck", "AWSPENDING")).toBe("fail in testSecret+");
    expect(told("stuck").at(-1)).toMatchObject({ type: "RotationFailed", detail: { step: "testSecret" } });
    await expect(rotate("stuck", { ClientRequestToken: "99999999-2222-4333-8444-555555555555" })).rejects.toThrow(
      /A previous rotation isn't complete/,
    );
  });

  it("can be configured without rotating at once", async () => {
    await secret("later");
    await rotate("later", { RotateImmediately: false, RotationRules: { ScheduleExpression: "rate(4 hours)" } });
    await test.idle();
    expect(await value("later")).toBe("one");
    expect(Object.values((await described("later")).VersionIdsToStages ?? {})).toEqual([["AWSCURRENT"]]);
    await test.cloud.cloud.clock.advance(4 * 3_600_000 + 1_000);
    expect(await value("later")).toBe("one+");
  });
});
