import { afterAll, beforeAll, expect, test } from "vitest";
import { action, PIPELINE_ROLE, PipelineTest } from "../test-pipelines.ts";
import { readObject } from "./artifacts.ts";

let own: PipelineTest;
beforeAll(async () => {
  own = await PipelineTest.start();
  const { ctx } = own.cloud;
  await ctx.call("s3", "CreateBucket", { Bucket: "site" });
  await ctx.call("codebuild", "CreateProject", {
    name: "app",
    source: { type: "CODEPIPELINE" },
    artifacts: { type: "CODEPIPELINE" },
    environment: { type: "LINUX_CONTAINER", image: "aws/codebuild/amazonlinux-x86_64-standard:5.0", computeType: "BUILD_GENERAL1_SMALL" },
    serviceRole: PIPELINE_ROLE,
  });
});
afterAll(() => own.cloud.stop());

const buildspec = (commands: readonly string[]): string =>
  JSON.stringify({
    version: 0.2,
    env: { "exported-variables": ["VERSION"] },
    phases: { build: { commands } },
    artifacts: { files: ["out/**/*"] },
  });

const build = (configuration: Record<string, string> = {}) =>
  action("Build/CodeBuild", {
    name: "Build",
    configuration: { ProjectName: "app", ...configuration },
    in: ["App"],
    out: ["Built"],
    namespace: "B",
  });

// documented: https://docs.aws.amazon.com/codepipeline/latest/userguide/action-reference-CodeBuild.html
test("a build gets the artifact as its source; its exported variables and its artifact go on", async () => {
  const commands = ['export VERSION="$(cat version.txt)-$COLOUR"', "mkdir out", 'echo "$VERSION $CODEBUILD_INITIATOR" > out/index.html'];
  await own.upload({ "buildspec.yml": buildspec(commands), "version.txt": "7" });
  const deploy = action("Deploy/S3", { configuration: { BucketName: "site", Extract: "true", ObjectKey: "#{B.VERSION}" }, in: ["Built"] });
  const variables = JSON.stringify([{ name: "COLOUR", value: "#{Src.BucketName}", type: "PLAINTEXT" }]);
  await own.create("built", [[own.source()], [build({ EnvironmentVariables: variables })], [deploy]]);
  const run = await own.run("built", "Build");
  expect(run).toMatchObject({ status: "Succeeded", output: { outputVariables: { VERSION: "7-source" } } });
  expect(run.output?.executionResult?.externalExecutionId).toMatch(/^app:/);
  const page = await readObject(own.cloud.ctx, { bucket: "site", key: "7-source/out/index.html" });
  expect(page.toString().trim()).toBe("7-source codepipeline/built");
  const ended = own.cloud.cloud.timeline.read({ source: "aws.codepipeline" }).at(-1);
  expect(own.causes(ended).map(({ type }) => type)).toContain("CodeBuild Build State Change");
}, 30_000);

// documented: https://docs.aws.amazon.com/codepipeline/latest/userguide/action-reference-CodeBuild.html
test("a build that fails fails its action, with the phase that failed", async () => {
  await own.upload({ "buildspec.yml": buildspec(["exit 3"]) }, "bad.zip");
  await own.create("broken", [[own.source({ S3ObjectKey: "bad.zip" })], [build()]]);
  const { status, output } = await own.run("broken", "Build");
  expect(status).toBe("Failed");
  expect(output?.executionResult?.errorDetails).toMatchObject({
    code: "JobFailed",
    message: expect.stringContaining("Build terminated with state: FAILED. Phase: BUILD, Code: COMMAND_EXECUTION_ERROR"),
  });
}, 30_000);

