import { afterAll, beforeAll, expect, test } from "vitest";
import { readZip } from "../../../runtime/processes/zip.ts";
import { action, PIPELINE_ROLE, PipelineTest } from "../test-pipelines.ts";
import { readObject } from "./artifacts.ts";

let own: PipelineTest;
beforeAll(async () => {
  own = await PipelineTest.start();
});
afterAll(() => own.cloud.stop());

const template = (value: unknown, more: object = {}) =>
  JSON.stringify({
    Parameters: Object.fromEntries(["Bucket", "Key", "Setting", "Own"].map((name) => [name, { Type: "String", Default: "-" }])),
    Resources: { P: { Type: "AWS::SSM::Parameter", Properties: { Type: "String", Value: value, ...more } } },
    Outputs: {
      Name: { Value: { Ref: "P" } },
      Said: { Value: { "Fn::Join": ["|", ["Bucket", "Key", "Setting", "Own"].map((Ref) => ({ Ref }))] } },
    },
  });

const stack = (mode: string, configuration: Record<string, string> = {}, more: object = {}) =>
  action("Deploy/CloudFormation", {
    configuration: { ActionMode: mode, RoleArn: PIPELINE_ROLE, ...configuration },
    in: ["App"],
    ...more,
  });

const status = async (StackName: string): Promise<string> =>
  (await own.cloud.ctx.call("cloudformation", "DescribeStacks", { StackName })).Stacks?.[0]?.StackStatus ?? "";

