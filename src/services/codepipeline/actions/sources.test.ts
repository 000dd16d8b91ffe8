import { afterAll, beforeAll, expect, test } from "vitest";
import { action, PIPELINE_ROLE, PipelineTest } from "../test-pipelines.ts";
import { readObject } from "./artifacts.ts";

let own: PipelineTest;
beforeAll(async () => {
  own = await PipelineTest.start();
  await own.cloud.ctx.call("s3", "CreateBucket", { Bucket: "site" });
});
afterAll(() => own.cloud.stop());

async function commit(repositoryName: string, files: Readonly<Record<string, string>>, message: string): Promise<string> {
  const { ctx } = own.cloud;
  const parent = await ctx.call("codecommit", "GetRepository", { repositoryName });
  const branch = parent.repositoryMetadata?.defaultBranch;
  const tip =
    branch === undefined ? undefined : (await ctx.call("codecommit", "GetBranch", { repositoryName, branchName: branch })).branch?.commitId;
  const { commitId = "" } = await ctx.call("codecommit", "CreateCommit", {
    repositoryName,
    branchName: "main",
    authorName: "Ada",
    email: "ada@example.com",
    commitMessage: message,
    ...(tip === undefined ? {} : { parentCommitId: tip }),
    putFiles: Object.entries(files).map(([filePath, text]) => ({ filePath, fileContent: Buffer.from(text) })),
  });
  await own.idle();
  return commitId;
}

const deploy = (ObjectKey: string) =>
  action("Deploy/S3", { configuration: { BucketName: "site", Extract: "true", ObjectKey }, in: ["App"] });

// documented: https://docs.aws.amazon.com/codepipeline/latest/userguide/action-reference-S3.html
test("an S3 source takes the object's newest version, and polling is the default", async () => {
  const first = await own.upload({ "index.html": "one", "js/a.js": "1" });
  await own.create("site", [
    [{ ...own.source(), configuration: { S3Bucket: "source", S3ObjectKey: "app.zip" } }],
    [deploy("v-#{Src.VersionId}")],
  ]);
  const second = await own.upload({ "index.html": "two" });
  const [newest, oldest] = await own.executions("site");
  expect(oldest).toMatchObject({ status: "Succeeded", trigger: { triggerType: "CreatePipeline" } });
  expect(newest).toMatchObject({
    status: "Succeeded",
    trigger: { triggerType: "PollForSourceChanges" },
    sourceRevisions: [{ revisionId: second }],
  });
  const { Contents = [] } = await own.cloud.ctx.call("s3", "ListObjectsV2", { Bucket: "site" });
  expect(Contents.map(({ Key }) => Key).sort()).toEqual([`v-${first}/index.html`, `v-${first}/js/a.js`, `v-${second}/index.html`].sort());
  const { output } = await own.run("site", "S3");
  expect(output?.outputVariables).toEqual({});
  const source = await own.cloud.ctx.call("codepipeline", "ListActionExecutions", { pipelineName: "site" });
  const variables = source.actionExecutionDetails?.find(({ stageName }) => stageName === "Stage1")?.output?.outputVariables;
  expect(variables).toMatchObject({
    BucketName: "source",
    ObjectKey: "app.zip",
    VersionId: second,
    ETag: expect.stringMatching(/^[0-9a-f]{32}$/),
  });
});

// documented: https://docs.aws.amazon.com/codepipeline/latest/userguide/action-reference-S3.html
test("an S3 source needs a versioned bucket, and takes another key only where it is allowed", async () => {
  await own.cloud.ctx.call("s3", "CreateBucket", { Bucket: "plain" });
  await own.create("unversioned", [[own.source({ S3Bucket: "plain" })], [deploy("v-#{Src.VersionId}")]]);
  const run = await own.run("unversioned", "S3");
  expect(run).toMatchObject({ status: "Failed", output: { executionResult: { errorDetails: { code: "ConfigurationError" } } } });
});

// documented: https://docs.aws.amazon.com/codepipeline/latest/userguide/create-cwe-ecr-source-cfn.html and triggering.html
test("a push starts the pipeline through the rule that the CDK makes, and the commit is what is taken", async () => {
  const { ctx, cloud } = own.cloud;
  await ctx.call("codecommit", "CreateRepository", { repositoryName: "app" });
  await commit("app", { "a.txt": "1" }, "First");
  const configuration = { RepositoryName: "app", BranchName: "main", PollForSourceChanges: "false" };
  const source = action("Source/CodeCommit", { configuration, out: ["App"], namespace: "Src" });
  const put = action("Deploy/S3", { configuration: { BucketName: "site", Extract: "true", ObjectKey: "#{Src.CommitId}" }, in: ["App"] });
  await own.create("git", [[source], [put]]);
  const EventPattern = JSON.stringify({
    source: ["aws.codecommit"],
    "detail-type": ["CodeCommit Repository State Change"],
    resources: [ctx.arn("codecommit", "app")],
    detail: { event: ["referenceCreated", "referenceUpdated"], referenceName: ["main"] },
  });
  await ctx.call("eventbridge", "PutRule", { Name: "push", EventPattern });
  await ctx.call("eventbridge", "PutTargets", {
    Rule: "push",
    Targets: [{ Id: "Target0", Arn: ctx.arn("codepipeline", "git"), RoleArn: PIPELINE_ROLE }],
  });
  const pushed = await commit("app", { "a.txt": "2" }, "Second\n\nwith a body");
  const [newest] = await own.executions("git");
  expect(newest).toMatchObject({
    status: "Succeeded",
    trigger: { triggerType: "CloudWatchEvent", triggerDetail: ctx.arn("events", "rule/push") },
    sourceRevisions: [{ revisionId: pushed, actionName: "CodeCommit" }],
  });
  const { output } = await own.run("git", "CodeCommit");
  expect(output?.outputVariables).toMatchObject({
    BranchName: "main",
    RepositoryName: "app",
    CommitId: pushed,
    CommitMessage: "Second\n\nwith a body",
  });
  expect((await readObject(ctx, { bucket: "site", key: `${pushed}/a.txt` })).toString()).toBe("2");
  const last = cloud.timeline.read({ source: "aws.codepipeline" }).at(-1);
  const chain = own.causes(last).map(({ type }) => type);
  expect(last?.detail["state"]).toBe("SUCCEEDED");
  expect(chain.at(-1)).toBe("CodeCommit Repository State Change");
});

