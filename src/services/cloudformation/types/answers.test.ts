import {
  CreateStackCommand,
  DeleteStackCommand,
  DescribeStackEventsCommand,
  DescribeStackResourcesCommand,
} from "@aws-sdk/client-cloudformation";
import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
import { body, parameter, TestStacks } from "../test-stacks.ts";

let stacks: TestStacks;
beforeAll(async () => {
  stacks = await TestStacks.start();
});
afterAll(() => stacks.stop());
beforeEach(() => stacks.cloud.reset());

/** A custom resource behind a topic with a queue that holds what is asked. */
async function topic(): Promise<{ TopicArn: string; QueueUrl: string }> {
  const { ctx } = stacks.cloud;
  const { TopicArn = "" } = await ctx.call("sns", "CreateTopic", { Name: "asked" });
  const { QueueUrl = "" } = await ctx.call("sqs", "CreateQueue", { QueueName: "asked" });
  const { Attributes } = await ctx.call("sqs", "GetQueueAttributes", { QueueUrl, AttributeNames: ["QueueArn"] });
  const Attribute = { RawMessageDelivery: "true" };
  await ctx.call("sns", "Subscribe", { TopicArn, Protocol: "sqs", Endpoint: Attributes?.["QueueArn"], Attributes: Attribute });
  const Statement = [{ Effect: "Allow", Principal: "*", Action: "sqs:SendMessage", Resource: "*" }];
  await ctx.call("sqs", "SetQueueAttributes", { QueueUrl, Attributes: { Policy: JSON.stringify({ Statement }) } });
  return { TopicArn, QueueUrl };
}

interface Asked {
  readonly RequestType: string;
  readonly ResponseURL: string;
  readonly StackId: string;
  readonly RequestId: string;
  readonly LogicalResourceId: string;
  readonly ResourceProperties: Readonly<Record<string, unknown>>;
}

async function asked(QueueUrl: string): Promise<Asked> {
  await stacks.cloud.cloud.clock.idle();
  const { Messages } = await stacks.cloud.ctx.call("sqs", "ReceiveMessage", { QueueUrl });
  const [message] = Messages ?? [];
  await stacks.cloud.ctx.call("sqs", "DeleteMessage", { QueueUrl, ReceiptHandle: message?.ReceiptHandle });
  return JSON.parse(message?.Body ?? "{}") as Asked;
}

async function answer(question: Asked, more: object): Promise<void> {
  const { StackId, RequestId, LogicalResourceId } = question;
  const text = { Status: "SUCCESS", PhysicalResourceId: "it", StackId, RequestId, LogicalResourceId, ...more };
  const { status } = await fetch(question.ResponseURL, { method: "PUT", body: JSON.stringify(text) });
  expect(status).toBe(200);
}

// documented: https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/crpg-ref-responses.html
test("an answer wakes the stack at once, and one with NoEcho shows its values to nobody", async () => {
  const { TopicArn, QueueUrl } = await topic();
  const template = body({
    C: { Type: "Custom::Thing", Properties: { ServiceToken: TopicArn, Count: 3 } },
    A: parameter("/a", { "Fn::GetAtt": ["C", "Secret"] }),
  });
  const began = stacks.cloud.ctx.now;
  await stacks.cfn.send(new CreateStackCommand({ StackName: "s", TemplateBody: template }));
  const question = await asked(QueueUrl);
  expect(question).toMatchObject({ RequestType: "Create", LogicalResourceId: "C", ResourceProperties: { Count: "3" } });
  await answer(question, { NoEcho: true, Data: { Secret: "hush" } });
  expect(await stacks.settled("s")).toBe("CREATE_COMPLETE");
  expect(stacks.cloud.ctx.now).toBe(began);
  expect(await stacks.value("/a")).toBe("hush");
  const { StackEvents } = await stacks.cfn.send(new DescribeStackEventsCommand({ StackName: "s" }));
  expect(JSON.stringify(StackEvents)).not.toContain("hush");
  const { StackId: id = "" } = await stacks.look("s");
  await stacks.cfn.send(new DeleteStackCommand({ StackName: "s" }));
  await answer(await asked(QueueUrl), {});
  expect(await stacks.settled(id)).toBe("DELETE_COMPLETE");
});

// documented: https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-cloudformation-customresource.html
test("a custom resource that does not answer fails after its ServiceTimeout", async () => {
  const { TopicArn, QueueUrl } = await topic();
  const template = body({ C: { Type: "Custom::Thing", Properties: { ServiceToken: TopicArn, ServiceTimeout: 120 } } });
  await stacks.cfn.send(new CreateStackCommand({ StackName: "s", TemplateBody: template, DisableRollback: true }));
  await asked(QueueUrl);
  await stacks.cloud.cloud.clock.advance(119_000);
  expect((await stacks.look("s")).StackStatus).toBe("CREATE_IN_PROGRESS");
  await stacks.cloud.cloud.clock.advance(2_000);
  expect(await stacks.settled("s")).toBe("CREATE_FAILED");
});

