import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { aws, has, type Server, startServer } from "../support/server.ts";

/** Batches as one drives them with the AWS CLI: https://docs.aws.amazon.com/codebuild/latest/userguide/batch-build.html */
let server: Server;
const isThere = has("aws", "--version");
const run = (...args: string[]): Promise<Record<string, unknown>> => aws(server, ...args);

const ROLE = "arn:aws:iam::000000000000:role/batches";
const QUEUE = "arn:aws:sqs:us-east-1:000000000000:batches";
const ENVIRONMENT = "type=LINUX_CONTAINER,image=aws/codebuild/standard:7.0,computeType=BUILD_GENERAL1_SMALL";
const DETAIL_TYPE = "CodeBuild Build Batch State Change";

interface Summary {
  readonly buildStatus: string;
}

interface Batch {
  readonly id: string;
  readonly arn: string;
  readonly buildBatchStatus: string;
  readonly complete: boolean;
  readonly phases: { readonly phaseType: string }[];
  readonly buildGroups: {
    readonly identifier: string;
    readonly ignoreFailure: boolean;
    readonly currentBuildSummary: Summary;
    readonly priorBuildSummaryList: Summary[];
  }[];
}

beforeAll(async () => {
  if (!isThere) return;
  server = await startServer();
  const trust = {
    Version: "2012-10-17",
    Statement: [{ Effect: "Allow", Principal: { Service: "codebuild.amazonaws.com" }, Action: "sts:AssumeRole" }],
  };
  const allow = {
    Version: "2012-10-17",
    Statement: [
      { Effect: "Allow", Action: ["logs:*", "codebuild:StartBuild", "codebuild:StopBuild", "codebuild:RetryBuild"], Resource: "*" },
    ],
  };
  await run("iam", "create-role", "--role-name", "batches", "--assume-role-policy-document", JSON.stringify(trust));
  await run("iam", "put-role-policy", "--role-name", "batches", "--policy-name", "own", "--policy-document", JSON.stringify(allow));
  await run("sqs", "create-queue", "--queue-name", "batches", "--attributes", JSON.stringify({ Policy: JSON.stringify(delivery()) }));
  const pattern = JSON.stringify({ source: ["aws.codebuild"], "detail-type": [DETAIL_TYPE] });
  await run("events", "put-rule", "--name", "batches", "--event-pattern", pattern);
  await run("events", "put-targets", "--rule", "batches", "--targets", `Id=1,Arn=${QUEUE}`);
});
afterAll(() => server?.stop());

const delivery = () => ({
  Version: "2012-10-17",
  Statement: [{ Effect: "Allow", Principal: { Service: "events.amazonaws.com" }, Action: "sqs:SendMessage", Resource: QUEUE }],
});

/** A project whose batch is `batch`, and whose builds run `command`. */
async function project(name: string, batch: object, command: string): Promise<void> {
  const buildspec = JSON.stringify({ version: 0.2, batch, phases: { build: { commands: [command] } } });
  await run(
    ...["codebuild", "create-project", "--name", name, "--service-role", ROLE, "--environment", ENVIRONMENT],
    ...["--source", JSON.stringify({ type: "NO_SOURCE", buildspec }), "--artifacts", "type=NO_ARTIFACTS"],
    ...["--build-batch-config", `serviceRole=${ROLE}`],
  );
}

async function ended(id: string): Promise<Batch> {
  for (;;) {
    const { buildBatches } = (await run("codebuild", "batch-get-build-batches", "--ids", id)) as { buildBatches: Batch[] };
    const [batch] = buildBatches;
    if (batch?.complete === true) return batch;
  }
}

async function runBatch(name: string): Promise<Batch> {
  const { buildBatch } = (await run("codebuild", "start-build-batch", "--project-name", name)) as { buildBatch: Batch };
  return await ended(buildBatch.id);
}

const states = ({ buildGroups }: Batch): string[] =>
  buildGroups.map(({ identifier, currentBuildSummary }) => `${identifier} ${currentBuildSummary.buildStatus}`);

