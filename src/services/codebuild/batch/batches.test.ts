import {
  BatchGetBuildBatchesCommand,
  type BuildBatch,
  DeleteBuildBatchCommand,
  ListBuildBatchesForProjectCommand,
  RetryBuildBatchCommand,
  StartBuildBatchCommand,
  type StartBuildBatchCommandInput,
  StopBuildBatchCommand,
} from "@aws-sdk/client-codebuild";
import { CreateRoleCommand, DeleteRolePolicyCommand, IAMClient, PutRolePolicyCommand } from "@aws-sdk/client-iam";
import { CreateBucketCommand, GetObjectCommand, ListObjectsV2Command } from "@aws-sdk/client-s3";
import { afterAll, beforeAll, expect, it } from "vitest";
import { BUILD_ROLE, BuildTest } from "../../../../test/support/codebuild.ts";
import { TestStack } from "../../../../test/support/stack.ts";
import { readZip } from "../../../runtime/processes/zip.ts";

let test: BuildTest;
beforeAll(async () => {
  test = await BuildTest.start();
  await test.s3.send(new CreateBucketCommand({ Bucket: "artifacts" }));
});
afterAll(() => test.stop());

const spec = (batch: object, commands: readonly string[], more: object = {}): string =>
  JSON.stringify({ version: 0.2, batch, phases: { build: { commands } }, ...more });

async function project(name: string, buildspec: string, more: Parameters<BuildTest["project"]>[2] = {}): Promise<void> {
  await test.project(name, buildspec, { buildBatchConfig: { serviceRole: BUILD_ROLE, ...more.buildBatchConfig }, ...more });
}

const idle = () => test.cloud.cloud.clock.idle();

async function get(id: string | undefined): Promise<BuildBatch> {
  const { buildBatches = [] } = await test.client.send(new BatchGetBuildBatchesCommand({ ids: [id ?? ""] }));
  if (buildBatches[0] === undefined) throw new TypeError(`there is no batch ${id}`);
  return buildBatches[0];
}

async function run(projectName: string, more: Partial<StartBuildBatchCommandInput> = {}): Promise<BuildBatch> {
  const { buildBatch } = await test.client.send(new StartBuildBatchCommand({ projectName, ...more }));
  await idle();
  return get(buildBatch?.id);
}

const states = (batch: BuildBatch): Record<string, string | undefined> =>
  Object.fromEntries(
    (batch.buildGroups ?? []).map(({ identifier = "", currentBuildSummary }) => [identifier, currentBuildSummary?.buildStatus]),
  );

// documented: https://docs.aws.amazon.com/codebuild/latest/userguide/batch-build.html
it("a graph runs in its order, each build with its own variables, and all of it is told on the bus", async () => {
  const graph = [
    { identifier: "one", env: { variables: { NAME: "first" } } },
    { identifier: "two", env: { variables: { NAME: "second" } }, "depend-on": ["one"] },
  ];
  await project("graph", spec({ "build-graph": graph }, ['echo "$NAME $CODEBUILD_BATCH_BUILD_IDENTIFIER"']));
  const batch = await run("graph");
  expect(batch).toMatchObject({ buildBatchStatus: "SUCCEEDED", complete: true, buildBatchNumber: 1, currentPhase: "SUCCEEDED" });
  expect(batch.phases?.map(({ phaseType, phaseStatus }) => `${phaseType} ${phaseStatus}`)).toEqual([
    ...["SUBMITTED SUCCEEDED", "DOWNLOAD_BATCHSPEC SUCCEEDED", "IN_PROGRESS SUCCEEDED", "SUCCEEDED undefined"],
  ]);
  const [one, two] = await Promise.all(
    (batch.buildGroups ?? []).map(({ currentBuildSummary }) => test.get(currentBuildSummary?.arn ?? "")),
  );
  expect(await test.log(one ?? {})).toContain("first one");
  expect(await test.log(two ?? {})).toContain("second two");
  expect(one?.buildBatchArn).toBe(batch.arn);
  expect(two?.startTime?.getTime()).toBeGreaterThanOrEqual(one?.endTime?.getTime() ?? Number.NaN);
  const told = test.cloud.cloud.timeline.read({ type: "CodeBuild Build Batch State Change", resource: batch.arn ?? "" });
  expect(told.map(({ detail }) => detail["build-batch-status"])).toEqual(["IN_PROGRESS", "SUCCEEDED"]);
});

