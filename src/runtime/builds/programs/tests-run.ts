import { spawnSync } from "node:child_process";
import { constants } from "node:os";
import { parseArgs } from "node:util";
import { messageOf } from "../../../kernel/errors.ts";
import { filesOf, STRATEGIES, type Strategy, shardOf } from "./shards.ts";

const FILES_VARIABLE = "CODEBUILD_CURRENT_SHARD_FILES";
const USAGE = 2;
const FAILED = 1;
const SIGNALLED = 128;
const LONGEST_LIST = 64 * 1024 * 1024;

interface Options {
  readonly testCommand: string;
  readonly filesSearch: string;
  readonly strategy: Strategy;
}

/**
 * `codebuild-tests-run`: searches the test files, takes those of this build's shard and runs the command on them. The exit
 * code is the command's. https://docs.aws.amazon.com/codebuild/latest/userguide/parallel-test-tests-run.html
 */
export function testsRun(args: readonly string[], tell: (text: string) => void): number {
  const options = optionsOf(args);
  if (typeof options === "string") {
    tell(`codebuild-tests-run: ${options}`);
    return USAGE;
  }
  const search = spawnSync("/bin/sh", ["-c", options.filesSearch], {
    encoding: "utf8",
    stdio: ["ignore", "pipe", "inherit"],
    maxBuffer: LONGEST_LIST,
  });
  if (search.status !== 0) {
    tell(`codebuild-tests-run: the files search ended with ${search.status ?? search.signal ?? messageOf(search.error)}`);
    return search.status ?? FAILED;
  }
  const all = search.stdout.split(/\r?\n/).filter((line) => line.trim() !== "");
  if (all.length === 0) {
    tell("codebuild-tests-run: the files search found no test files");
    return FAILED;
  }
  const shard = shardOf(process.env);
  const files = filesOf(all, shard, options.strategy);
  tell(
    `codebuild-tests-run: ${files.length} of ${new Set(all).size} test files are for build ${shard.index + 1} of ${shard.total} (${options.strategy})`,
  );
  // There may be fewer files than builds.
  if (files.length === 0) return 0;
  return runTests(options.testCommand, files);
}

function optionsOf(args: readonly string[]): Options | string {
  const text = { type: "string" } as const;
  let values: { "test-command"?: string; "files-search"?: string; "sharding-strategy"?: string };
  try {
    ({ values } = parseArgs({ args: [...args], options: { "test-command": text, "files-search": text, "sharding-strategy": text } }));
  } catch (error) {
    return messageOf(error);
  }
  const { "test-command": testCommand, "files-search": filesSearch, "sharding-strategy": asked = "equal-distribution" } = values;
  if (testCommand === undefined || filesSearch === undefined) return "--test-command and --files-search are required";
  const strategy = STRATEGIES.find((one) => one === asked);
  if (strategy === undefined) return `--sharding-strategy is one of ${STRATEGIES.join(", ")}, not ${asked}`;
  return { testCommand, filesSearch, strategy };
}

/** The files go behind the command, unless it takes them from the variable itself. */
function runTests(testCommand: string, files: readonly string[]): number {
  const command = testCommand.includes(FILES_VARIABLE) ? testCommand : `${testCommand} ${files.map(quoted).join(" ")}`;
  const env = { ...process.env, [FILES_VARIABLE]: files.join("\n") };
  const { status, signal } = spawnSync("/bin/sh", ["-c", command], { stdio: "inherit", env });
  return status ?? (signal === null ? FAILED : SIGNALLED + constants.signals[signal]);
}

const quoted = (text: string): string => (/^[\w./@%+=:,-]+$/.test(text) ? text : `'${text.replaceAll("'", `'\\''`)}'`);
