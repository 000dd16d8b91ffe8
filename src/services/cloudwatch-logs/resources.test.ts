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

// documented: https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/AWS_Logs.html
it("makes, changes and removes groups with all that hangs on them", async () => {
  const resources = (RetentionInDays: string | undefined) => ({
    Group: { Type: "AWS::Logs::LogGroup", Properties: { LogGroupName: "/stack", RetentionInDays } },
    Stream: { Type: "AWS::Logs::LogStream", Properties: { LogGroupName: { Ref: "Group" } } },
    Filter: {
      Type: "AWS::Logs::MetricFilter",
      Properties: {
        LogGroupName: { Ref: "Group" },
        FilterPattern: "ERROR",
        MetricTransformations: [{ MetricName: "m", MetricNamespace: "n", MetricValue: "1", DefaultValue: "0" }],
      },
    },
    Policy: { Type: "AWS::Logs::ResourcePolicy", Properties: { PolicyName: "rp", PolicyDocument: "{}" } },
  });
  const { Arn } = await deploy("CreateStack", resources("7"), { Arn: { "Fn::GetAtt": ["Group", "Arn"] } });
  expect(Arn).toBe("arn:aws:logs:us-east-1:000000000000:log-group:/stack:*");
  const group = async () => (await cloud.ctx.call("cloudwatch-logs", "DescribeLogGroups", {})).logGroups?.[0];
  expect(await group()).toMatchObject({ retentionInDays: 7, metricFilterCount: 1 });
  await deploy("UpdateStack", resources(undefined));
  expect((await group())?.retentionInDays).toBeUndefined();
  await destroy();
  expect(await group()).toBeUndefined();
});
