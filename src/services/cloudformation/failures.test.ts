import {
  CancelUpdateStackCommand,
  ContinueUpdateRollbackCommand,
  CreateStackCommand,
  DeleteStackCommand,
  DescribeStackEventsCommand,
  SetStackPolicyCommand,
  SignalResourceCommand,
  UpdateStackCommand,
} from "@aws-sdk/client-cloudformation";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { body, parameter, TestStacks } from "./test-stacks.ts";

let stacks: TestStacks;
beforeAll(async () => {
  stacks = await TestStacks.start();
});
afterAll(() => stacks.stop());
beforeEach(() => stacks.cloud.reset());

const bucket = (name: string, more: object = {}): object => ({ Type: "AWS::S3::Bucket", Properties: { BucketName: name }, ...more });
const wait = { Type: "AWS::CloudFormation::WaitCondition", Properties: { Timeout: "600" } };

// documented: https://docs.aws.amazon.com/AWSCloudFormation/latest/APIReference/API_DescribeStackEvents.html
test("events come newest first, each at a time of its own, none in a future second", async () => {
  await stacks.create("s", body({ A: parameter("/a", "1"), B: parameter("/b", "1"), C: parameter("/c", "1") }));
  const { StackEvents = [] } = await stacks.cfn.send(new DescribeStackEventsCommand({ StackName: "s" }));
  const times = StackEvents.map((one) => one.Timestamp?.getTime() ?? 0);
  expect(new Set(times).size).toBe(times.length);
  expect([...times].sort((a, b) => b - a)).toEqual(times);
  expect(Math.floor((times[0] ?? 0) / 1_000)).toBe(Math.floor(stacks.cloud.ctx.now / 1_000));
  const order = StackEvents.filter((one) => one.LogicalResourceId === "A").map((one) => one.ResourceStatusReason ?? one.ResourceStatus);
  expect(order).toEqual(["CREATE_COMPLETE", "Resource creation Initiated", "CREATE_IN_PROGRESS"]);
});

// documented: https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/parameters-section-structure.html
test("events show the values of NoEcho parameters as asterisks", async () => {
  const template = body({ A: parameter("/a", { "Fn::Sub": `x\${P}` }) }, { Parameters: { P: { Type: "String", NoEcho: true } } });
  await stacks.create("s", template, { Parameters: [{ ParameterKey: "P", ParameterValue: "hush" }] });
  const { StackEvents = [] } = await stacks.cfn.send(new DescribeStackEventsCommand({ StackName: "s" }));
  expect(JSON.stringify(StackEvents)).not.toContain("hush");
  expect(StackEvents.find((one) => one.LogicalResourceId === "A")?.ResourceProperties).toContain("x****");
  expect(await stacks.value("/a")).toBe("xhush");
});

// assumed: AWS's texts, as published logs have them;
// the behaviour is documented at https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/protect-stack-resources.html
test("a stack policy keeps a resource that the template no longer has", async () => {
  await stacks.create("s", body({ A: parameter("/a", "1"), B: parameter("/b", "1") }));
  const Statement = [
    { Effect: "Allow", Action: "Update:*", Principal: "*", Resource: "*" },
    { Effect: "Deny", Action: "Update:Delete", Principal: "*", Resource: "LogicalResourceId/A" },
  ];
  await stacks.cfn.send(new SetStackPolicyCommand({ StackName: "s", StackPolicyBody: JSON.stringify({ Statement }) }));
  expect(await stacks.update("s", body({ B: parameter("/b", "2") }))).toBe("UPDATE_ROLLBACK_COMPLETE");
  expect([await stacks.value("/a"), await stacks.value("/b")]).toEqual(["1", "1"]);
  expect(await stacks.resources("s")).toEqual(["A UPDATE_COMPLETE", "B CREATE_COMPLETE"]);
  await stacks.put("policies", "during.json", JSON.stringify({ Statement: Statement.slice(0, 1) }));
  const denied =
    "A UPDATE_FAILED Action denied by stack policy: Statement [#2] does not allow [Update:Delete] for resource [LogicalResourceId/A]";
  expect(await stacks.log("s")).toContain(denied);
  const StackPolicyDuringUpdateURL = "https://policies.s3.amazonaws.com/during.json";
  expect(await stacks.update("s", body({ B: parameter("/b", "2") }), { StackPolicyDuringUpdateURL })).toBe("UPDATE_COMPLETE");
  expect([await stacks.value("/a"), await stacks.value("/b")]).toEqual([undefined, "2"]);
});

