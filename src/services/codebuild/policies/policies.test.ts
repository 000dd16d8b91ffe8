import {
  BatchGetProjectsCommand,
  CodeBuildClient,
  CreateReportGroupCommand,
  DeleteProjectCommand,
  DeleteResourcePolicyCommand,
  GetResourcePolicyCommand,
  ListBuildsForProjectCommand,
  ListCuratedEnvironmentImagesCommand,
  ListSharedProjectsCommand,
  ListSharedReportGroupsCommand,
  PutResourcePolicyCommand,
} from "@aws-sdk/client-codebuild";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { BuildTest, commands } from "../../../../test/support/codebuild.ts";

let test: BuildTest;
let other: CodeBuildClient;
beforeAll(async () => {
  test = await BuildTest.start();
  const credentials = { accessKeyId: "111122223333", secretAccessKey: "test" };
  other = new CodeBuildClient({ ...test.cloud.clientConfig, credentials });
});
afterAll(() => test.stop());

const policyFor = (account: string, resource: string, actions: readonly string[]): string =>
  JSON.stringify({
    Version: "2012-10-17",
    Statement: [
      { Effect: "Allow", Principal: { AWS: [account] }, Action: actions.map((action) => `codebuild:${action}`), Resource: resource },
    ],
  });

const arn = "arn:aws:codebuild:us-east-1:000000000000:project/shared";

describe("resource policies", () => {
  // documented: https://docs.aws.amazon.com/codebuild/latest/userguide/project-sharing.html
  it("share a project with another account, which may see it and nothing else", async () => {
    await test.project("shared", commands("true"));
    const build = await test.run("shared");
    const ask = async () => (await other.send(new BatchGetProjectsCommand({ names: [arn] }))).projects?.map(({ name }) => name);
    expect(await ask()).toEqual([]);
    const policy = policyFor("111122223333", arn, ["BatchGetProjects", "ListBuildsForProject"]);
    expect((await test.client.send(new PutResourcePolicyCommand({ resourceArn: arn, policy }))).resourceArn).toBe(arn);
    expect((await test.client.send(new GetResourcePolicyCommand({ resourceArn: arn }))).policy).toBe(policy);
    expect(await ask()).toEqual(["shared"]);
    expect((await other.send(new ListBuildsForProjectCommand({ projectName: arn }))).ids).toEqual([build.id]);
    expect((await other.send(new ListSharedProjectsCommand({}))).projects).toEqual([arn]);
    expect((await test.client.send(new ListSharedProjectsCommand({}))).projects).toEqual([]);
    await test.client.send(new DeleteResourcePolicyCommand({ resourceArn: arn }));
    expect((await other.send(new ListSharedProjectsCommand({}))).projects).toEqual([]);
    expect(await ask()).toEqual([]);
  });

  it("are for report groups too, go with what they are of, and must be policies", async () => {
    const exportConfig = { exportConfigType: "NO_EXPORT" as const };
    const { reportGroup } = await test.client.send(new CreateReportGroupCommand({ name: "shared", type: "TEST", exportConfig }));
    const group = reportGroup?.arn ?? "";
    const put = (resourceArn: string, policy: string) => test.client.send(new PutResourcePolicyCommand({ resourceArn, policy }));
    await put(group, policyFor("111122223333", group, ["BatchGetReportGroups"]));
    expect((await other.send(new ListSharedReportGroupsCommand({}))).reportGroups).toEqual([group]);
    await expect(put(group, "{}")).rejects.toMatchObject({ name: "InvalidInputException" });
    await expect(put(`${arn}-not`, policyFor("*", arn, ["*"]))).rejects.toMatchObject({ name: "ResourceNotFoundException" });
    await put(arn, policyFor("111122223333", arn, ["BatchGetProjects"]));
    await test.client.send(new DeleteProjectCommand({ name: "shared" }));
    expect((await other.send(new ListSharedProjectsCommand({}))).projects).toEqual([]);
  });
});

// documented: https://docs.aws.amazon.com/codebuild/latest/userguide/ec2-compute-images.html
it("names the curated Linux images", async () => {
  const { platforms = [] } = await test.client.send(new ListCuratedEnvironmentImagesCommand({}));
  const names = platforms.flatMap(({ languages = [] }) => languages.flatMap(({ images = [] }) => images.map(({ name }) => name)));
  expect(platforms.map(({ platform }) => platform)).toEqual(["AMAZON_LINUX", "UBUNTU"]);
  expect(names).toContain("aws/codebuild/standard:7.0");
});
