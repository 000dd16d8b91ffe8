import { execFileSync } from "node:child_process";
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { CodeCommitClient, CreateCommitCommand, CreateRepositoryCommand } from "@aws-sdk/client-codecommit";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { BUILD_ROLE, BuildTest, commands } from "../../../test/support/codebuild.ts";
import { TestStack } from "../../../test/support/stack.ts";

let test: BuildTest;
const stack = new TestStack(() => test.cloud);
beforeAll(async () => {
  test = await BuildTest.start();
});
afterAll(() => test.stop());

describe("CodeCommit as a source", () => {
  // documented: https://docs.aws.amazon.com/codebuild/latest/userguide/sample-source-version.html
  it("is checked out at a branch, a commit, or the default branch, with its history as deep as asked", async () => {
    const codecommit = new CodeCommitClient(test.cloud.clientConfig);
    const { repositoryMetadata } = await codecommit.send(new CreateRepositoryCommand({ repositoryName: "app" }));
    const put = async (text: string, parentCommitId?: string) =>
      (
        await codecommit.send(
          new CreateCommitCommand({
            repositoryName: "app",
            branchName: "main",
            ...(parentCommitId === undefined ? {} : { parentCommitId }),
            putFiles: [
              { filePath: "a.txt", fileContent: Buffer.from(text) },
              {
                filePath: "buildspec.yml",
                fileContent: Buffer.from(commands("cat a.txt", "git log --oneline | wc -l", "echo $CODEBUILD_RESOLVED_SOURCE_VERSION")),
              },
            ],
          }),
        )
      ).commitId ?? "";
    const first = await put("first\n");
    const second = await put("second\n", first);
    await test.project("app", "", { source: { type: "CODECOMMIT", location: repositoryMetadata?.cloneUrlHttp ?? "", gitCloneDepth: 1 } });
    const latest = await test.run("app");
    expect(latest).toMatchObject({ buildStatus: "SUCCEEDED", resolvedSourceVersion: second });
    expect(await test.log(latest)).toEqual(expect.arrayContaining(["second", "1", second]));
    const older = await test.run("app", { sourceVersion: first });
    expect(await test.log(older)).toContain("first");
    expect((await test.run("app", { sourceVersion: "refs/heads/main", gitCloneDepthOverride: 0 })).resolvedSourceVersion).toBe(second);
    const none = await test.run("app", { sourceVersion: "nowhere" });
    expect(test.phase(none, "DOWNLOAD_SOURCE")?.contexts?.[0]).toEqual({
      statusCode: "CLIENT_ERROR",
      message: "reference not found for primary source and source version nowhere",
    });
  });
});

describe("any git repository as a source", () => {
  // documented: https://docs.aws.amazon.com/codebuild/latest/userguide/sample-source-version.html (pull requests, tags)
  it("is cloned from its URL, at a tag or a pull request too", async () => {
    const folder = join(test.cloud.cloud.dataDir, "host/owner/repo.git");
    const git = (...args: string[]) =>
      execFileSync("git", ["-c", "user.name=t", "-c", "user.email=t@example.com", ...args], { cwd: folder });
    mkdirSync(folder, { recursive: true });
    git("init", "--quiet", "--initial-branch=main", ".");
    const commit = (text: string) => {
      writeFileSync(join(folder, "buildspec.yml"), commands(`echo ${text}`));
      git("add", ".");
      git("commit", "--quiet", "-m", text);
    };
    commit("tagged");
    git("tag", "v1");
    commit("latest");
    git("checkout", "--quiet", "-b", "topic");
    commit("proposed");
    git("update-ref", "refs/pull/7/head", "topic");
    git("checkout", "--quiet", "main");
    await test.project("hosted", "", { source: { type: "GITHUB", location: `file://${folder}` } });
    expect(await test.log(await test.run("hosted", { sourceVersion: "main" }))).toContain("latest");
    expect(await test.log(await test.run("hosted", { sourceVersion: "v1" }))).toContain("tagged");
    expect(await test.log(await test.run("hosted", { sourceVersion: "pr/7" }))).toContain("proposed");
  });
});

describe("AWS::CodeBuild::Project", () => {
  // documented: https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-codebuild-project.html
  it("is made, changed and taken away with its stack; texts stand for numbers and booleans", async () => {
    const project = (more: object) => ({
      P: {
        Type: "AWS::CodeBuild::Project",
        Properties: {
          Name: "of-a-stack",
          ServiceRole: BUILD_ROLE,
          Artifacts: { Type: "NO_ARTIFACTS" },
          Source: { Type: "NO_SOURCE", BuildSpec: commands("echo $FROM") },
          Environment: {
            Type: "LINUX_CONTAINER",
            ComputeType: "BUILD_GENERAL1_SMALL",
            Image: "aws/codebuild/standard:7.0",
            PrivilegedMode: "false",
            EnvironmentVariables: [{ Name: "FROM", Type: "PLAINTEXT", Value: "stack" }],
          },
          ...more,
        },
      },
    });
    const outputs = { Name: { Ref: "P" }, Arn: { "Fn::GetAtt": ["P", "Arn"] } };
    expect(await stack.deploy("CreateStack", project({ TimeoutInMinutes: "30" }), outputs)).toEqual({
      Name: "of-a-stack",
      Arn: "arn:aws:codebuild:us-east-1:000000000000:project/of-a-stack",
    });
    const build = await test.run("of-a-stack");
    expect(build.timeoutInMinutes).toBe(30);
    expect(await test.log(build)).toContain("stack");
    await stack.deploy("UpdateStack", project({ Description: "changed" }), outputs);
    const { projects } = await test.cloud.ctx.call("codebuild", "BatchGetProjects", { names: ["of-a-stack"] });
    expect(projects?.[0]).toMatchObject({ description: "changed", timeoutInMinutes: 60 });
    await stack.destroy();
    const after = await test.cloud.ctx.call("codebuild", "BatchGetProjects", { names: ["of-a-stack"] });
    expect(after.projectsNotFound).toEqual(["of-a-stack"]);
  });
});
