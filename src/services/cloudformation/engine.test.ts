import {
  CloudFormationClient,
  CreateChangeSetCommand,
  CreateStackCommand,
  DeleteStackCommand,
  DescribeChangeSetCommand,
  DescribeStackEventsCommand,
  DescribeStackResourcesCommand,
  DescribeStacksCommand,
  ExecuteChangeSetCommand,
  UpdateStackCommand,
} from "@aws-sdk/client-cloudformation";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { startCloud, type TestCloud } from "../../../test/support/cloud.ts";

let cloud: TestCloud;
let cfn: CloudFormationClient;
beforeAll(async () => {
  cloud = await startCloud();
  cfn = new CloudFormationClient(cloud.clientConfig);
});
afterAll(async () => {
  cfn.destroy();
  await cloud.stop();
});
beforeEach(() => cloud.reset());

const parameter = (name: string, value: unknown, more: object = {}): object => ({
  Type: "AWS::SSM::Parameter",
  Properties: { Name: name, Type: "String", Value: value },
  ...more,
});
const body = (Resources: object, more: object = {}): string => JSON.stringify({ Resources, ...more });

/** Until the stack rests: each look waits for what is due to be done. */
async function settled(name: string): Promise<{ status: string; reason: string | undefined }> {
  for (;;) {
    await cloud.cloud.clock.idle();
    const { Stacks } = await cfn.send(new DescribeStacksCommand({ StackName: name }));
    const [stack] = Stacks ?? [];
    if (!stack?.StackStatus?.endsWith("_IN_PROGRESS")) return { status: stack?.StackStatus ?? "", reason: stack?.StackStatusReason };
  }
}

async function parameterValue(name: string): Promise<string | undefined> {
  const { Parameters } = await cloud.ctx.call("ssm", "GetParameters", { Names: [name] });
  return Parameters?.[0]?.Value;
}

async function create(name: string, template: string): Promise<{ status: string; reason: string | undefined; id: string }> {
  const { StackId } = await cfn.send(new CreateStackCommand({ StackName: name, TemplateBody: template }));
  return { ...(await settled(StackId ?? "")), id: StackId ?? "" };
}

async function reasons(name: string): Promise<string[]> {
  const { StackEvents } = await cfn.send(new DescribeStackEventsCommand({ StackName: name }));
  return (StackEvents ?? [])
    .reverse()
    .map((one) => `${one.LogicalResourceId} ${one.ResourceStatus} ${one.ResourceStatusReason ?? ""}`.trim());
}

describe("create", () => {
  // documented: https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/stacks.html
  test("makes resources in the order of their references and publishes outputs", async () => {
    const template = body(
      { B: parameter("/b", { "Fn::Sub": `after \${A}` }), A: parameter("/a", { Ref: "P" }) },
      { Parameters: { P: { Type: "String", Default: "one" } }, Outputs: { Name: { Value: { Ref: "B" }, Export: { Name: "b" } } } },
    );
    expect(await create("s", template)).toMatchObject({ status: "CREATE_COMPLETE" });
    expect(await parameterValue("/b")).toBe("after /a");
    const { Stacks } = await cfn.send(new DescribeStacksCommand({ StackName: "s" }));
    expect(Stacks?.[0]?.Outputs).toEqual([{ OutputKey: "Name", OutputValue: "/b", ExportName: "b" }]);
  });

  // assumed: AWS's texts, as published logs have them;
  // the behaviour is documented at https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/stack-failure-options.html
  test("rolls back with the reason on the resource that failed", async () => {
    await create("first", body({ A: parameter("/taken", "x") }));
    const stack = await create("s", body({ A: parameter("/a", "x"), B: parameter("/taken", "y", { DependsOn: "A" }) }));
    expect(stack.status).toBe("ROLLBACK_COMPLETE");
    const log = await reasons("s");
    expect(log.find((line) => line.startsWith("B CREATE_FAILED"))).toMatch(/already exists/);
    expect(log).toContain("s ROLLBACK_IN_PROGRESS The following resource(s) failed to create: [B]. Rollback requested by user.");
    expect(log.at(-1)).toBe("s ROLLBACK_COMPLETE");
    expect(await parameterValue("/a")).toBeUndefined();
    expect(await parameterValue("/taken")).toBe("x");
  });

  // assumed: AWS has such types, so that its own text for them does not exist
  test("a type that is not there fails the stack with its name, its line and what to do", async () => {
    await create("s", JSON.stringify({ Resources: { Vpc: { Type: "AWS::EC2::VPC", Properties: { CidrBlock: "10.0.0.0/16" } } } }, null, 1));
    const line = (await reasons("s")).find((one) => one.startsWith("Vpc CREATE_FAILED"));
    expect(line).toMatch(/AWS::EC2::VPC \(line 3 of the template\).*--model-unknown-types/);
  });
});

