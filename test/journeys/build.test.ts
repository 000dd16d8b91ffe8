import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { aws, client, has, type Server, startServer } from "../support/server.ts";

/** Builds as one drives them with the AWS CLI: https://docs.aws.amazon.com/cli/latest/reference/codebuild/ */
let server: Server;
beforeAll(async () => {
  server = await startServer();
});
afterAll(() => server.stop());

const run = (...args: string[]): Promise<Record<string, unknown>> => aws(server, ...args);
const ROLE = "arn:aws:iam::000000000000:role/builds";
const ENVIRONMENT = "type=LINUX_CONTAINER,image=aws/codebuild/standard:7.0,computeType=BUILD_GENERAL1_SMALL";

interface Build {
  readonly id: string;
  readonly buildStatus: string;
  readonly currentPhase: string;
  readonly buildComplete: boolean;
  readonly phases: { readonly phaseType: string; readonly phaseStatus?: string; readonly contexts?: { readonly message: string }[] }[];
  readonly reportArns?: readonly string[];
  readonly logs: { readonly groupName: string; readonly streamName: string };
}

interface Batch {
  readonly id: string;
  readonly buildBatchStatus: string;
  readonly complete: boolean;
  readonly buildGroups: { readonly identifier: string; readonly currentBuildSummary: { readonly buildStatus: string } }[];
}

async function build(project: string): Promise<Build> {
  const started = (await run("codebuild", "start-build", "--project-name", project)) as { build: Build };
  return await ended(started.build.id);
}

async function ended(id: string): Promise<Build> {
  for (;;) {
    const { builds } = (await run("codebuild", "batch-get-builds", "--ids", id)) as { builds: Build[] };
    const [found] = builds;
    if (found?.buildComplete === true) return found;
  }
}

async function logOf({ logs }: Build): Promise<string> {
  const names = ["--log-group-name", logs.groupName, "--log-stream-name", logs.streamName];
  const { events } = (await run("logs", "get-log-events", ...names, "--start-from-head")) as { events: { message: string }[] };
  return events.map(({ message }) => message).join("");
}

