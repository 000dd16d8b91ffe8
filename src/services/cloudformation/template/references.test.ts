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

// documented: https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/dynamic-references-ssm-secure-strings.html
test("a secure parameter is not given to a plain ssm reference", async () => {
  await stacks.cloud.ctx.call("ssm", "PutParameter", { Name: "/secure", Type: "SecureString", Value: "hush" });
  expect(await stacks.create("secure", body({ A: parameter("/x", "{{resolve:ssm:/secure}}") }))).toBe("ROLLBACK_COMPLETE");
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
