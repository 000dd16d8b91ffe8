import { spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { delimiter, dirname, join } from "node:path";
import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { installPrograms } from "../programs.ts";
import { filesOf, STRATEGIES, shardVariables } from "./shards.ts";

const folder = mkdtempSync(join(tmpdir(), "orrery-programs-"));
const source = join(folder, "src");
let path = "";
beforeAll(() => {
  path = [installPrograms(join(folder, "bin")), process.env["PATH"] ?? ""].join(delimiter);
  for (const name of ["a.test.js", "b.test.js", "lib/c.test.js", "lib/d e.test.js", "lib/.hidden.js"]) {
    mkdirSync(dirname(join(source, name)), { recursive: true });
    writeFileSync(join(source, name), name);
  }
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

function run(command: string, variables: Readonly<Record<string, string>> = {}) {
  const { status, stdout, stderr } = spawnSync("/bin/sh", ["-c", command], {
    cwd: source,
    env: { PATH: path, CODEBUILD_SRC_DIR: source, ...variables },
    encoding: "utf8",
  });
  return { status, out: stdout, told: stderr };
}

// documented: https://docs.aws.amazon.com/codebuild/latest/userguide/parallel-test-glob-search.html
describe("codebuild-glob-search", () => {
  it("lists files by their names below the working directory, folders left out", () => {
    expect(run("codebuild-glob-search '**/*.test.js' 'lib'").out.split("\n")).toEqual([
      "a.test.js",
      "b.test.js",
      "lib/c.test.js",
      "lib/d e.test.js",
      "",
    ]);
    expect(run("codebuild-glob-search '*.js'").out).toBe("a.test.js\nb.test.js\n");
  });

  it("tells that there are none", () => {
    const { status, out, told } = run("codebuild-glob-search '**/*.nothing'");
    expect([status, out]).toEqual([0, ""]);
    expect(told).toContain("No files found");
  });
});

// documented: https://docs.aws.amazon.com/codebuild/latest/userguide/caching-s3.html#caching-s3-dynamic.codebuild-hash-files
describe("codebuild-hash-files", () => {
  it("gives a SHA-256 that changes with the files, from the source directory wherever it is called", () => {
    const before = run("cd lib && codebuild-hash-files '**/*.test.js'").out.trim();
    expect(before).toMatch(/^[0-9a-f]{64}$/);
    expect(run("codebuild-hash-files '**/*.test.js'").out.trim()).toBe(before);
    writeFileSync(join(source, "b.test.js"), "changed");
    expect(run("codebuild-hash-files '**/*.test.js'").out.trim()).not.toBe(before);
    writeFileSync(join(source, "b.test.js"), "b.test.js");
    expect(run("codebuild-hash-files nothing").status).toBe(1);
  });
});

// documented: https://docs.aws.amazon.com/codebuild/latest/userguide/parallel-test-tests-run.html
describe("codebuild-tests-run", () => {
  const tests = (command: string, more = "") =>
    `codebuild-tests-run --files-search "codebuild-glob-search '**/*.test.js'" --test-command '${command}' ${more}`;

  it("appends this shard's files to the command", () => {
    expect(run(tests("printf %s\\\\n")).out).toBe("a.test.js\nb.test.js\nlib/c.test.js\nlib/d e.test.js\n");
    const shards = [0, 1, 2].map((index) => run(tests("printf %s\\\\n"), shardVariables({ index, total: 3 })).out);
    expect(shards).toEqual(["a.test.js\nb.test.js\n", "lib/c.test.js\n", "lib/d e.test.js\n"]);
  });

  it("leaves them to a command that takes them from the variable", () => {
    const command = 'echo "$CODEBUILD_CURRENT_SHARD_FILES" | tr "\\n" ,';
    expect(run(tests(command, "--sharding-strategy stability")).out).toBe("a.test.js,b.test.js,lib/c.test.js,lib/d e.test.js,");
  });

  it("ends as the command or the search does, and where there is nothing to test", () => {
    expect(run(tests("exit 3 #")).status).toBe(3);
    expect(run("codebuild-tests-run --files-search 'exit 5' --test-command true").status).toBe(5);
    expect(run("codebuild-tests-run --files-search true --test-command true").status).toBe(1);
    expect(run(tests("false"), shardVariables({ index: 8, total: 9 })).status).toBe(0);
    expect(run(tests("true", "--sharding-strategy other")).told).toContain("equal-distribution, stability");
    expect(run("codebuild-tests-run --test-command true").status).toBe(2);
  });
});

// documented: https://docs.aws.amazon.com/codebuild/latest/userguide/parallel-test-splitting.html
describe("test splitting", () => {
  const lists = fc.uniqueArray(fc.string({ minLength: 1 }), { maxLength: 60 });

  it("gives every file to one shard", () => {
    fc.assert(
      fc.property(lists, fc.integer({ min: 1, max: 7 }), fc.constantFrom(...STRATEGIES), (files, total, strategy) => {
        const shards = Array.from({ length: total }, (_, index) => filesOf(files, { index, total }, strategy));
        expect(shards.flat().sort()).toEqual([...files].sort());
        const sizes = shards.map(({ length }) => length);
        if (strategy === "equal-distribution") expect(Math.max(...sizes) - Math.min(...sizes)).toBeLessThanOrEqual(1);
      }),
    );
  });

  it("under stability leaves the others where they are when a file comes", () => {
    fc.assert(
      fc.property(lists, fc.string({ minLength: 1 }), (files, added) => {
        fc.pre(!files.includes(added));
        const shard = { index: 1, total: 4 };
        expect(filesOf([...files, added], shard, "stability").filter((file) => file !== added)).toEqual(filesOf(files, shard, "stability"));
      }),
    );
  });
});
