import { execFile, execFileSync } from "node:child_process";
import { createHmac } from "node:crypto";
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { promisify } from "node:util";
import {
  BatchGetBuildBatchesCommand,
  BatchGetProjectsCommand,
  CreateWebhookCommand,
  type CreateWebhookCommandInput,
  DeleteProjectCommand,
  DeleteWebhookCommand,
  ListBuildBatchesForProjectCommand,
  ListBuildsForProjectCommand,
  UpdateWebhookCommand,
  type Webhook,
} from "@aws-sdk/client-codebuild";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { BUILD_ROLE, BuildTest, commands } from "../../../../test/support/codebuild.ts";
import { TestStack } from "../../../../test/support/stack.ts";

let test: BuildTest;
let folder = "";
let main = "";
let topic = "";
const stack = new TestStack(() => test.cloud);

function git(cwd: string, ...args: string[]): string {
  return execFileSync("git", ["-c", "user.name=Ada", "-c", "user.email=ada@example.com", ...args], { cwd, encoding: "utf8" }).trim();
}

/** The server that is pushed to is in this process. */
const push = (url: string, branch: string) => promisify(execFile)("git", ["push", "--quiet", url, branch], { cwd: folder });

const SHOW = commands("env | grep ^CODEBUILD_WEBHOOK_ | sort", "echo version $CODEBUILD_SOURCE_VERSION by $CODEBUILD_INITIATOR");

beforeAll(async () => {
  test = await BuildTest.start();
  folder = join(test.cloud.cloud.dataDir, "host/acme/shop");
  mkdirSync(join(folder, "src"), { recursive: true });
  git(folder, "init", "--quiet", "--initial-branch=main", ".");
  const commit = (file: string, text: string, message: string): string => {
    writeFileSync(join(folder, file), text);
    git(folder, "add", ".");
    git(folder, "commit", "--quiet", "-m", message);
    return git(folder, "rev-parse", "HEAD");
  };
  main = commit("buildspec.yml", SHOW, "first");
  git(folder, "checkout", "--quiet", "-b", "topic");
  topic = commit("src/a.ts", "a", "proposed");
  git(folder, "update-ref", "refs/pull/7/head", "topic");
  git(folder, "checkout", "--quiet", "main");
});
afterAll(() => test.stop());

async function hook(
  name: string,
  more: Partial<CreateWebhookCommandInput> = {},
  type: "GITHUB" | "GITLAB" | "BITBUCKET" = "GITHUB",
): Promise<Webhook> {
  await test.project(name, "", { source: { type, location: `file://${folder}` } });
  return (await test.client.send(new CreateWebhookCommand({ projectName: name, ...more }))).webhook ?? {};
}

const event = (pattern: string, ...more: { type: "HEAD_REF" | "FILE_PATH"; pattern: string }[]) => [
  [{ type: "EVENT" as const, pattern }, ...more],
];

/** Delivers as GitHub does. */
async function deliver(
  { payloadUrl = "", secret = "" }: Webhook,
  kind: string,
  body: object,
): Promise<{ status: number; message: string }> {
  const text = JSON.stringify({ repository: { full_name: "acme/shop" }, sender: { id: 42 }, ...body });
  const signature = `sha256=${createHmac("sha256", secret).update(text).digest("hex")}`;
  const headers = { "x-github-event": kind, "x-hub-signature-256": signature, "user-agent": "GitHub-Hookshot/1a2b3c4" };
  const response = await fetch(payloadUrl, { method: "POST", body: text, headers });
  return { status: response.status, ...((await response.json()) as { message: string }) };
}

async function builds(projectName: string) {
  await test.cloud.cloud.clock.idle();
  const { ids = [] } = await test.client.send(new ListBuildsForProjectCommand({ projectName }));
  return await Promise.all(ids.map((id) => test.get(id)));
}

const pushed = (more: object = {}) => ({
  ref: "refs/heads/main",
  before: "a".repeat(40),
  after: main,
  head_commit: { message: "first" },
  commits: [{ added: ["buildspec.yml"], modified: [], removed: [] }],
  ...more,
});
const opened = (association: string, action = "opened") => ({
  action,
  number: 7,
  pull_request: {
    number: 7,
    head: { ref: "topic", sha: topic, repo: { full_name: "someone/shop" } },
    base: { ref: "main", repo: { full_name: "acme/shop" } },
    author_association: association,
  },
});