/** What the queue has heard of a batch, once it has heard `count` of it. */
async function told({ arn }: Batch, count: number): Promise<string[]> {
  const QueueUrl = String((await run("sqs", "get-queue-url", "--queue-name", "batches"))["QueueUrl"]);
  const heard: string[] = [];
  while (heard.length < count) {
    const options = ["--max-number-of-messages", "10", "--wait-time-seconds", "5"];
    const { Messages = [] } = (await run("sqs", "receive-message", "--queue-url", QueueUrl, ...options)) as {
      Messages?: { Body: string; ReceiptHandle: string }[];
    };
    for (const { Body, ReceiptHandle } of Messages) {
      const { detail } = JSON.parse(Body) as { detail: Record<string, string> };
      if (detail["build-batch-id"] === arn) heard.push(detail["build-batch-status"] ?? "");
      await run("sqs", "delete-message", "--queue-url", QueueUrl, "--receipt-handle", ReceiptHandle);
    }
  }
  return heard.sort();
}

const matrix = (more: object = {}) => ({ "build-matrix": { ...more, dynamic: { env: { variables: { NODE: ["20", "22", "24"] } } } } });

describe.skipIf(!isThere)("a batch whose matrix has one build that fails", () => {
  // documented: https://docs.aws.amazon.com/codebuild/latest/userguide/batch-build-buildspec.html
  test("lets all of them end, fails, tells it on the bus, and tries again what failed", async () => {
    await project("plain", matrix(), '[ "$NODE" != 22 ]');
    const batch = await runBatch("plain");
    expect(batch.buildBatchStatus).toBe("FAILED");
    expect(states(batch)).toEqual(["build0 SUCCEEDED", "build1 FAILED", "build2 SUCCEEDED"]);
    expect(batch.phases.map(({ phaseType }) => phaseType)).toEqual(["SUBMITTED", "DOWNLOAD_BATCHSPEC", "IN_PROGRESS", "FAILED"]);
    expect(await told(batch, 2)).toEqual(["FAILED", "IN_PROGRESS"]);
    await run("codebuild", "retry-build-batch", "--id", batch.id, "--retry-type", "RETRY_FAILED_BUILDS");
    const again = await ended(batch.id);
    expect(again.buildGroups.map(({ priorBuildSummaryList }) => priorBuildSummaryList.map(({ buildStatus }) => buildStatus))).toEqual([
      [],
      ["FAILED"],
      [],
    ]);
    expect(await run("codebuild", "list-build-batches", "--filter", "status=FAILED")).toMatchObject({ ids: [batch.id] });
  }, 60_000);

  // documented: https://docs.aws.amazon.com/codebuild/latest/userguide/batch-build-buildspec.html
  test("succeeds with ignore-failure, and keeps how that build ended", async () => {
    await project("ignoring", matrix({ static: { "ignore-failure": true } }), '[ "$NODE" != 22 ]');
    const batch = await runBatch("ignoring");
    expect(batch.buildBatchStatus).toBe("SUCCEEDED");
    expect(states(batch)).toEqual(["build0 SUCCEEDED", "build1 FAILED", "build2 SUCCEEDED"]);
    expect(batch.buildGroups.every(({ ignoreFailure }) => ignoreFailure)).toBe(true);
    expect(await told(batch, 2)).toEqual(["IN_PROGRESS", "SUCCEEDED"]);
  }, 60_000);

  // documented: https://docs.aws.amazon.com/codebuild/latest/userguide/batch-build-buildspec.html
  test("stops the others at once with fast-fail", async () => {
    await project("hasty", { "fast-fail": true, ...matrix() }, '[ "$NODE" != 22 ] && sleep 3600');
    const batch = await runBatch("hasty");
    expect(batch.buildBatchStatus).toBe("FAILED");
    expect(states(batch)).toEqual(["build0 STOPPED", "build1 FAILED", "build2 STOPPED"]);
    expect(await told(batch, 2)).toEqual(["FAILED", "IN_PROGRESS"]);
  }, 60_000);
});