// assumed: AWS's texts, as published logs have them;
// the behaviour is documented at https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/using-cfn-updating-stacks-monitor-stack.html
test("what a cleanup cannot delete is left, and the update completes and says so", async () => {
  await stacks.create("s", body({ A: bucket("full"), B: parameter("/b", "1") }));
  await stacks.put("full", "key", "text");
  expect(await stacks.update("s", body({ B: parameter("/b", "2") }))).toBe("UPDATE_COMPLETE");
  expect((await stacks.look("s")).StackStatusReason).toBe("Update successful. One or more resources could not be deleted.");
  expect(await stacks.resources("s")).toEqual(["B UPDATE_COMPLETE"]);
  expect((await stacks.log("s")).filter((line) => line.startsWith("A DELETE_FAILED"))).toHaveLength(1);
  await stacks.cloud.ctx.call("s3", "HeadBucket", { Bucket: "full" });
});

describe("deletion", () => {
  // assumed: AWS's texts, as published logs have them;
  // the behaviour is documented at https://docs.aws.amazon.com/AWSCloudFormation/latest/APIReference/API_DeleteStack.html
  test("RetainResources leaves what could not be deleted", async () => {
    await stacks.create("s", body({ A: bucket("full"), B: parameter("/b", "1") }));
    await stacks.put("full", "key", "text");
    const { StackId: id = "" } = await stacks.look("s");
    await expect(stacks.cfn.send(new DeleteStackCommand({ StackName: "s", RetainResources: ["A"] }))).rejects.toThrow("DELETE_FAILED");
    await stacks.cfn.send(new DeleteStackCommand({ StackName: "s" }));
    expect(await stacks.settled(id)).toBe("DELETE_FAILED");
    expect((await stacks.look("s")).StackStatusReason).toBe("The following resource(s) failed to delete: [A]. ");
    await stacks.cfn.send(new DeleteStackCommand({ StackName: "s", RetainResources: ["A"] }));
    expect(await stacks.settled(id)).toBe("DELETE_COMPLETE");
    expect(await stacks.log(id)).toContain("A DELETE_SKIPPED");
  });

  // documented: https://docs.aws.amazon.com/AWSCloudFormation/latest/APIReference/API_DeleteStack.html
  test("FORCE_DELETE_STACK goes on over what cannot be deleted", async () => {
    await stacks.create("s", body({ A: bucket("full"), B: parameter("/b", "1") }));
    await stacks.put("full", "key", "text");
    const { StackId: id = "" } = await stacks.look("s");
    await stacks.cfn.send(new DeleteStackCommand({ StackName: "s" }));
    expect(await stacks.settled(id)).toBe("DELETE_FAILED");
    await stacks.cfn.send(new DeleteStackCommand({ StackName: "s", DeletionMode: "FORCE_DELETE_STACK" }));
    expect(await stacks.settled(id)).toBe("DELETE_COMPLETE");
    await stacks.cloud.ctx.call("s3", "HeadBucket", { Bucket: "full" });
  });
});

describe("time and cancellation", () => {
  // documented: https://docs.aws.amazon.com/AWSCloudFormation/latest/APIReference/API_CreateStack.html
  test("TimeoutInMinutes fails a creation that takes longer", async () => {
    const template = body({ A: parameter("/a", "1"), W: wait });
    await stacks.cfn.send(new CreateStackCommand({ StackName: "s", TemplateBody: template, TimeoutInMinutes: 2 }));
    expect((await stacks.look("s")).StackStatus).toBe("CREATE_IN_PROGRESS");
    await stacks.cloud.cloud.clock.advance(121_000);
    expect(await stacks.settled("s")).toBe("ROLLBACK_COMPLETE");
    expect(await stacks.value("/a")).toBeUndefined();
  });

  // documented: https://docs.aws.amazon.com/AWSCloudFormation/latest/APIReference/API_CancelUpdateStack.html
  test("an update that is cancelled rolls back", async () => {
    await stacks.create("s", body({ A: parameter("/a", "1") }));
    await expect(stacks.cfn.send(new CancelUpdateStackCommand({ StackName: "s" }))).rejects.toThrow("CancelUpdateStack");
    await stacks.cfn.send(new UpdateStackCommand({ StackName: "s", TemplateBody: body({ A: parameter("/a", "2"), W: wait }) }));
    expect((await stacks.look("s")).StackStatus).toBe("UPDATE_IN_PROGRESS");
    expect(await stacks.value("/a")).toBe("2");
    await stacks.cfn.send(new CancelUpdateStackCommand({ StackName: "s" }));
    expect(await stacks.settled("s")).toBe("UPDATE_ROLLBACK_COMPLETE");
    expect(await stacks.value("/a")).toBe("1");
    expect(await stacks.resources("s")).toEqual(["A UPDATE_COMPLETE"]);
  });

  // documented: https://docs.aws.amazon.com/AWSCloudFormation/latest/APIReference/API_SignalResource.html
  test("a signal of failure fails the wait at once", async () => {
    await stacks.cfn.send(new CreateStackCommand({ StackName: "s", TemplateBody: body({ W: wait }) }));
    await stacks.look("s");
    await stacks.cfn.send(new SignalResourceCommand({ StackName: "s", LogicalResourceId: "W", UniqueId: "x", Status: "FAILURE" }));
    expect(await stacks.settled("s")).toBe("ROLLBACK_COMPLETE");
  });
});

