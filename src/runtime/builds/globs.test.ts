import { mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { readZip } from "../processes/zip.ts";
import { unpackArchive, writeArchive } from "./archive.ts";
import { findFiles, type GlobOptions, matches } from "./globs.ts";

const root = mkdtempSync(join(tmpdir(), "orrery-globs-"));
beforeAll(() => {
  for (const name of ["my-build-1/my-file-1.txt", "my-build-2/my-file-2.txt", "my-build-2/my-subdirectory/my-file-3.txt", ".git/config"]) {
    mkdirSync(join(root, dirname(name)), { recursive: true });
    writeFileSync(join(root, name), name);
  }
  symlinkSync("my-file-1.txt", join(root, "my-build-1/link.txt"));
});
afterAll(() => rmSync(root, { recursive: true, force: true }));

const names = (options: GlobOptions) => findFiles(root, options)?.map(({ name }) => name);

describe("files of an artifact", () => {
  // documented: https://docs.aws.amazon.com/codebuild/latest/userguide/build-spec-ref.html (artifacts/base-directory, with this very folder)
  it("are found from their base directories, which may be a pattern", () => {
    expect(names({ files: ["*/my-file-3.txt"], baseDirectory: "my-build-2" })).toEqual(["my-subdirectory/my-file-3.txt"]);
    expect(names({ files: ["**/*.txt"], excludePaths: ["**/link.txt"], baseDirectory: "my-build*", discardPaths: true })).toEqual([
      "my-file-1.txt",
      "my-file-2.txt",
      "my-file-3.txt",
    ]);
    expect(names({ files: ["**/*"], baseDirectory: "other" })).toBeUndefined();
  });

  // documented: https://docs.aws.amazon.com/codebuild/latest/userguide/build-spec-ref.html (artifacts/exclude-paths)
  it("leave out what is excluded, and take dot files otherwise", () => {
    expect(names({ files: ["**/*"] })).toContain(".git/config");
    expect(names({ files: ["**/*"], excludePaths: ["**/.*/**/*"] })).not.toContain(".git/config");
    expect(matches("a/b/c.txt", "a/*.txt")).toBe(false);
    expect(matches("c.txt", "**/*.{txt,md}")).toBe(true);
  });

  // documented: https://docs.aws.amazon.com/codebuild/latest/userguide/build-spec-ref.html (artifacts/enable-symlinks)
  it("go into a zip and come out of it, links as links where they are kept", async () => {
    const zip = join(root, "out.zip");
    await writeArchive(zip, findFiles(root, { files: ["**/*"], baseDirectory: "my-build-1", keepLinks: true }) ?? []);
    const entries = readZip(readFileSync(zip));
    expect(entries.map(({ name, symlink }) => [name, symlink])).toEqual([
      ["link.txt", true],
      ["my-file-1.txt", false],
    ]);
    await unpackArchive(readFileSync(zip), join(root, "again"));
    expect(readFileSync(join(root, "again/link.txt"), "utf8")).toBe("my-build-1/my-file-1.txt");
  });
});
