import { CodePipelineClient, PollForJobsCommand, PutJobSuccessResultCommand } from "@aws-sdk/client-codepipeline";
import { afterAll, beforeAll, expect, test } from "vitest";
import { writeZip } from "../../runtime/processes/zip.ts";
import { action, PIPELINE_ROLE, PipelineTest } from "./test-pipelines.ts";

let own: PipelineTest;
let client: CodePipelineClient;
beforeAll(async () => {
  own = await PipelineTest.start();
  client = new CodePipelineClient(own.cloud.clientConfig);
  await own.upload({ "a.txt": "1" });
});
afterAll(() => own.cloud.stop());

async function makeFunction(FunctionName: string, body: string): Promise<void> {
  const source = `const { CodePipelineClient, PutJobSuccessResultCommand, PutJobFailureResultCommand } = require("@aws-sdk/client-codepipeline");
    const client = new CodePipelineClient({});
    exports.handler = async ({ "CodePipeline.job": job }) => { ${body} };`;
  await own.cloud.ctx.call("lambda", "CreateFunction", {
    FunctionName,
    Role: PIPELINE_ROLE,
    Runtime: "nodejs24.x",
    Handler: "index.handler",
    Code: { ZipFile: writeZip({ "index.js": source }) },
  });
  await own.idle();
}

const invoke = (FunctionName: string) =>
  action("Invoke/Lambda", { name: "Call", configuration: { FunctionName, UserParameters: "p" }, in: ["App"], namespace: "L" });

// documented: https://docs.aws.amazon.com/codepipeline/latest/userguide/action-reference-Lambda.html
test("a function ends its action by a job's result, whose variables later actions use", async () => {
  await makeFunction(
    "good",
    `const { configuration } = job.data.actionConfiguration;
     const outputVariables = { said: configuration.UserParameters + job.data.inputArtifacts[0].name, key: job.data.artifactCredentials.accessKeyId.slice(0, 4) };
     await client.send(new PutJobSuccessResultCommand({ jobId: job.id, outputVariables, executionDetails: { summary: "done", externalExecutionId: "x-1" } }));`,
  );
  await own.create("lambda", [[own.source()], [invoke("good")]]);
  expect(await own.run("lambda", "Call")).toMatchObject({
    status: "Succeeded",
    output: {
      outputVariables: { said: "pApp", key: "ASIA" },
      executionResult: { externalExecutionId: "x-1", externalExecutionSummary: "done" },
    },
  });
});

// documented: https://docs.aws.amazon.com/codepipeline/latest/userguide/actions-invoke-lambda-function.html
test("a failure result fails the action; a continuation token calls the function again", async () => {
  await makeFunction(
    "twice",
    `if (job.data.continuationToken === undefined) return await client.send(new PutJobSuccessResultCommand({ jobId: job.id, continuationToken: "again" }));
     await client.send(new PutJobFailureResultCommand({ jobId: job.id, failureDetails: { type: "JobFailed", message: "no: " + job.data.continuationToken } }));`,
  );
  await own.create("twice", [[own.source()], [invoke("twice")]]);
  expect((await own.run("twice", "Call")).status).toBe("InProgress");
  await own.advance(1);
  expect(await own.run("twice", "Call")).toMatchObject({
    status: "Failed",
    output: { executionResult: { errorDetails: { code: "JobFailed", message: "no: again" } } },
  });
});

// documented: https://docs.aws.amazon.com/codepipeline/latest/userguide/limits.html (20 minutes)
test("a function that does not answer within 20 minutes fails its action", async () => {
  await makeFunction("silent", "return 1;");
  await own.create("silent", [[own.source()], [invoke("silent")]]);
  await own.advance(19);
  expect((await own.run("silent", "Call")).status).toBe("InProgress");
  await own.advance(1);
  const { status, output } = await own.run("silent", "Call");
  expect(status).toBe("Failed");
  expect(output?.executionResult?.errorDetails?.message).toContain("The AWS Lambda function silent failed to return a result");
});

