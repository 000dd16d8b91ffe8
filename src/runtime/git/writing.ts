import { randomUUID } from "node:crypto";
import { rmSync } from "node:fs";
import { join } from "node:path";
import { gitText, runGit } from "./command.ts";
import type { Signature } from "./reading.ts";

/** A file to be: with `content` or the `id` of a blob that is there; with neither the path is taken away. */
export interface FileChange {
  readonly path: string;
  /** `100644`, `100755` or `120000`; for what is taken away it means nothing. */
  readonly mode?: string;
  readonly content?: Uint8Array | undefined;
  readonly id?: string | undefined;
}

/** Stores a file's bytes; returns the blob's id. */
export async function writeBlob(repository: string, content: Uint8Array): Promise<string> {
  return (await runGit(repository, ["hash-object", "-w", "--stdin"], { input: content })).out.toString("utf8").trim();
}

/** The tree of a commit (none: an empty one) with files put and taken away; returns its id. */
export async function treeWith(repository: string, base: string | undefined, files: readonly FileChange[]): Promise<string> {
  // Beside the repository's own files: a path in the system's folder for temporary files could be somebody else's.
  const index = join(repository, `index-${randomUUID()}`);
  const env = { GIT_INDEX_FILE: index };
  try {
    if (base !== undefined) await runGit(repository, ["read-tree", base], { env });
    const lines: string[] = [];
    for (const { path, mode = "100644", content, id } of files) {
      const blob = content === undefined ? id : await writeBlob(repository, content);
      lines.push(blob === undefined ? `0 ${"0".repeat(40)}\t${path}\0` : `${mode} ${blob}\t${path}\0`);
    }
    if (lines.length > 0) await runGit(repository, ["update-index", "-z", "--index-info"], { env, input: lines.join("") });
    return await gitText(repository, ["write-tree"], { env });
  } finally {
    rmSync(index, { force: true });
    rmSync(`${index}.lock`, { force: true });
  }
}

export interface NewCommit {
  readonly tree: string;
  readonly parents: readonly string[];
  readonly author: Signature;
  readonly committer: Signature;
  readonly message: string;
}

/** Stores a commit, without a ref that names it; returns its id. */
export async function commitTree(repository: string, commit: NewCommit): Promise<string> {
  const person = ({ name, email, date }: Signature): string => `${clean(name)} <${clean(email)}> ${date}`;
  const lines = [
    `tree ${commit.tree}`,
    ...commit.parents.map((parent) => `parent ${parent}`),
    `author ${person(commit.author)}`,
    `committer ${person(commit.committer)}`,
    "",
    commit.message,
  ];
  const { out } = await runGit(repository, ["hash-object", "-t", "commit", "-w", "--stdin"], { input: lines.join("\n") });
  return out.toString("utf8").trim();
}

/** What would end the line, or the name, has no place in it. */
function clean(text: string): string {
  return text.replaceAll(/[\n\0<>]/g, "");
}