// documented: https://docs.aws.amazon.com/codepipeline/latest/userguide/action-reference-CodeBuild.html
test("a batch's artifacts are combined into the action's output, or are its outputs by the names of their builds", async () => {
  const { ctx } = own.cloud;
  const [{ name = "" } = {}] = (await ctx.call("codebuild", "BatchGetProjects", { names: ["app"] })).projects ?? [];
  await ctx.call("codebuild", "UpdateProject", { name, buildBatchConfig: { serviceRole: PIPELINE_ROLE } });
  const list = ["a", "b"].map((identifier) => ({ identifier, env: { variables: { NAME: identifier } } }));
  const commands = ["mkdir out", 'echo "$NAME of $(cat version.txt)" > "out/$NAME.txt"'];
  const batch = { version: 0.2, batch: { "build-list": list }, phases: { build: { commands } }, artifacts: { files: ["out/*"] } };
  await own.upload({ "buildspec.yml": JSON.stringify(batch), "version.txt": "7" }, "batch.zip");
  const deploy = (ObjectKey: string, from: string) =>
    action("Deploy/S3", { name: ObjectKey, configuration: { BucketName: "site", Extract: "true", ObjectKey }, in: [from] });
  const source = own.source({ S3ObjectKey: "batch.zip" });
  const combined = build({ BatchEnabled: "true", CombineArtifacts: "true" });
  await own.create("combined", [[source], [combined], [deploy("both", "Built")]]);
  expect(await own.run("combined", "Build")).toMatchObject({ status: "Succeeded" });
  const text = async (key: string) => (await readObject(ctx, { bucket: "site", key })).toString().trim();
  expect([await text("both/out/a.txt"), await text("both/out/b.txt")]).toEqual(["a of 7", "b of 7"]);
  const apart = action("Build/CodeBuild", {
    name: "Build",
    configuration: { ProjectName: "app", BatchEnabled: "true" },
    in: ["App"],
    out: ["a", "b"],
  });
  await own.create("apart", [[source], [apart], [deploy("only-b", "b")]]);
  expect(await own.run("apart", "Build")).toMatchObject({ status: "Succeeded" });
  expect(await text("only-b/out/b.txt")).toBe("b of 7");
  // documented: https://docs.aws.amazon.com/codebuild/latest/userguide/sample-pipeline-batch.html
  const secondary = { "secondary-artifacts": { notes: { files: ["out/*"], "discard-paths": "yes" } } };
  const named = { ...batch, artifacts: { ...batch.artifacts, ...secondary } };
  const more = action("Build/CodeBuild", {
    name: "Build",
    configuration: { ProjectName: "app", BatchEnabled: "true", BuildspecOverride: JSON.stringify(named) },
    in: ["App"],
    out: ["a", "a_notes", "b_notes"],
  });
  await own.create("named", [[source], [more], [deploy("primary-a", "a"), deploy("notes-b", "b_notes")]]);
  expect(await own.run("named", "Build")).toMatchObject({ status: "Succeeded" });
  expect([await text("primary-a/out/a.txt"), await text("notes-b/b.txt")]).toEqual(["a of 7", "b of 7"]);
}, 30_000);

// documented: https://docs.aws.amazon.com/codepipeline/latest/userguide/action-reference-Commands.html
test("commands run on the artifact, export variables and put files into an artifact", async () => {
  await own.upload({ "name.txt": "Ada" }, "names.zip");
  const commands = action("Compute/Commands", {
    name: "Run",
    in: ["App"],
    namespace: "C",
    more: {
      commands: ["export NAME=$(cat name.txt)", "echo hi > hello.txt"],
      outputVariables: ["NAME"],
      outputArtifacts: [{ name: "Out", files: ["*.txt"] }],
    },
  });
  const deploy = action("Deploy/S3", { configuration: { BucketName: "site", Extract: "true", ObjectKey: "#{C.NAME}" }, in: ["Out"] });
  const trust = {
    Version: "2012-10-17",
    Statement: [{ Effect: "Allow", Principal: { Service: "codepipeline.amazonaws.com" }, Action: "sts:AssumeRole" }],
  };
  const { ctx } = own.cloud;
  await ctx.call("iam", "CreateRole", { RoleName: "commands", AssumeRolePolicyDocument: JSON.stringify(trust) });
  const stages = [[own.source({ S3ObjectKey: "names.zip" })], [commands], [deploy]];
  await own.create("commands", stages, { roleArn: "arn:aws:iam::000000000000:role/commands" });
  expect(await own.run("commands", "Run")).toMatchObject({ status: "Succeeded", output: { outputVariables: { NAME: "Ada" } } });
  await own.cloud.ctx.call("s3", "HeadObject", { Bucket: "site", Key: "Ada/hello.txt" });
}, 30_000);

