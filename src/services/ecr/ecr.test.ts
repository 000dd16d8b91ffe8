import {
  CreateRepositoryCommand,
  DeleteRepositoryCommand,
  DescribeImagesCommand,
  DescribeRepositoriesCommand,
  ECRClient,
  GetAuthorizationTokenCommand,
  GetLifecyclePolicyCommand,
  GetRepositoryPolicyCommand,
  ListImagesCommand,
  ListTagsForResourceCommand,
  PutImageCommand,
  PutImageTagMutabilityCommand,
  PutLifecyclePolicyCommand,
  SetRepositoryPolicyCommand,
} from "@aws-sdk/client-ecr";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { ACCOUNT, REGION, startCloud, type TestCloud } from "../../../test/support/cloud.ts";
import type { Properties } from "../../aws/resource.ts";
import { lifecycleProblem } from "./lifecycle.ts";
import { resources } from "./resources.ts";

let cloud: TestCloud;
let ecr: ECRClient;

beforeAll(async () => {
  cloud = await startCloud();
  ecr = new ECRClient(cloud.clientConfig);
});
beforeEach(() => cloud.reset());
afterAll(() => cloud.stop());

const rule = {
  rulePriority: 1,
  selection: { tagStatus: "untagged", countType: "imageCountMoreThan", countNumber: 3 },
  action: { type: "expire" },
};

describe("repositories", () => {
  // documented: https://docs.aws.amazon.com/AmazonECR/latest/APIReference/API_CreateRepository.html
  it("are created once, described and deleted", async () => {
    const tags = [{ Key: "a", Value: "b" }];
    const { repository } = await ecr.send(new CreateRepositoryCommand({ repositoryName: "team/app", tags }));
    expect(repository).toMatchObject({
      repositoryArn: `arn:aws:ecr:${REGION}:${ACCOUNT}:repository/team/app`,
      registryId: ACCOUNT,
      imageTagMutability: "MUTABLE",
      imageScanningConfiguration: { scanOnPush: false },
      encryptionConfiguration: { encryptionType: "AES256" },
    });
    expect((await ecr.send(new ListTagsForResourceCommand({ resourceArn: repository?.repositoryArn }))).tags).toEqual(tags);
    const again = ecr.send(new CreateRepositoryCommand({ repositoryName: "team/app" }));
    const message = `The repository with name 'team/app' already exists in the registry with id '${ACCOUNT}'`;
    await expect(again).rejects.toMatchObject({ name: "RepositoryAlreadyExistsException", message });
    await ecr.send(new DeleteRepositoryCommand({ repositoryName: "team/app" }));
    const gone = ecr.send(new DescribeRepositoriesCommand({ repositoryNames: ["team/app"] }));
    const text = `The repository with name 'team/app' does not exist in the registry with id '${ACCOUNT}'`;
    await expect(gone).rejects.toMatchObject({ name: "RepositoryNotFoundException", message: text });
  });

  // documented: https://docs.aws.amazon.com/AmazonECR/latest/APIReference/API_DescribeRepositories.html
  it("are listed page by page", async () => {
    for (const name of ["aa", "bb", "cc"]) await ecr.send(new CreateRepositoryCommand({ repositoryName: name }));
    const first = await ecr.send(new DescribeRepositoriesCommand({ maxResults: 2 }));
    const second = await ecr.send(new DescribeRepositoriesCommand({ maxResults: 2, nextToken: first.nextToken }));
    const names = [...(first.repositories ?? []), ...(second.repositories ?? [])].map(({ repositoryName }) => repositoryName);
    expect(names).toEqual(["aa", "bb", "cc"]);
    expect(second.nextToken).toBeUndefined();
  });

  // documented: https://docs.aws.amazon.com/AmazonECR/latest/APIReference/API_DescribeImages.html
  it("are truthfully empty, and refuse what would fill them", async () => {
    await ecr.send(new CreateRepositoryCommand({ repositoryName: "app" }));
    expect((await ecr.send(new ListImagesCommand({ repositoryName: "app" }))).imageIds).toEqual([]);
    const one = ecr.send(new DescribeImagesCommand({ repositoryName: "app", imageIds: [{ imageTag: "v1" }] }));
    const message = `The image with imageId {imageDigest:'null', imageTag:'v1'} does not exist within the repository with name 'app' in the registry with id '${ACCOUNT}'`;
    await expect(one).rejects.toMatchObject({ name: "ImageNotFoundException", message });
    const push = ecr.send(new PutImageCommand({ repositoryName: "app", imageManifest: "{}" }));
    await expect(push).rejects.toMatchObject({ $metadata: { httpStatusCode: 501 } });
  });

  // documented: https://docs.aws.amazon.com/AmazonECR/latest/APIReference/API_PutLifecyclePolicy.html
  it("keep policies, after checking them", async () => {
    const repositoryName = "app";
    await ecr.send(new CreateRepositoryCommand({ repositoryName }));
    await expect(ecr.send(new GetLifecyclePolicyCommand({ repositoryName }))).rejects.toMatchObject({
      name: "LifecyclePolicyNotFoundException",
    });
    await expect(ecr.send(new GetRepositoryPolicyCommand({ repositoryName }))).rejects.toMatchObject({
      name: "RepositoryPolicyNotFoundException",
    });
    const lifecyclePolicyText = JSON.stringify({ rules: [rule] });
    await ecr.send(new PutLifecyclePolicyCommand({ repositoryName, lifecyclePolicyText }));
    expect((await ecr.send(new GetLifecyclePolicyCommand({ repositoryName }))).lifecyclePolicyText).toBe(lifecyclePolicyText);
    const bad = ecr.send(new SetRepositoryPolicyCommand({ repositoryName, policyText: "{}" }));
    await expect(bad).rejects.toMatchObject({ name: "InvalidParameterException" });
    await ecr.send(new PutImageTagMutabilityCommand({ repositoryName, imageTagMutability: "IMMUTABLE" }));
    const { repositories } = await ecr.send(new DescribeRepositoriesCommand({ repositoryNames: [repositoryName] }));
    expect(repositories?.[0]?.imageTagMutability).toBe("IMMUTABLE");
  });
});