// documented: https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/using-cfn-waitcondition.html
test("signals to one wait handle at the same instant all count", async () => {
  const template = body(
    {
      H: { Type: "AWS::CloudFormation::WaitConditionHandle" },
      W: { Type: "AWS::CloudFormation::WaitCondition", Properties: { Handle: { Ref: "H" }, Timeout: "300", Count: 5 } },
    },
    { Outputs: { Data: { Value: { "Fn::GetAtt": ["W", "Data"] } } } },
  );
  await stacks.cfn.send(new CreateStackCommand({ StackName: "s", TemplateBody: template }));
  await stacks.look("s");
  const { StackResources } = await stacks.cfn.send(new DescribeStackResourcesCommand({ StackName: "s", LogicalResourceId: "H" }));
  const url = StackResources?.[0]?.PhysicalResourceId ?? "";
  const put = async (UniqueId: string): Promise<number> => {
    const signal = { Status: "SUCCESS", Reason: "done", UniqueId, Data: `data ${UniqueId}` };
    return (await fetch(url, { method: "PUT", body: JSON.stringify(signal) })).status;
  };
  expect(await Promise.all(["1", "2", "3", "4", "5"].map(put))).toEqual([200, 200, 200, 200, 200]);
  expect(await stacks.settled("s")).toBe("CREATE_COMPLETE");
  const { Outputs } = await stacks.look("s");
  expect(JSON.parse(Outputs?.[0]?.OutputValue ?? "")).toEqual({ 1: "data 1", 2: "data 2", 3: "data 3", 4: "data 4", 5: "data 5" });
});

// assumed: AWS's texts, as published logs have them;
// the behaviour is documented at https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/using-iam-servicerole.html
test("a stack acts as its role, which must exist and trust CloudFormation", async () => {
  const trust = (Service: string): string =>
    JSON.stringify({ Statement: [{ Effect: "Allow", Principal: { Service }, Action: "sts:AssumeRole" }] });
  const { ctx } = stacks.cloud;
  const template = body({ A: parameter("/a", "1") });
  const wrong = await ctx.call("iam", "CreateRole", { RoleName: "wrong", AssumeRolePolicyDocument: trust("ec2.amazonaws.com") });
  for (const RoleARN of ["arn:aws:iam::000000000000:role/none", wrong.Role?.Arn ?? ""]) {
    await expect(stacks.create("s", template, { RoleARN })).rejects.toThrow(`Role ${RoleARN} is invalid or cannot be assumed`);
  }
  const { Role } = await ctx.call("iam", "CreateRole", { RoleName: "r", AssumeRolePolicyDocument: trust("cloudformation.amazonaws.com") });
  expect(await stacks.create("s", template, { RoleARN: Role?.Arn ?? "" })).toBe("CREATE_COMPLETE");
  const { Parameters } = await ctx.call("ssm", "DescribeParameters", {});
  expect(Parameters?.[0]?.LastModifiedUser).toBe("arn:aws:sts::000000000000:assumed-role/r/AWSCloudFormation");
});

// assumed: AWS's texts, as published logs have them;
// the behaviour is documented at https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/using-cfn-nested-stacks.html
test("a nested stack that fails takes its parent back, in creation and in an update", async () => {
  await stacks.create("other", body({ X: parameter("/taken", "x") }));
  const child = { Parameters: { N: { Type: "String" } }, Resources: { A: parameter("/first", "1"), B: parameter("unset", "1") } };
  const text = JSON.stringify(child)
    .replace('"unset"', '{"Ref":"N"}')
    .replace('"Type":"String","Value":"1"', '"Type":"String","Value":{"Ref":"N"}');
  await stacks.put("templates", "child.json", text);
  const TemplateURL = "https://templates.s3.amazonaws.com/child.json";
  const parent = (N: string): string => body({ N: { Type: "AWS::CloudFormation::Stack", Properties: { TemplateURL, Parameters: { N } } } });
  expect(await stacks.create("bad", parent("/taken"))).toBe("ROLLBACK_COMPLETE");
  expect((await stacks.log("bad")).find((line) => line.startsWith("N CREATE_FAILED"))).toMatch(
    /Embedded stack arn:.* was not successfully created: The following resource\(s\) failed to create: \[B\]/,
  );
  expect(await stacks.value("/first")).toBeUndefined();
  expect(await stacks.create("good", parent("/free"))).toBe("CREATE_COMPLETE");
  expect(await stacks.update("good", parent("/taken"))).toBe("UPDATE_ROLLBACK_COMPLETE");
  expect([await stacks.value("/first"), await stacks.value("/free"), await stacks.value("/taken")]).toEqual(["/free", "1", "x"]);
});
