import { execFile } from "node:child_process";
import { mkdirSync, mkdtempSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { promisify } from "node:util";
import { aws, type Ran, type Server } from "./server.ts";

const run = promisify(execFile);

/** The user's own git, with nothing of this machine's settings; never throws for its exit code. */
export async function git(server: Server, cwd: string, ...args: string[]): Promise<Ran> {
  const env = { ...server.env, GIT_CONFIG_GLOBAL: "/dev/null", GIT_CONFIG_NOSYSTEM: "1", GIT_TERMINAL_PROMPT: "0" };
  const person = ["-c", "user.name=Ada", "-c", "user.email=ada@example.com"];
  try {
    const { stdout, stderr } = await run("git", [...person, ...args], { cwd, env });
    return { code: 0, out: stdout + stderr };
  } catch (error) {
    const { code, stdout = "", stderr = "" } = error as { code?: number; stdout?: string; stderr?: string };
    return { code: code ?? 1, out: stdout + stderr };
  }
}

/** A URL with a user and a password in it. */
export const withKeys = (url: string, user: string, password: string): string =>
  url.replace("http://", `http://${encodeURIComponent(user)}:${encodeURIComponent(password)}@`);

/** A repository of CodeCommit and a working copy of it. */
export class WorkingCopy {
  readonly folder: string;
  readonly #server: Server;
  readonly #remote: string;

  private constructor(server: Server, folder: string, remote: string) {
    this.#server = server;
    this.folder = folder;
    this.#remote = remote;
  }

  static async create(server: Server, repository: string): Promise<WorkingCopy> {
    const made = await aws(server, "codecommit", "create-repository", "--repository-name", repository);
    const url = (made["repositoryMetadata"] as { cloneUrlHttp: string }).cloneUrlHttp;
    const folder = mkdtempSync(join(server.dataDir, `${repository}-`));
    const copy = new WorkingCopy(server, folder, withKeys(url, "test", "test"));
    await git(server, folder, "init", "--quiet", "--initial-branch=main");
    return copy;
  }

  /** Writes files, commits them and pushes; answers the commit's id. */
  async push(files: Readonly<Record<string, string>>, message: string): Promise<string> {
    for (const [name, text] of Object.entries(files)) {
      const path = join(this.folder, name);
      mkdirSync(dirname(path), { recursive: true });
      writeFileSync(path, text);
    }
    await git(this.#server, this.folder, "add", ".");
    await git(this.#server, this.folder, "commit", "--quiet", "-m", message);
    const { code, out } = await git(this.#server, this.folder, "push", "--quiet", this.#remote, "HEAD:refs/heads/main");
    if (code !== 0) throw new RangeError(`git push ended with ${code}: ${out}`);
    return (await git(this.#server, this.folder, "rev-parse", "HEAD")).out.trim();
  }
}
