import type { Input, Output } from "../../aws/clients.ts";
import type { Context } from "../../aws/context.ts";
import { commitInfo } from "../../runtime/git/index.ts";
import { changes as differences } from "../../runtime/git/reading.ts";
import { filesOf, type TreeEntry } from "../../runtime/git/trees.ts";
import { commitTree, type FileChange, treeWith } from "../../runtime/git/writing.ts";
import { checkBranchName, moveBranch, tipOf } from "./branches.ts";
import { fault, noBranch } from "./errors.ts";
import { checkPath, fileModeOf, gitModeOf, LARGEST_FILE } from "./objects.ts";
import { findRepository, pathOf } from "./repository.ts";
import { type RepositoryRow, selectRef, selectRefs } from "./store.ts";

/** https://docs.aws.amazon.com/codecommit/latest/userguide/limits.html */
const MOST_FILES = 100;
const COMMIT_ID = /^[0-9a-f]{40}$/;

interface Place {
  readonly row: RepositoryRow;
  readonly repository: string;
  readonly branch: string;
  /** Undefined for the first commit of a repository. */
  readonly parent: string | undefined;
}

/** Where a commit goes to. @throws BranchDoesNotExistException, ParentCommitIdOutdatedException and the like */
async function placeOf(
  ctx: Context,
  input: {
    readonly repositoryName?: string | undefined;
    readonly branchName?: string | undefined;
    readonly parentCommitId?: string | undefined;
  },
): Promise<Place> {
  const row = findRepository(ctx, input.repositoryName);
  const repository = pathOf(ctx.cloud, row);
  const branch = checkBranchName(input.branchName);
  const { store } = ctx.cloud;
  const tip = tipOf(ctx, row, branch);
  if (tip === undefined) {
    if (store.get(selectRef, { repository_id: row.id, name: `refs/tags/${branch}` }) !== undefined)
      throw fault("BranchNameIsTagName", "The specified branch name is not valid because it is a tag name.");
    if (store.all(selectRefs, { repository_id: row.id }).length > 0) throw noBranch(branch);
    return { row, repository, branch, parent: undefined };
  }
  const parent = input.parentCommitId;
  if (parent === undefined) throw fault("ParentCommitIdRequired", "A parent commit ID is required.");
  if (!COMMIT_ID.test(parent)) throw fault("InvalidParentCommitId", "The parent commit ID is not valid.");
  if (parent === tip) return { row, repository, branch, parent };
  if ((await commitInfo(repository, parent)) === undefined)
    throw fault("ParentCommitDoesNotExist", "The parent commit ID is not valid. The specified parent commit ID does not exist.");
  throw fault(
    "ParentCommitIdOutdated",
    "The file could not be added because the provided parent commit ID is not the current tip of the specified branch.",
  );
}

/** What the author of a commit gave; who signed in, where they gave nothing. */
export interface Authorship {
  readonly name?: string | undefined;
  readonly email?: string | undefined;
  readonly message?: string | undefined;
}

/** @throws NameLengthExceededException, InvalidEmailException, CommitMessageLengthExceededException */
export function signatureOf(ctx: Context, { name, email, message }: Authorship) {
  if ((name?.length ?? 0) > 1_000)
    throw fault("NameLengthExceeded", "The user name is not valid because it has exceeded the character limit for author names.");
  if ((email?.length ?? 0) > 254 || /[<>\s]/.test(email ?? "")) throw fault("InvalidEmail", "The specified email address is not valid.");
  if ((message?.length ?? 0) > 20_480)
    throw fault("CommitMessageLengthExceeded", "The commit message is too long. Provide a shorter string.");
  return { name: name ?? ctx.principal.arn.split(/[:/]/).at(-1) ?? "", email: email ?? "", date: `${Math.floor(ctx.now / 1_000)} +0000` };
}

/** Makes the commit, moves the branch, and tells what changed against the parent. */
async function commit(ctx: Context, place: Place, files: readonly FileChange[], by: Authorship) {
  const author = signatureOf(ctx, by);
  const { repository, parent, branch, row } = place;
  const tree = await treeWith(repository, parent, files);
  const before = parent === undefined ? undefined : await commitInfo(repository, parent);
  if (before?.tree === tree)
    throw fault("NoChange", "The commit cannot be created because no changes will be made to the repository as a result of this commit.");
  const id = await commitTree(repository, {
    tree,
    parents: parent === undefined ? [] : [parent],
    author,
    committer: author,
    message: by.message ?? "",
  });
  await moveBranch(ctx, row, { branch, to: id, expected: parent });
  return { commitId: id, treeId: tree, changed: await differences(repository, parent, id) };
}

