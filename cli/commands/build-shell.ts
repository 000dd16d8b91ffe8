import { spawn } from "node:child_process";
import { constants } from "node:os";
import type { Command } from "commander";
import { ask } from "../client.ts";
import { print } from "../print.ts";
import { targetOf } from "./server.ts";

interface ShellOptions {
  readonly data?: string;
  readonly port?: string;
  readonly command?: string;
  readonly region?: string;
}

/** As the server tells of a sandbox that is ready. */
interface Shell {
  readonly id: string;
  readonly arn: string;
  readonly directory: string;
  readonly variables: Readonly<Record<string, string>>;
  readonly shell: "bash" | "sh";
}

const SIGNALLED = 128;

/** What one wants of a build that failed: its commit and its variables, and a prompt in between. */
export function addBuildShell(build: Command): void {
  build
    .command("shell <build-id>")
    .description("a shell in a sandbox of a build: its project, its commit, its variables")
    .option("--port <n>", "port of the server")
    .option("--data <dir>", "data folder of the server")
    .option("-c, --command <text>", "run this instead of a shell that one types in")
    .option("--region <name>", "region of an id that is no ARN")
    .addHelpText(
      "after",
      "\nThe sandbox goes when the shell ends, with all that was done in it. The exit code is the shell's.\n\nExamples:\n  orrery build shell shop:1a2b3c4d-…\n  orrery build shell arn:aws:codebuild:… -c 'npm test'",
    )
    .action(async (id: string, options: ShellOptions) => {
      const target = targetOf(options);
      const region = options.region === undefined ? {} : { region: options.region };
      const shell = (await ask(target, "POST", "builds/shell", { build: id, ...region })) as unknown as Shell;
      if (options.command === undefined) print(`${shell.id} is ready in ${shell.directory}; 'exit' ends it`);
      try {
        process.exitCode = await run(shell, options.command);
      } finally {
        await ask(target, "POST", "builds/shell/end", { sandbox: shell.arn });
      }
    });
}

/** The server is on this machine, so the shell can be a child of this process and have its terminal. */
function run({ shell, directory, variables }: Shell, command: string | undefined): Promise<number> {
  const args = command === undefined ? ["-i"] : ["-c", command];
  const env = { TERM: process.env["TERM"] ?? "dumb", ...variables };
  const child = spawn(shell, args, { cwd: directory, env, stdio: "inherit" });
  // The terminal tells the shell itself of Ctrl-C; the sandbox still has to be ended afterwards.
  const ignore = (): void => undefined;
  process.on("SIGINT", ignore);
  return new Promise((resolve, reject) => {
    child.on("error", reject);
    child.on("exit", (code, signal) => {
      process.off("SIGINT", ignore);
      resolve(code ?? SIGNALLED + (signal === null ? 0 : constants.signals[signal]));
    });
  });
}
