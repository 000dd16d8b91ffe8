import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { type FoundFile, findFiles } from "../globs.ts";

type Print = (text: string) => void;

const USAGE = 2;
const FAILED = 1;

function found(root: string, patterns: readonly string[]): FoundFile[] {
  return findFiles(root, { files: patterns }) ?? [];
}

/**
 * `codebuild-glob-search`: the files below the working directory that fit a pattern, one a line. That there are none is told
 * apart from the list, so that nothing takes it for a file.
 * https://docs.aws.amazon.com/codebuild/latest/userguide/parallel-test-glob-search.html
 */
export function globSearch(patterns: readonly string[], print: Print, tell: Print): number {
  if (patterns.length === 0) {
    tell("usage: codebuild-glob-search <glob_pattern1> [<glob_pattern2> ...]");
    return USAGE;
  }
  const files = found(process.cwd(), patterns);
  if (files.length === 0) tell(`No files found matching the pattern(s): ${patterns.join(" ")}`);
  for (const { name } of files) print(name);
  return 0;
}

/**
 * `codebuild-hash-files`: a SHA-256 over the files of the source directory that fit a pattern, in the order of their names.
 * https://docs.aws.amazon.com/codebuild/latest/userguide/caching-s3.html#caching-s3-dynamic.codebuild-hash-files
 */
export function hashFiles(patterns: readonly string[], print: Print, tell: Print): number {
  if (patterns.length === 0) {
    tell("usage: codebuild-hash-files <glob-pattern-1> <glob-pattern-2> ...");
    return USAGE;
  }
  const files = found(process.env["CODEBUILD_SRC_DIR"] ?? process.cwd(), patterns);
  if (files.length === 0) {
    tell(`codebuild-hash-files: no files match ${patterns.join(" ")}`);
    return FAILED;
  }
  const whole = createHash("sha256");
  for (const { path } of files) whole.update(createHash("sha256").update(readFileSync(path)).digest());
  print(whole.digest("hex"));
  return 0;
}
