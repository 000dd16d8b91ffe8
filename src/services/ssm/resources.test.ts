import { afterAll, beforeAll, expect, it } from "vitest";
import { startCloud, type TestCloud } from "../../../test/support/cloud.ts";
import { TestStack } from "../../../test/support/stack.ts";

let cloud: TestCloud;
beforeAll(async () => {
  cloud = await startCloud();
});
afterAll(() => cloud.stop());
const stack = new TestStack(() => cloud);

// documented: https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-ssm-parameter.html
it("makes, changes and removes parameters", async () => {
  const resources = (Value: string) => ({
    Parameter: { Type: "AWS::SSM::Parameter", Properties: { Type: "String", Name: "/stack/p", Value, Tags: { k: "v" } } },
  });
  const outputs = await stack.deploy("CreateStack", resources("1"), {
    Name: { Ref: "Parameter" },
    Value: { "Fn::GetAtt": ["Parameter", "Value"] },
  });
  expect(outputs).toEqual({ Name: "/stack/p", Value: "1" });
  await stack.deploy("UpdateStack", resources("2"));
  const { Parameter } = await cloud.ctx.call("ssm", "GetParameter", { Name: "/stack/p" });
  expect(Parameter).toMatchObject({ Value: "2", Version: 2 });
  await stack.destroy();
  await expect(cloud.ctx.call("ssm", "GetParameter", { Name: "/stack/p" })).rejects.toMatchObject({ code: "ParameterNotFound" });
});
