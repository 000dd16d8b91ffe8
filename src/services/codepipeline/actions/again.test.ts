import { afterAll, beforeAll, expect, test } from "vitest";
import { writeZip } from "../../../runtime/processes/zip.ts";
import { PIPELINE_ROLE, PipelineTest } from "../test-pipelines.ts";
import { cloudformation } from "./cloudformation.ts";
import { codebuildBuild } from "./codebuild.ts";
import { codedeploy } from "./codedeploy.ts";
import { lambdaDeploy } from "./lambda-deploy.ts";
import { lambdaInvoke } from "./lambda-invoke.ts";
import type { ActionProgress, ActionProvider, ActionRun } from "./provider.ts";

let own: PipelineTest;
beforeAll(async () => {
  own = await PipelineTest.start();
  const { ctx } = own.cloud;
  await own.upload({ "t.json": '{"Resources":{"P":{"Type":"AWS::SSM::Parameter","Properties":{"Type":"String","Value":"v"}}}}' });
  await ctx.call("lambda", "CreateFunction", {
    FunctionName: "f",
    Role: PIPELINE_ROLE,
    Runtime: "nodejs24.x",
    Handler: "index.handler",
    Code: { ZipFile: writeZip({ "index.js": "exports.handler = async () => 1;" }) },
    Publish: true,
  });
  await own.idle();
  await ctx.call("lambda", "CreateAlias", { FunctionName: "f", Name: "live", FunctionVersion: "1" });
});
afterAll(() => own.cloud.stop());

/** Asks twice without a memory, as when the server died before the first answer was stored. */
async function twice(
  provider: ActionProvider,
  configuration: Record<string, string>,
  between = async (): Promise<void> => undefined,
): Promise<[ActionProgress, ActionProgress]> {
  const { ctx, cloud } = own.cloud;
  const run: ActionRun = {
    ctx,
    home: ctx,
    pipelineName: "p",
    pipelineVersion: 1,
    pipelineExecutionId: "e",
    stageName: "s",
    actionName: "a",
    actionExecutionId: cloud.ids.uuid(),
    roleArn: PIPELINE_ROLE,
    region: ctx.region,
    configuration,
    inputs: [{ name: "App", bucket: "source", key: "app.zip" }],
    outputs: [],
    memory: undefined,
    startedAt: ctx.now,
  };
  const first = await provider.advance(run);
  await between();
  return [first, await provider.advance(run)];
}

// assumed: what AWS's own providers do is not told; one action has one effect
test("an action that is asked again after a crash finds what it had started", async () => {
  const { ctx } = own.cloud;
  await ctx.call("codebuild", "CreateProject", {
    name: "app",
    source: { type: "CODEPIPELINE" },
    artifacts: { type: "CODEPIPELINE" },
    environment: { type: "LINUX_CONTAINER", image: "aws/codebuild/amazonlinux-x86_64-standard:5.0", computeType: "BUILD_GENERAL1_SMALL" },
    serviceRole: PIPELINE_ROLE,
  });
  const [build, sameBuild] = await twice(codebuildBuild, { ProjectName: "app" });
  expect(sameBuild).toEqual(build);

  await ctx.call("codedeploy", "CreateApplication", { applicationName: "fleet", computePlatform: "Server" });
  const group = { applicationName: "fleet", deploymentGroupName: "web" };
  await ctx.call("codedeploy", "CreateDeploymentGroup", { ...group, serviceRoleArn: PIPELINE_ROLE });
  const [deployment, sameDeployment] = await twice(codedeploy, { ApplicationName: "fleet", DeploymentGroupName: "web" });
  expect(sameDeployment).toEqual(deployment);

  const stack = { ActionMode: "CREATE_UPDATE", StackName: "st", TemplatePath: "App::t.json", RoleArn: PIPELINE_ROLE };
  const [created, sameStack] = await twice(cloudformation, stack);
  expect(created.status).toBe("InProgress");
  expect(sameStack).toEqual(created);

  const [job, sameJob] = await twice(lambdaInvoke, { FunctionName: "f" });
  expect(sameJob).toEqual(job);
  await own.idle();
});

// assumed
test("a Lambda deployment whose first shift was made before a crash goes on from there", async () => {
  await own.upload({ "index.js": "exports.handler = async () => 2;" });
  const configuration = { FunctionName: "f", FunctionAlias: "live", DeployStrategy: "Canary10Percent5Minutes" };
  const [first, atOnce] = await twice(lambdaDeploy, configuration);
  expect(atOnce).toMatchObject({ status: "InProgress", again: expect.any(Number) });
  await own.idle();
  await own.cloud.ctx.call("lambda", "UpdateAlias", { FunctionName: "f", Name: "live", RoutingConfig: { AdditionalVersionWeights: {} } });
  const [, again] = await twice(lambdaDeploy, configuration, () => own.idle());
  expect(first).toMatchObject({ status: "InProgress", memory: { version: "2", from: "1", step: 0 } });
  expect(again).toEqual(first);
});
