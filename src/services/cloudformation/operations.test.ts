import {
  CloudFormationClient,
  CreateStackCommand,
  type CreateStackCommandInput,
  DeleteStackCommand,
  DescribeStackEventsCommand,
  DescribeStacksCommand,
  ListExportsCommand,
  ListImportsCommand,
  RollbackStackCommand,
  SetStackPolicyCommand,
  SignalResourceCommand,
  UpdateStackCommand,
  UpdateTerminationProtectionCommand,
} from "@aws-sdk/client-cloudformation";
import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
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
const exporting = body({ A: parameter("/a", "1") }, { Outputs: { O: { Value: { Ref: "A" }, Export: { Name: "shared" } } } });

async function look(name: string) {
  await cloud.cloud.clock.idle();
  const { Stacks } = await cfn.send(new DescribeStacksCommand({ StackName: name }));
  return Stacks?.[0];
}

async function settled(name: string): Promise<string> {
  for (;;) {
    const status = (await look(name))?.StackStatus ?? "";
    if (!status.endsWith("_IN_PROGRESS")) return status;
  }
}

async function create(name: string, template: string, more: Partial<CreateStackCommandInput> = {}): Promise<string> {
  await cfn.send(new CreateStackCommand({ StackName: name, TemplateBody: template, ...more }));
  return settled(name);
}

// assumed: AWS's texts, as published logs have them;
// the behaviour is documented at https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/using-cfn-stack-exports.html
test("an export in use can neither go nor change, and who uses it is listed", async () => {
  expect(await create("giver", exporting)).toBe("CREATE_COMPLETE");
  expect(await create("taker", body({ B: parameter("/b", { "Fn::ImportValue": "shared" }) }))).toBe("CREATE_COMPLETE");
  expect((await cfn.send(new ListExportsCommand({}))).Exports).toMatchObject([{ Name: "shared", Value: "/a" }]);
  expect((await cfn.send(new ListImportsCommand({ ExportName: "shared" }))).Imports).toEqual(["taker"]);
  await expect(cfn.send(new DeleteStackCommand({ StackName: "giver" }))).rejects.toThrow(
    "Export shared cannot be deleted as it is in use by taker",
  );
  expect(await create("second", exporting.replaceAll("/a", "/second"))).toBe("ROLLBACK_COMPLETE");
  const { StackEvents } = await cfn.send(new DescribeStackEventsCommand({ StackName: "second" }));
  expect(StackEvents?.map((one) => one.ResourceStatusReason)).toContain(
    "Export with name shared is already exported by stack giver. Rollback requested by user.",
  );
  await cfn.send(new UpdateStackCommand({ StackName: "giver", TemplateBody: body({ A: parameter("/a", "1") }) }));
  expect(await settled("giver")).toBe("UPDATE_ROLLBACK_COMPLETE");
});

// assumed: AWS's texts, as published logs have them;
// the behaviour is documented at https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/using-cfn-protect-stacks.html
test("termination protection keeps a stack", async () => {
  await create("s", exporting, { EnableTerminationProtection: true });
  await expect(cfn.send(new DeleteStackCommand({ StackName: "s" }))).rejects.toThrow("TerminationProtection is enabled");
  await cfn.send(new UpdateTerminationProtectionCommand({ StackName: "s", EnableTerminationProtection: false }));
  await cfn.send(new DeleteStackCommand({ StackName: "s" }));
});

// documented: https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/protect-stack-resources.html
test("a stack policy denies what it does not allow", async () => {
  await create("s", body({ A: parameter("/a", "1") }));
  const policy = { Statement: [{ Effect: "Deny", Action: "Update:*", Principal: "*", Resource: "LogicalResourceId/A" }] };
  await cfn.send(new SetStackPolicyCommand({ StackName: "s", StackPolicyBody: JSON.stringify(policy) }));
  await cfn.send(new UpdateStackCommand({ StackName: "s", TemplateBody: body({ A: parameter("/a", "2") }) }));
  expect(await settled("s")).toBe("UPDATE_ROLLBACK_COMPLETE");
});

// documented: https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/stack-failure-options.html
test("a failed update that was kept can be rolled back later", async () => {
  await create("other", body({ X: parameter("/taken", "x") }));
  await create("s", body({ A: parameter("/a", "1") }));
  const template = body({ A: parameter("/a", "2"), B: parameter("/taken", "1", { DependsOn: "A" }) });
  await cfn.send(new UpdateStackCommand({ StackName: "s", TemplateBody: template, DisableRollback: true }));
  expect(await settled("s")).toBe("UPDATE_FAILED");
  await cfn.send(new RollbackStackCommand({ StackName: "s" }));
  expect(await settled("s")).toBe("UPDATE_ROLLBACK_COMPLETE");
  const { Parameters } = await cloud.ctx.call("ssm", "GetParameters", { Names: ["/a", "/taken"] });
  expect(Parameters?.map((one) => one.Value).sort()).toEqual(["1", "x"]);
});

// documented: https://docs.aws.amazon.com/AWSCloudFormation/latest/APIReference/API_CreateStack.html
test("OnFailure DELETE leaves nothing, DO_NOTHING leaves all", async () => {
  await create("other", body({ X: parameter("/taken", "x") }));
  const template = body({ A: parameter("/a", "2"), B: parameter("/taken", "1", { DependsOn: "A" }) });
  expect(await create("kept", template, { OnFailure: "DO_NOTHING" })).toBe("CREATE_FAILED");
  await cfn.send(new DeleteStackCommand({ StackName: "kept" }));
  const { StackId } = await cfn.send(new CreateStackCommand({ StackName: "gone", TemplateBody: template, OnFailure: "DELETE" }));
  expect(await settled(StackId ?? "")).toBe("DELETE_COMPLETE");
});

// documented: https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-cloudformation-waitcondition.html
test("a wait condition waits for its signals, up to its time-out", async () => {
  const wait = { Type: "AWS::CloudFormation::WaitCondition", Properties: { Count: 2, Timeout: "60" } };
  await cfn.send(new CreateStackCommand({ StackName: "s", TemplateBody: body({ W: wait }) }));
  expect((await look("s"))?.StackStatus).toBe("CREATE_IN_PROGRESS");
  const signal = { StackName: "s", LogicalResourceId: "W", Status: "SUCCESS" as const };
  await cfn.send(new SignalResourceCommand({ ...signal, UniqueId: "1" }));
  await cfn.send(new SignalResourceCommand({ ...signal, UniqueId: "2" }));
  expect(await settled("s")).toBe("CREATE_COMPLETE");
  await cfn.send(new CreateStackCommand({ StackName: "late", TemplateBody: body({ W: wait }) }));
  await look("late");
  await cloud.cloud.clock.advance(61_000);
  expect(await settled("late")).toBe("ROLLBACK_COMPLETE");
});

// documented: https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/parameters-section-structure.html
test("a NoEcho parameter is masked, and IAM resources are to be acknowledged", async () => {
  const secret = body({ A: parameter("/a", { Ref: "P" }) }, { Parameters: { P: { Type: "String", NoEcho: true } } });
  await create("s", secret, { Parameters: [{ ParameterKey: "P", ParameterValue: "hush" }] });
  expect((await look("s"))?.Parameters).toEqual([{ ParameterKey: "P", ParameterValue: "****" }]);
  const role = body({ R: { Type: "AWS::IAM::Role", Properties: { AssumeRolePolicyDocument: {} } } });
  await expect(create("r", role)).rejects.toThrow("Requires capabilities : [CAPABILITY_IAM]");
});
