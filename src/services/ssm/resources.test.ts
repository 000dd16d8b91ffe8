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

// documented: https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-ssm-parameter.html
it("makes, changes and removes parameters", async () => {
  const resources = (Value: string) => ({
    Parameter: { Type: "AWS::SSM::Parameter", Properties: { Type: "String", Name: "/stack/p", Value, Tags: { k: "v" } } },
  });
  const outputs = await deploy("CreateStack", resources("1"), {
    Name: { Ref: "Parameter" },
    Value: { "Fn::GetAtt": ["Parameter", "Value"] },
  });
  expect(outputs).toEqual({ Name: "/stack/p", Value: "1" });
  await deploy("UpdateStack", resources("2"));
  const { Parameter } = await cloud.ctx.call("ssm", "GetParameter", { Name: "/stack/p" });
  expect(Parameter).toMatchObject({ Value: "2", Version: 2 });
  await destroy();
  await expect(cloud.ctx.call("ssm", "GetParameter", { Name: "/stack/p" })).rejects.toMatchObject({ code: "ParameterNotFound" });
});