describe("a webhook's deliveries", () => {
  // documented: https://docs.aws.amazon.com/codebuild/latest/userguide/build-env-ref-env-vars.html
  it("of a push build its commit and tell the build what happened", async () => {
    const webhook = await hook("pushes", { filterGroups: event("PUSH", { type: "HEAD_REF", pattern: "^refs/heads/main$" }) });
    expect(await deliver(webhook, "ping", {})).toEqual({ status: 200, message: "pong" });
    expect((await deliver(webhook, "push", pushed())).status).toBe(200);
    expect((await deliver(webhook, "push", pushed({ ref: "refs/heads/other" }))).message).toContain("passes no filter group");
    expect((await deliver(webhook, "push", pushed({ repository: { full_name: "acme/other" } }))).message).toContain(
      "is not the repository",
    );
    const [build, ...others] = await builds("pushes");
    expect(others).toEqual([]);
    expect(build).toMatchObject({ buildStatus: "SUCCEEDED", sourceVersion: main, initiator: "GitHub-Hookshot/1a2b3c4" });
    expect(build === undefined ? [] : await test.log(build)).toEqual(
      expect.arrayContaining([
        "CODEBUILD_WEBHOOK_ACTOR_ACCOUNT_ID=42",
        "CODEBUILD_WEBHOOK_EVENT=PUSH",
        "CODEBUILD_WEBHOOK_HEAD_REF=refs/heads/main",
        `CODEBUILD_WEBHOOK_PREV_COMMIT=${"a".repeat(40)}`,
        "CODEBUILD_WEBHOOK_TRIGGER=branch/main",
      ]),
    );
  });

  // documented: https://docs.github.com/en/webhooks/using-webhooks/validating-webhook-deliveries
  it("must be signed with the secret, which may be rotated", async () => {
    const webhook = await hook("signed");
    const forged = { ...webhook, secret: "guessed" };
    expect((await deliver(forged, "push", pushed())).status).toBe(403);
    const { webhook: rotated } = await test.client.send(new UpdateWebhookCommand({ projectName: "signed", rotateSecret: true }));
    expect(rotated?.secret).not.toBe(webhook.secret);
    expect((await deliver(webhook, "push", pushed())).status).toBe(403);
    expect((await deliver({ ...webhook, ...rotated }, "push", pushed())).status).toBe(200);
    const url = webhook.payloadUrl?.replace(/t=\w+/, "t=unknown") ?? "";
    expect((await deliver({ ...webhook, payloadUrl: url }, "push", pushed())).status).toBe(404);
    expect((await builds("signed")).length).toBe(1);
  });

  // documented: https://docs.aws.amazon.com/codebuild/latest/userguide/github-webhook.html (FILE_PATH of pull requests)
  it("of a pull request are filtered by the files that differ from its base, and build pr/<number>", async () => {
    const filterGroups = event("PULL_REQUEST_CREATED", { type: "FILE_PATH", pattern: "^src/" });
    const webhook = await hook("requests", { filterGroups });
    await deliver(webhook, "pull_request", opened("OWNER"));
    const [build] = await builds("requests");
    expect(build).toMatchObject({ sourceVersion: "pr/7", resolvedSourceVersion: topic, buildStatus: "SUCCEEDED" });
    expect(build === undefined ? [] : await test.log(build)).toEqual(
      expect.arrayContaining(["CODEBUILD_WEBHOOK_BASE_REF=refs/heads/main", "CODEBUILD_WEBHOOK_TRIGGER=pr/7"]),
    );
  });

  // documented: https://docs.aws.amazon.com/codebuild/latest/userguide/pull-request-build-policy.html
  it("of strangers' pull requests wait for somebody's comment", async () => {
    const webhook = await hook("strangers", { filterGroups: event("PULL_REQUEST_CREATED") });
    expect((await deliver(webhook, "pull_request", opened("NONE"))).message).toBe("Pull request approval required for starting a build");
    const comment = (association: string, text: string) => ({
      action: "created",
      issue: { number: 7, pull_request: {} },
      comment: { body: text, author_association: association },
    });
    await deliver(webhook, "issue_comment", comment("NONE", `/codebuild_run(${topic})`));
    await deliver(webhook, "issue_comment", comment("OWNER", `/codebuild_run(${main})`));
    expect(await builds("strangers")).toEqual([]);
    await deliver(webhook, "issue_comment", comment("OWNER", `/codebuild_run(${topic})`));
    expect((await builds("strangers")).map(({ buildStatus }) => buildStatus)).toEqual(["SUCCEEDED"]);
    const policy = { requiresCommentApproval: "DISABLED" as const };
    await test.client.send(new UpdateWebhookCommand({ projectName: "strangers", pullRequestBuildPolicy: policy }));
    await deliver(webhook, "pull_request", opened("NONE"));
    expect((await builds("strangers")).length).toBe(2);
  });

  // documented: https://docs.aws.amazon.com/codebuild/latest/APIReference/API_CreateWebhook.html (buildType)
  it("start a batch where the webhook says so, whose builds know what happened", async () => {
    const buildspec = JSON.stringify({
      version: 0.2,
      batch: { "build-list": [{ identifier: "one" }] },
      phases: { build: { commands: ["echo event $CODEBUILD_WEBHOOK_EVENT"] } },
    });
    await test.project("batches", "", {
      source: { type: "GITHUB", location: `file://${folder}`, buildspec },
      buildBatchConfig: { serviceRole: BUILD_ROLE },
    });
    const { webhook = {} } = await test.client.send(new CreateWebhookCommand({ projectName: "batches", buildType: "BUILD_BATCH" }));
    await deliver(webhook, "push", pushed());
    await test.cloud.cloud.clock.idle();
    const { ids = [] } = await test.client.send(new ListBuildBatchesForProjectCommand({ projectName: "batches" }));
    const { buildBatches = [] } = await test.client.send(new BatchGetBuildBatchesCommand({ ids }));
    expect(buildBatches.map(({ buildBatchStatus, sourceVersion, initiator }) => [buildBatchStatus, sourceVersion, initiator])).toEqual([
      ["SUCCEEDED", main, "GitHub-Hookshot/1a2b3c4"],
    ]);
    const [build] = await builds("batches");
    expect(build === undefined ? [] : await test.log(build)).toContain("event PUSH");
  });

  // documented: https://docs.aws.amazon.com/codebuild/latest/userguide/gitlab-webhook.html
  it("of GitLab carry the secret, those of Bitbucket none", async () => {
    const gitlab = await hook("gitlab", {}, "GITLAB");
    const body = JSON.stringify({ ref: "refs/heads/main", after: main, checkout_sha: main, project: { path_with_namespace: "acme/shop" } });
    const send = (webhook: Webhook, headers: Record<string, string>, text: string) =>
      fetch(webhook.payloadUrl ?? "", { method: "POST", body: text, headers });
    expect((await send(gitlab, { "x-gitlab-event": "Push Hook", "x-gitlab-token": "wrong" }, body)).status).toBe(403);
    expect((await send(gitlab, { "x-gitlab-event": "Push Hook", "x-gitlab-token": gitlab.secret ?? "" }, body)).status).toBe(200);
    const bitbucket = await hook("bitbucket", {}, "BITBUCKET");
    const changes = [{ new: { type: "branch", name: "main", target: { hash: main } } }];
    const text = JSON.stringify({ repository: { full_name: "acme/shop" }, push: { changes } });
    expect((await send(bitbucket, { "x-event-key": "repo:push" }, text)).status).toBe(200);
    expect([(await builds("gitlab")).length, (await builds("bitbucket")).length]).toEqual([1, 1]);
  });
});

