import { GitError, gitText, runGit } from "./command.ts";

/** Who made something, and when. */
export interface Signature {
  readonly name: string;
  readonly email: string;
  /** Seconds since the epoch and the zone, as git keeps them: `1700000000 +0100`. */
  readonly date: string;
}

export interface CommitInfo {
  readonly id: string;
  readonly tree: string;
  readonly parents: readonly string[];
  readonly author: Signature;
  readonly committer: Signature;
  /** As it was given, with its final line feed if it has one. */
  readonly message: string;
  /** Its first line. */
  readonly subject: string;
}

const OBJECT_ID = /^[0-9a-f]{40}$/;
/** `git hash-object -t tree /dev/null`: what the first commit is compared with. */
const EMPTY_TREE = "4b825dc642cb6eb9a060e54bf8d69288fbee4904";

/**
 * The commit that a name stands for: a full ref, a branch, a tag (annotated ones are followed) or a full commit id, tried
 * in this order. Undefined when there is none.
 */
export async function resolveRef(repository: string, name: string): Promise<string | undefined> {
  const candidates = name.startsWith("refs/") ? [name] : [`refs/heads/${name}`, `refs/tags/${name}`];
  if (OBJECT_ID.test(name) || name === "HEAD") candidates.push(name);
  for (const candidate of candidates) {
    const { code, out } = await runGit(repository, ["rev-parse", "--verify", "--quiet", "--end-of-options", `${candidate}^{commit}`], {
      allow: [1, 128],
    });
    if (code === 0) return out.toString("utf8").trim();
  }
  return undefined;
}

/** Undefined when there is no such commit. */
export async function commitInfo(repository: string, commit: string): Promise<CommitInfo | undefined> {
  return (await commitInfos(repository, [commit]))[0];
}

/** Those of them that exist, in the given order, read by one process. */
export async function commitInfos(repository: string, commits: readonly string[]): Promise<CommitInfo[]> {
  const ids = commits.filter((id) => OBJECT_ID.test(id));
  if (ids.length === 0) return [];
  const objects = await readObjects(repository, ids);
  return objects.flatMap((object) => (object?.type === "commit" ? [parseCommit(object.id, object.content)] : []));
}

export interface GitObject {
  readonly id: string;
  readonly type: "blob" | "tree" | "commit" | "tag";
  readonly content: Buffer;
}

/** Objects by id, or by any name of `git rev-parse` without line feeds; undefined for each that is not there. */
export async function readObjects(repository: string, names: readonly string[]): Promise<(GitObject | undefined)[]> {
  const { out } = await runGit(repository, ["cat-file", "--batch"], { input: `${names.join("\n")}\n` });
  const found: (GitObject | undefined)[] = [];
  let at = 0;
  for (const _ of names) {
    const end = out.indexOf(10, at);
    const [id = "", type = "", size = "0"] = out.toString("utf8", at, end).split(" ").slice(-3);
    at = end + 1;
    if (!OBJECT_ID.test(id)) {
      found.push(undefined);
      continue;
    }
    found.push({ id, type: type as GitObject["type"], content: out.subarray(at, at + Number(size)) });
    at += Number(size) + 1;
  }
  return found;
}

function parseCommit(id: string, content: Buffer): CommitInfo {
  const text = content.toString("utf8");
  const border = text.indexOf("\n\n");
  const head = text.slice(0, border).split("\n");
  const message = text.slice(border + 2);
  const values = (key: string): string[] => head.filter((line) => line.startsWith(`${key} `)).map((line) => line.slice(key.length + 1));
  return {
    id,
    tree: values("tree")[0] ?? "",
    parents: values("parent"),
    author: parseSignature(values("author")[0] ?? ""),
    committer: parseSignature(values("committer")[0] ?? ""),
    message,
    subject: message.trimStart().split("\n", 1)[0] ?? "",
  };
}

function parseSignature(line: string): Signature {
  const [, name = "", email = "", date = ""] = /^(.*?) ?<([^>]*)> ?(.*)$/.exec(line) ?? [];
  return { name, email, date };
}

export interface Change {
  /** `A`dded, `M`odified, `D`eleted, or with another `T`ype. */
  readonly kind: string;
  readonly path: string;
  readonly before: { readonly mode: string; readonly id: string } | undefined;
  readonly after: { readonly mode: string; readonly id: string } | undefined;
}

/** What differs between two trees or commits, by path; without `before` all that is there. */
export async function changes(
  repository: string,
  before: string | undefined,
  after: string,
  paths: readonly string[] = [],
): Promise<Change[]> {
  const args = ["diff-tree", "-r", "-z", "--no-renames", "--no-abbrev", "--no-commit-id", before ?? EMPTY_TREE, after];
  const limits = paths.map((path) => `:(literal)${path}`);
  const { out } = await runGit(repository, [...args, "--", ...limits]);
  const parts = out.toString("utf8").split("\0");
  const found: Change[] = [];
  for (let i = 0; i + 1 < parts.length; i += 2) {
    const [oldMode = "", newMode = "", oldId = "", newId = "", kind = ""] = (parts[i] ?? "").slice(1).split(" ");
    const side = (mode: string, id: string) => (/^0+$/.test(mode) ? undefined : { mode, id });
    found.push({ kind: kind.slice(0, 1), path: parts[i + 1] ?? "", before: side(oldMode, oldId), after: side(newMode, newId) });
  }
  return found;
}

/**
 * Paths of files that differ between two commits, sorted; all files of `after` when there was nothing before, or when
 * `before` is not in the repository any more.
 */
export async function changedPaths(repository: string, before: string | undefined, after: string): Promise<string[]> {
  const known = before === undefined ? undefined : await resolveRef(repository, before);
  return (await changes(repository, known, after)).map(({ path }) => path);
}

/** True when `ancestor` is `commit` or comes before it. */
export async function isAncestor(repository: string, ancestor: string, commit: string): Promise<boolean> {
  return (await runGit(repository, ["merge-base", "--is-ancestor", ancestor, commit], { allow: [1] })).code === 0;
}

/** The best common ancestor; undefined when the two have none. */
export async function mergeBase(repository: string, one: string, other: string): Promise<string | undefined> {
  const { code, out } = await runGit(repository, ["merge-base", one, other], { allow: [1] });
  return code === 0 ? out.toString("utf8").trim() : undefined;
}

/** Ids of the commits that are in `after` and not in `before`, newest first. */
export async function commitsBetween(repository: string, before: string | undefined, after: string, limit: number): Promise<string[]> {
  const range = before === undefined ? [after] : [after, `^${before}`];
  const args = ["rev-list", `--max-count=${limit}`, "--end-of-options", ...range, "--"];
  try {
    const text = await gitText(repository, args);
    return text === "" ? [] : text.split("\n");
  } catch (error) {
    // What was there before is gone with an object store of its own.
    if (error instanceof GitError && before !== undefined) return commitsBetween(repository, undefined, after, limit);
    throw error;
  }
}
