import { afterAll, beforeAll, expect, it } from "vitest";
import { Pipelines } from "../../../test/support/pipeline.ts";
import { TestStack } from "../../../test/support/stack.ts";

let pipelines: Pipelines;
beforeAll(async () => {
  pipelines = await Pipelines.start();
  pipelines.script();
});
afterAll(() => pipelines.stop());

const action = (Name: string, Category: string, Provider: string, more: object = {}) => ({
  Name,
  ActionTypeId: { Category, Owner: "AWS", Provider, Version: 1 },
  ...more,
});

function template(stage: string, more: object = {}): object {
  const Configuration = { S3Bucket: "b", S3ObjectKey: "k", PollForSourceChanges: false };
  const source = action("Fetch", "Source", "S3", { Configuration, OutputArtifacts: [{ Name: "app" }], RunOrder: "1" });
  const Stages = [
    { Name: "Source", Actions: [source] },
    { Name: stage, Actions: [action("Ask", "Approval", "Manual", { TimeoutInMinutes: "60" })] },
  ];
  const Properties = {
    RoleArn: pipelines.roleArn,
    PipelineType: "V2",
    ArtifactStore: { Type: "S3", Location: "artifacts" },
    Stages,
    ...more,
  };
  return { Pipe: { Type: "AWS::CodePipeline::Pipeline", Properties } };
}

// documented: https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-codepipeline-pipeline.html
it("a stack makes, changes, restarts and deletes a pipeline", async () => {
  const stack = new TestStack(() => pipelines.cloud);
  const outputs = { Name: { Ref: "Pipe" }, Version: { "Fn::GetAtt": ["Pipe", "Version"] } };
  const disabled = { DisableInboundStageTransitions: [{ StageName: "Gate", Reason: "tests first" }], Tags: [{ Key: "team", Value: "a" }] };
  const { Name = "", Version } = await stack.deploy("CreateStack", template("Gate", disabled), outputs);
  expect(Name).toMatch(/^s-Pipe-/);
  expect(Version).toBe("1");
  const { ctx } = pipelines.cloud;
  const made = (await ctx.call("codepipeline", "GetPipeline", { name: Name })).pipeline;
  expect(made?.stages?.[0]?.actions?.[0]).toMatchObject({ runOrder: 1, configuration: { S3Bucket: "b", PollForSourceChanges: "false" } });
  expect(made?.stages?.[1]?.actions?.[0]?.timeoutInMinutes).toBe(60);
  expect((await pipelines.stage(Name, "Gate")).inboundTransitionState).toMatchObject({ enabled: false, disabledReason: "tests first" });
  const tags = (await ctx.call("codepipeline", "ListTagsForResource", { resourceArn: ctx.arn("codepipeline", Name) })).tags;
  expect(tags).toContainEqual({ key: "team", value: "a" });

  const artifactStores = {
    ArtifactStore: { Ref: "AWS::NoValue" },
    ArtifactStores: [{ Region: "us-east-1", ArtifactStore: { Type: "S3", Location: "artifacts" } }],
  };
  const changed = await stack.deploy("UpdateStack", template("Gate", { RestartExecutionOnUpdate: true, ...artifactStores }), outputs);
  expect(changed).toEqual({ Name, Version: "2" });
  expect((await pipelines.stage(Name, "Gate")).inboundTransitionState?.enabled).toBe(true);
  const { pipelineExecutionSummaries: [newest] = [] } = await ctx.call("codepipeline", "ListPipelineExecutions", { pipelineName: Name });
  expect(newest?.trigger?.triggerType).toBe("StartPipelineExecution");
  expect((await pipelines.stage(Name, "Gate")).latestExecution?.status).toBe("InProgress");

  await stack.destroy();
  expect((await ctx.call("codepipeline", "ListPipelines", {})).pipelines).toEqual([]);
});
