import {
  DescribeStackDriftDetectionStatusCommand,
  DescribeStackResourceDriftsCommand,
  DetectStackDriftCommand,
  DetectStackResourceDriftCommand,
} from "@aws-sdk/client-cloudformation";
import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
import { differences } from "./differences.ts";
import { body, parameter, TestStacks } from "./test-stacks.ts";

let stacks: TestStacks;
beforeAll(async () => {
  stacks = await TestStacks.start();
});
afterAll(() => stacks.stop());
beforeEach(() => stacks.cloud.reset());

async function detect(): Promise<[string | undefined, number | undefined]> {
  const { StackDriftDetectionId } = await stacks.cfn.send(new DetectStackDriftCommand({ StackName: "s" }));
  await stacks.cloud.cloud.clock.idle();
  const found = await stacks.cfn.send(new DescribeStackDriftDetectionStatusCommand({ StackDriftDetectionId }));
  expect(found.DetectionStatus).toBe("DETECTION_COMPLETE");
  return [found.StackDriftStatus, found.DriftedStackResourceCount];
}

// documented: https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/detect-drift-stack.html
test("finds what was changed and what was deleted behind the stack's back", async () => {
  await stacks.create("s", body({ A: parameter("/a", "1"), B: parameter("/b", "1"), C: parameter("/c", "1") }));
  expect((await stacks.look("s")).DriftInformation).toEqual({ StackDriftStatus: "NOT_CHECKED" });
  expect(await detect()).toEqual(["IN_SYNC", 0]);
  await stacks.cloud.ctx.call("ssm", "PutParameter", { Name: "/a", Value: "other", Overwrite: true });
  await stacks.cloud.ctx.call("ssm", "DeleteParameter", { Name: "/b" });
  expect(await detect()).toEqual(["DRIFTED", 2]);
  expect((await stacks.look("s")).DriftInformation?.StackDriftStatus).toBe("DRIFTED");
  const { StackResourceDrifts } = await stacks.cfn.send(new DescribeStackResourceDriftsCommand({ StackName: "s" }));
  expect(StackResourceDrifts?.map((one) => [one.LogicalResourceId, one.StackResourceDriftStatus, one.PropertyDifferences])).toEqual([
    ["A", "MODIFIED", [{ PropertyPath: "/Value", ExpectedValue: "1", ActualValue: "other", DifferenceType: "NOT_EQUAL" }]],
    ["B", "DELETED", []],
    ["C", "IN_SYNC", []],
  ]);
  const only = new DescribeStackResourceDriftsCommand({ StackName: "s", StackResourceDriftStatusFilters: ["DELETED"] });
  expect((await stacks.cfn.send(only)).StackResourceDrifts).toHaveLength(1);
});

// documented: https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/using-cfn-stack-drift.html
test("properties that the template does not give have not drifted", async () => {
  const queue = { Type: "AWS::SQS::Queue", Properties: { QueueName: "q", DelaySeconds: 5 } };
  await stacks.create("s", body({ Q: queue }));
  const { QueueUrl } = await stacks.cloud.ctx.call("sqs", "GetQueueUrl", { QueueName: "q" });
  await stacks.cloud.ctx.call("sqs", "SetQueueAttributes", { QueueUrl, Attributes: { VisibilityTimeout: "77" } });
  const one = new DetectStackResourceDriftCommand({ StackName: "s", LogicalResourceId: "Q" });
  expect((await stacks.cfn.send(one)).StackResourceDrift?.StackResourceDriftStatus).toBe("IN_SYNC");
  await stacks.cloud.ctx.call("sqs", "SetQueueAttributes", { QueueUrl, Attributes: { DelaySeconds: "6" } });
  expect((await stacks.cfn.send(one)).StackResourceDrift).toMatchObject({
    StackResourceDriftStatus: "MODIFIED",
    PropertyDifferences: [{ PropertyPath: "/DelaySeconds", ExpectedValue: "5", ActualValue: "6", DifferenceType: "NOT_EQUAL" }],
  });
});

// documented: https://docs.aws.amazon.com/AWSCloudFormation/latest/APIReference/API_PropertyDifference.html
test("differences are told as deep down as they are, added and removed items too", () => {
  const expected = { Tags: [{ Key: "a", Value: 1 }], Doc: { x: { y: "1" } }, Gone: "g", Secret: "{{resolve:ssm:x}}" };
  const actual = { Tags: [{ Key: "a", Value: "1" }, { Key: "b" }], Doc: '{"x":{"y":"2"}}', Secret: "s" };
  expect(differences(expected, actual).map((one) => `${one.DifferenceType} ${one.PropertyPath}`)).toEqual([
    "ADD /Tags/1",
    "NOT_EQUAL /Doc/x/y",
    "REMOVE /Gone",
  ]);
});
