import { mkdirSync } from "node:fs";
import type { Readable } from "node:stream";
import { GitError, runGit, startGit } from "./command.ts";

/** A zip of all files of a commit, without the history: what CodePipeline's source actions put into their artifact. @throws GitError */
export async function archive(repository: string, commit: string): Promise<Buffer> {
  return (await runGit(repository, archiveArguments(commit))).out;
}

/** The same as a stream, which fails with a GitError when git does. */
export function archiveStream(repository: string, commit: string): Readable {
  const args = archiveArguments(commit);
  const child = startGit(repository, args);
  const { stdout } = child;
  let complaint = "";
  child.stdin?.end();
  child.stderr?.on("data", (chunk: Buffer) => {
    complaint += chunk.toString("utf8");
  });
  child.on("error", (error) => stdout?.destroy(new GitError(args, -1, error.message)));
  child.on("exit", (code) => {
    if (code !== 0) stdout?.destroy(new GitError(args, code ?? -1, complaint));
  });
  stdout?.on("close", () => child.kill("SIGKILL"));
  return stdout as Readable;
}

function archiveArguments(commit: string): string[] {
  return ["archive", "--format=zip", "--end-of-options", commit];
}

export interface CloneOptions {
  /** Commits of history; all of it when undefined or 0. */
  readonly depth?: number;
  /** What `origin` is set to, e.g. the repository's clone URL. */
  readonly url?: string;
  /** The branch that is checked out at the commit; a detached HEAD without. */
  readonly branch?: string;
}

/**
 * A working copy of a commit with its history in a folder, which must be empty or not there; `origin` names `url`.
 * No hook runs, and nothing of the host's git settings is used. @throws GitError
 */
export async function cloneTo(repository: string, folder: string, commit: string, options: CloneOptions = {}): Promise<void> {
  mkdirSync(folder, { recursive: true });
  const run = (...args: string[]) => runGit(undefined, args, { cwd: folder });
  await run("init", "--quiet", "--template=", ".");
  await run("remote", "add", "origin", options.url ?? repository);
  const depth = options.depth === undefined || options.depth === 0 ? [] : [`--depth=${options.depth}`];
  const refs = depth.length > 0 ? [commit] : [commit, "+refs/heads/*:refs/remotes/origin/*"];
  await run("fetch", "--quiet", ...(depth.length > 0 ? ["--no-tags"] : ["--tags"]), ...depth, `file://${repository}`, ...refs);
  const place = options.branch === undefined ? ["--detach"] : ["-B", options.branch];
  await run("checkout", "--quiet", "--force", ...place, commit);
}
