import { afterAll, beforeAll, expect, test } from "vitest";
import { TestStack } from "../../../test/support/stack.ts";
import { action, PipelineTest } from "./test-pipelines.ts";

let own: PipelineTest;
beforeAll(async () => {
  own = await PipelineTest.start();
  await own.upload({ "a.txt": "1" });
  await own.cloud.ctx.call("s3", "CreateBucket", { Bucket: "site" });
  const deploy = action("Deploy/S3", { configuration: { BucketName: "site", Extract: "true" }, in: ["App"] });
  await own.create("hooked", [[{ ...own.source(), name: "Source" }], [deploy]]);
});
afterAll(() => own.cloud.stop());

// documented: https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-codepipeline-webhook.html
// and https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-codepipeline-customactiontype.html
test("a stack makes and deletes webhooks and custom action types", async () => {
  const { ctx } = own.cloud;
  const stack = new TestStack(() => own.cloud);
  const hook = (MatchEquals: string) => ({
    Type: "AWS::CodePipeline::Webhook",
    Properties: {
      Authentication: "UNAUTHENTICATED",
      AuthenticationConfiguration: {},
      Filters: [{ JsonPath: "$.ref", MatchEquals }],
      TargetPipeline: "hooked",
      TargetAction: "Source",
      TargetPipelineVersion: 1,
    },
  });
  const type = {
    Type: "AWS::CodePipeline::CustomActionType",
    Properties: {
      Category: "Test",
      Provider: "Lab",
      Version: "1",
      ConfigurationProperties: [{ Name: "Bench", Key: "true", Required: "true", Secret: "false" }],
      InputArtifactDetails: { MinimumCount: "1", MaximumCount: "1" },
      OutputArtifactDetails: { MinimumCount: 0, MaximumCount: 0 },
    },
  };
  const outputs = { Url: { "Fn::GetAtt": ["Hook", "Url"] }, Name: { Ref: "Hook" } };
  const first = await stack.deploy("CreateStack", { Hook: hook("a"), Lab: type }, outputs);
  const call = async (ref: string): Promise<void> => {
    await fetch(first["Url"] ?? "", { method: "POST", body: JSON.stringify({ ref }) });
    await own.idle();
  };
  const before = (await own.executions("hooked")).length;
  await call("a");
  expect((await own.executions("hooked")).length).toBe(before + 1);
  await stack.deploy("UpdateStack", { Hook: hook("b"), Lab: type }, outputs);
  await call("a");
  expect((await own.executions("hooked")).length).toBe(before + 1);
  const custom = () => ctx.call("codepipeline", "ListActionTypes", { actionOwnerFilter: "Custom" });
  expect((await custom()).actionTypes?.[0]).toMatchObject({
    id: { category: "Test", owner: "Custom", provider: "Lab", version: "1" },
    actionConfigurationProperties: [{ name: "Bench", key: true, required: true, secret: false }],
    inputArtifactDetails: { minimumCount: 1, maximumCount: 1 },
  });
  await stack.destroy();
  expect((await custom()).actionTypes).toEqual([]);
  expect((await ctx.call("codepipeline", "ListWebhooks", {})).webhooks).toEqual([]);
});