const MATRIX = { "build-matrix": { dynamic: { env: { variables: { CODE: ["0", "3", "0"] } } } } };

// documented: https://docs.aws.amazon.com/codebuild/latest/userguide/batch-build-buildspec.html
it("a matrix with one failure fails when all are over, and its failed build can be tried again", async () => {
  await project("matrix", spec(MATRIX, ['[ -f /tmp/none ] || exit "$CODE"']));
  const batch = await run("matrix");
  expect(states(batch)).toEqual({ build0: "SUCCEEDED", build1: "FAILED", build2: "SUCCEEDED" });
  expect(batch.buildBatchStatus).toBe("FAILED");
  expect(batch.phases?.find(({ phaseType }) => phaseType === "IN_PROGRESS")?.contexts?.[0]?.message).toContain("build1 (FAILED)");
  const retry = new RetryBuildBatchCommand({ id: batch.id, retryType: "RETRY_FAILED_BUILDS", idempotencyToken: "again" });
  await test.client.send(retry);
  await test.client.send(retry);
  const other = new RetryBuildBatchCommand({ id: batch.id, retryType: "RETRY_ALL_BUILDS", idempotencyToken: "again" });
  await expect(test.client.send(other)).rejects.toMatchObject({ name: "InvalidInputException" });
  await idle();
  const again = await get(batch.id);
  expect(again.buildGroups?.map(({ priorBuildSummaryList }) => priorBuildSummaryList?.length)).toEqual([0, 1, 0]);
  expect(again.buildBatchStatus).toBe("FAILED");
});

// documented: https://docs.aws.amazon.com/codebuild/latest/userguide/batch-build-buildspec.html
it("a failure that is ignored lets the batch succeed; one with fast-fail stops the others", async () => {
  const ignoring = { "build-matrix": { ...MATRIX["build-matrix"], static: { "ignore-failure": true } } };
  await project("ignoring", spec(ignoring, ['exit "$CODE"']));
  expect(await run("ignoring")).toMatchObject({ buildBatchStatus: "SUCCEEDED" });
  const list = [
    { identifier: "slow", env: { variables: { WORK: "sleep 60" } } },
    { identifier: "bad", env: { variables: { WORK: "exit 1" } } },
  ];
  await project("hasty", spec({ "fast-fail": true, "build-list": list }, ["$WORK"]));
  const hasty = await run("hasty");
  expect(states(hasty)).toEqual({ slow: "STOPPED", bad: "FAILED" });
  expect(hasty.buildBatchStatus).toBe("FAILED");
});

// documented: https://docs.aws.amazon.com/codebuild/latest/APIReference/API_ProjectBuildBatchConfig.html
it("combines the artifacts of all builds in one place", async () => {
  const list = [
    { identifier: "a", env: { variables: { NAME: "a" } } },
    { identifier: "b", env: { variables: { NAME: "b" } } },
  ];
  await project("combined", spec({ "build-list": list }, ['echo "$NAME" > "$NAME.txt"'], { artifacts: { files: ["*.txt"] } }), {
    artifacts: { type: "S3", location: "artifacts", name: "all.zip", packaging: "ZIP" },
    buildBatchConfig: { serviceRole: BUILD_ROLE, combineArtifacts: true },
  });
  const batch = await run("combined");
  expect(batch.buildBatchStatus).toBe("SUCCEEDED");
  expect(batch.artifacts?.location).toBe("arn:aws:s3:::artifacts/all.zip");
  const { Body } = await test.s3.send(new GetObjectCommand({ Bucket: "artifacts", Key: "all.zip" }));
  expect(readZip(Buffer.from((await Body?.transformToByteArray()) ?? [])).map(({ name }) => name)).toEqual(["a.txt", "b.txt"]);
  const { Contents = [] } = await test.s3.send(new ListObjectsV2Command({ Bucket: "artifacts" }));
  expect(Contents).toHaveLength(3);
});

