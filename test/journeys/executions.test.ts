import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { WorkingCopy } from "../support/git.ts";
import { aws, client, has, type Server, startServer } from "../support/server.ts";

/** Pipelines as one drives them with git and the AWS CLI: what overlaps, what is rejected, what fails and goes back. */
const isThere = has("git", "--version") && has("aws", "--version");
const ROLE = "arn:aws:iam::000000000000:role/pipelines";
const WEEK_MS = 7 * 86_400_000;

let server: Server;

const run = (...args: string[]): Promise<Record<string, unknown>> => aws(server, ...args);

interface Execution {
  readonly pipelineExecutionId: string;
  readonly status: string;
  readonly executionType?: string;
  readonly sourceRevisions: readonly { readonly revisionId: string }[];
}

interface ActionRun {
  readonly pipelineExecutionId: string;
  readonly actionName: string;
  readonly stageName: string;
  readonly status: string;
  readonly output?: {
    readonly executionResult?: {
      readonly externalExecutionId?: string;
      readonly errorDetails?: { readonly code: string; readonly message: string };
    };
  };
}

const source = (RepositoryName: string) => ({
  name: "Source",
  actions: [
    {
      name: "Fetch",
      actionTypeId: { category: "Source", owner: "AWS", provider: "CodeCommit", version: "1" },
      configuration: { RepositoryName, BranchName: "main" },
      outputArtifacts: [{ name: "App" }],
      namespace: "Src",
    },
  ],
});

const gate = {
  name: "Gate",
  actions: [{ name: "Ask", actionTypeId: { category: "Approval", owner: "AWS", provider: "Manual", version: "1" } }],
};

/** Copies the commit's files to a bucket. */
const deploy = (more: object = {}) => ({
  name: "Deploy",
  actions: [
    {
      name: "Copy",
      actionTypeId: { category: "Deploy", owner: "AWS", provider: "S3", version: "1" },
      configuration: { BucketName: "site", Extract: "true" },
      inputArtifacts: [{ name: "App" }],
    },
  ],
  ...more,
});

async function create(name: string, stages: readonly object[], more: object = {}): Promise<void> {
  const artifactStore = { type: "S3", location: "artifacts" };
  await run(
    "codepipeline",
    "create-pipeline",
    "--pipeline",
    JSON.stringify({ name, roleArn: ROLE, pipelineType: "V2", artifactStore, stages, ...more }),
  );
}

/** Newest first, once nothing runs and all messages that are due are handled. */
async function executions(name: string, settled: (found: readonly Execution[]) => boolean): Promise<readonly Execution[]> {
  for (;;) {
    const found = (await run("codepipeline", "list-pipeline-executions", "--pipeline-name", name))[
      "pipelineExecutionSummaries"
    ] as Execution[];
    if (settled(found)) return found;
  }
}

async function actions(name: string): Promise<readonly ActionRun[]> {
  return (await run("codepipeline", "list-action-executions", "--pipeline-name", name))["actionExecutionDetails"] as ActionRun[];
}

/** The approvals that wait, by execution. */
async function asked(name: string, count: number): Promise<readonly ActionRun[]> {
  for (;;) {
    const waiting = (await actions(name)).filter(({ actionName, status }) => actionName === "Ask" && status === "InProgress");
    if (waiting.length === count) return waiting;
  }
}

async function answer(name: string, { output }: ActionRun, status: "Approved" | "Rejected"): Promise<void> {
  const token = output?.executionResult?.externalExecutionId ?? "";
  const place = ["--pipeline-name", name, "--stage-name", "Gate", "--action-name", "Ask", "--token", token];
  await run("codepipeline", "put-approval-result", ...place, "--result", `summary=by-hand,status=${status}`);
}

const over = ({ status }: Execution): boolean => status !== "InProgress";
const outcome = (found: readonly Execution[]) => found.map(({ status, sourceRevisions }) => `${sourceRevisions[0]?.revisionId} ${status}`);

async function site(key: string): Promise<string> {
  return (await client(server, "aws", ["s3", "cp", `s3://site/${key}`, "-"])).out.trim();
}

async function why(id: string): Promise<{ readonly type: string; readonly rule?: string }[]> {
  const told = await fetch(`${server.endpoint}/_orrery/why?of=${encodeURIComponent(id)}`);
  return ((await told.json()) as { events: { type: string; rule?: string }[] }).events;
}

const post = (path: string, body: object) => fetch(`${server.endpoint}/_orrery/${path}`, { method: "POST", body: JSON.stringify(body) });

