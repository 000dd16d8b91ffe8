import { mkdirSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { gitText, runGit } from "./command.ts";

/** 40 zeros: "there is none" in git's protocols. */
export const NO_COMMIT = "0".repeat(40);
const ROOT = "repositories";

/** All repositories of a data folder. */
export function repositoriesFolder(dataDir: string): string {
  return join(dataDir, ROOT);
}

/** Where the bare repository of a CodeCommit repository lies: the one place that says so. The folder is there as long as the repository is. */
export function repositoryPath(dataDir: string, account: string, region: string, name: string): string {
  // The names `.` and `..`, which CodeCommit takes, are no folders' names.
  return join(repositoriesFolder(dataDir), "codecommit", account, region, `${name}.git`);
}

/** Where Orrery keeps a repository that it serves for connections, at `/_orrery/git/<owner>/<repository>`. */
export function servedRepositoryPath(dataDir: string, owner: string, name: string): string {
  return join(repositoriesFolder(dataDir), "connections", owner, `${name}.git`);
}

/** Makes an empty bare repository; what was in the folder before is gone. `branch` is what HEAD names until there is another one. */
export async function createRepository(repository: string, branch = "main"): Promise<void> {
  rmSync(repository, { recursive: true, force: true });
  mkdirSync(repository, { recursive: true, mode: 0o700 });
  await runGit(undefined, ["init", "--quiet", "--bare", "--template=", `--initial-branch=${branch}`, repository]);
  prepare(repository);
}

/** Archives hold every file: `export-ignore` and `export-subst` of a repository's own attributes are for its authors' releases. */
export function prepare(repository: string): void {
  mkdirSync(join(repository, "info"), { recursive: true });
  writeFileSync(join(repository, "info", "attributes"), "* -export-ignore -export-subst\n");
}

export interface Ref {
  /** `refs/heads/main`. */
  readonly name: string;
  /** What it points at: a commit, or for an annotated tag the tag object. */
  readonly target: string;
}

/** All refs, by name. */
export async function listRefs(repository: string): Promise<Ref[]> {
  const text = await gitText(repository, ["for-each-ref", "--format=%(objectname) %(refname)"]);
  return text === "" ? [] : text.split("\n").map((line) => ({ target: line.slice(0, 40), name: line.slice(41) }));
}

export interface RefUpdate {
  readonly name: string;
  /** Undefined deletes it. */
  readonly target: string | undefined;
  /** What it must be before; `NO_COMMIT` when it must not be there; undefined when it does not matter. */
  readonly expected?: string | undefined;
}

/** All of them or none. @throws GitError when one is not what was expected */
export async function updateRefs(repository: string, updates: readonly RefUpdate[]): Promise<void> {
  const lines = updates.map(({ name, target, expected }) =>
    target === undefined ? `delete ${name}\0${expected ?? ""}\0` : `update ${name}\0${target}\0${expected ?? ""}\0`,
  );
  await runGit(repository, ["update-ref", "--stdin", "-z", "--no-deref"], { input: lines.join("") });
}

/** Which branch a clone checks out. */
export async function setHead(repository: string, branch: string): Promise<void> {
  await runGit(repository, ["symbolic-ref", "HEAD", `refs/heads/${branch}`]);
}