// documented: https://docs.aws.amazon.com/AmazonECR/latest/APIReference/API_GetAuthorizationToken.html
it("gives docker a user name and a password for twelve hours", async () => {
  const { authorizationData } = await ecr.send(new GetAuthorizationTokenCommand({}));
  const [data] = authorizationData ?? [];
  expect(Buffer.from(data?.authorizationToken ?? "", "base64").toString()).toMatch(/^AWS:.+/);
  expect(Math.round(((data?.expiresAt?.getTime() ?? 0) - cloud.cloud.clock.wall()) / 3_600_000)).toBe(12);
});

// documented: https://docs.aws.amazon.com/AmazonECR/latest/userguide/lifecycle_policy_parameters.html
it.each<[string, unknown, boolean]>([
  ["a rule by count", { rules: [rule] }, true],
  ["no rules", { rules: [] }, false],
  ["tagged without a list", { rules: [{ ...rule, selection: { ...rule.selection, tagStatus: "tagged" } }] }, false],
  ["tagged with a list", { rules: [{ ...rule, selection: { ...rule.selection, tagStatus: "tagged", tagPatternList: ["v*"] } }] }, true],
  ["age without a unit", { rules: [{ ...rule, selection: { tagStatus: "any", countType: "sinceImagePushed", countNumber: 1 } }] }, false],
  ["the same priority twice", { rules: [rule, rule] }, false],
  [
    "any before others",
    {
      rules: [
        { ...rule, selection: { ...rule.selection, tagStatus: "any" } },
        { ...rule, rulePriority: 2 },
      ],
    },
    false,
  ],
])("judges a lifecycle policy: %s", (_name, policy, valid) => {
  expect(lifecycleProblem(JSON.stringify(policy)) === undefined).toBe(valid);
});

// documented: https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-ecr-repository.html
it("is made from a template as the CDK's bootstrap stack has it", async () => {
  const type = resources["AWS::ECR::Repository"];
  const properties: Properties = {
    ImageTagMutability: "IMMUTABLE",
    LifecyclePolicy: { LifecyclePolicyText: JSON.stringify({ rules: [rule] }) },
    RepositoryName: `cdk-hnb659fds-container-assets-${ACCOUNT}-${REGION}`,
    RepositoryPolicyText: {
      Version: "2012-10-17",
      Statement: [
        {
          Sid: "LambdaECRImageRetrievalPolicy",
          Effect: "Allow",
          Principal: { Service: "lambda.amazonaws.com" },
          Action: ["ecr:BatchGetImage"],
        },
      ],
    },
  };
  const request = { properties, logicalId: "R", stackName: "CDKToolkit", stackId: "s", stackTags: {}, generatedName: () => "r" };
  const state = await type?.create(cloud.ctx, request);
  expect(state).toMatchObject({
    physicalId: properties["RepositoryName"],
    attributes: { Arn: `arn:aws:ecr:${REGION}:${ACCOUNT}:repository/${properties["RepositoryName"]}` },
  });
  const repositoryName = String(properties["RepositoryName"]);
  expect((await ecr.send(new GetLifecyclePolicyCommand({ repositoryName }))).lifecyclePolicyText).toContain("rulePriority");
  await type?.delete(cloud.ctx, { physicalId: repositoryName, properties });
  await type?.delete(cloud.ctx, { physicalId: repositoryName, properties });
  expect((await ecr.send(new DescribeRepositoriesCommand({}))).repositories).toEqual([]);
});