describe("webhooks", () => {
  // documented: https://docs.aws.amazon.com/codebuild/latest/APIReference/API_CreateWebhook.html
  it("are one for each project, shown with it, and checked", async () => {
    const webhook = await hook("checked", { branchFilter: "^main$" });
    expect(webhook).toMatchObject({ buildType: "BUILD", branchFilter: "^main$", status: "ACTIVE", secret: expect.any(String) });
    const create = (input: Partial<CreateWebhookCommandInput>) =>
      test.client.send(new CreateWebhookCommand({ projectName: "checked", ...input }));
    await expect(create({})).rejects.toMatchObject({ name: "ResourceAlreadyExistsException" });
    const { projects = [] } = await test.client.send(new BatchGetProjectsCommand({ names: ["checked"] }));
    expect(projects[0]?.webhook).toMatchObject({ payloadUrl: webhook.payloadUrl });
    expect(projects[0]?.webhook?.secret).toBeUndefined();
    await test.client.send(new DeleteWebhookCommand({ projectName: "checked" }));
    await expect(test.client.send(new DeleteWebhookCommand({ projectName: "checked" }))).rejects.toMatchObject({
      name: "ResourceNotFoundException",
    });
    const refused: Partial<CreateWebhookCommandInput>[] = [
      { filterGroups: [[{ type: "HEAD_REF", pattern: "x" }]] },
      { filterGroups: event("PUSHED") },
      { filterGroups: event("PUSH", { type: "HEAD_REF", pattern: "(" }) },
      { filterGroups: event("PUSH"), branchFilter: "x" },
      {
        filterGroups: [
          [
            { type: "EVENT", pattern: "PUSH" },
            { type: "REPOSITORY_NAME", pattern: "x" },
          ],
        ],
      },
    ];
    for (const input of refused) await expect(create(input)).rejects.toMatchObject({ name: "InvalidInputException" });
    await test.project("sourceless", SHOW);
    await expect(create({ projectName: "sourceless" })).rejects.toMatchObject({ name: "InvalidInputException" });
    await expect(create({ filterGroups: event("WORKFLOW_JOB_QUEUED") })).rejects.toMatchObject({ name: "NotImplemented" });
  });

  it("go with their project", async () => {
    const webhook = await hook("gone");
    await test.client.send(new DeleteProjectCommand({ name: "gone" }));
    expect((await deliver(webhook, "push", pushed())).status).toBe(404);
  });

  // documented: https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-properties-codebuild-project-projecttriggers.html
  it("are what Triggers of AWS::CodeBuild::Project makes", async () => {
    const resource = (Triggers: object) => ({
      P: {
        Type: "AWS::CodeBuild::Project",
        Properties: {
          Name: "of-a-stack",
          ServiceRole: BUILD_ROLE,
          Artifacts: { Type: "NO_ARTIFACTS" },
          Source: { Type: "GITHUB", Location: `file://${folder}` },
          Environment: { Type: "LINUX_CONTAINER", ComputeType: "BUILD_GENERAL1_SMALL", Image: "aws/codebuild/standard:7.0" },
          Triggers,
        },
      },
    });
    const webhook = async () =>
      (await test.client.send(new BatchGetProjectsCommand({ names: ["of-a-stack"] }))).projects?.[0]?.webhook?.filterGroups;
    const FilterGroups = [
      [
        { Type: "EVENT", Pattern: "PUSH" },
        { Type: "FILE_PATH", Pattern: "^src/", ExcludeMatchedPattern: "true" },
      ],
    ];
    await stack.deploy("CreateStack", resource({ Webhook: "true", FilterGroups }));
    expect(await webhook()).toEqual([
      [
        { type: "EVENT", pattern: "PUSH" },
        { type: "FILE_PATH", pattern: "^src/", excludeMatchedPattern: true },
      ],
    ]);
    await stack.deploy("UpdateStack", resource({ Webhook: true }));
    expect(await webhook()).toEqual([]);
    await stack.deploy("UpdateStack", resource({ Webhook: false }));
    expect(await webhook()).toBeUndefined();
    await stack.destroy();
  });
});

