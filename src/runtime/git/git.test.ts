import { mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { readZip } from "../processes/zip.ts";
import { archive, cloneTo } from "./archive.ts";
import { gitText, runGit } from "./command.ts";
import { changedPaths, commitInfo, isAncestor, resolveRef } from "./reading.ts";
import { createRepository, listRefs, NO_COMMIT, repositoryPath, updateRefs } from "./repository.ts";
import { commitTree, treeWith } from "./writing.ts";

const folder = mkdtempSync(join(tmpdir(), "orrery-git-"));
const repository = repositoryPath(folder, "000000000000", "us-east-1", "demo");
const author = { name: "Ada", email: "ada@example.com", date: "1700000000 +0000" };
let first = "";
let second = "";

const file = (path: string, text: string) => ({ path, mode: "100644", content: Buffer.from(text) });

beforeAll(async () => {
  createRepository(repository);
  const one = await treeWith(repository, undefined, [
    file("a.txt", "one\n"),
    file("lib/b.txt", "b\n"),
    file(".gitattributes", "a.txt export-ignore\n"),
  ]);
  first = await commitTree(repository, { tree: one, parents: [], author, committer: author, message: "First\n\nwith a body\n" });
  const two = await treeWith(repository, first, [file("a.txt", "two\n"), { path: "lib/b.txt" }]);
  second = await commitTree(repository, { tree: two, parents: [first], author, committer: author, message: "Second" });
  await updateRefs(repository, [{ name: "refs/heads/main", target: second, expected: NO_COMMIT }]);
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

describe("git behind the services", () => {
  it("finds commits by branch and by id, and nothing by a name that is not there", async () => {
    expect(await resolveRef(repository, "main")).toBe(second);
    expect(await resolveRef(repository, "refs/heads/main")).toBe(second);
    expect(await resolveRef(repository, first)).toBe(first);
    expect(await resolveRef(repository, "other")).toBeUndefined();
    expect(await resolveRef(repository, NO_COMMIT)).toBeUndefined();
  });

  it("tells a commit's author, message and parents", async () => {
    expect(await commitInfo(repository, second)).toMatchObject({ author, parents: [first], subject: "Second" });
    expect(await commitInfo(repository, first)).toMatchObject({ parents: [], message: "First\n\nwith a body\n", subject: "First" });
  });

  it("lists the changed paths between two commits, and all of them of the first", async () => {
    expect(await changedPaths(repository, first, second)).toEqual(["a.txt", "lib/b.txt"]);
    expect(await changedPaths(repository, undefined, first)).toEqual([".gitattributes", "a.txt", "lib/b.txt"]);
    expect(await isAncestor(repository, first, second)).toBe(true);
    expect(await isAncestor(repository, second, first)).toBe(false);
  });

  it("archives every file of a commit, whatever its attributes leave out of releases", async () => {
    const names = readZip(await archive(repository, first)).map(({ name }) => name);
    expect(names.filter((name) => !name.endsWith("/")).sort()).toEqual([".gitattributes", "a.txt", "lib/b.txt"]);
  });

  it("clones a commit with all of its history, or with so much of it", async () => {
    await cloneTo(repository, join(folder, "whole"), second, { branch: "main", url: "http://127.0.0.1/v1/repos/demo" });
    expect(readFileSync(join(folder, "whole/a.txt"), "utf8")).toBe("two\n");
    expect(await gitText(join(folder, "whole/.git"), ["rev-list", "--count", "HEAD"])).toBe("2");
    expect(await gitText(join(folder, "whole/.git"), ["remote", "get-url", "origin"])).toBe("http://127.0.0.1/v1/repos/demo");
    await cloneTo(repository, join(folder, "shallow"), first, { depth: 1 });
    expect(readdirSync(join(folder, "shallow")).sort()).toEqual([".git", ".gitattributes", "a.txt", "lib"]);
    expect(await gitText(join(folder, "shallow/.git"), ["rev-list", "--count", "HEAD"])).toBe("1");
  });

  it("moves a ref only from where it was expected", async () => {
    await expect(updateRefs(repository, [{ name: "refs/heads/main", target: first, expected: first }])).rejects.toThrow("update-ref");
    expect(await listRefs(repository)).toEqual([{ name: "refs/heads/main", target: second, commit: second }]);
  });

  it("knows nothing of the host's environment and settings", async () => {
    const settings = (await runGit(repository, ["config", "--list", "--show-scope"])).out.toString("utf8");
    expect(settings).not.toMatch(/^(system|global)\b/m);
    expect(await gitText(repository, ["var", "GIT_AUTHOR_IDENT"], { allow: [128] })).not.toContain(process.env["USER"] ?? "nobody at all");
  });
});