// documented: https://docs.aws.amazon.com/codebuild/latest/APIReference/API_StopBuildBatch.html
it("is stopped, times out on the clock, and is deleted with its builds", async () => {
  await project("long", spec({ "build-list": [{ identifier: "a" }] }, ["sleep 60"]), {
    buildBatchConfig: { serviceRole: BUILD_ROLE, timeoutInMins: 5 },
  });
  const { buildBatch } = await test.client.send(new StartBuildBatchCommand({ projectName: "long" }));
  await test.client.send(new StopBuildBatchCommand({ id: buildBatch?.id }));
  await idle();
  const stopped = await get(buildBatch?.id);
  expect(stopped.buildBatchStatus).toBe("STOPPED");
  const { ids } = await test.client.send(new ListBuildBatchesForProjectCommand({ projectName: "long", filter: { status: "STOPPED" } }));
  expect(ids).toEqual([stopped.id]);
  const { buildBatch: second } = await test.client.send(new StartBuildBatchCommand({ projectName: "long" }));
  const { clock } = test.cloud.cloud;
  while ((await get(second?.id)).buildGroups?.length === 0) await clock.wallPause(20);
  clock.jumpTo(clock.now() + 5 * 60_000);
  await idle();
  expect(await get(second?.id)).toMatchObject({ buildBatchStatus: "TIMED_OUT" });
  const gone = await test.client.send(new DeleteBuildBatchCommand({ id: stopped.id }));
  expect(gone.buildsDeleted).toEqual((stopped.buildGroups ?? []).flatMap(({ currentBuildSummary }) => currentBuildSummary?.arn ?? []));
  const { buildBatchesNotFound } = await test.client.send(new BatchGetBuildBatchesCommand({ ids: [stopped.id ?? ""] }));
  expect(buildBatchesNotFound).toEqual([stopped.id]);
});

// documented: https://docs.aws.amazon.com/codebuild/latest/userguide/batch-build.html
it("fails before any build when the buildspec, its restrictions or its role do not let it", async () => {
  const list = spec({ "build-list": [{ identifier: "a" }, { identifier: "b" }] }, ["true"]);
  const message = async (name: string): Promise<string | undefined> => {
    const batch = await run(name);
    expect(batch).toMatchObject({ buildBatchStatus: "FAILED", buildGroups: [] });
    return batch.phases?.find(({ phaseType }) => phaseType === "DOWNLOAD_BATCHSPEC")?.contexts?.[0]?.message;
  };
  await project("none", JSON.stringify({ version: 0.2, phases: { build: { commands: ["true"] } } }));
  expect(await message("none")).toBe("The buildspec has no batch section");
  await project("few", list, { buildBatchConfig: { serviceRole: BUILD_ROLE, restrictions: { maximumBuildsAllowed: 1 } } });
  expect(await message("few")).toBe("The batch has 2 builds, and 1 are allowed");
  await project("small", list, {
    buildBatchConfig: { serviceRole: BUILD_ROLE, restrictions: { computeTypesAllowed: ["BUILD_GENERAL1_LARGE"] } },
  });
  expect(await message("small")).toContain("BUILD_GENERAL1_SMALL of a is not allowed");
  const role = await roleNamed("powerless");
  await project("powerless", list, { buildBatchConfig: { serviceRole: role } });
  expect(await message("powerless")).toContain("is not authorized to perform: codebuild:StartBuild");
  await test.project("single", list);
  await expect(test.client.send(new StartBuildBatchCommand({ projectName: "single" }))).rejects.toMatchObject({
    name: "InvalidInputException",
  });
});