describe("a repository that Orrery serves", () => {
  // assumed: the local provider tells CodeBuild what a host's webhook would
  it("starts the build of a push by its connection, once, with what was pushed", async () => {
    const local = async (path: string, body: object) =>
      await fetch(`${test.cloud.endpoint}/_orrery/connections/${path}`, { method: "POST", body: JSON.stringify(body) });
    const connection = async (ConnectionName: string): Promise<string> => {
      const made = await test.cloud.ctx.call("codeconnections", "CreateConnection", { ConnectionName, ProviderType: "GitHub" });
      await local("complete", { ConnectionArn: made.ConnectionArn });
      return made.ConnectionArn ?? "";
    };
    const [one] = [await connection("one"), await connection("two")];
    const served = `${test.cloud.endpoint}/_git/acme/shop`;
    const source = { type: "GITHUB" as const, location: `${served}.git` };
    await test.project("served", "", { source });
    await test.project("connected", "", {
      source: { ...source, location: "https://github.com/acme/shop.git", auth: { type: "CODECONNECTIONS", resource: one } },
    });
    const filterGroups = event("PUSH, PULL_REQUEST_CREATED", { type: "FILE_PATH", pattern: "buildspec|src" });
    for (const projectName of ["served", "connected"]) await test.client.send(new CreateWebhookCommand({ projectName, filterGroups }));
    await push(served, "main");
    const [build, ...others] = await builds("served");
    expect(others).toEqual([]);
    expect(build).toMatchObject({ resolvedSourceVersion: main, buildStatus: "SUCCEEDED" });
    expect((await builds("connected")).map(({ resolvedSourceVersion }) => resolvedSourceVersion)).toEqual([main]);
    await push(served, "topic");
    await local("pull-requests/open", { FullRepositoryId: "acme/shop", SourceBranch: "topic", DestinationBranch: "main", Title: "T" });
    expect((await builds("connected")).map(({ resolvedSourceVersion }) => resolvedSourceVersion)).toContain(topic);
  });
});