describe("update", () => {
  // documented: https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/using-cfn-updating-stacks-update-behaviors.html
  test("changes in place, replaces by create-only properties, and removes what is gone", async () => {
    await create("s", body({ A: parameter("/a", "1"), B: parameter("/b", "1"), C: parameter("/c", "1") }));
    await cfn.send(new UpdateStackCommand({ StackName: "s", TemplateBody: body({ A: parameter("/a", "2"), B: parameter("/b2", "1") }) }));
    expect((await settled("s")).status).toBe("UPDATE_COMPLETE");
    expect([await parameterValue("/a"), await parameterValue("/b"), await parameterValue("/b2"), await parameterValue("/c")]).toEqual([
      "2",
      undefined,
      "1",
      undefined,
    ]);
  });

  // assumed: AWS's texts, as published logs have them;
  // the behaviour is documented at https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/troubleshooting.html#troubleshooting-errors-no-updates-to-perform
  test("nothing new is refused in AWS's words", async () => {
    await create("s", body({ A: parameter("/a", "1") }));
    const again = cfn.send(new UpdateStackCommand({ StackName: "s", TemplateBody: body({ A: parameter("/a", "1") }) }));
    await expect(again).rejects.toThrow("No updates are to be performed.");
  });

  // documented: https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/using-cfn-updating-stacks-continueupdaterollback.html
  test("a failure puts everything back", async () => {
    await create("other", body({ X: parameter("/taken", "x") }));
    await create("s", body({ A: parameter("/a", "1"), B: parameter("/b", "1") }));
    const template = body({ A: parameter("/a", "2"), B: parameter("/b2", "1"), C: parameter("/taken", "1", { DependsOn: ["A", "B"] }) });
    await cfn.send(new UpdateStackCommand({ StackName: "s", TemplateBody: template }));
    expect((await settled("s")).status).toBe("UPDATE_ROLLBACK_COMPLETE");
    expect([await parameterValue("/a"), await parameterValue("/b"), await parameterValue("/b2")]).toEqual(["1", "1", undefined]);
    const { StackResources } = await cfn.send(new DescribeStackResourcesCommand({ StackName: "s" }));
    expect(StackResources?.map((one) => one.PhysicalResourceId)).toEqual(["/a", "/b"]);
  });
});

describe("delete", () => {
  // documented: https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-attribute-deletionpolicy.html
  test("leaves what is to be retained", async () => {
    const { id } = await create("s", body({ A: parameter("/a", "1"), B: parameter("/b", "1", { DeletionPolicy: "Retain" }) }));
    await cfn.send(new DeleteStackCommand({ StackName: "s" }));
    expect((await settled(id)).status).toBe("DELETE_COMPLETE");
    expect([await parameterValue("/a"), await parameterValue("/b")]).toEqual([undefined, "1"]);
    await expect(cfn.send(new DescribeStacksCommand({ StackName: "s" }))).rejects.toThrow("Stack with id s does not exist");
  });
});

describe("change sets", () => {
  // documented: https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/using-cfn-updating-stacks-changesets.html
  test("say what will happen, and do it", async () => {
    await create("s", body({ A: parameter("/a", "1"), B: parameter("/b", "1") }));
    const TemplateBody = body({ A: parameter("/a", "2"), B: parameter("/b2", "1"), C: parameter("/c", "1") });
    await cfn.send(new CreateChangeSetCommand({ StackName: "s", ChangeSetName: "c", TemplateBody }));
    const set = await cfn.send(new DescribeChangeSetCommand({ StackName: "s", ChangeSetName: "c" }));
    expect(set.Status).toBe("CREATE_COMPLETE");
    const changes = set.Changes?.map(({ ResourceChange: one }) =>
      `${one?.Action} ${one?.LogicalResourceId} ${one?.Replacement ?? ""}`.trim(),
    );
    expect(changes).toEqual(["Modify A False", "Modify B True", "Add C"]);
    await cfn.send(new ExecuteChangeSetCommand({ StackName: "s", ChangeSetName: "c" }));
    expect((await settled("s")).status).toBe("UPDATE_COMPLETE");
    expect(await parameterValue("/c")).toBe("1");
  });

  // assumed: AWS's texts, as published logs have them;
  // the behaviour is documented at https://docs.aws.amazon.com/AWSCloudFormation/latest/APIReference/API_DescribeChangeSet.html
  test("an empty one fails with the text that clients look for", async () => {
    await create("s", body({ A: parameter("/a", "1") }));
    await cfn.send(new CreateChangeSetCommand({ StackName: "s", ChangeSetName: "c", TemplateBody: body({ A: parameter("/a", "1") }) }));
    const set = await cfn.send(new DescribeChangeSetCommand({ StackName: "s", ChangeSetName: "c" }));
    expect([set.Status, set.StatusReason]).toEqual([
      "FAILED",
      "The submitted information didn't contain changes. Submit different information to create a change set.",
    ]);
  });
});