async function roleNamed(RoleName: string): Promise<string | undefined> {
  const trust = { Effect: "Allow", Principal: { Service: "codebuild.amazonaws.com" }, Action: "sts:AssumeRole" };
  const AssumeRolePolicyDocument = JSON.stringify({ Version: "2012-10-17", Statement: [trust] });
  const iam = new IAMClient(test.cloud.clientConfig);
  return (await iam.send(new CreateRoleCommand({ RoleName, AssumeRolePolicyDocument }))).Role?.Arn;
}

// documented: https://docs.aws.amazon.com/codebuild/latest/userguide/batch-build.html
it("a retry fails when the batch's role may no longer start builds, and starts none", async () => {
  const role = await roleNamed("waning");
  const iam = new IAMClient(test.cloud.clientConfig);
  const allow = { Effect: "Allow", Action: ["codebuild:StartBuild", "codebuild:StopBuild", "codebuild:RetryBuild"], Resource: "*" };
  const of = { RoleName: "waning", PolicyName: "builds" };
  await iam.send(new PutRolePolicyCommand({ ...of, PolicyDocument: JSON.stringify({ Version: "2012-10-17", Statement: [allow] }) }));
  await project("waning", spec({ "build-list": [{ identifier: "a" }] }, ["false"]), { buildBatchConfig: { serviceRole: role } });
  const batch = await run("waning");
  expect(states(batch)).toEqual({ a: "FAILED" });
  await iam.send(new DeleteRolePolicyCommand(of));
  await test.client.send(new RetryBuildBatchCommand({ id: batch.id, retryType: "RETRY_ALL_BUILDS" }));
  await idle();
  const again = await get(batch.id);
  expect(again.buildBatchStatus).toBe("FAILED");
  expect(again.phases?.find(({ phaseType }) => phaseType === "IN_PROGRESS")?.contexts?.[0]?.message).toContain("is not authorized");
  expect(again.buildGroups?.[0]).toMatchObject({ priorBuildSummaryList: [{ buildStatus: "FAILED" }] });
  expect(states(again)).toEqual({ a: undefined });
});

// documented: https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-properties-codebuild-project-projectbuildbatchconfig.html
it("AWS::CodeBuild::Project brings BuildBatchConfig, its numbers as texts too", async () => {
  const project = (TimeoutInMins: string | number) => ({
    P: {
      Type: "AWS::CodeBuild::Project",
      Properties: {
        Name: "templated",
        ServiceRole: BUILD_ROLE,
        Source: { Type: "NO_SOURCE", BuildSpec: spec({ "build-list": [{ identifier: "a" }] }, ["true"]) },
        Artifacts: { Type: "NO_ARTIFACTS" },
        Environment: { Type: "LINUX_CONTAINER", Image: "aws/codebuild/standard:7.0", ComputeType: "BUILD_GENERAL1_SMALL" },
        BuildBatchConfig: {
          ServiceRole: BUILD_ROLE,
          CombineArtifacts: "false",
          TimeoutInMins,
          Restrictions: { MaximumBuildsAllowed: "2", ComputeTypesAllowed: ["BUILD_GENERAL1_SMALL"] },
        },
      },
    },
  });
  const stack = new TestStack(() => test.cloud);
  await stack.deploy("CreateStack", project("30"));
  expect((await run("templated")).buildBatchConfig).toEqual({
    serviceRole: BUILD_ROLE,
    combineArtifacts: false,
    timeoutInMins: 30,
    restrictions: { maximumBuildsAllowed: 2, computeTypesAllowed: ["BUILD_GENERAL1_SMALL"] },
  });
  await stack.deploy("UpdateStack", project(45));
  expect((await run("templated")).buildBatchConfig?.timeoutInMins).toBe(45);
});