type CommitInput = Input<"codecommit", "CreateCommit">;

export async function createCommit(input: CommitInput, ctx: Context): Promise<Output<"codecommit", "CreateCommit">> {
  const place = await placeOf(ctx, input);
  const present = place.parent === undefined ? [] : await filesOf(place.repository, place.parent);
  const files = wantedFiles(input, new Map(present.map((entry) => [entry.path, entry])));
  const kept = input.keepEmptyFolders === true ? keptFolders(present, files) : [];
  const { commitId, treeId, changed } = await commit(ctx, place, [...files, ...kept], {
    name: input.authorName,
    email: input.email,
    message: input.commitMessage,
  });
  const metadata = (path: string, blob: { readonly id: string; readonly mode: string } | undefined) => {
    const fileMode = fileModeOf(blob?.mode);
    return { absolutePath: path, ...(blob === undefined ? {} : { blobId: blob.id }), ...(fileMode === undefined ? {} : { fileMode }) };
  };
  return {
    commitId,
    treeId,
    filesAdded: changed.filter(({ kind }) => kind === "A").map(({ path, after }) => metadata(path, after)),
    filesUpdated: changed.filter(({ kind }) => kind !== "A" && kind !== "D").map(({ path, after }) => metadata(path, after)),
    filesDeleted: changed.filter(({ kind }) => kind === "D").map(({ path, before }) => metadata(path, before)),
  };
}

function noFile(path: string) {
  return fault("FileDoesNotExist", `The specified file does not exist: ${path}`);
}

/** https://docs.aws.amazon.com/codecommit/latest/APIReference/API_CreateCommit.html */
function wantedFiles(input: CommitInput, present: ReadonlyMap<string, TreeEntry>): FileChange[] {
  const { putFiles = [], deleteFiles = [], setFileModes = [] } = input;
  const count = putFiles.length + deleteFiles.length + setFileModes.length;
  if (count === 0)
    throw fault("FileEntryRequired", "The commit cannot be created because no files have been specified as added, updated, or changed.");
  if (count > MOST_FILES)
    throw fault(
      "MaximumFileEntriesExceeded",
      `The number of specified files to change as part of this commit exceeds the maximum number of ${MOST_FILES}.`,
    );
  const moved: FileChange[] = [];
  const put = putFiles.map((entry): FileChange => {
    const path = checkPath(entry.filePath);
    const { fileContent: content, sourceFile } = entry;
    if (content !== undefined && sourceFile !== undefined)
      throw fault("FileContentAndSourceFileSpecified", "Both a source file and file content have been specified. Specify one of them.");
    if (content !== undefined) {
      checkSize(content);
      return { path, mode: gitModeOf(entry.fileMode ?? fileModeOf(present.get(path)?.mode)), content };
    }
    if (sourceFile === undefined)
      throw fault(
        "SourceFileOrContentRequired",
        "The commit cannot be created because no source files or file content have been specified.",
      );
    const from = present.get(checkPath(sourceFile.filePath));
    if (from === undefined) throw noFile(sourceFile.filePath ?? "");
    if (sourceFile.isMove === true) moved.push({ path: from.path });
    return { path, mode: entry.fileMode === undefined ? from.mode : gitModeOf(entry.fileMode), id: from.id };
  });
  const removed = deleteFiles.map((entry) => existing(present, entry.filePath)).map(({ path }): FileChange => ({ path }));
  const modes = setFileModes.map((entry): FileChange => {
    const { path, id } = existing(present, entry.filePath);
    return { path, id, mode: gitModeOf(entry.fileMode) };
  });
  const all = [...moved, ...removed, ...modes, ...put];
  checkDistinct(all, put);
  checkNames(put, present, new Set([...moved, ...removed].map(({ path }) => path)));
  return all;
}

function existing(present: ReadonlyMap<string, TreeEntry>, filePath: string | undefined): TreeEntry {
  const path = checkPath(filePath);
  const entry = present.get(path);
  if (entry === undefined) throw noFile(path);
  return entry;
}

function checkSize(content: Uint8Array): void {
  if (content.length > LARGEST_FILE)
    throw fault("FileContentSizeLimitExceeded", "The file cannot be added because it is too large. The maximum file size is 6 MB.");
}

