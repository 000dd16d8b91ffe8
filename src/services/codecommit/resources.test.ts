import { afterAll, beforeAll, expect, it } from "vitest";
import { startCloud, type TestCloud } from "../../../test/support/cloud.ts";
import { TestStack } from "../../../test/support/stack.ts";
import { writeZip } from "../../runtime/processes/zip.ts";

let cloud: TestCloud;
const stack = new TestStack(() => cloud);

beforeAll(async () => {
  cloud = await startCloud();
});
afterAll(() => cloud.stop());

it("makes a repository whose first commit is an archive in S3, renames it, and takes it away", async () => {
  // documented: https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-codecommit-repository.html
  const { ctx } = cloud;
  await ctx.call("s3", "CreateBucket", { Bucket: "seeds" });
  await ctx.call("s3", "PutObject", { Bucket: "seeds", Key: "code.zip", Body: writeZip({ "app/index.js": "1\n" }) as never });
  const Properties = {
    RepositoryName: "shop",
    Code: { BranchName: "trunk", S3: { Bucket: "seeds", Key: "code.zip" } },
    Tags: [{ Key: "k", Value: "v" }],
  };
  const outputs = { Id: { Ref: "R" }, Name: { "Fn::GetAtt": ["R", "Name"] }, Url: { "Fn::GetAtt": ["R", "CloneUrlHttp"] } };
  const made = await stack.deploy("CreateStack", { R: { Type: "AWS::CodeCommit::Repository", Properties } }, outputs);
  const { repositoryMetadata } = await ctx.call("codecommit", "GetRepository", { repositoryName: "shop" });
  expect(made).toEqual({ Id: repositoryMetadata?.repositoryId, Name: "shop", Url: `${cloud.endpoint}/v1/repos/shop` });
  expect(repositoryMetadata?.defaultBranch).toBe("trunk");
  const { fileContent } = await ctx.call("codecommit", "GetFile", { repositoryName: "shop", filePath: "app/index.js" });
  expect(Buffer.from(fileContent ?? []).toString("utf8")).toBe("1\n");
  const renamed = { ...Properties, RepositoryName: "store", RepositoryDescription: "d" };
  await stack.deploy("UpdateStack", { R: { Type: "AWS::CodeCommit::Repository", Properties: renamed } }, outputs);
  const next = await ctx.call("codecommit", "GetRepository", { repositoryName: "store" });
  expect(next.repositoryMetadata).toMatchObject({ repositoryId: made["Id"], repositoryDescription: "d", defaultBranch: "trunk" });
  await stack.destroy();
  expect((await ctx.call("codecommit", "ListRepositories", {})).repositories).toEqual([]);
});