describe.skipIf(!has("aws", "--version"))("builds", () => {
  // documented: https://docs.aws.amazon.com/codebuild/latest/userguide/caching-s3.html
  test("a zip goes in, a cached build comes out, and the second run finds what the first one made", async () => {
    const trust = {
      Version: "2012-10-17",
      Statement: [{ Effect: "Allow", Principal: { Service: "codebuild.amazonaws.com" }, Action: "sts:AssumeRole" }],
    };
    await run("iam", "create-role", "--role-name", "builds", "--assume-role-policy-document", JSON.stringify(trust));
    await client(server, "aws", ["s3", "mb", "s3://builds"]);
    const source = join(server.dataDir, "source");
    mkdirSync(source);
    writeFileSync(
      join(source, "buildspec.yml"),
      `version: 0.2
phases:
  install:
    commands:
      - if [ -d deps ]; then echo "dependencies are cached"; else echo "installing dependencies"; mkdir deps; echo 1 > deps/one; fi
  build:
    commands:
      - cat deps/one > result.txt
      - aws sts get-caller-identity --query Arn --output text
artifacts:
  files: result.txt
cache:
  paths: ["deps/**/*"]
`,
    );
    await client(server, "zip", ["-q", "-r", "../source.zip", "."], { cwd: source });
    await client(server, "aws", ["s3", "cp", join(server.dataDir, "source.zip"), "s3://builds/source.zip", "--only-show-errors"]);
    await run(
      ...["codebuild", "create-project", "--name", "cached", "--service-role", ROLE, "--environment", ENVIRONMENT],
      ...["--source", "type=S3,location=builds/source.zip", "--artifacts", "type=S3,location=builds,path=out,packaging=NONE,name=app"],
      ...["--cache", "type=S3,location=builds/cache"],
    );
    const first = await build("cached");
    expect(first.buildStatus).toBe("SUCCEEDED");
    const firstLog = await logOf(first);
    expect(firstLog).toContain("installing dependencies");
    expect(firstLog).toContain("assumed-role/builds/AWSCodeBuild-");
    const second = await build("cached");
    expect(await logOf(second)).toContain("dependencies are cached");
    expect((await client(server, "aws", ["s3", "cp", "s3://builds/out/app/result.txt", "-"])).out.trim()).toBe("1");
  }, 120_000);

  // documented: https://docs.aws.amazon.com/codebuild/latest/userguide/test-view-reports.html
  test("failing tests fail the build, and its report names them", async () => {
    const everything = { Version: "2012-10-17", Statement: [{ Effect: "Allow", Action: "*", Resource: "*" }] };
    await run("iam", "put-role-policy", "--role-name", "builds", "--policy-name", "all", "--policy-document", JSON.stringify(everything));
    const cases = "<testcase name='adds'/><testcase name='divides'><failure message='by zero'/></testcase><testcase name='rounds'/>";
    const buildspec = `version: 0.2
phases:
  build:
    commands:
      - echo "<testsuite name='numbers'>${cases}</testsuite>" > junit.xml
      - echo '1 of 3 tests failed'; exit 1
reports:
  unit:
    files: junit.xml
`;
    await run(
      ...["codebuild", "create-project", "--name", "failing", "--service-role", ROLE, "--environment", ENVIRONMENT],
      ...["--source", JSON.stringify({ type: "NO_SOURCE", buildspec }), "--artifacts", "type=NO_ARTIFACTS"],
    );
    const failed = await build("failing");
    expect(failed.buildStatus).toBe("FAILED");
    expect(failed.phases.find(({ phaseType }) => phaseType === "BUILD")?.contexts?.[0]?.message).toBe(
      "Error while executing command: echo '1 of 3 tests failed'; exit 1. Reason: exit status 1",
    );
    expect(await logOf(failed)).toContain("1 of 3 tests failed");
    const [report = ""] = failed.reportArns ?? [];
    const told = await run("codebuild", "describe-test-cases", "--report-arn", report, "--filter", "status=FAILED");
    expect(told).toMatchObject({ testCases: [{ name: "divides", status: "FAILED", message: "by zero" }] });
    expect(await run("codebuild", "batch-get-reports", "--report-arns", report)).toMatchObject({
      reports: [{ status: "FAILED", testSummary: { total: 3, statusCounts: { SUCCEEDED: 2, FAILED: 1 } } }],
    });
    const listed = (await run("codebuild", "list-builds-for-project", "--project-name", "failing")) as { ids: string[] };
    expect(listed.ids).toEqual([failed.id]);
  }, 60_000);

  // documented: https://docs.aws.amazon.com/codebuild/latest/userguide/batch-build.html
  test("a batch of a matrix with one failure goes on after kill -9, fails, and says which of its builds it was", async () => {
    const mark = join(server.dataDir, "begun");
    const buildspec = JSON.stringify({
      version: 0.2,
      batch: { "build-matrix": { dynamic: { env: { variables: { NODE: ["20", "22", "24"] } } } } },
      phases: {
        build: { commands: [`if [ "$NODE" = 24 ] && ! [ -f ${mark} ]; then touch ${mark}; sleep 7654322; fi`, '[ "$NODE" != 22 ]'] },
      },
    });
    await run(
      ...["codebuild", "create-project", "--name", "matrix", "--service-role", ROLE, "--environment", ENVIRONMENT],
      ...["--source", JSON.stringify({ type: "NO_SOURCE", buildspec }), "--artifacts", "type=NO_ARTIFACTS"],
      ...["--build-batch-config", `serviceRole=${ROLE}`],
    );
    const { buildBatch } = (await run("codebuild", "start-build-batch", "--project-name", "matrix")) as { buildBatch: Batch };
    const look = async (): Promise<Batch> => {
      const { buildBatches } = (await run("codebuild", "batch-get-build-batches", "--ids", buildBatch.id)) as { buildBatches: [Batch] };
      return buildBatches[0];
    };
    while (!has("pgrep", "-f", "sleep 7654322")) await look();
    await server.kill();
    await server.restart();
    let batch = await look();
    while (!batch.complete) batch = await look();
    expect(batch.buildBatchStatus).toBe("FAILED");
    expect(batch.buildGroups.map(({ currentBuildSummary }) => currentBuildSummary.buildStatus)).toEqual([
      "SUCCEEDED",
      "FAILED",
      "SUCCEEDED",
    ]);
    const why = await fetch(`${server.endpoint}/_orrery/why?of=${encodeURIComponent(batch.id)}`);
    const { events } = (await why.json()) as { events: { type: string; rule?: string }[] };
    expect(events[0]).toMatchObject({ type: "CodeBuild Build Batch State Change", rule: "Builds failed: build1 (FAILED)" });
  }, 60_000);

  // assumed: on AWS the machines of builds do not depend on the service's
  test("a build goes on after kill -9 of the server, and no process of the first try is left", async () => {
    const mark = join(server.dataDir, "tried");
    const buildspec = `version: 0.2\nphases:\n  build:\n    commands:\n      - if [ -f ${mark} ]; then echo second try; else touch ${mark}; sleep 7654321; fi\n`;
    await run(
      ...["codebuild", "create-project", "--name", "killed", "--service-role", ROLE, "--environment", ENVIRONMENT],
      ...["--source", JSON.stringify({ type: "NO_SOURCE", buildspec }), "--artifacts", "type=NO_ARTIFACTS"],
    );
    const { build: begun } = (await run("codebuild", "start-build", "--project-name", "killed")) as { build: Build };
    while (!has("pgrep", "-f", "sleep 7654321")) await run("codebuild", "batch-get-builds", "--ids", begun.id);
    await server.kill();
    await server.restart();
    const again = await ended(begun.id);
    expect(again.buildStatus).toBe("SUCCEEDED");
    const log = await logOf(again);
    expect(log).toContain("it begins again with its source");
    expect(log).toContain("second try");
    expect(has("pgrep", "-f", "^sleep 7654321")).toBe(false);
  }, 60_000);
});
