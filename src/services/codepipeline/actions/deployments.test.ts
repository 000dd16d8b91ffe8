import { execFile } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { afterAll, beforeAll, expect, test } from "vitest";
import { writeZip } from "../../../runtime/processes/zip.ts";
import { action, PIPELINE_ROLE, PipelineTest } from "../test-pipelines.ts";

const run = promisify(execFile);
let own: PipelineTest;
beforeAll(async () => {
  own = await PipelineTest.start();
  await own.cloud.ctx.call("s3", "CreateBucket", { Bucket: "site" });
});
afterAll(() => own.cloud.stop());

const handler = (text: string) => ({ "index.js": `exports.handler = async () => "${text}";` });

async function weights() {
  return await own.cloud.ctx.call("lambda", "GetAlias", { FunctionName: "f", Name: "live" });
}

// documented: https://docs.aws.amazon.com/codepipeline/latest/userguide/action-reference-LambdaDeploy.html
test("a Lambda deployment shifts traffic by its strategy, and goes back when an alarm goes to ALARM", async () => {
  const { ctx } = own.cloud;
  await ctx.call("lambda", "CreateFunction", {
    FunctionName: "f",
    Role: PIPELINE_ROLE,
    Runtime: "nodejs24.x",
    Handler: "index.handler",
    Code: { ZipFile: writeZip(handler("one")) },
    Publish: true,
  });
  await own.idle();
  await ctx.call("lambda", "CreateAlias", { FunctionName: "f", Name: "live", FunctionVersion: "1" });
  await ctx.call("cloudwatch", "PutMetricAlarm", {
    AlarmName: "errors",
    Namespace: "Test",
    MetricName: "Errors",
    Statistic: "Sum",
    Period: 60,
    EvaluationPeriods: 1,
    Threshold: 1,
    ComparisonOperator: "GreaterThanThreshold",
    TreatMissingData: "ignore",
  });
  await own.upload(handler("two"));
  const configuration = { FunctionName: "f", FunctionAlias: "live", DeployStrategy: "Canary10Percent5Minutes", Alarms: "errors" };
  const deploy = action("Deploy/Lambda", { name: "Shift", configuration, in: ["App"], namespace: "D" });
  await own.create("shift", [[own.source()], [deploy]]);
  expect(await weights()).toMatchObject({ FunctionVersion: "1", RoutingConfig: { AdditionalVersionWeights: { 2: 0.1 } } });
  await own.advance(5);
  expect((await weights()).FunctionVersion).toBe("2");
  expect(await own.run("shift", "Shift")).toMatchObject({ status: "Succeeded", output: { outputVariables: { FunctionVersion: "2" } } });
  await own.upload(handler("three"));
  await own.start("shift");
  expect(await weights()).toMatchObject({ FunctionVersion: "2", RoutingConfig: { AdditionalVersionWeights: { 3: 0.1 } } });
  await ctx.call("cloudwatch", "SetAlarmState", { AlarmName: "errors", StateValue: "ALARM", StateReason: "testing" });
  await own.idle();
  const failedRun = await own.run("shift", "Shift");
  expect(failedRun.status).toBe("Failed");
  expect(failedRun.output?.executionResult?.errorDetails?.message).toContain("rolled back to version 2");
  const after = await weights();
  expect(after.FunctionVersion).toBe("2");
  expect(after.RoutingConfig?.AdditionalVersionWeights ?? {}).toEqual({});
  const back = own.cloud.cloud.timeline.read({ source: "aws.codepipeline", type: "Traffic shifted" }).at(-1);
  expect(own.causes(back).map(({ type }) => type)).toContain("CloudWatch Alarm State Change");
});

