import type { CommitInfo } from "../../runtime/git/index.ts";
import { fault } from "./errors.ts";

/** https://docs.aws.amazon.com/codecommit/latest/userguide/limits.html: 6 MB for one file through the API. */
export const LARGEST_FILE = 6 * 1024 * 1024;

export type FileMode = "NORMAL" | "EXECUTABLE" | "SYMLINK";

const MODES: Readonly<Record<string, FileMode>> = { "100644": "NORMAL", "100664": "NORMAL", "100755": "EXECUTABLE", "120000": "SYMLINK" };

/** Undefined for what is no file: folders and submodules. */
export function fileModeOf(mode: string | undefined): FileMode | undefined {
  return mode === undefined ? undefined : MODES[mode];
}

/** @throws InvalidFileModeException */
export function gitModeOf(mode: string | undefined): string {
  if (mode === undefined || mode === "NORMAL") return "100644";
  if (mode === "EXECUTABLE") return "100755";
  if (mode === "SYMLINK") return "120000";
  throw fault("InvalidFileMode", "The specified file mode permission is not valid.");
}

/** The path of a file without slashes around it. @throws PathRequiredException, InvalidPathException */
export function checkPath(path: string | undefined): string {
  if (path === undefined || path === "") throw fault("PathRequired", "The folderPath for a location cannot be null.");
  const bare = path.replace(/^\/+/, "");
  const parts = bare.split("/");
  const isBad = parts.some((part) => part === "" || part === "." || part === ".." || part.toLowerCase() === ".git") || /[\0\\]/.test(bare);
  if (isBad) throw fault("InvalidPath", `The specified path is not valid: ${path}`);
  return bare;
}

/** As https://docs.aws.amazon.com/codecommit/latest/APIReference/API_Commit.html has it. */
export function commitShape(commit: CommitInfo) {
  return {
    commitId: commit.id,
    treeId: commit.tree,
    parents: [...commit.parents],
    message: commit.message,
    author: { ...commit.author },
    committer: { ...commit.committer },
    additionalData: "",
  };
}