describe.skipIf(!isThere)("pipelines (needs git and the AWS CLI)", () => {
  beforeAll(async () => {
    server = await startServer(["--clock", "hold"]);
    const principal = { Service: ["codepipeline.amazonaws.com", "cloudformation.amazonaws.com"] };
    const trust = { Version: "2012-10-17", Statement: [{ Effect: "Allow", Principal: principal, Action: "sts:AssumeRole" }] };
    const all = { Version: "2012-10-17", Statement: [{ Effect: "Allow", Action: "*", Resource: "*" }] };
    await run("iam", "create-role", "--role-name", "pipelines", "--assume-role-policy-document", JSON.stringify(trust));
    await run("iam", "put-role-policy", "--role-name", "pipelines", "--policy-name", "all", "--policy-document", JSON.stringify(all));
    for (const bucket of ["artifacts", "site"]) await run("s3api", "create-bucket", "--bucket", bucket);
  });
  afterAll(() => server.stop());

  /** Four commits, three of them pushed while the first one waits for its approval. */
  async function overlapping(name: string, executionMode: string): Promise<string[]> {
    const copy = await WorkingCopy.create(server, name);
    const commits = [await copy.push({ "index.html": "1" }, "One")];
    await create(name, [source(name), gate, deploy()], { executionMode });
    await asked(name, 1);
    for (const text of ["2", "3", "4"]) commits.push(await copy.push({ "index.html": text }, `Number ${text}`));
    return commits;
  }

  // documented: https://docs.aws.amazon.com/codepipeline/latest/userguide/concepts-how-it-works.html#concepts-how-it-works-executions-superseded
  test("SUPERSEDED: of the pushes that wait behind an approval only the newest goes on", async () => {
    const [one, two, three, four] = await overlapping("superseded", "SUPERSEDED");
    await executions("superseded", (found) => found.filter(({ status }) => status === "Superseded").length === 2);
    const [first] = await asked("superseded", 1);
    if (first !== undefined) await answer("superseded", first, "Approved");
    const [last] = await asked("superseded", 1);
    if (last !== undefined) await answer("superseded", last, "Approved");
    const found = await executions("superseded", (all) => all.every(over));
    expect(outcome(found)).toEqual([`${four} Succeeded`, `${three} Superseded`, `${two} Superseded`, `${one} Succeeded`]);
    expect(await site("index.html")).toBe("4");
    const [reason] = await why(found[1]?.pipelineExecutionId ?? "");
    expect(reason?.rule).toContain(found[0]?.pipelineExecutionId);
  }, 120_000);

  // documented: https://docs.aws.amazon.com/codepipeline/latest/userguide/concepts-how-it-works.html#concepts-how-it-works-executions-queued
  test("QUEUED: every push goes through, one after another, in the order in which they came", async () => {
    const commits = await overlapping("queued", "QUEUED");
    for (const [i, commit] of commits.entries()) {
      const [next] = await asked("queued", 1);
      const found = await executions("queued", () => true);
      expect(
        found.find(({ pipelineExecutionId }) => pipelineExecutionId === next?.pipelineExecutionId)?.sourceRevisions[0]?.revisionId,
      ).toBe(commit);
      if (next !== undefined) await answer("queued", next, "Approved");
      if (i < commits.length - 1) continue;
      expect(outcome(await executions("queued", (all) => all.every(over)))).toEqual(commits.toReversed().map((id) => `${id} Succeeded`));
    }
    expect(await site("index.html")).toBe("4");
  }, 120_000);

  // documented: https://docs.aws.amazon.com/codepipeline/latest/userguide/concepts-how-it-works.html#concepts-how-it-works-executions-parallel
  test("PARALLEL: every push has its own way, and a later one may end before an earlier one", async () => {
    const commits = await overlapping("parallel", "PARALLEL");
    const waiting = await asked("parallel", 4);
    const newest = (await executions("parallel", () => true))[0];
    const its = waiting.find(({ pipelineExecutionId }) => pipelineExecutionId === newest?.pipelineExecutionId);
    if (its !== undefined) await answer("parallel", its, "Approved");
    const found = await executions("parallel", (all) => all.some(over));
    expect(outcome(found)).toEqual([`${commits[3]} Succeeded`, ...[2, 1, 0].map((i) => `${commits[i]} InProgress`)]);
  }, 120_000);

  // documented: https://docs.aws.amazon.com/codepipeline/latest/userguide/approvals.html
  test("an approval that is rejected fails the execution and says by whom; one that nobody gives does after seven days", async () => {
    const copy = await WorkingCopy.create(server, "approvals");
    await copy.push({ "index.html": "1" }, "One");
    await create("approvals", [source("approvals"), gate]);
    const [first] = await asked("approvals", 1);
    if (first !== undefined) await answer("approvals", first, "Rejected");
    const [rejected] = await executions("approvals", (all) => all.every(over));
    expect(rejected?.status).toBe("Failed");
    const told = await why(rejected?.pipelineExecutionId ?? "");
    expect(told.some(({ rule }) => rule?.includes("rejected it: by-hand"))).toBe(true);
    await copy.push({ "index.html": "2" }, "Two");
    await asked("approvals", 1);
    await post("clock/advance", { ms: WEEK_MS - 60_000 });
    await asked("approvals", 1);
    await post("clock/advance", { ms: 60_000 });
    expect((await executions("approvals", (all) => all.every(over))).map(({ status }) => status)).toEqual(["Failed", "Failed"]);
    const late = (await actions("approvals")).find(({ actionName }) => actionName === "Ask");
    expect(late?.output?.executionResult?.errorDetails?.code).toBe("TimeoutError");
  }, 120_000);

  // documented: https://docs.aws.amazon.com/codepipeline/latest/userguide/stage-conditions.html
  test("a condition that is not met after a deployment rolls the stage back to the commit before", async () => {
    await run(
      ...[
        "cloudwatch",
        "put-metric-alarm",
        "--alarm-name",
        "errors",
        "--namespace",
        "Site",
        "--metric-name",
        "Errors",
        "--statistic",
        "Sum",
      ],
      ...["--period", "60", "--evaluation-periods", "1", "--threshold", "1", "--comparison-operator", "GreaterThanThreshold"],
      ...["--treat-missing-data", "ignore"],
    );
    const alarm = (state: string) =>
      run("cloudwatch", "set-alarm-state", "--alarm-name", "errors", "--state-value", state, "--state-reason", `it is ${state}`);
    await alarm("OK");
    const rule = {
      name: "NoErrors",
      ruleTypeId: { category: "Rule", owner: "AWS", provider: "CloudWatchAlarm", version: "1" },
      configuration: { AlarmName: "errors", WaitTime: "5" },
    };
    const onSuccess = { conditions: [{ result: "ROLLBACK", rules: [rule] }] };
    const copy = await WorkingCopy.create(server, "conditions");
    const good = await copy.push({ "page.html": "good" }, "A good page");
    await create("conditions", [source("conditions"), deploy({ onSuccess })]);
    await executions("conditions", (all) => all.length === 1 && all.every(over));
    expect(await site("page.html")).toBe("good");
    await alarm("ALARM");
    const bad = await copy.push({ "page.html": "bad" }, "A bad page");
    for (let text = ""; text !== "bad"; text = await site("page.html"));
    await post("clock/advance", { ms: 6 * 60_000 });
    for (let text = ""; text !== "good"; text = await site("page.html"));
    // What was rolled back to is asked for its condition as well.
    await alarm("OK");
    const found = await executions("conditions", (all) => all.length === 3 && all.every(over));
    expect(found.map(({ executionType = "STANDARD", status }) => `${executionType} ${status}`)).toEqual([
      ...["ROLLBACK Succeeded", "STANDARD Failed", "STANDARD Succeeded"],
    ]);
    expect(found.map(({ sourceRevisions }) => sourceRevisions[0]?.revisionId)).toEqual([good, bad, good]);
    expect(await site("page.html")).toBe("good");
    const told = await why(found[0]?.pipelineExecutionId ?? "");
    expect(told.some(({ rule: reason }) => reason?.includes("errors is in ALARM"))).toBe(true);
  }, 120_000);

  // documented: https://docs.aws.amazon.com/codepipeline/latest/userguide/action-reference-CloudFormation.html
  test("a change that CloudFormation cannot make is rolled back and fails the execution with its reason; the next push repairs it", async () => {
    const template = (extra: object) =>
      JSON.stringify({ Resources: { Topic: { Type: "AWS::SNS::Topic", Properties: { DisplayName: "one" } }, ...extra } });
    const stack = {
      name: "Deploy",
      actions: [
        {
          name: "Stack",
          actionTypeId: { category: "Deploy", owner: "AWS", provider: "CloudFormation", version: "1" },
          configuration: { ActionMode: "CREATE_UPDATE", StackName: "shop", TemplatePath: "App::template.json", RoleArn: ROLE },
          inputArtifacts: [{ name: "App" }],
        },
      ],
    };
    const copy = await WorkingCopy.create(server, "stacks");
    await copy.push({ "template.json": template({}) }, "A topic");
    await create("stacks", [source("stacks"), stack]);
    const ended = async (count: number): Promise<readonly Execution[]> => {
      for (;;) {
        await post("clock/advance", { ms: 60_000 });
        const found = await executions("stacks", () => true);
        if (found.length === count && found.every(over)) return found;
      }
    };
    expect((await ended(1))[0]?.status).toBe("Succeeded");
    const broken = { Queue: { Type: "AWS::SQS::Queue", Properties: { DelaySeconds: 9_999 } } };
    await copy.push({ "template.json": template(broken) }, "A queue that cannot be");
    const [failed] = await ended(2);
    expect(failed?.status).toBe("Failed");
    const message = (await actions("stacks"))[0]?.output?.executionResult?.errorDetails?.message;
    expect(message).toContain("shop");
    const status = async () =>
      ((await run("cloudformation", "describe-stacks", "--stack-name", "shop"))["Stacks"] as { StackStatus: string }[])[0]?.StackStatus;
    expect(await status()).toBe("UPDATE_ROLLBACK_COMPLETE");
    const told = await why(failed?.pipelineExecutionId ?? "");
    expect(told.some(({ type }) => type.startsWith("CloudFormation"))).toBe(true);
    await copy.push({ "template.json": template({ Queue: { Type: "AWS::SQS::Queue" } }) }, "A queue that can");
    expect((await ended(3))[0]?.status).toBe("Succeeded");
    expect(await status()).toBe("UPDATE_COMPLETE");
  }, 120_000);
});
