import { existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import { join } from "node:path";

/** What CodeBuild's images bring and no machine has. */
const NAMES = ["codebuild-tests-run", "codebuild-glob-search", "codebuild-hash-files"];

/** As sources, or as what the bundle has made of them. */
function moduleFile(): string {
  const source = join(import.meta.dirname, "programs/main.ts");
  return existsSync(source) ? source : join(import.meta.dirname, "programs.mjs");
}

/**
 * Puts CodeBuild's own programs into a folder that is to come first in a build's PATH. They run on the Node.js that Orrery
 * itself runs on, whichever one the build puts into its PATH. Returns the folder.
 */
export function installPrograms(folder: string): string {
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  for (const name of NAMES) {
    const file = join(folder, name);
    const text = `#!/bin/sh\nexec ${quoted(process.execPath)} ${quoted(moduleFile())} ${name} "$@"\n`;
    if (existsSync(file) && readFileSync(file, "utf8") === text) continue;
    // Another build may be running the one before.
    writeFileSync(`${file}.new`, text, { mode: 0o755 });
    renameSync(`${file}.new`, file);
  }
  return folder;
}

const quoted = (text: string): string => `'${text.replaceAll("'", `'\\''`)}'`;
