import { runGit } from "./command.ts";

/** One entry of a folder, or a file of a whole tree. */
export interface TreeEntry {
  /** `100644`, `100755`, `120000` (a link), `040000` (a folder) or `160000` (a submodule). */
  readonly mode: string;
  readonly id: string;
  /** Bytes; 0 for what is no file. */
  readonly size: number;
  /** From the root. */
  readonly path: string;
}

async function list(repository: string, args: readonly string[]): Promise<TreeEntry[]> {
  const { code, out } = await runGit(repository, ["ls-tree", "-z", "-l", "--full-tree", ...args], { allow: [128] });
  if (code !== 0) return [];
  return out
    .toString("utf8")
    .split("\0")
    .filter((line) => line !== "")
    .map((line) => {
      const tab = line.indexOf("\t");
      const [mode = "", , id = "", size = "0"] = line.slice(0, tab).split(/ +/);
      return { mode, id, size: Number(size) || 0, path: line.slice(tab + 1) };
    });
}

/** What is at a path of a commit or tree; undefined when there is nothing. */
export async function entryAt(repository: string, commit: string, path: string): Promise<TreeEntry | undefined> {
  return (await list(repository, [commit, "--", path])).find((entry) => entry.path === path);
}

/** What a folder holds, without what is in its folders; `""` is the root. */
export function folderAt(repository: string, commit: string, path: string): Promise<TreeEntry[]> {
  return list(repository, path === "" ? [commit] : [commit, "--", `${path}/`]);
}

/** All files. */
export function filesOf(repository: string, commit: string): Promise<TreeEntry[]> {
  return list(repository, ["-r", commit]);
}

/**
 * Commits that changed a file, newest first, with those of them that come next before each: the history of the file alone.
 * Renames are not followed.
 */
export async function fileHistory(
  repository: string,
  commit: string,
  path: string,
): Promise<{ readonly commit: string; readonly parents: readonly string[] }[]> {
  const { out } = await runGit(repository, ["rev-list", "--parents", "--topo-order", commit, "--", `:(literal)${path}`]);
  const lines = out.toString("utf8").trim();
  if (lines === "") return [];
  return lines.split("\n").map((line) => {
    const [id = "", ...parents] = line.split(" ");
    return { commit: id, parents };
  });
}
