import { afterAll, beforeAll, expect, it } from "vitest";
import { startCloud, type TestCloud } from "../../../test/support/cloud.ts";

let cloud: TestCloud;
beforeAll(async () => {
  cloud = await startCloud();
});
afterAll(() => cloud.stop());

/** Brings the stack to a template, and answers its outputs by name. */
async function deploy(
  operation: "CreateStack" | "UpdateStack",
  Resources: object,
  outputs: Record<string, unknown> = {},
): Promise<Record<string, string>> {
  const Outputs = Object.fromEntries(Object.entries(outputs).map(([name, Value]) => [name, { Value }]));
  await cloud.ctx.call("cloudformation", operation, { StackName: "s", TemplateBody: JSON.stringify({ Resources, Outputs }) });
  await cloud.cloud.clock.advance(60_000);
  const stack = (await cloud.ctx.call("cloudformation", "DescribeStacks", { StackName: "s" })).Stacks?.[0];
  expect(stack?.StackStatus).toBe(operation === "CreateStack" ? "CREATE_COMPLETE" : "UPDATE_COMPLETE");
  return Object.fromEntries((stack?.Outputs ?? []).map(({ OutputKey = "", OutputValue = "" }) => [OutputKey, OutputValue]));
}

async function destroy(): Promise<void> {
  await cloud.ctx.call("cloudformation", "DeleteStack", { StackName: "s" });
  await cloud.cloud.clock.advance(60_000);
}

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
  const { Arn = "" } = await deploy("CreateStack", resources("one"), { Arn: { Ref: "Secret" } });
  const value = async () => (await cloud.ctx.call("secrets-manager", "GetSecretValue", { SecretId: Arn })).SecretString ?? "";
  const first = await value();
  expect(JSON.parse(first)).toEqual({ user: "u", password: expect.stringMatching(/^.{20}$/) });
  await deploy("UpdateStack", resources("two"));
  expect(await value()).toBe(first);
  expect((await cloud.ctx.call("secrets-manager", "DescribeSecret", { SecretId: Arn })).Description).toBe("two");
  await destroy();
  await expect(value()).rejects.toMatchObject({ code: "ResourceNotFoundException" });
});
