import {
  CloudFormationClient,
  CreateStackCommand,
  DeleteStackCommand,
  DescribeStackResourcesCommand,
  DescribeStacksCommand,
  UpdateStackCommand,
} from "@aws-sdk/client-cloudformation";
import { afterAll, beforeAll, expect, test } from "vitest";
import { startCloud, type TestCloud } from "../../../../test/support/cloud.ts";

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

async function settled(name: string) {
  for (;;) {
    await cloud.cloud.clock.idle();
    const { Stacks } = await cfn.send(new DescribeStacksCommand({ StackName: name }));
    if (!Stacks?.[0]?.StackStatus?.endsWith("_IN_PROGRESS")) return Stacks?.[0];
  }
}

// documented: https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/using-cfn-nested-stacks.html
test("a nested stack gives its outputs to its parent, and goes with it", async () => {
  const child = {
    Parameters: { V: { Type: "String" } },
    Resources: { A: { Type: "AWS::SSM::Parameter", Properties: { Name: "/child", Type: "String", Value: { Ref: "V" } } } },
    Outputs: { Name: { Value: { Ref: "A" } } },
  };
  await cloud.ctx.call("s3", "CreateBucket", { Bucket: "templates" });
  const { Readable } = await import("node:stream");
  await cloud.ctx.call("s3", "PutObject", {
    Bucket: "templates",
    Key: "child.json",
    Body: Readable.from([Buffer.from(JSON.stringify(child))]),
  });
  const TemplateURL = "https://templates.s3.us-east-1.amazonaws.com/child.json";
  const parent = (V: string): string =>
    JSON.stringify({
      Resources: { N: { Type: "AWS::CloudFormation::Stack", Properties: { TemplateURL, Parameters: { V } } } },
      Outputs: { O: { Value: { "Fn::GetAtt": ["N", "Outputs.Name"] } } },
    });
  await cfn.send(new CreateStackCommand({ StackName: "parent", TemplateBody: parent("1") }));
  expect(await settled("parent")).toMatchObject({ StackStatus: "CREATE_COMPLETE", Outputs: [{ OutputKey: "O", OutputValue: "/child" }] });
  await cfn.send(new UpdateStackCommand({ StackName: "parent", TemplateBody: parent("2") }));
  expect((await settled("parent"))?.StackStatus).toBe("UPDATE_COMPLETE");
  const { Parameter } = await cloud.ctx.call("ssm", "GetParameter", { Name: "/child" });
  expect(Parameter?.Value).toBe("2");
  const { StackResources } = await cfn.send(new DescribeStackResourcesCommand({ StackName: "parent" }));
  const id = StackResources?.[0]?.StackId ?? "";
  await cfn.send(new DeleteStackCommand({ StackName: "parent" }));
  expect((await settled(id))?.StackStatus).toBe("DELETE_COMPLETE");
  expect((await settled(StackResources?.[0]?.PhysicalResourceId ?? ""))?.StackStatus).toBe("DELETE_COMPLETE");
});

// documented: https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/crpg-ref-responses.html
test("a custom resource answers with attributes, and with the reason when it fails", async () => {
  const trust = { Statement: [{ Effect: "Allow", Principal: { Service: "lambda.amazonaws.com" }, Action: "sts:AssumeRole" }] };
  const ZipFile = `const r = require("cfn-response");
    exports.handler = (e, c) => r.send(e, c, e.ResourceProperties.Fail === "true" ? "FAILED" : "SUCCESS", { Seen: e.ResourceProperties.N }, "own-id");`;
  const template = (Fail: boolean): string =>
    JSON.stringify({
      Resources: {
        R: { Type: "AWS::IAM::Role", Properties: { AssumeRolePolicyDocument: trust } },
        F: {
          Type: "AWS::Lambda::Function",
          Properties: { Handler: "index.handler", Runtime: "nodejs22.x", Role: { "Fn::GetAtt": ["R", "Arn"] }, Code: { ZipFile } },
        },
        C: { Type: "Custom::Thing", Properties: { ServiceToken: { "Fn::GetAtt": ["F", "Arn"] }, N: 7, Fail } },
      },
      Outputs: { Seen: { Value: { "Fn::GetAtt": ["C", "Seen"] } }, Id: { Value: { Ref: "C" } } },
    });
  const Capabilities = ["CAPABILITY_IAM" as const];
  await cfn.send(new CreateStackCommand({ StackName: "good", TemplateBody: template(false), Capabilities }));
  const good = await settled("good");
  expect(good?.StackStatus).toBe("CREATE_COMPLETE");
  expect(good?.Outputs?.map((one) => one.OutputValue)).toEqual(["7", "own-id"]);
  await cfn.send(new CreateStackCommand({ StackName: "bad", TemplateBody: template(true), Capabilities, DisableRollback: true }));
  const bad = await settled("bad");
  expect(bad?.StackStatusReason).toContain("The following resource(s) failed to create: [C].");
});