// documented: https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-use-identity-based.html
test("a rule starts nothing with a role that may not, and tells so", async () => {
  const { ctx, cloud } = own.cloud;
  const trust = {
    Version: "2012-10-17",
    Statement: [{ Effect: "Allow", Principal: { Service: "events.amazonaws.com" }, Action: "sts:AssumeRole" }],
  };
  await ctx.call("iam", "CreateRole", { RoleName: "weak", AssumeRolePolicyDocument: JSON.stringify(trust) });
  await ctx.call("eventbridge", "PutRule", { Name: "weak", EventPattern: '{"source":["shop"]}' });
  const RoleArn = "arn:aws:iam::000000000000:role/weak";
  await ctx.call("eventbridge", "PutTargets", { Rule: "weak", Targets: [{ Id: "1", Arn: ctx.arn("codepipeline", "git"), RoleArn }] });
  const before = (await own.executions("git")).length;
  await ctx.call("eventbridge", "PutEvents", { Entries: [{ Source: "shop", DetailType: "Sold", Detail: "{}" }] });
  await own.idle();
  expect(await own.executions("git")).toHaveLength(before);
  const [failure] = cloud.timeline.read({ source: "aws.events", type: "Target Invocation Failed" });
  expect(failure?.detail).toMatchObject({
    "error-code": "AccessDeniedException",
    "error-message": expect.stringContaining("codepipeline:StartPipelineExecution"),
  });
});

// documented: https://docs.aws.amazon.com/codepipeline/latest/userguide/pipelines-trigger-source-overrides.html
test("a rule's input names the revision that is to be taken", async () => {
  const { ctx } = own.cloud;
  const first = (await own.executions("git")).at(-1)?.sourceRevisions?.[0]?.revisionId ?? "";
  await ctx.call("eventbridge", "PutRule", { Name: "again", EventPattern: '{"source":["again"]}' });
  const InputTransformer = {
    InputPathsMap: { commit: "$.detail.commit" },
    InputTemplate: '{"sourceRevisions": {"actionName": "CodeCommit", "revisionType": "COMMIT_ID", "revisionValue": <commit>}}',
  };
  const target = { Id: "1", Arn: ctx.arn("codepipeline", "git"), RoleArn: PIPELINE_ROLE, InputTransformer };
  await ctx.call("eventbridge", "PutTargets", { Rule: "again", Targets: [target] });
  await ctx.call("eventbridge", "PutEvents", {
    Entries: [{ Source: "again", DetailType: "t", Detail: JSON.stringify({ commit: first }) }],
  });
  await own.idle();
  expect((await own.executions("git"))[0]).toMatchObject({ status: "Succeeded", sourceRevisions: [{ revisionId: first }] });
});

// documented: https://docs.aws.amazon.com/codepipeline/latest/userguide/action-reference-CodeCommit.html
test("CODEBUILD_CLONE_REF puts a reference in the place of the files", async () => {
  const { ctx } = own.cloud;
  await ctx.call("codecommit", "CreateRepository", { repositoryName: "full" });
  const id = await commit("full", { "a.txt": "1" }, "First");
  const configuration = { RepositoryName: "full", BranchName: "main", OutputArtifactFormat: "CODEBUILD_CLONE_REF" };
  await own.create("clone", [[action("Source/CodeCommit", { configuration, out: ["App"] })], [deploy("x")]]);
  const { output } = await own.run("clone", "CodeCommit");
  const { bucket = "", key = "" } = output?.outputArtifacts?.[0]?.s3location ?? {};
  const reference = JSON.parse((await readObject(ctx, { bucket, key })).toString()) as unknown;
  expect(reference).toMatchObject({
    format: "CODEBUILD_CLONE_REF",
    sourceType: "CODECOMMIT",
    repository: "full",
    branch: "main",
    commit: id,
  });
});

// assumed
test("a branch that is not there fails the action with CodeCommit's own words", async () => {
  const configuration = { RepositoryName: "app", BranchName: "nowhere" };
  await own.create("lost", [[action("Source/CodeCommit", { configuration, out: ["App"] })], [deploy("x")]]);
  const { status, output } = await own.run("lost", "CodeCommit");
  expect(status).toBe("Failed");
  expect(output?.executionResult?.errorDetails?.message).toContain("nowhere");
});
