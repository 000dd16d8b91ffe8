import { afterAll, beforeAll, expect, it } from "vitest";
import { startCloud, type TestCloud } from "../../../test/support/cloud.ts";
import { TestStack } from "../../../test/support/stack.ts";

let cloud: TestCloud;
beforeAll(async () => {
  cloud = await startCloud();
});
afterAll(() => cloud.stop());
const stack = new TestStack(() => cloud);

// documented: https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/AWS_SecretsManager.html
it("makes a secret with a generated value, which later changes leave alone", async () => {
  const resources = (Description: string) => ({
    Secret: {
      Type: "AWS::SecretsManager::Secret",
      Properties: {
        Description,
        GenerateSecretString: { SecretStringTemplate: '{"user":"u"}', GenerateStringKey: "password", PasswordLength: "20" },
      },
    },
    Policy: { Type: "AWS::SecretsManager::ResourcePolicy", Properties: { SecretId: { Ref: "Secret" }, ResourcePolicy: { Statement: [] } } },
  });
  const { Arn = "" } = await stack.deploy("CreateStack", resources("one"), { Arn: { Ref: "Secret" } });
  const value = async () => (await cloud.ctx.call("secrets-manager", "GetSecretValue", { SecretId: Arn })).SecretString ?? "";
  const first = await value();
  expect(JSON.parse(first)).toEqual({ user: "u", password: expect.stringMatching(/^.{20}$/) });
  await stack.deploy("UpdateStack", resources("two"));
  expect(await value()).toBe(first);
  expect((await cloud.ctx.call("secrets-manager", "DescribeSecret", { SecretId: Arn })).Description).toBe("two");
  await stack.destroy();
  await expect(value()).rejects.toMatchObject({ code: "ResourceNotFoundException" });
});