// documented: https://docs.aws.amazon.com/codepipeline/latest/userguide/action-reference-CloudFormation.html
// and https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/continuous-delivery-codepipeline-parameter-override-functions.html
test("CREATE_UPDATE creates and updates; overrides win over the configuration file, outputs are variables and a file", async () => {
  const files = {
    "t.json": template("one"),
    "config/prod.json": JSON.stringify({ Parameters: { Own: "file", Setting: "file" }, Tags: { team: "a" } }),
    "settings.json": JSON.stringify({ deep: { a: 1 }, plain: "text" }),
  };
  await own.upload(files);
  const overrides = {
    Bucket: { "Fn::GetArtifactAtt": ["App", "BucketName"] },
    Key: { "Fn::GetArtifactAtt": ["App", "ObjectKey"] },
    Setting: { "Fn::GetParam": ["App", "settings.json", "plain"] },
  };
  const configuration = {
    StackName: "one",
    TemplatePath: "App::t.json",
    TemplateConfiguration: "App::config/prod.json",
    ParameterOverrides: JSON.stringify(overrides),
    OutputFileName: "outputs.json",
  };
  const deploy = stack("CREATE_UPDATE", configuration, { name: "Stack", out: ["Out"], namespace: "Stack" });
  await own.cloud.ctx.call("s3", "CreateBucket", { Bucket: "outputs" });
  const use = action("Deploy/S3", {
    name: "Use",
    configuration: { BucketName: "outputs", Extract: "true", ObjectKey: "#{Stack.Name}" },
    in: ["Out"],
  });
  await own.create("cfn", [[own.source()], [deploy], [use]]);
  const { status: ended, output } = await own.run("cfn", "Stack");
  expect(ended).toBe("Succeeded");
  const taken = (await own.run("cfn", "Stack")).input?.inputArtifacts?.[0]?.s3location;
  expect(output?.outputVariables?.["Said"]).toBe(`artifacts|${taken?.key}|text|file`);
  const { bucket = "", key = "" } = output?.outputArtifacts?.[0]?.s3location ?? {};
  const [file] = readZip(await readObject(own.cloud.ctx, { bucket, key }));
  expect(file?.name).toBe("outputs.json");
  expect(JSON.parse(file?.read().toString() ?? "")).toEqual(output?.outputVariables);
  expect(output?.executionResult?.externalExecutionId).toMatch(/^arn:aws:cloudformation:.*:stack\/one\//);
  await own.upload({ ...files, "t.json": template("two") });
  await own.start("cfn");
  expect(await status("one")).toBe("UPDATE_COMPLETE");
  await own.start("cfn");
  const again = await own.run("cfn", "Stack");
  expect(again).toMatchObject({ status: "Succeeded", output: { outputVariables: { Name: expect.any(String) } } });
});

// documented: https://docs.aws.amazon.com/codepipeline/latest/userguide/action-reference-CloudFormation.html (the first failed resource is named)
test("a stack that fails fails its action, naming the first resource; REPLACE_ON_FAILURE replaces it; DELETE_ONLY deletes it", async () => {
  await own.upload({ "t.json": template("x", { Type: "Wrong" }) }, "bad.zip");
  await own.create("bad", [
    [own.source({ S3ObjectKey: "bad.zip" })],
    [stack("CREATE_UPDATE", { StackName: "two", TemplatePath: "App::t.json" }, { name: "Stack" })],
  ]);
  const { status: ended, output } = await own.run("bad", "Stack");
  expect(ended).toBe("Failed");
  expect(output?.executionResult?.errorDetails).toMatchObject({
    code: "JobFailed",
    message: expect.stringContaining("P (AWS::SSM::Parameter) CREATE_FAILED"),
  });
  expect(await status("two")).toBe("ROLLBACK_COMPLETE");
  await own.upload({ "t.json": template("x") }, "good.zip");
  const replace = stack("REPLACE_ON_FAILURE", { StackName: "two", TemplatePath: "App::t.json" }, { name: "Stack" });
  const remove = action("Deploy/CloudFormation", {
    name: "Delete",
    configuration: { ActionMode: "DELETE_ONLY", StackName: "two", RoleArn: PIPELINE_ROLE },
  });
  await own.create("replace", [[own.source({ S3ObjectKey: "good.zip" })], [replace], [remove]]);
  expect(await own.run("replace", "Stack")).toMatchObject({ status: "Succeeded" });
  expect(await own.run("replace", "Delete")).toMatchObject({ status: "Succeeded" });
  await expect(status("two")).rejects.toThrow("does not exist");
});

// documented: https://docs.aws.amazon.com/codepipeline/latest/userguide/action-reference-CloudFormation.html
test("a change set is replaced and executed; one without changes executes to nothing", async () => {
  await own.upload({ "t.json": template("one") }, "set.zip");
  const common = { StackName: "three", ChangeSetName: "pipeline" };
  const prepare = stack("CHANGE_SET_REPLACE", { ...common, TemplatePath: "App::t.json" }, { name: "Prepare", more: { runOrder: 1 } });
  const execute = stack("CHANGE_SET_EXECUTE", common, { name: "Execute", in: [], namespace: "S", more: { runOrder: 2 } });
  await own.create("sets", [[own.source({ S3ObjectKey: "set.zip" })], [prepare, execute]]);
  expect(await own.run("sets", "Execute")).toMatchObject({ status: "Succeeded", output: { outputVariables: { Said: "-|-|-|-" } } });
  expect(await status("three")).toBe("CREATE_COMPLETE");
  await own.start("sets");
  expect(await own.run("sets", "Prepare")).toMatchObject({ status: "Succeeded" });
  expect(await own.run("sets", "Execute")).toMatchObject({ status: "Succeeded" });
  expect(await status("three")).toBe("CREATE_COMPLETE");
});

// assumed
test("a file that an artifact does not have fails the action", async () => {
  await own.upload({ "t.json": template("one") }, "set.zip");
  await own.create("nofile", [
    [own.source({ S3ObjectKey: "set.zip" })],
    [stack("CREATE_UPDATE", { StackName: "four", TemplatePath: "App::u.json" }, { name: "Stack" })],
  ]);
  const { output } = await own.run("nofile", "Stack");
  expect(output?.executionResult?.errorDetails?.message).toBe("File [u.json] does not exist in artifact [App]");
});
