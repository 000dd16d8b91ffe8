import { mkdirSync, renameSync, writeFileSync } from "node:fs";
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

/**
 * Makes an empty bare repository, or completes one that has objects only; synchronous, so that it belongs to the transaction
 * of its row. `branch` is what HEAD names until there is another one.
 */
export function createRepository(repository: string, branch = "main"): void {
  for (const folder of ["info", "objects/info", "objects/pack", "refs/heads", "refs/tags"]) {
    mkdirSync(join(repository, folder), { recursive: true, mode: 0o700 });
  }
  writeFileSync(join(repository, "config"), "[core]\n\trepositoryformatversion = 0\n\tfilemode = true\n\tbare = true\n");
  // Archives hold every file: `export-ignore` and `export-subst` of a repository's own attributes are for its authors' releases.
  writeFileSync(join(repository, "info/attributes"), "* -export-ignore -export-subst\n");
  setHead(repository, branch);
}

/** Which branch a clone checks out. */
export function setHead(repository: string, branch: string): void {
  const file = join(repository, "HEAD");
  // Never half a file for a git that reads it at the same moment.
  writeFileSync(`${file}.new`, `ref: refs/heads/${branch}\n`);
  renameSync(`${file}.new`, file);
}

export interface Ref {
  /** `refs/heads/main`. */
  readonly name: string;
  /** What it points at: a commit, or for an annotated tag the tag object. */
  readonly target: string;
  /** The commit itself. */
  readonly commit: string;
}

/** All refs, by name. */
export async function listRefs(repository: string): Promise<Ref[]> {
  const text = await gitText(repository, ["for-each-ref", "--format=%(objectname) %(*objectname) %(refname)"]);
  if (text === "") return [];
  return text.split("\n").map((line) => {
    const [target = "", peeled = "", name = ""] = line.split(" ");
    return { name, target, commit: peeled === "" ? target : peeled };
  });
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
