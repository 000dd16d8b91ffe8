import { execFile } from "node:child_process";
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { promisify } from "node:util";
import { scriptActions } from "../../src/services/codepipeline/index.ts";
import { BenchCloud, ROLE } from "./cloud.ts";

const run = promisify(execFile);
const PUSHES = 20;
const PERSON = ["-c", "user.name=Bench", "-c", "user.email=bench@example.com", "-c", "init.defaultBranch=main"];

/** Wall ms from the end of `git push` until the timeline says that the pipeline's execution has started; negative when it was first. */
export interface PushCost {
  readonly afterPush: readonly number[];
  readonly push: readonly number[];
}

export async function pushes(): Promise<PushCost> {
  const bench = await BenchCloud.start({ mode: "real" });
  try {
    scriptActions(bench.orrery.cloud, { "*": "Succeeded" });
    const folder = await prepare(bench);
    const cost = { afterPush: [] as number[], push: [] as number[] };
    for (let i = 0; i <= PUSHES; i++) {
      writeFileSync(join(folder, "a.txt"), `${i}\n`);
      await git(folder, "commit", "--quiet", "--all", "-m", `Change ${i}`);
      const { promise, resolve } = Promise.withResolvers<number>();
      const forget = bench.orrery.cloud.timeline.listen(({ type, detail }) => {
        if (type === "CodePipeline Pipeline Execution State Change" && detail["state"] === "STARTED") resolve(performance.now());
      });
      const began = performance.now();
      await git(folder, "push", "--quiet", "origin", "main");
      const pushed = performance.now();
      const started = await promise;
      forget();
      // The first one is the compiler's.
      if (i === 0) continue;
      cost.afterPush.push(started - pushed);
      cost.push.push(pushed - began);
    }
    return cost;
  } finally {
    await bench.stop();
  }
}

/** A working copy of a repository whose branch main has a pipeline. */
async function prepare(bench: BenchCloud): Promise<string> {
  const { ctx, orrery } = bench;
  const made = await ctx.call("codecommit", "CreateRepository", { repositoryName: "demo" });
  const remote = new URL(made.repositoryMetadata?.cloneUrlHttp ?? "");
  Object.assign(remote, { username: "test", password: "test" });
  const folder = join(orrery.dataDir, "work");
  mkdirSync(folder);
  writeFileSync(join(folder, "a.txt"), "first\n");
  await git(folder, "init", "--quiet");
  await git(folder, "add", ".");
  await git(folder, "commit", "--quiet", "-m", "First");
  await git(folder, "remote", "add", "origin", remote.href);
  await git(folder, "push", "--quiet", "origin", "main");
  await ctx.call("s3", "CreateBucket", { Bucket: "artifacts" });
  const stage = (name: "Source" | "Invoke", provider: string, configuration: Record<string, string>, more: object = {}) => ({
    name,
    actions: [{ name, actionTypeId: { category: name, owner: "AWS" as const, provider, version: "1" }, configuration, ...more }],
  });
  const source = { RepositoryName: "demo", BranchName: "main", PollForSourceChanges: "true" };
  await ctx.call("codepipeline", "CreatePipeline", {
    pipeline: {
      name: "demo",
      roleArn: ROLE,
      artifactStore: { type: "S3", location: "artifacts" },
      stages: [
        stage("Source", "CodeCommit", source, { outputArtifacts: [{ name: "App" }] }),
        stage("Invoke", "Lambda", { FunctionName: "f" }),
      ],
    },
  });
  await bench.idle();
  return folder;
}

async function git(cwd: string, ...args: string[]): Promise<void> {
  const env = { PATH: process.env["PATH"], HOME: cwd, GIT_CONFIG_NOSYSTEM: "1", GIT_TERMINAL_PROMPT: "0" };
  await run("git", [...PERSON, ...args], { cwd, env });
}
