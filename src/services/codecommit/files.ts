import type { Input, Output } from "../../aws/clients.ts";
import type { Context } from "../../aws/context.ts";
import { readObjects } from "../../runtime/git/reading.ts";
import { entryAt, folderAt, type TreeEntry } from "../../runtime/git/trees.ts";
import { fault } from "./errors.ts";
import { checkPath, fileModeOf, LARGEST_FILE } from "./objects.ts";
import { commitOf, findRepository, pathOf } from "./repository.ts";

const OBJECT_ID = /^[0-9a-f]{40}$/;
const FOLDER = "040000";
const SUBMODULE = "160000";

async function contentOf(repository: string, id: string): Promise<Buffer | undefined> {
  const [object] = await readObjects(repository, [id]);
  return object?.type === "blob" ? object.content : undefined;
}

export async function getBlob(input: Input<"codecommit", "GetBlob">, ctx: Context): Promise<Output<"codecommit", "GetBlob">> {
  const row = findRepository(ctx, input.repositoryName);
  const id = input.blobId ?? "";
  if (!OBJECT_ID.test(id)) throw fault("InvalidBlobId", `The specified blob is not valid: ${id}`);
  const content = await contentOf(pathOf(ctx.cloud, row), id);
  if (content === undefined) throw fault("BlobIdDoesNotExist", `The specified blob does not exist: ${id}`);
  if (content.length > LARGEST_FILE) throw tooLarge();
  return { content };
}

function tooLarge() {
  return fault("FileTooLarge", "The specified file exceeds the file size limit for AWS CodeCommit.");
}

export async function getFile(input: Input<"codecommit", "GetFile">, ctx: Context): Promise<Output<"codecommit", "GetFile">> {
  const row = findRepository(ctx, input.repositoryName);
  const repository = pathOf(ctx.cloud, row);
  const filePath = checkPath(input.filePath);
  const commitId = await commitOf(ctx, row, input.commitSpecifier);
  const entry = await entryAt(repository, commitId, filePath);
  const fileMode = fileModeOf(entry?.mode);
  if (entry === undefined || fileMode === undefined) throw fault("FileDoesNotExist", `The specified file does not exist: ${filePath}`);
  if (entry.size > LARGEST_FILE) throw tooLarge();
  const fileContent = (await contentOf(repository, entry.id)) ?? Buffer.alloc(0);
  return { commitId, blobId: entry.id, filePath, fileMode, fileSize: entry.size, fileContent };
}

export async function getFolder(input: Input<"codecommit", "GetFolder">, ctx: Context): Promise<Output<"codecommit", "GetFolder">> {
  const row = findRepository(ctx, input.repositoryName);
  const repository = pathOf(ctx.cloud, row);
  if (input.folderPath === undefined) throw fault("PathRequired", "The folderPath for a location cannot be null.");
  const bare = input.folderPath.replace(/^\/+|\/+$/g, "");
  const folderPath = bare === "" ? "" : checkPath(bare);
  const commitId = await commitOf(ctx, row, input.commitSpecifier);
  const tree = await treeAt(repository, commitId, folderPath);
  if (tree === undefined) throw fault("FolderDoesNotExist", `The specified folder does not exist: ${input.folderPath}`);
  const entries = await folderAt(repository, commitId, folderPath);
  const relative = ({ path }: TreeEntry): string => (folderPath === "" ? path : path.slice(folderPath.length + 1));
  const place = (entry: TreeEntry) => ({ absolutePath: entry.path, relativePath: relative(entry) });
  const files = entries.flatMap((entry) => {
    const fileMode = fileModeOf(entry.mode);
    return fileMode === undefined ? [] : [{ blobId: entry.id, ...place(entry), fileMode }];
  });
  return {
    commitId,
    folderPath,
    treeId: tree,
    subFolders: entries.filter(({ mode }) => mode === FOLDER).map((entry) => ({ treeId: entry.id, ...place(entry) })),
    files: files.filter(({ fileMode }) => fileMode !== "SYMLINK"),
    symbolicLinks: files.filter(({ fileMode }) => fileMode === "SYMLINK"),
    subModules: entries.filter(({ mode }) => mode === SUBMODULE).map((entry) => ({ commitId: entry.id, ...place(entry) })),
  };
}

async function treeAt(repository: string, commit: string, path: string): Promise<string | undefined> {
  const [object] = await readObjects(repository, [`${commit}:${path}`]);
  return object?.type === "tree" ? object.id : undefined;
}
