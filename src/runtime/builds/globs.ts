import { type Dirent, readdirSync, realpathSync, statSync } from "node:fs";
import { join, matchesGlob, posix, relative, sep } from "node:path";

/** A file that a pattern of the buildspec found. */
export interface FoundFile {
  /** Absolute. */
  readonly path: string;
  /** Relative to its base directory, with slashes. */
  readonly name: string;
  /** Set for links where links are kept. */
  readonly link: boolean;
}

export interface GlobOptions {
  readonly files: readonly string[];
  readonly baseDirectory?: string | undefined;
  readonly excludePaths?: readonly string[];
  readonly discardPaths?: boolean;
  /** Keep links within the folder as links, instead of the files that they lead to. */
  readonly keepLinks?: boolean;
}

/**
 * The files of an artifact or a report, by the buildspec's rules: base directories may be a pattern themselves and are not
 * part of the names; names that begin with a dot are matched like others. Undefined when no base directory is there.
 * https://docs.aws.amazon.com/codebuild/latest/userguide/build-spec-ref.html
 */
export function findFiles(root: string, options: GlobOptions): FoundFile[] | undefined {
  const bases = baseDirectories(root, options.baseDirectory);
  if (bases.length === 0) return undefined;
  const found = new Map<string, FoundFile>();
  for (const base of bases) {
    for (const file of filesOf(base, options)) {
      const name = options.discardPaths === true ? posix.basename(file.name) : file.name;
      if (!found.has(name)) found.set(name, { ...file, name });
    }
  }
  return [...found.values()].sort((a, b) => (a.name < b.name ? -1 : 1));
}

export function baseDirectories(root: string, pattern: string | undefined): string[] {
  const plain = (pattern ?? ".").replace(/^\.\//, "").replace(/\/+$/, "");
  if (plain === "" || plain === ".") return [root];
  if (!/[*?[{]/.test(plain)) {
    const folder = plain.startsWith("/") ? plain : join(root, plain);
    return isFolder(folder) ? [folder] : [];
  }
  return foldersUnder(root)
    .filter((folder) => matchesGlob(slashed(relative(root, folder)), plain))
    .sort();
}

function filesOf(base: string, options: GlobOptions): FoundFile[] {
  const patterns = options.files.map(normal);
  const excluded = (options.excludePaths ?? []).map(normal);
  const all = new Map<string, FoundFile>();
  // A plain path needs no walk, and may lead out of the base directory or be absolute.
  const plain = patterns.filter((pattern) => !/[*?[{]/.test(pattern));
  for (const pattern of plain) {
    const path = pattern.startsWith("/") ? pattern : join(base, pattern);
    const name = pattern.startsWith("/") ? pattern.slice(1) : posix.normalize(pattern).replace(/^(\.\.\/)+/, "");
    if (isFile(path)) all.set(path, { path, name, link: false });
  }
  const globs = patterns.filter((pattern) => !plain.includes(pattern));
  if (globs.length > 0) {
    for (const file of walk(base, options.keepLinks === true)) {
      if (globs.some((pattern) => matches(file.name, pattern))) all.set(file.path, file);
    }
  }
  return [...all.values()].filter(({ name }) => !excluded.some((pattern) => matches(name, pattern)));
}

const normal = (pattern: string): string => pattern.replace(/^\.\//, "").replace(/\/+/g, "/");

/** `*` stays within a name and takes dots; a doubled one crosses folders. Node's own matching leaves out what begins with a dot. */
export function matches(name: string, pattern: string): boolean {
  return patternOf(pattern).test(name);
}

const patterns = new Map<string, RegExp>();

function patternOf(pattern: string): RegExp {
  const known = patterns.get(pattern);
  if (known !== undefined) return known;
  let text = "";
  for (let i = 0; i < pattern.length; i++) {
    const rest = pattern.slice(i);
    if (rest.startsWith("**/")) {
      text += "(?:[^/]+/)*";
      i += 2;
    } else if (rest.startsWith("**")) {
      text += ".*";
      i += 1;
    } else if (rest.startsWith("*")) text += "[^/]*";
    else if (rest.startsWith("?")) text += "[^/]";
    else if (/^\[[^\]]+\]/.test(rest)) {
      const [set = ""] = /^\[[^\]]+\]/.exec(rest) ?? [];
      text += set.replace(/^\[!/, "[^");
      i += set.length - 1;
    } else if (/^\{[^}]*\}/.test(rest)) {
      const [set = ""] = /^\{[^}]*\}/.exec(rest) ?? [];
      text += `(?:${set.slice(1, -1).split(",").map(escaped).join("|")})`;
      i += set.length - 1;
    } else text += escaped(pattern[i] ?? "");
  }
  const compiled = new RegExp(`^${text}$`, "s");
  patterns.set(pattern, compiled);
  return compiled;
}

const escaped = (text: string): string => text.replace(/[.*+?^${}()|[\]\\]/g, "\\$&");

const slashed = (path: string): string => (sep === "/" ? path : path.replaceAll(sep, "/"));

function* walk(base: string, keepLinks: boolean): Generator<FoundFile> {
  const seen = new Set([realPath(base)]);
  const folders = [""];
  for (let folder = folders.pop(); folder !== undefined; folder = folders.pop()) {
    for (const entry of entriesOf(join(base, folder))) {
      const name = folder === "" ? entry.name : `${folder}/${entry.name}`;
      const path = join(base, name);
      if (entry.isSymbolicLink()) {
        if (keepLinks) yield { path, name, link: true };
        else if (isFile(path)) yield { path, name, link: false };
        else if (isFolder(path) && !seen.has(realPath(path))) {
          seen.add(realPath(path));
          folders.push(name);
        }
      } else if (entry.isDirectory()) folders.push(name);
      else if (entry.isFile()) yield { path, name, link: false };
    }
  }
}

function foldersUnder(root: string): string[] {
  const found: string[] = [];
  const left = [root];
  for (let folder = left.pop(); folder !== undefined; folder = left.pop()) {
    for (const entry of entriesOf(folder)) {
      if (!entry.isDirectory() || entry.name === "node_modules" || entry.name === ".git") continue;
      found.push(join(folder, entry.name));
      left.push(join(folder, entry.name));
    }
  }
  return found;
}

function entriesOf(folder: string): Dirent[] {
  try {
    return readdirSync(folder, { withFileTypes: true });
  } catch {
    return [];
  }
}

function realPath(path: string): string {
  try {
    return realpathSync(path);
  } catch {
    return path;
  }
}

function isFile(path: string): boolean {
  return statSync(path, { throwIfNoEntry: false })?.isFile() === true;
}

function isFolder(path: string): boolean {
  return statSync(path, { throwIfNoEntry: false })?.isDirectory() === true;
}
