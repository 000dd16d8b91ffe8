import { afterAll, beforeAll, expect, test } from "vitest";
import { body, parameter, TestStacks } from "../test-stacks.ts";

let stacks: TestStacks;
beforeAll(async () => {
  stacks = await TestStacks.start();
});
afterAll(() => stacks.stop());

// documented: https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/dynamic-references-ssm.html
test("ssm references give a parameter's newest or named version", async () => {
  const { ctx } = stacks.cloud;
  await ctx.call("ssm", "PutParameter", { Name: "/source", Type: "String", Value: "old" });
  await ctx.call("ssm", "PutParameter", { Name: "/source", Value: "new", Overwrite: true });
  const template = body({ A: parameter("/newest", "<{{resolve:ssm:/source}}>"), B: parameter("/first", "{{resolve:ssm:/source:1}}") });
  expect(await stacks.create("ssm", template)).toBe("CREATE_COMPLETE");
  expect([await stacks.value("/newest"), await stacks.value("/first")]).toEqual(["<new>", "old"]);
});

// assumed: AWS's texts, as published logs have them;
// the behaviour is documented at https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/dynamic-references-ssm-secure-strings.html
test("secure parameters go neither to plain references nor to properties that are not for them", async () => {
  await stacks.cloud.ctx.call("ssm", "PutParameter", { Name: "/secure", Type: "SecureString", Value: "hush" });
  expect(await stacks.create("secure", body({ A: parameter("/x", "{{resolve:ssm:/secure}}") }))).toBe("ROLLBACK_COMPLETE");
  const elsewhere = stacks.create("elsewhere", body({ A: parameter("/x", "{{resolve:ssm-secure:/secure}}") }));
  await expect(elsewhere).rejects.toThrow("SSM Secure reference is not supported in: [AWS::SSM::Parameter/Properties/Value]");
});

// documented: https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/dynamic-references-secretsmanager.html
test("secretsmanager references give the whole secret, a key of it, and a stage of it", async () => {
  const { ctx } = stacks.cloud;
  const { ARN = "" } = await ctx.call("secrets-manager", "CreateSecret", { Name: "login", SecretString: '{"user":"ann","pass":"1"}' });
  await ctx.call("secrets-manager", "PutSecretValue", { SecretId: "login", SecretString: '{"user":"ann","pass":"2"}' });
  const template = body({
    A: parameter("/whole", "{{resolve:secretsmanager:login}}"),
    B: parameter("/key", "{{resolve:secretsmanager:login:SecretString:pass}}"),
    C: parameter("/stage", `{{resolve:secretsmanager:${ARN}:SecretString:pass:AWSPREVIOUS}}`),
  });
  expect(await stacks.create("secrets", template)).toBe("CREATE_COMPLETE");
  expect([await stacks.value("/whole"), await stacks.value("/key"), await stacks.value("/stage")]).toEqual([
    '{"user":"ann","pass":"2"}',
    "2",
    "1",
  ]);
  expect(JSON.stringify(await stacks.log("secrets"))).not.toContain("ann");
});

// documented: https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/transform-aws-include.html
test("AWS::Include puts snippets from S3 into a template, whole or in part", async () => {
  await stacks.put("snippets", "part.json", JSON.stringify({ Value: "included" }));
  await stacks.put("snippets", "whole.yaml", "Outputs:\n  O:\n    Value: !Ref A\n");
  const Location = { "Fn::Sub": `s3://\${Bucket}/part.json` };
  const Properties = { Name: "/inc", Type: "String", "Fn::Transform": { Name: "AWS::Include", Parameters: { Location } } };
  const template = body(
    { A: { Type: "AWS::SSM::Parameter", Properties } },
    {
      Parameters: { Bucket: { Type: "String", Default: "snippets" } },
      Transform: { Name: "AWS::Include", Parameters: { Location: "s3://snippets/whole.yaml" } },
    },
  );
  expect(await stacks.create("include", template, { Capabilities: ["CAPABILITY_AUTO_EXPAND"] })).toBe("CREATE_COMPLETE");
  expect((await stacks.look("include")).Outputs).toEqual([{ OutputKey: "O", OutputValue: "/inc" }]);
  expect(await stacks.value("/inc")).toBe("included");
});

// assumed: AWS's text for a failure;
// the behaviour is documented at https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/template-macros-author.html
test("a macro's function processes the whole template, or what stands beside its call", async () => {
  const trust = { Statement: [{ Effect: "Allow", Principal: { Service: "lambda.amazonaws.com" }, Action: "sts:AssumeRole" }] };
  const ZipFile = `exports.handler = async (e) => {
    if (e.params.Fail) return { requestId: e.requestId, status: "failed", errorMessage: "as asked" };
    const text = JSON.stringify(e.fragment).replaceAll("WHO", e.templateParameterValues.Who + (e.params.Mark ?? ""));
    return { requestId: e.requestId, status: "SUCCESS", fragment: JSON.parse(text) };
  };`;
  const Code = { ZipFile };
  const macros = body({
    R: { Type: "AWS::IAM::Role", Properties: { AssumeRolePolicyDocument: trust } },
    F: {
      Type: "AWS::Lambda::Function",
      Properties: { Handler: "index.handler", Runtime: "nodejs22.x", Role: { "Fn::GetAtt": ["R", "Arn"] }, Code },
    },
    M: { Type: "AWS::CloudFormation::Macro", Properties: { Name: "Who", FunctionName: { "Fn::GetAtt": ["F", "Arn"] } } },
  });
  expect(await stacks.create("macros", macros, { Capabilities: ["CAPABILITY_IAM"] })).toBe("CREATE_COMPLETE");
  const inner = (Parameters: object): object => ({
    Type: "AWS::SSM::Parameter",
    Properties: { Name: "/inner", Type: "String", Value: "WHO", "Fn::Transform": { Name: "Who", Parameters } },
  });
  const template = (Parameters: object): string =>
    body(
      { A: parameter("/outer", "WHO"), B: inner(Parameters) },
      { Transform: ["Who"], Parameters: { Who: { Type: "String", Default: "ann" } } },
    );
  const Capabilities = ["CAPABILITY_AUTO_EXPAND" as const];
  expect(await stacks.create("user", template({ Mark: "!" }), { Capabilities })).toBe("CREATE_COMPLETE");
  expect([await stacks.value("/outer"), await stacks.value("/inner")]).toEqual(["ann", "ann!"]);
  const failing = stacks.create("failing", template({ Fail: "yes" }), { Capabilities });
  await expect(failing).rejects.toThrow("Transform 000000000000::Who failed with: as asked.");
});
