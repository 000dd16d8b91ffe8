import { execFile } from "node:child_process";
import { join } from "node:path";
import { promisify } from "node:util";
import { ListSandboxesCommand } from "@aws-sdk/client-codebuild";
import { CreateBucketCommand, PutObjectCommand } from "@aws-sdk/client-s3";
import { afterAll, beforeAll, expect, it } from "vitest";
import { BuildTest } from "../../test/support/codebuild.ts";

const run = promisify(execFile);
let test: BuildTest;
beforeAll(async () => {
  test = await BuildTest.start();
});
afterAll(() => test.stop());

async function shell(...args: string[]): Promise<{ code: number; out: string; told: string }> {
  const env = { ...process.env, ORRERY_ENDPOINT: test.cloud.endpoint };
  try {
    const { stdout, stderr } = await run(process.execPath, [join(import.meta.dirname, "../orrery.ts"), "build", "shell", ...args], { env });
    return { code: 0, out: stdout, told: stderr };
  } catch (error) {
    const { code, stdout, stderr } = error as { code: number; stdout: string; stderr: string };
    return { code, out: stdout, told: stderr };
  }
}

// assumed: the exit code is the shell's
it("a shell into a failed build is in its source with its variables, and takes its sandbox with it", async () => {
  await test.s3.send(new CreateBucketCommand({ Bucket: "store" }));
  await test.s3.send(new PutObjectCommand({ Bucket: "store", Key: "src/test.sh", Body: 'echo "$COLOUR"; exit 4\n' }));
  const buildspec = JSON.stringify({
    version: 0.2,
    env: { variables: { COLOUR: "blue" } },
    phases: { build: { commands: ["sh test.sh"] } },
  });
  await test.project("failing", "", { source: { type: "S3", location: "store/src/", buildspec } });
  const build = await test.run("failing");
  expect(build.buildStatus).toBe("FAILED");
  const { code, out, told } = await shell(build.id ?? "", "-c", "sh test.sh");
  expect([code, out, told]).toEqual([4, "blue\n", ""]);
  await test.cloud.cloud.clock.idle();
  const [id = ""] = (await test.client.send(new ListSandboxesCommand({}))).ids ?? [];
  const { sandboxes } = await test.cloud.ctx.call("codebuild", "BatchGetSandboxes", { ids: [id] });
  expect(sandboxes?.[0]?.status).toBe("STOPPED");
  const unknown = await shell("failing:nothing");
  expect([unknown.code === 0, unknown.told.includes("Build does not exist: failing:nothing")]).toEqual([false, true]);
});
