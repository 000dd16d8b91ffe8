import { afterAll, beforeAll, expect, it } from "vitest";
import { startCloud, type TestCloud } from "../../../test/support/cloud.ts";
import { TestStack } from "../../../test/support/stack.ts";

let cloud: TestCloud;
beforeAll(async () => {
  cloud = await startCloud();
});
afterAll(() => cloud.stop());
const stack = new TestStack(() => cloud);

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
  const { Arn } = await stack.deploy("CreateStack", resources("7"), { Arn: { "Fn::GetAtt": ["Group", "Arn"] } });
  expect(Arn).toBe("arn:aws:logs:us-east-1:000000000000:log-group:/stack:*");
  const group = async () => (await cloud.ctx.call("cloudwatch-logs", "DescribeLogGroups", {})).logGroups?.[0];
  expect(await group()).toMatchObject({ retentionInDays: 7, metricFilterCount: 1 });
  await stack.deploy("UpdateStack", resources(undefined));
  expect((await group())?.retentionInDays).toBeUndefined();
  await stack.destroy();
  expect(await group()).toBeUndefined();
});