describe("a creation policy", () => {
  const held = { Type: "AWS::CloudFormation::WaitCondition", CreationPolicy: { ResourceSignal: { Count: "2", Timeout: "PT10M" } } };
  const signal = { StackName: "s", LogicalResourceId: "W", Status: "SUCCESS" as const };

  // documented: https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-attribute-creationpolicy.html
  test("holds a resource back until so many signals have come", async () => {
    const template = body({ W: held, A: parameter("/a", "1", { DependsOn: "W" }) });
    await stacks.cfn.send(new CreateStackCommand({ StackName: "s", TemplateBody: template }));
    await stacks.look("s");
    await stacks.cfn.send(new SignalResourceCommand({ ...signal, UniqueId: "1" }));
    expect((await stacks.look("s")).StackStatus).toBe("CREATE_IN_PROGRESS");
    await stacks.cfn.send(new SignalResourceCommand({ ...signal, UniqueId: "2" }));
    expect(await stacks.settled("s")).toBe("CREATE_COMPLETE");
    expect(await stacks.log("s")).toContain("W CREATE_IN_PROGRESS Received SUCCESS signal with UniqueId 2");
  });

  // assumed: AWS's texts, as published logs have them;
  // the behaviour is documented at https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-attribute-creationpolicy.html
  test("fails the resource when they do not come in time", async () => {
    await stacks.cfn.send(new CreateStackCommand({ StackName: "s", TemplateBody: body({ W: held }) }));
    await stacks.look("s");
    await stacks.cfn.send(new SignalResourceCommand({ ...signal, UniqueId: "1" }));
    await stacks.cloud.cloud.clock.advance(601_000);
    expect(await stacks.settled("s")).toBe("ROLLBACK_COMPLETE");
    expect((await stacks.log("s")).find((line) => line.startsWith("W CREATE_FAILED"))).toContain("Failed to receive 1 resource signal(s)");
  });
});

describe("a rollback that fails", () => {
  // documented: https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/using-cfn-updating-stacks-continueupdaterollback.html
  test("can be continued, with and without what it cannot put back", async () => {
    const logs = (RetentionInDays: number): object => ({
      Type: "AWS::Logs::LogGroup",
      Properties: { LogGroupName: "/a", RetentionInDays },
    });
    const first = { A: logs(1), B: parameter("/b", "1") };
    const next = { A: logs(3), B: parameter("/b", "2"), W: { ...wait, DependsOn: ["A", "B"] } };
    for (const skip of [[], ["A"]]) {
      await stacks.create("s", body(first));
      await stacks.cfn.send(new UpdateStackCommand({ StackName: "s", TemplateBody: body(next) }));
      await stacks.look("s");
      await stacks.cloud.ctx.call("cloudwatch-logs", "DeleteLogGroup", { logGroupName: "/a" });
      await stacks.cfn.send(new CancelUpdateStackCommand({ StackName: "s" }));
      const status = await stacks.settled("s");
      if (status === "UPDATE_ROLLBACK_FAILED") {
        await expect(stacks.cfn.send(new ContinueUpdateRollbackCommand({ StackName: "s", ResourcesToSkip: ["B"] }))).rejects.toThrow("[B]");
        if (skip.length === 0) await stacks.cloud.ctx.call("cloudwatch-logs", "CreateLogGroup", { logGroupName: "/a" });
        await stacks.cfn.send(new ContinueUpdateRollbackCommand({ StackName: "s", ResourcesToSkip: skip }));
      }
      expect([status, await stacks.settled("s")]).toEqual(["UPDATE_ROLLBACK_FAILED", "UPDATE_ROLLBACK_COMPLETE"]);
      const { logGroups } = await stacks.cloud.ctx.call("cloudwatch-logs", "DescribeLogGroups", {});
      expect(logGroups?.map((one) => one.retentionInDays)).toEqual(skip.length === 0 ? [1] : []);
      expect(await stacks.value("/b")).toBe("1");
      const { StackId: id = "" } = await stacks.look("s");
      await stacks.cfn.send(new DeleteStackCommand({ StackName: "s" }));
      expect(await stacks.settled(id)).toBe("DELETE_COMPLETE");
    }
  });
});
