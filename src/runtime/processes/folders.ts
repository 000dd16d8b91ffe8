import { chmodSync, existsSync, mkdirSync, mkdtempSync, renameSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { dirname, join, resolve, sep } from "node:path";
import { namesIn } from "./memory.ts";
import { readZip, type ZipEntry, ZipError } from "./zip.ts";

const UNPACKING = "unpacking-";

/**
 * Unpacked archives, one read-only folder for each content: an archive is unpacked when it is first needed, and every
 * process that uses the same bytes shares the folder.
 */
export class Folders {
  readonly #root: string;

  constructor(root: string) {
    this.#root = root;
    this.#prepare();
  }

  /** The folder of the archives laid over each other, later ones over earlier. `key` names their content. @throws ZipError */
  unpacked(key: string, archives: () => readonly Buffer[]): string {
    const target = join(this.#root, key);
    if (existsSync(target)) return target;
    const work = mkdtempSync(join(this.#root, UNPACKING));
    try {
      for (const archive of archives()) unpackInto(work, archive);
      chmodSync(work, 0o755);
      renameSync(work, target);
    } catch (error) {
      rmSync(work, { recursive: true, force: true });
      // Another request may have been faster with the same content.
      if (!existsSync(target)) throw error;
    }
    return target;
  }

  /**
   * Node.js asks the nearest package.json above a `.js` file whether it is a module. Without one here it would ask the
   * project that the data folder lies in.
   */
  #prepare(): void {
    mkdirSync(this.#root, { recursive: true, mode: 0o700 });
    // What a killed process was in the middle of unpacking.
    for (const name of namesIn(this.#root)) {
      if (name.startsWith(UNPACKING)) rmSync(join(this.#root, name), { recursive: true, force: true });
    }
    writeFileSync(join(this.#root, "package.json"), '{"type":"commonjs"}');
  }
}

function unpackInto(root: string, archive: Buffer): void {
  for (const entry of readZip(archive)) {
    const path = safePath(root, entry.name);
    if (entry.name.endsWith("/")) mkdirSync(path, { recursive: true });
    else writeEntry(root, path, entry);
  }
}

function writeEntry(root: string, path: string, entry: ZipEntry): void {
  mkdirSync(dirname(path), { recursive: true });
  rmSync(path, { force: true });
  if (entry.symlink) {
    const target = entry.read().toString("utf8");
    // A link may only lead to somewhere in its own folder: what is written through it later would land there.
    const from = resolve(dirname(path), target);
    if (from !== root && !from.startsWith(root + sep)) throw new ZipError(`${entry.name} links to ${target}, outside of the archive`);
    symlinkSync(target, path);
    return;
  }
  writeFileSync(path, entry.read());
  // Readable by all and writable by nobody; who may execute is the archive's business.
  chmodSync(path, 0o444 | (entry.mode & 0o111));
}

function safePath(root: string, name: string): string {
  const path = resolve(root, name);
  if (name.startsWith("/") || name.includes("\0") || (path !== root && !path.startsWith(root + sep))) {
    throw new ZipError(`${name} would be written outside of its folder`);
  }
  return path;
}