function checkDistinct(all: readonly FileChange[], put: readonly FileChange[]): void {
  if (new Set(put.map(({ path }) => path)).size < put.length)
    throw fault(
      "PutFileEntryConflict",
      "The commit cannot be created because one or more files specified in the commit reference both a file and a folder.",
    );
  if (new Set(all.map(({ path }) => path)).size < all.length)
    throw fault(
      "SamePathRequest",
      "The commit cannot be created because one or more changes in this commit duplicate actions in the same file path.",
    );
}

/** A file where a folder is, or a folder where a file is. */
function checkNames(put: readonly FileChange[], present: ReadonlyMap<string, TreeEntry>, gone: ReadonlySet<string>): void {
  const stays = [...present.keys()].filter((path) => !gone.has(path));
  for (const { path } of put) {
    const above = path
      .split("/")
      .slice(0, -1)
      .map((_, index, parts) => parts.slice(0, index + 1).join("/"));
    const blocking = above.find((folder) => present.has(folder) && !gone.has(folder));
    if (blocking !== undefined && present.get(blocking)?.mode === "160000")
      throw fault("FilePathConflictsWithSubmodulePath", `The file ${path} would lie in the submodule ${blocking}.`);
    if (blocking !== undefined)
      throw fault(
        "DirectoryNameConflictsWithFileName",
        `A file cannot be added to the folder ${blocking}, because there is a file of that name.`,
      );
    if (stays.some((file) => file.startsWith(`${path}/`)))
      throw fault("FileNameConflictsWithDirectoryName", `A file cannot be added as ${path}, because there is a folder of that name.`);
  }
}

/** "Whether to keep an empty folder: a .gitkeep file is created for it." */
function keptFolders(present: readonly TreeEntry[], files: readonly FileChange[]): FileChange[] {
  const gone = new Set(files.flatMap(({ path, content, id }) => (content === undefined && id === undefined ? [path] : [])));
  const left = [
    ...present.map(({ path }) => path).filter((path) => !gone.has(path)),
    ...files.map(({ path }) => path).filter((path) => !gone.has(path)),
  ];
  const emptied = new Set([...gone].flatMap((path) => (path.includes("/") ? [path.slice(0, path.lastIndexOf("/"))] : [])));
  return [...emptied]
    .filter((folder) => !left.some((path) => path.startsWith(`${folder}/`)))
    .map((folder) => ({ path: `${folder}/.gitkeep`, content: Buffer.alloc(0) }));
}

export async function putFile(input: Input<"codecommit", "PutFile">, ctx: Context): Promise<Output<"codecommit", "PutFile">> {
  const path = checkPath(input.filePath);
  const content = input.fileContent;
  if (content === undefined)
    throw fault(
      "FileContentRequired",
      "The file cannot be added because it is empty. Empty files cannot be added to the repository with this API.",
    );
  checkSize(content);
  const place = await placeOf(ctx, input);
  const present = new Map(
    (place.parent === undefined ? [] : await filesOf(place.repository, place.parent)).map((entry) => [entry.path, entry]),
  );
  const files = [{ path, mode: gitModeOf(input.fileMode ?? fileModeOf(present.get(path)?.mode)), content }];
  checkNames(files, present, new Set());
  try {
    const made = await commit(ctx, place, files, { name: input.name, email: input.email, message: input.commitMessage });
    return { commitId: made.commitId, treeId: made.treeId, blobId: made.changed.find((change) => change.path === path)?.after?.id };
  } catch (error) {
    if (!(error instanceof Error) || error.name !== "NoChangeException") throw error;
    throw fault(
      "SameFileContent",
      "The file was not added or updated because the content of the file is exactly the same as the content of that file in the repository and branch that you specified.",
    );
  }
}

export async function deleteFile(input: Input<"codecommit", "DeleteFile">, ctx: Context): Promise<Output<"codecommit", "DeleteFile">> {
  const path = checkPath(input.filePath);
  const place = await placeOf(ctx, input);
  const present = place.parent === undefined ? [] : await filesOf(place.repository, place.parent);
  const { id } = existing(new Map(present.map((entry) => [entry.path, entry])), path);
  const files: FileChange[] = [{ path }];
  const kept = input.keepEmptyFolders === true ? keptFolders(present, files) : [];
  const by = { name: input.name, email: input.email, message: input.commitMessage };
  const made = await commit(ctx, place, [...files, ...kept], by);
  return { commitId: made.commitId, treeId: made.treeId, blobId: id, filePath: path };
}
