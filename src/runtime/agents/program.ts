import { type ChildProcess, spawn } from "node:child_process";
import type { Clock } from "../../kernel/clock.ts";
import { LineSplitter } from "../processes/output.ts";
import type { RunOutcome, RunRequest } from "./driver.ts";

/** Wall ms between asking the programs of a script to end and ending them. */
const GRACE_MS = 1_000;
/** What a shell answers for a program that it cannot start. */
const NOT_STARTED = 127;
const SIGNALLED = 128;

export interface Program {
  readonly command: string;
  readonly args: readonly string[];
  readonly cwd: string;
  readonly variables: Readonly<Record<string, string>>;
}

/**
 * Runs a program in a group of its own and waits until it has ended and nobody holds its output open, as the agent does:
 * https://docs.aws.amazon.com/codedeploy/latest/userguide/troubleshooting-deployments.html#troubleshooting-long-running-processes
 * Over its time the whole group is ended.
 */
export function runProgram(
  clock: Clock,
  program: Program,
  { timeoutMs, line }: Pick<RunRequest, "timeoutMs" | "line">,
  started: (pid: number) => void = () => undefined,
): Promise<RunOutcome> {
  return new Promise((resolve) => {
    const { command, args, cwd, variables } = program;
    const child = spawn(command, [...args], { cwd, env: { ...variables }, detached: true, stdio: ["ignore", "pipe", "pipe"] });
    if (child.pid !== undefined) started(child.pid);
    const flush = readLines(child, line);
    let isOver = false;
    const done = (outcome: RunOutcome): void => {
      cancel();
      flush();
      resolve(outcome);
    };
    const cancel = clock.wallTimeout(timeoutMs, () => {
      isOver = true;
      signalGroup(child, "SIGTERM");
      clock.wallTimeout(GRACE_MS, () => {
        signalGroup(child, "SIGKILL");
        for (const pipe of [child.stdout, child.stderr]) pipe?.destroy();
        done({ end: "timeout" });
      });
    });
    child.on("error", (error) => {
      line("stderr", error.message);
      done({ end: "exit", code: NOT_STARTED });
    });
    child.on("close", (code) => {
      if (!isOver) done({ end: "exit", code: code ?? SIGNALLED });
    });
  });
}

function readLines(child: ChildProcess, line: RunRequest["line"]): () => void {
  const splitters = (["stdout", "stderr"] as const).map((stream) => {
    const splitter = new LineSplitter((text) => line(stream, text));
    child[stream]?.on("data", (chunk: Buffer) => splitter.push(chunk));
    return splitter;
  });
  return () => {
    for (const splitter of splitters) splitter.flush();
  };
}

function signalGroup(child: ChildProcess, signal: NodeJS.Signals): void {
  if (child.pid === undefined) return;
  try {
    process.kill(-child.pid, signal);
  } catch {
    // It is gone already.
  }
}
