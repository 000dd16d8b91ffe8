import {
  GetPipelineExecutionCommand,
  ListActionExecutionsCommand,
  ListPipelineExecutionsCommand,
  PutActionRevisionCommand,
  StartPipelineExecutionCommand,
} from "@aws-sdk/client-codepipeline";
import { afterAll, beforeAll, beforeEach, expect, it } from "vitest";
import { action, approval, Pipelines, source } from "../../../test/support/pipeline.ts";
import { scriptActions } from "./scripted.ts";

const HOUR = 3_600_000;
let pipelines: Pipelines;
beforeAll(async () => {
  pipelines = await Pipelines.start();
});
beforeEach(() => pipelines.script());
afterAll(() => pipelines.stop());

const details = async (pipelineName: string, pipelineExecutionId: string) =>
  (await pipelines.client.send(new ListActionExecutionsCommand({ pipelineName, filter: { pipelineExecutionId } })))
    .actionExecutionDetails ?? [];

// documented: https://docs.aws.amazon.com/codepipeline/latest/userguide/reference-variables.html
it("variables are put in just before an action starts", async () => {
  pipelines.script({ "vars/Source/Fetch": { status: "Succeeded", variables: { VersionId: "v7" } } });
  const UserParameters = "#{codepipeline.PipelineExecutionId} #{variables.color} #{src.VersionId}";
  const configuration = { FunctionName: "f", UserParameters };
  const first = { name: "Source", actions: [source("Fetch", { namespace: "src" })] };
  const declaration = {
    variables: [{ name: "color", defaultValue: "red" }],
    stages: [first, { name: "Use", actions: [action("A", { configuration })] }],
  };
  await pipelines.create("vars", [], declaration);
  const id = await pipelines.begin("vars", [{ name: "color", value: "blue" }]);
  const [used] = await details("vars", id);
  expect(used?.input?.configuration?.["UserParameters"]).toBe(UserParameters);
  expect(used?.input?.resolvedConfiguration?.["UserParameters"]).toBe(`${id} blue v7`);
  const { pipelineExecution } = await pipelines.client.send(
    new GetPipelineExecutionCommand({ pipelineName: "vars", pipelineExecutionId: id }),
  );
  expect(pipelineExecution?.variables).toEqual([{ name: "color", resolvedValue: "blue" }]);
});

// documented: https://docs.aws.amazon.com/codepipeline/latest/userguide/reference-variables.html
it("an action whose variables nobody produced fails, and its provider is not asked", async () => {
  const configuration = { FunctionName: "#{src.Missing}" };
  const first = { name: "Source", actions: [source("Fetch", { namespace: "src" })] };
  const id = await pipelines.create("unresolved", [], { stages: [first, { name: "Use", actions: [action("A", { configuration })] }] });
  const [used] = await details("unresolved", id);
  const errorDetails = { code: "ConfigurationError", message: "The following variables could not be resolved: #{src.Missing}" };
  expect(used).toMatchObject({ status: "Failed", output: { executionResult: { errorDetails } } });
});

// documented: https://docs.aws.amazon.com/codepipeline/latest/userguide/limits.html
it("output variables have 122,880 bytes at most", async () => {
  pipelines.script({ "large/Use/A": { status: "Succeeded", variables: { all: "x".repeat(122_880) } } });
  const id = await pipelines.create("large", [{ name: "Use", actions: [action("A")] }]);
  expect(await pipelines.status("large", id)).toBe("Failed");
});

// documented: https://docs.aws.amazon.com/codepipeline/latest/userguide/reference-variables.html
it("a variable without a default needs a value at the start", async () => {
  const id = await pipelines.create("required", [{ name: "Use", actions: [action("A")] }], { variables: [{ name: "color" }] });
  expect(await pipelines.status("required", id)).toBe("Failed");
  const start = (variables?: { name: string; value: string }[]) =>
    pipelines.client.send(new StartPipelineExecutionCommand({ name: "required", variables }));
  await expect(start()).rejects.toMatchObject({ name: "ValidationException" });
  await expect(start([{ name: "size", value: "1" }])).rejects.toMatchObject({ name: "ValidationException" });
  await start([{ name: "color", value: "red" }]);
});

// documented: https://docs.aws.amazon.com/codepipeline/latest/APIReference/API_StartPipelineExecution.html
it("a client token starts one execution", async () => {
  await pipelines.create("token", [{ name: "Use", actions: [action("A")] }]);
  const start = () => pipelines.client.send(new StartPipelineExecutionCommand({ name: "token", clientRequestToken: "t-1" }));
  const [one, other] = [await start(), await start()];
  expect(one.pipelineExecutionId).toBe(other.pipelineExecutionId);
});