// documented: https://docs.aws.amazon.com/codepipeline/latest/userguide/actions-create-custom-action.html
test("a job worker polls, acknowledges and ends the job of a custom action", async () => {
  const id = { category: "Build", provider: "Own", version: "1" } as const;
  await own.cloud.ctx.call("codepipeline", "CreateCustomActionType", {
    ...id,
    configurationProperties: [{ name: "Project", required: true, key: true, secret: false, queryable: true }],
    inputArtifactDetails: { minimumCount: 1, maximumCount: 1 },
    outputArtifactDetails: { minimumCount: 0, maximumCount: 1 },
  });
  const build = action("Build/Own/Custom", { name: "Own", configuration: { Project: "p1" }, in: ["App"], out: ["Built"], namespace: "B" });
  await own.create("custom", [[own.source()], [build]]);
  expect((await own.run("custom", "Own")).status).toBe("InProgress");
  const actionTypeId = { ...id, owner: "Custom" } as const;
  const poll = (Project: string) => client.send(new PollForJobsCommand({ actionTypeId, queryParam: { Project }, maxBatchSize: 5 }));
  expect((await poll("other")).jobs).toEqual([]);
  const [job] = (await poll("p1")).jobs ?? [];
  expect(job).toMatchObject({
    accountId: "000000000000",
    data: { actionConfiguration: { configuration: { Project: "p1" } }, pipelineContext: { pipelineName: "custom" } },
  });
  expect((await poll("p1")).jobs).toEqual([]);
  const { ctx } = own.cloud;
  const jobId = job?.id ?? "";
  await expect(ctx.call("codepipeline", "PutJobSuccessResult", { jobId })).rejects.toMatchObject({ code: "InvalidJobStateException" });
  await expect(ctx.call("codepipeline", "AcknowledgeJob", { jobId, nonce: "0" })).rejects.toMatchObject({ code: "InvalidNonceException" });
  expect(await ctx.call("codepipeline", "AcknowledgeJob", { jobId, nonce: job?.nonce })).toEqual({ status: "InProgress" });
  await client.send(
    new PutJobSuccessResultCommand({ jobId, continuationToken: "part-2", executionDetails: { percentComplete: 50, summary: "half" } }),
  );
  await own.idle();
  const [next] = (await poll("p1")).jobs ?? [];
  expect(next?.id).not.toBe(jobId);
  expect(next?.data?.continuationToken).toBe("part-2");
  await ctx.call("codepipeline", "AcknowledgeJob", { jobId: next?.id, nonce: next?.nonce });
  await client.send(
    new PutJobSuccessResultCommand({ jobId: next?.id, outputVariables: { n: "7" }, executionDetails: { externalExecutionId: "b-7" } }),
  );
  await own.idle();
  expect(await own.run("custom", "Own")).toMatchObject({
    status: "Succeeded",
    output: { outputVariables: { n: "7" }, executionResult: { externalExecutionId: "b-7" } },
  });
});

// documented: https://docs.aws.amazon.com/codepipeline/latest/APIReference/API_DeleteCustomActionType.html
test("a deleted custom action type is polled for no more, and comes back only as what it was", async () => {
  const { ctx } = own.cloud;
  const counts = {
    inputArtifactDetails: { minimumCount: 0, maximumCount: 1 },
    outputArtifactDetails: { minimumCount: 0, maximumCount: 0 },
  };
  const id = { category: "Test", provider: "Gone", version: "1" } as const;
  await ctx.call("codepipeline", "CreateCustomActionType", { ...id, ...counts });
  await ctx.call("codepipeline", "DeleteCustomActionType", id);
  const poll = ctx.call("codepipeline", "PollForJobs", { actionTypeId: { ...id, owner: "Custom" } });
  await expect(poll).rejects.toMatchObject({ code: "ActionTypeNotFoundException" });
  const other = { ...counts, outputArtifactDetails: { minimumCount: 0, maximumCount: 1 } };
  await expect(ctx.call("codepipeline", "CreateCustomActionType", { ...id, ...other })).rejects.toMatchObject({
    code: "ValidationException",
  });
  await ctx.call("codepipeline", "CreateCustomActionType", { ...id, ...counts });
  const { actionTypes = [] } = await ctx.call("codepipeline", "ListActionTypes", { actionOwnerFilter: "Custom" });
  expect(actionTypes.map((type) => type.id?.provider)).toContain("Gone");
});
