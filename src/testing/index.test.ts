import {
  CodePipelineClient,
  CreatePipelineCommand,
  GetPipelineStateCommand,
  ListPipelineExecutionsCommand,
  PutApprovalResultCommand,
  RetryStageExecutionCommand,
  StartPipelineExecutionCommand,
} from "@aws-sdk/client-codepipeline";
import { CreateRoleCommand, IAMClient } from "@aws-sdk/client-iam";
import { GetCallerIdentityCommand, STSClient } from "@aws-sdk/client-sts";
import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
import { startOrrery, type TestCloud } from "./index.ts";

let cloud: TestCloud;
let client: CodePipelineClient;
beforeAll(async () => {
  cloud = await startOrrery({ seed: "tests" });
  client = new CodePipelineClient({ ...cloud.clientConfig, maxAttempts: 1 });
});
afterAll(() => cloud.stop());
beforeEach(() => cloud.reset());

const action = (name: string, category: string, provider: string, configuration: Record<string, string>, more: object = {}): object => ({
  name,
  actionTypeId: { category, owner: "AWS", provider, version: "1" },
  configuration,
  ...more,
});

/** Source → build → approval → deploy, one execution after the other. */
async function createPipeline(): Promise<void> {
  const statement = { Effect: "Allow", Principal: { Service: "codepipeline.amazonaws.com" }, Action: "sts:AssumeRole" };
  const trust = JSON.stringify({ Version: "2012-10-17", Statement: [statement] });
  await new IAMClient(cloud.clientConfig).send(new CreateRoleCommand({ RoleName: "pipeline", AssumeRolePolicyDocument: trust }));
  const stages = [
    {
      name: "Source",
      actions: [
        action("Commit", "Source", "CodeCommit", { RepositoryName: "r", BranchName: "main" }, { outputArtifacts: [{ name: "code" }] }),
      ],
    },
    { name: "Build", actions: [action("Test", "Build", "CodeBuild", { ProjectName: "p" }, { inputArtifacts: [{ name: "code" }] })] },
    { name: "Approve", actions: [action("Review", "Approval", "Manual", {})] },
    {
      name: "Deploy",
      actions: [action("Stack", "Deploy", "S3", { BucketName: "b", Extract: "true" }, { inputArtifacts: [{ name: "code" }] })],
    },
  ];
  await client.send(
    new CreatePipelineCommand({
      pipeline: {
        name: "app",
        roleArn: `arn:aws:iam::${cloud.account}:role/pipeline`,
        pipelineType: "V2",
        executionMode: "QUEUED",
        artifactStore: { type: "S3", location: "artifacts" },
        stages: stages as never,
      },
    }),
  );
  await cloud.clock.idle();
}

async function statuses(): Promise<(string | undefined)[]> {
  const { pipelineExecutionSummaries = [] } = await client.send(new ListPipelineExecutionsCommand({ pipelineName: "app" }));
  return pipelineExecutionSummaries.map(({ status }) => status).reverse();
}

async function approve(): Promise<void> {
  const { stageStates = [] } = await client.send(new GetPipelineStateCommand({ name: "app" }));
  const token = stageStates[2]?.actionStates?.[0]?.latestExecution?.token;
  const result = { status: "Approved" as const, summary: "" };
  await client.send(new PutApprovalResultCommand({ pipelineName: "app", stageName: "Approve", actionName: "Review", token, result }));
  await cloud.clock.idle();
}

test("a whole queued pipeline: a retry, an approval, and one that nobody gives within seven days", async () => {
  cloud.scriptActions({ "app/Build/Test": [{ status: "Failed", message: "1 of 12 tests failed" }, "Succeeded"], "*": "Succeeded" });
  await createPipeline();
  expect(await statuses()).toEqual(["Failed"]);
  const { pipelineExecutionSummaries: [first] = [] } = await client.send(new ListPipelineExecutionsCommand({ pipelineName: "app" }));
  await client.send(
    new RetryStageExecutionCommand({
      pipelineName: "app",
      stageName: "Build",
      pipelineExecutionId: first?.pipelineExecutionId,
      retryMode: "FAILED_ACTIONS",
    }),
  );
  await client.send(new StartPipelineExecutionCommand({ name: "app" }));
  await cloud.clock.idle();
  // The second has been built, and waits behind the first in front of the approval.
  expect(await statuses()).toEqual(["InProgress", "InProgress"]);
  await approve();
  expect(await statuses()).toEqual(["Succeeded", "InProgress"]);
  await cloud.clock.advance("7d");
  expect(await statuses()).toEqual(["Succeeded", "Failed"]);
  const why = cloud.why(first?.pipelineExecutionId ?? "").map(({ rule }) => rule ?? "");
  expect(why.some((rule) => rule.includes("1 of 12 tests failed"))).toBe(true);
});

test("faults are injected and healed", async () => {
  const sts = new STSClient({ ...cloud.clientConfig, maxAttempts: 1 });
  cloud.inject({ id: "f", point: "api", where: { service: "sts" }, error: { code: "Throttling", status: 400 } });
  await expect(sts.send(new GetCallerIdentityCommand({}))).rejects.toMatchObject({ name: "Throttling" });
  cloud.heal("f");
  await expect(sts.send(new GetCallerIdentityCommand({}))).resolves.toMatchObject({ Account: cloud.account });
});

test("time that is no duration is refused", async () => {
  await expect(cloud.clock.advance("soon")).rejects.toThrow("is not a duration");
});
