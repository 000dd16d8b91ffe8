import {
  BatchGetProjectsCommand,
  CreateProjectCommand,
  DeleteProjectCommand,
  ListProjectsCommand,
  UpdateProjectCommand,
} from "@aws-sdk/client-codebuild";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { BUILD_ROLE, BuildTest, commands } from "../../../test/support/codebuild.ts";

let test: BuildTest;
beforeAll(async () => {
  test = await BuildTest.start();
});
afterAll(() => test.stop());

const get = async (name: string) => (await test.client.send(new BatchGetProjectsCommand({ names: [name] }))).projects?.[0];

describe("projects", () => {
  // documented: https://docs.aws.amazon.com/codebuild/latest/APIReference/API_CreateProject.html
  it("are made with AWS's defaults, changed member by member, listed and deleted", async () => {
    await test.project("one", commands("true"), { tags: [{ key: "team", value: "a" }], description: "first" });
    expect(await get("one")).toMatchObject({
      arn: "arn:aws:codebuild:us-east-1:000000000000:project/one",
      timeoutInMinutes: 60,
      queuedTimeoutInMinutes: 480,
      encryptionKey: "arn:aws:kms:us-east-1:000000000000:alias/aws/s3",
      badge: { badgeEnabled: false },
      projectVisibility: "PRIVATE",
      tags: [{ key: "team", value: "a" }],
    });
    await test.client.send(new UpdateProjectCommand({ name: "one", timeoutInMinutes: 10, concurrentBuildLimit: 3 }));
    expect(await get("one")).toMatchObject({
      timeoutInMinutes: 10,
      concurrentBuildLimit: 3,
      description: "first",
      tags: [{ key: "team" }],
    });
    await test.client.send(new UpdateProjectCommand({ name: "one", concurrentBuildLimit: -1 }));
    expect((await get("one"))?.concurrentBuildLimit).toBeUndefined();
    await expect(test.project("one", commands("true"))).rejects.toMatchObject({ name: "ResourceAlreadyExistsException" });
    await test.project("two", commands("true"));
    expect((await test.client.send(new ListProjectsCommand({ sortOrder: "DESCENDING" }))).projects).toEqual(["two", "one"]);
    await test.client.send(new DeleteProjectCommand({ name: "two" }));
    await test.client.send(new DeleteProjectCommand({ name: "two" }));
    expect((await test.client.send(new ListProjectsCommand({}))).projects).toEqual(["one"]);
    await expect(test.begin("two")).rejects.toMatchObject({
      name: "ResourceNotFoundException",
      message: "Project cannot be found: arn:aws:codebuild:us-east-1:000000000000:project/two",
    });
  });

  // documented: https://docs.aws.amazon.com/codebuild/latest/userguide/troubleshooting.html#troubleshooting-assume-role
  it("need a role that lets CodeBuild in", async () => {
    await expect(test.project("no-role", commands("true"), { serviceRole: `${BUILD_ROLE}-other` })).rejects.toMatchObject({
      name: "InvalidInputException",
      message: `CodeBuild is not authorized to perform: sts:AssumeRole on ${BUILD_ROLE}-other`,
    });
  });

  // documented: https://docs.aws.amazon.com/codebuild/latest/APIReference/API_ProjectSource.html and API_ProjectArtifacts.html; the texts are assumed
  it.each([
    [{ source: { type: "NO_SOURCE", buildspec: "buildspec.yml" } }, "buildspec must be given inline"],
    [{ source: { type: "S3", location: "bucket" } }, "location must be a valid S3 source"],
    [{ source: { type: "GITHUB" } }, "location is required"],
    [{ artifacts: { type: "S3" } }, "location must be a valid S3 bucket"],
    [{ source: { type: "CODEPIPELINE" } }, "artifact type must be CODEPIPELINE"],
    [{ cache: { type: "LOCAL" } }, "modes must not be empty"],
    [{ timeoutInMinutes: 4 }, "timeoutInMinutes"],
  ] as const)("are refused with %j", async (more, message) => {
    const base = {
      name: "refused",
      source: { type: "NO_SOURCE", buildspec: commands("true") },
      artifacts: { type: "NO_ARTIFACTS" },
      environment: { type: "LINUX_CONTAINER", image: "aws/codebuild/standard:7.0", computeType: "BUILD_GENERAL1_SMALL" },
      serviceRole: BUILD_ROLE,
    } as const;
    const command = new CreateProjectCommand({ ...base, ...more } as unknown as ConstructorParameters<typeof CreateProjectCommand>[0]);
    await expect(test.client.send(command)).rejects.toMatchObject({
      name: "InvalidInputException",
      message: expect.stringContaining(message),
    });
  });
});