// documented: https://docs.aws.amazon.com/codepipeline/latest/userguide/tutorials-codecommit-gitclone.html
test("a build clones what CODEBUILD_CLONE_REF refers to, history and all", async () => {
  const { ctx } = own.cloud;
  await ctx.call("codecommit", "CreateRepository", { repositoryName: "full" });
  const spec = buildspec(["export VERSION=$(git log --format=%s | tr '\\n' ' ')", "mkdir out", "touch out/a"]);
  const files = [{ filePath: "buildspec.yml", fileContent: Buffer.from(spec) }];
  const first = await ctx.call("codecommit", "CreateCommit", {
    repositoryName: "full",
    branchName: "main",
    commitMessage: "One",
    putFiles: files,
  });
  const more = [{ filePath: "b", fileContent: Buffer.from("b") }];
  const parentCommitId = first.commitId;
  await ctx.call("codecommit", "CreateCommit", {
    repositoryName: "full",
    branchName: "main",
    parentCommitId,
    commitMessage: "Two",
    putFiles: more,
  });
  const configuration = { RepositoryName: "full", BranchName: "main", OutputArtifactFormat: "CODEBUILD_CLONE_REF" };
  await own.create("clone", [[action("Source/CodeCommit", { configuration, out: ["App"] })], [build()]]);
  expect((await own.run("clone", "Build")).output?.outputVariables?.["VERSION"]?.trim()).toBe("Two One");
}, 30_000);

// documented: https://docs.aws.amazon.com/codebuild/latest/userguide/sample-build-notifications.html
test("a rule starts a build with what its input says", async () => {
  const { ctx, cloud } = own.cloud;
  await ctx.call("codebuild", "CreateProject", {
    name: "nightly",
    source: { type: "NO_SOURCE", buildspec: JSON.stringify({ version: 0.2, phases: { build: { commands: ["true"] } } }) },
    artifacts: { type: "NO_ARTIFACTS" },
    environment: { type: "LINUX_CONTAINER", image: "aws/codebuild/amazonlinux-x86_64-standard:5.0", computeType: "BUILD_GENERAL1_SMALL" },
    serviceRole: PIPELINE_ROLE,
  });
  await ctx.call("eventbridge", "PutRule", { Name: "night", EventPattern: '{"source":["clock"]}' });
  const Arn = ctx.arn("codebuild", "project/nightly");
  const Input = JSON.stringify({ environmentVariablesOverride: [{ name: "WHEN", value: "night" }] });
  const put = ctx.call("eventbridge", "PutTargets", { Rule: "night", Targets: [{ Id: "1", Arn, Input }] });
  await expect(put).rejects.toMatchObject({ code: "ValidationException" });
  await ctx.call("eventbridge", "PutTargets", { Rule: "night", Targets: [{ Id: "1", Arn, Input, RoleArn: PIPELINE_ROLE }] });
  await ctx.call("eventbridge", "PutEvents", { Entries: [{ Source: "clock", DetailType: "t", Detail: "{}" }] });
  await cloud.clock.idle();
  const { ids = [] } = await ctx.call("codebuild", "ListBuildsForProject", { projectName: "nightly" });
  const [found] = (await ctx.call("codebuild", "BatchGetBuilds", { ids })).builds ?? [];
  expect(found).toMatchObject({
    buildStatus: "SUCCEEDED",
    initiator: "rule/night",
    environment: { environmentVariables: [{ name: "WHEN", value: "night" }] },
  });
}, 30_000);