// documented: https://docs.aws.amazon.com/codepipeline/latest/APIReference/API_SourceRevisionOverride.html
it("a source action is told the revision that an execution was started for", async () => {
  const seen: unknown[] = [];
  pipelines.script({
    "override/Source/Fetch": (run) => {
      seen.push(run.sourceRevisions);
      return { status: "Succeeded", revision: { id: "v2", summary: "second" } };
    },
  });
  await pipelines.create("override", [{ name: "Use", actions: [action("A", { inputArtifacts: [{ name: "FetchOutput" }] })] }]);
  const revision = { actionName: "Fetch", revisionType: "S3_OBJECT_VERSION_ID", revisionValue: "v2" } as const;
  const start = (sourceRevisions: object[]) =>
    pipelines.client.send(new StartPipelineExecutionCommand({ name: "override", sourceRevisions: sourceRevisions as [] }));
  const { pipelineExecutionId = "" } = await start([revision]);
  await pipelines.rest();
  expect(seen).toEqual([undefined, [{ type: "S3_OBJECT_VERSION_ID", value: "v2" }]]);
  const { pipelineExecutionSummaries: [summary] = [] } = await pipelines.client.send(
    new ListPipelineExecutionsCommand({ pipelineName: "override" }),
  );
  expect(summary).toMatchObject({
    pipelineExecutionId,
    sourceRevisions: [{ actionName: "Fetch", revisionId: "v2", revisionSummary: "second" }],
  });
  for (const wrong of [
    { ...revision, actionName: "No" },
    { ...revision, revisionType: "COMMIT_ID" },
  ]) {
    await expect(start([wrong])).rejects.toMatchObject({ name: "ValidationException" });
  }
});

// documented: https://docs.aws.amazon.com/codepipeline/latest/userguide/detect-state-changes-cloudwatch-events.html (keys of artifacts)
it("artifacts lie under the first letters of the pipeline's and the artifact's name", async () => {
  const long = "a-pipeline-with-a-long-name";
  const id = await pipelines.create(long, [{ name: "Use", actions: [action("A", { inputArtifacts: [{ name: "FetchOutput" }] })] }]);
  const [use, fetched] = await details(long, id);
  const location = fetched?.output?.outputArtifacts?.[0];
  expect(location?.s3location?.bucket).toBe("artifacts");
  expect(location?.s3location?.key).toMatch(/^a-pipeline-with-a-lo\/FetchOutpu\/[a-z0-9]{7}$/);
  expect(use?.input?.inputArtifacts).toEqual([location]);
});

// documented: https://docs.aws.amazon.com/codepipeline/latest/userguide/limits.html
it("an action that does not end fails by its time-out", async () => {
  pipelines.script({ "endless/Deploy/Put": "InProgress" });
  const actionTypeId = { category: "Deploy", owner: "AWS", provider: "S3", version: "1" } as const;
  const put = action("Put", {
    actionTypeId,
    configuration: { BucketName: "b", Extract: "true" },
    inputArtifacts: [{ name: "FetchOutput" }],
  });
  const id = await pipelines.create("endless", [{ name: "Deploy", actions: [put] }]);
  await pipelines.pass(1.5 * HOUR - 1);
  expect(await pipelines.status("endless", id)).toBe("InProgress");
  await pipelines.pass(1);
  expect(await pipelines.status("endless", id)).toBe("Failed");
});

// assumed
it("an action whose provider is not there fails with a clear word", async () => {
  scriptActions(pipelines.cloud.cloud, { "Source/S3": "Succeeded" });
  const actionTypeId = { category: "Deploy", owner: "AWS", provider: "ECS", version: "1" } as const;
  const id = await pipelines.create("absent", [
    {
      name: "Deploy",
      actions: [
        action("A", { actionTypeId, configuration: { ClusterName: "c", ServiceName: "s" }, inputArtifacts: [{ name: "FetchOutput" }] }),
      ],
    },
  ]);
  const [failed] = await details("absent", id);
  expect(failed?.output?.executionResult?.errorDetails?.message).toContain("not implemented by Orrery");
});

