import { execFile } from "node:child_process";
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { afterAll, expect, it } from "vitest";

const run = promisify(execFile);
const folder = mkdtempSync(join(tmpdir(), "orrery-build-test-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

async function build(...args: string[]): Promise<{ code: number; out: string }> {
  try {
    const { stdout } = await run(process.execPath, [join(import.meta.dirname, "../orrery.ts"), "build", folder, ...args]);
    return { code: 0, out: stdout };
  } catch (error) {
    const { code, stdout } = error as { code: number; stdout: string };
    return { code, out: stdout };
  }
}

// assumed: the exit code is the build's result, as that of AWS's script for local builds is
it("runs a folder's buildspec without a server, on a copy, and keeps its artifacts", async () => {
  writeFileSync(
    join(folder, "buildspec.yml"),
    `version: 0.2
phases:
  build:
    commands:
      - echo made for $WHO > made.txt
      - test "$WHO" != nobody
artifacts:
  files: made.txt
`,
  );
  const good = await build("--env", "WHO=me", "--artifacts", join(folder, "out"));
  expect(good.code).toBe(0);
  expect(good.out).toContain("Phase complete: BUILD State: SUCCEEDED");
  expect(readFileSync(join(folder, "out/made.txt"), "utf8")).toBe("made for me\n");
  expect(existsSync(join(folder, "made.txt"))).toBe(false);
  const bad = await build("--env", "WHO=nobody");
  expect(bad.code).toBe(1);
  expect(bad.out).toContain('Error while executing command: test "$WHO" != nobody. Reason: exit status 1');
});

// documented: https://docs.aws.amazon.com/codebuild/latest/userguide/parallel-test-glob-search.html
it("has the programs of CodeBuild's images", async () => {
  writeFileSync(
    join(folder, "other.yml"),
    "version: 0.2\nphases: {build: {commands: [codebuild-glob-search 'other.*' | xargs echo found]}}\n",
  );
  const { code, out } = await build("--buildspec", "other.yml");
  expect([code, out.includes("\nfound other.yml\n")]).toEqual([0, true]);
});
