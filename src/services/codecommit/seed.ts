import type { Context } from "../../aws/context.ts";
import { messageOf } from "../../kernel/errors.ts";
import { commitTree, type FileChange, treeWith } from "../../runtime/git/writing.ts";
import { readZip, ZipError } from "../../runtime/processes/zip.ts";
import { moveBranch, tipOf } from "./branches.ts";
import { signatureOf } from "./changes.ts";
import { fault } from "./errors.ts";
import { checkPath } from "./objects.ts";
import { findRepository, pathOf } from "./repository.ts";

const EXECUTABLE = 0o111;

/** Puts the files of a zip archive into a repository that is still empty, as its first commit. */
export async function seedRepository(ctx: Context, repositoryName: string, branch: string, archive: Buffer): Promise<void> {
  const row = findRepository(ctx, repositoryName);
  if (tipOf(ctx, row, branch) !== undefined) return;
  const repository = pathOf(ctx.cloud, row);
  const tree = await treeWith(repository, undefined, filesOf(archive));
  const author = signatureOf(ctx, { name: "AWS CloudFormation" });
  const commit = { tree, parents: [], author, committer: author, message: "Initial commit by AWS CloudFormation" };
  await moveBranch(ctx, row, { branch, to: await commitTree(repository, commit), expected: undefined });
}

function filesOf(archive: Buffer): FileChange[] {
  try {
    return readZip(archive)
      .filter(({ name }) => !name.endsWith("/"))
      .map((entry) => {
        const mode = entry.symlink ? "120000" : (entry.mode & EXECUTABLE) === 0 ? "100644" : "100755";
        return { path: checkPath(entry.name), mode, content: entry.read() };
      });
  } catch (error) {
    if (!(error instanceof ZipError)) throw error;
    throw fault("InvalidPath", `The archive with the repository's first files cannot be used: ${messageOf(error)}`);
  }
}
