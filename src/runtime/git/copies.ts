import { copyFileSync, existsSync, linkSync, mkdirSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join, relative } from "node:path";
import { repositoriesFolder } from "./repository.ts";

/** Who has repositories: the first folder of their paths. */
export type Owner = "codecommit" | "connections";
const OWNERS: readonly Owner[] = ["codecommit", "connections"];

/** While this file is there, an owner's refs are what the database says, not what the repositories say. */
function marker(dataDir: string, owner: Owner): string {
  return join(repositoriesFolder(dataDir), `${owner}-refs-from-rows`);
}

/**
 * Gives another data folder the objects of all repositories, by hard links where the disk allows them: objects never change
 * and are never swept away. Refs are not copied, as the database has them; the other folder is told so.
 */
export function copyObjects(fromDataDir: string, toDataDir: string): void {
  const from = repositoriesFolder(fromDataDir);
  const to = repositoriesFolder(toDataDir);
  mkdirSync(to, { recursive: true, mode: 0o700 });
  for (const owner of OWNERS) writeFileSync(marker(toDataDir, owner), "");
  for (const repository of repositoriesIn(from)) copyTree(join(repository, "objects"), join(to, relative(from, repository), "objects"));
}

/** Asked at the start, and once rows were replaced. */
export function refsComeFromRows(dataDir: string, owner: Owner): boolean {
  return existsSync(marker(dataDir, owner));
}

/** Refs are what the rows say again. */
export function refsAreCurrent(dataDir: string, owner: Owner): void {
  rmSync(marker(dataDir, owner), { force: true });
}

/** Folders of bare repositories below a folder, whether complete or with objects only. */
export function repositoriesIn(folder: string): string[] {
  if (!existsSync(folder)) return [];
  return readdirSync(folder, { withFileTypes: true }).flatMap((entry) => {
    if (!entry.isDirectory()) return [];
    const path = join(folder, entry.name);
    return existsSync(join(path, "objects")) ? [path] : repositoriesIn(path);
  });
}

function copyTree(from: string, to: string): void {
  if (!existsSync(from)) return;
  mkdirSync(to, { recursive: true, mode: 0o700 });
  for (const entry of readdirSync(from, { withFileTypes: true })) {
    const source = join(from, entry.name);
    const target = join(to, entry.name);
    // What git is in the middle of writing is no object yet.
    if (entry.name.startsWith("tmp_") || entry.name.startsWith("incoming-")) continue;
    if (entry.isDirectory()) copyTree(source, target);
    else if (!existsSync(target)) linkOrCopy(source, target);
  }
}

function linkOrCopy(from: string, to: string): void {
  mkdirSync(dirname(to), { recursive: true, mode: 0o700 });
  try {
    linkSync(from, to);
  } catch {
    copyFileSync(from, to);
  }
}