// documented: https://docs.aws.amazon.com/codepipeline/latest/userguide/action-reference-PipelineInvoke.html
test("a pipeline starts another one with variables, and does not wait for it", async () => {
  await own.upload({ "a.txt": "1" });
  const deploy = action("Deploy/S3", {
    configuration: { BucketName: "site", Extract: "true", ObjectKey: "#{variables.Where}" },
    in: ["App"],
  });
  await own.create("inner", [[own.source()], [deploy]], { variables: [{ name: "Where", defaultValue: "there" }] });
  const invoke = action("Invoke/CodePipeline", {
    name: "Call",
    configuration: { PipelineName: "inner", Variables: '[{"name":"Where","value":"here"}]' },
  });
  await own.create("outer", [[own.source()], [invoke]]);
  const [newest] = await own.executions("inner");
  const call = await own.run("outer", "Call");
  expect(call).toMatchObject({ status: "Succeeded", output: { executionResult: { externalExecutionId: newest?.pipelineExecutionId } } });
  expect(newest).toMatchObject({ status: "Succeeded", trigger: { triggerType: "StartPipelineExecution" } });
  await own.cloud.ctx.call("s3", "HeadObject", { Bucket: "site", Key: "here/a.txt" });
});

// assumed
test("a provider that is not there fails its action with a clear word", async () => {
  const scan = action("Deploy/ECS", { name: "Ecs", configuration: { ClusterName: "c", ServiceName: "s" }, in: ["App"] });
  await own.create("ecs", [[own.source()], [scan]]);
  const { status, output } = await own.run("ecs", "Ecs");
  expect(status).toBe("Failed");
  expect(output?.executionResult?.errorDetails?.message).toBe("Actions of the provider ECS (Deploy, AWS) are not implemented by Orrery.");
});

// documented: https://docs.aws.amazon.com/codepipeline/latest/userguide/action-reference-CodeDeploy.html
test("a CodeDeploy action follows its deployment to its end", async () => {
  const { ctx } = own.cloud;
  const names = { applicationName: "fleet", deploymentGroupName: "web" };
  await ctx.call("codedeploy", "CreateApplication", { applicationName: "fleet", computePlatform: "Server" });
  const onPremisesInstanceTagFilters = [{ Key: "role", Value: "web", Type: "KEY_AND_VALUE" as const }];
  await ctx.call("codedeploy", "CreateDeploymentGroup", { ...names, serviceRoleArn: PIPELINE_ROLE, onPremisesInstanceTagFilters });
  const configuration = { ApplicationName: "fleet", DeploymentGroupName: "web" };
  await own.upload({ "appspec.yml": "version: 0.0\nos: linux\n" }, "fleet.zip");
  await own.create("fleet", [
    [own.source({ S3ObjectKey: "fleet.zip" })],
    [action("Deploy/CodeDeploy", { name: "Fleet", configuration, in: ["App"] })],
  ]);
  await own.advance(2);
  const { status, output } = await own.run("fleet", "Fleet");
  const { deployments: [id = ""] = [] } = await ctx.call("codedeploy", "ListDeployments", names);
  const { deploymentInfo } = await ctx.call("codedeploy", "GetDeployment", { deploymentId: id });
  expect(deploymentInfo).toMatchObject({
    status: "Failed",
    revision: { revisionType: "S3", s3Location: { bucket: "artifacts", bundleType: "zip" } },
  });
  expect(status).toBe("Failed");
  expect(output?.executionResult).toMatchObject({
    externalExecutionId: id,
    errorDetails: { code: "JobFailed", message: `Deployment ${id} failed. ${deploymentInfo?.errorInformation?.message}` },
  });
});

