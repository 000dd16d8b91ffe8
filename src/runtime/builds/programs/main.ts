import { globSearch, hashFiles } from "./file-programs.ts";
import { testsRun } from "./tests-run.ts";

const print = (text: string): void => void process.stdout.write(`${text}\n`);
const tell = (text: string): void => void process.stderr.write(`${text}\n`);

const PROGRAMS: Readonly<Record<string, (args: readonly string[]) => number>> = {
  "codebuild-tests-run": (args) => testsRun(args, tell),
  "codebuild-glob-search": (args) => globSearch(args, print, tell),
  "codebuild-hash-files": (args) => hashFiles(args, print, tell),
};

// A reader that has seen enough (`… | head -n 1`) is no failure.
process.stdout.on("error", () => process.exit(0));

const [name = "", ...args] = process.argv.slice(2);
process.exitCode = PROGRAMS[name]?.(args) ?? 127;