// documented: https://docs.aws.amazon.com/codepipeline/latest/userguide/detect-state-changes-cloudwatch-events.html
it("each change is an event on the bus with AWS's detail, and each event has the one before as its cause", async () => {
  pipelines.script({ "told/Deploy/Go": { status: "Failed", code: "JobFailed", message: "broke", externalExecutionId: "d-1" } });
  const id = await pipelines.create("told", [{ name: "Deploy", actions: [action("Go", { inputArtifacts: [{ name: "FetchOutput" }] })] }]);
  const events = pipelines.cloud.cloud.timeline
    .read({ source: "aws.codepipeline", limit: 10_000 })
    .filter((event) => event.detail["pipeline"] === "told");
  const told = events.filter(({ bus }) => bus);
  expect(told.map(({ resources }) => resources)).toEqual(told.map(() => ["arn:aws:codepipeline:us-east-1:000000000000:told"]));
  expect(told[0]).toMatchObject({
    type: "CodePipeline Pipeline Execution State Change",
    detail: {
      pipeline: "told",
      "execution-id": id,
      "execution-trigger": { "trigger-type": "CreatePipeline", "trigger-detail": "arn:aws:iam::000000000000:root" },
      state: "STARTED",
      version: 1,
      "pipeline-execution-attempt": 1,
    },
  });
  expect(told.find(({ detail }) => detail["state"] === "FAILED" && detail["action"] === "Go")).toMatchObject({
    type: "CodePipeline Action Execution State Change",
    detail: {
      stage: "Deploy",
      region: "us-east-1",
      type: { owner: "AWS", provider: "Lambda", category: "Invoke", version: "1" },
      "execution-result": { "external-execution-id": "d-1", "error-code": "JobFailed" },
      "input-artifacts": [{ name: "FetchOutput", s3location: { bucket: "artifacts" } }],
    },
    rule: "broke",
  });
  for (const [at, event] of told.entries()) if (at > 0) expect(event.cause).toBe(told[at - 1]?.id);
});

// documented: https://docs.aws.amazon.com/codepipeline/latest/userguide/metrics-dimensions.html
it("CloudWatch gets durations and failures", async () => {
  pipelines.script({ "measured/Deploy/Go": [{ status: "Succeeded", after: HOUR / 2 }, "Failed"] });
  await pipelines.create("measured", [{ name: "Deploy", actions: [action("Go")] }]);
  await pipelines.pass(HOUR / 2);
  await pipelines.begin("measured");
  await pipelines.pass(60_000);
  const sum = async (MetricName: string) => {
    const now = pipelines.cloud.cloud.clock.now();
    const { Datapoints = [] } = await pipelines.cloud.ctx.call("cloudwatch", "GetMetricStatistics", {
      Namespace: "AWS/CodePipeline",
      MetricName,
      Dimensions: [{ Name: "PipelineName", Value: "measured" }],
      StartTime: new Date(now - HOUR),
      EndTime: new Date(now + HOUR),
      Period: 7_200,
      Statistics: ["Sum"],
    });
    return Datapoints.reduce((all, point) => all + (point.Sum ?? 0), 0);
  };
  expect(await sum("PipelineDuration")).toBe(1_800);
  expect(await sum("FailedPipelineExecutions")).toBe(1);
});

// documented: https://docs.aws.amazon.com/codepipeline/latest/APIReference/API_ListPipelineExecutions.html
it("executions are listed newest first, in pages, and by the stage that they succeeded in", async () => {
  pipelines.script({ "listed/Deploy/Go": ["Succeeded", "Failed", "Succeeded"] });
  const ids = [await pipelines.create("listed", [{ name: "Deploy", actions: [action("Go")] }])];
  ids.push(await pipelines.begin("listed"), await pipelines.begin("listed"));
  const page = await pipelines.client.send(new ListPipelineExecutionsCommand({ pipelineName: "listed", maxResults: 2 }));
  const rest = await pipelines.client.send(new ListPipelineExecutionsCommand({ pipelineName: "listed", nextToken: page.nextToken }));
  const listed = [...(page.pipelineExecutionSummaries ?? []), ...(rest.pipelineExecutionSummaries ?? [])];
  expect(listed.map(({ pipelineExecutionId }) => pipelineExecutionId)).toEqual(ids.toReversed());
  const filter = { succeededInStage: { stageName: "Deploy" } };
  const { pipelineExecutionSummaries: good = [] } = await pipelines.client.send(
    new ListPipelineExecutionsCommand({ pipelineName: "listed", filter }),
  );
  expect(good.map(({ pipelineExecutionId }) => pipelineExecutionId)).toEqual([ids[2], ids[0]]);
});

// documented: https://docs.aws.amazon.com/codepipeline/latest/APIReference/API_PutActionRevision.html
it("a revision starts the pipeline once", async () => {
  await pipelines.create("revised", [{ name: "Gate", actions: [approval("Ask")] }]);
  const actionRevision = { revisionId: "r1", revisionChangeId: "c1", created: new Date(0) };
  const put = () =>
    pipelines.client.send(
      new PutActionRevisionCommand({ pipelineName: "revised", stageName: "Source", actionName: "Fetch", actionRevision }),
    );
  const first = await put();
  expect(first.newRevision).toBe(true);
  expect(await put()).toMatchObject({ newRevision: false, pipelineExecutionId: first.pipelineExecutionId });
});