// documented: https://docs.aws.amazon.com/codepipeline/latest/userguide/pipelines-triggers.html
test("a push or a pull request in a connection's repository starts the pipeline whose trigger it passes, for that very commit", async () => {
  const { ctx, clientConfig } = own.cloud;
  const { ConnectionArn = "" } = await ctx.call("codestar-connections", "CreateConnection", {
    ProviderType: "GitHub",
    ConnectionName: "git",
  });
  await fetch(`${clientConfig.endpoint}/_orrery/connections/complete`, {
    method: "POST",
    body: JSON.stringify({ ConnectionArn }),
    headers: { "content-type": "application/json" },
  });
  const folder = mkdtempSync(join(tmpdir(), "orrery-push-"));
  const git = (...words: string[]) =>
    run("git", ["-C", folder, "-c", "user.name=Ada", "-c", "user.email=ada@example.com", "-c", "protocol.version=2", ...words]);
  try {
    await git("init", "--quiet", "--initial-branch=main");
    const push = async (branch: string, text: string): Promise<string> => {
      writeFileSync(join(folder, "a.txt"), text);
      await git("add", "a.txt");
      await git("commit", "--quiet", "-m", `Write ${text}`);
      await git("push", "--quiet", `${clientConfig.endpoint}/_git/me/app`, `HEAD:refs/heads/${branch}`);
      await own.idle();
      return (await git("rev-parse", "HEAD")).stdout.trim();
    };
    await push("main", "one");
    const configuration = { ConnectionArn, FullRepositoryId: "me/app", BranchName: "main" };
    const source = action("Source/CodeStarSourceConnection", { name: "Source", configuration, out: ["App"], namespace: "Src" });
    const deploy = action("Deploy/S3", {
      configuration: { BucketName: "site", Extract: "true", ObjectKey: "#{Src.BranchName}" },
      in: ["App"],
    });
    const triggers = [
      {
        providerType: "CodeStarSourceConnection",
        gitConfiguration: {
          sourceActionName: "Source",
          push: [{ branches: { includes: ["release/*"] } }],
          pullRequest: [{ events: ["OPEN", "UPDATED", "CLOSED"], branches: { includes: ["main"] } }],
        },
      },
    ] as const;
    await own.create("connected", [[source], [deploy]], { triggers: triggers as never });
    expect((await own.executions("connected"))[0]).toMatchObject({ status: "Succeeded", trigger: { triggerType: "CreatePipeline" } });
    await push("main", "two");
    expect(await own.executions("connected")).toHaveLength(1);
    const commit = await push("release/1", "three");
    const [newest, ...older] = await own.executions("connected");
    expect(older).toHaveLength(1);
    expect(newest).toMatchObject({ status: "Succeeded", trigger: { triggerType: "WebhookV2" }, sourceRevisions: [{ revisionId: commit }] });
    await ctx.call("s3", "HeadObject", { Bucket: "site", Key: "release/1/a.txt" });

    const pullRequests = (verb: string, members: object) =>
      fetch(`${clientConfig.endpoint}/_orrery/connections/pull-requests/${verb}`, {
        method: "POST",
        body: JSON.stringify({ FullRepositoryId: "me/app", ...members }),
      });
    const started = async () => {
      await own.idle();
      return (await own.executions("connected")).length;
    };
    const feature = await push("feature/a", "four");
    expect(await started()).toBe(2);
    await pullRequests("open", { SourceBranch: "feature/a", DestinationBranch: "release/1" });
    expect(await started()).toBe(2);
    const opened = await pullRequests("open", { SourceBranch: "feature/a", DestinationBranch: "main", Title: "Four" });
    expect(await opened.json()).toMatchObject({ number: 2, title: "Four", status: "OPEN" });
    expect(await started()).toBe(3);
    expect((await own.executions("connected"))[0]?.sourceRevisions?.[0]?.revisionId).toBe(feature);
    await ctx.call("s3", "HeadObject", { Bucket: "site", Key: "feature/a/a.txt" });
    const updated = await push("feature/a", "five");
    expect(await started()).toBe(4);
    expect((await own.executions("connected"))[0]?.sourceRevisions?.[0]?.revisionId).toBe(updated);
    await git("push", "--quiet", `${clientConfig.endpoint}/_git/me/app`, ":refs/heads/feature/a");
    expect(await started()).toBe(5);
    expect(own.cloud.cloud.timeline.read({ type: "Pull request changed" }).map(({ detail }) => detail["event"])).toEqual([
      "OPEN",
      "OPEN",
      "UPDATED",
      "UPDATED",
      "CLOSED",
      "CLOSED",
    ]);
    expect((await pullRequests("open", { SourceBranch: "none", DestinationBranch: "main" })).status).toBe(400);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
});
