import { randomUUID } from "node:crypto";
import { mkdirSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { runGit } from "./command.ts";
import { changes, readObjects } from "./reading.ts";
import { type FileChange, treeWith, writeBlob } from "./writing.ts";

/** A file on one side of a merge. */
export interface Side {
  readonly mode: string;
  readonly id: string;
}

/** Lines of one side that conflict with the other's. Lines count from 1; `endLine` is below `startLine` where there are none. */
export interface HunkSide {
  readonly startLine: number;
  readonly endLine: number;
  readonly text: string;
}

export interface Hunk {
  readonly source: HunkSide;
  readonly base: HunkSide;
  readonly destination: HunkSide;
}

/** A file that both sides changed, each in its own way. */
export interface MergedFile {
  readonly path: string;
  readonly base: Side | undefined;
  readonly source: Side | undefined;
  readonly destination: Side | undefined;
  /** What both cannot have: none of them when the two could be put together. */
  readonly conflicts: { readonly content: boolean; readonly mode: boolean };
  /** What it becomes; undefined when it goes. Where there is a conflict, it is the destination's. */
  readonly result: Side | undefined;
  readonly hunks: readonly Hunk[];
}

export interface MergePlan {
  /** Of the source alone: taken as they are. */
  readonly taken: readonly FileChange[];
  /** Changed by both and not alike, by path. */
  readonly both: readonly MergedFile[];
}

export interface MergeTips {
  readonly base: string | undefined;
  readonly source: string;
  readonly destination: string;
}

export interface MergeRules {
  /** False: two changes of one file are a conflict, wherever in it they are. */
  readonly byLine: boolean;
  /** Which side wins where they conflict. */
  readonly favour: "source" | "destination" | undefined;
}

const REGULAR = /^100/;
/** So long that no file's own lines look like it. */
const MARKER = 61;

/** What merging source into destination does to the destination's files. Renames are not looked for. */
export async function planMerge(repository: string, tips: MergeTips, rules: MergeRules): Promise<MergePlan> {
  const ours = new Map((await changes(repository, tips.base, tips.destination)).map((change) => [change.path, change]));
  const taken: FileChange[] = [];
  const both: MergedFile[] = [];
  for (const { path, before, after } of await changes(repository, tips.base, tips.source)) {
    const other = ours.get(path);
    if (other === undefined) taken.push({ path, ...after });
    else if (!same(other.after, after)) {
      both.push(await mergeFile(repository, { path, base: before, source: after, destination: other.after }, rules));
    }
  }
  return { taken, both };
}

/** The tree of the destination with a plan carried out; `resolved` wins over the plan's own results. */
export function mergedTree(
  repository: string,
  destination: string,
  plan: MergePlan,
  resolved: readonly FileChange[] = [],
): Promise<string> {
  const files = plan.both.map(({ path, result }): FileChange => ({ path, ...result }));
  const wins = new Set(resolved.map(({ path }) => path));
  return treeWith(repository, destination, [...plan.taken, ...files.filter(({ path }) => !wins.has(path)), ...resolved]);
}

function same(one: Side | undefined, other: Side | undefined): boolean {
  return one?.id === other?.id && one?.mode === other?.mode;
}

type Sides = Pick<MergedFile, "path" | "base" | "source" | "destination">;

async function mergeFile(repository: string, sides: Sides, { byLine, favour }: MergeRules): Promise<MergedFile> {
  const { base, source, destination } = sides;
  const winner = favour === "source" ? source : destination;
  const mode = mergedMode(sides);
  const settled = { content: false, mode: false };
  if (source === undefined || destination === undefined || !REGULAR.test(source.mode) || !REGULAR.test(destination.mode)) {
    const conflicts = favour === undefined ? { content: true, mode: false } : settled;
    return { ...sides, conflicts, result: winner, hunks: [] };
  }
  const modeConflict = mode === undefined && favour === undefined;
  const fileMode = mode ?? winner?.mode ?? destination.mode;
  if (source.id === destination.id || source.id === base?.id || destination.id === base?.id) {
    const id = destination.id === base?.id ? source.id : destination.id;
    return { ...sides, conflicts: { content: false, mode: modeConflict }, result: { id, mode: fileMode }, hunks: [] };
  }
  const merged = await mergeContents(repository, sides);
  if (byLine && merged.clean !== undefined) {
    const id = await writeBlob(repository, merged.clean);
    return { ...sides, conflicts: { content: false, mode: modeConflict }, result: { id, mode: fileMode }, hunks: [] };
  }
  const conflicts = { content: favour === undefined, mode: modeConflict };
  return { ...sides, conflicts, result: { id: winner?.id ?? destination.id, mode: fileMode }, hunks: merged.hunks };
}

/** Undefined when both changed it, each to another one. */
function mergedMode({ base, source, destination }: Sides): string | undefined {
  if (source === undefined || destination === undefined || source.mode === destination.mode) return destination?.mode ?? source?.mode;
  if (source.mode === base?.mode) return destination.mode;
  return destination.mode === base?.mode ? source.mode : undefined;
}

interface Contents {
  /** The two put together; undefined when they conflict. */
  readonly clean: Buffer | undefined;
  readonly hunks: readonly Hunk[];
}

async function mergeContents(repository: string, { base, source, destination }: Sides): Promise<Contents> {
  const names = [destination, base, source].map((side) => side?.id ?? "0".repeat(40));
  const [ours, common, theirs] = (await readObjects(repository, names)).map((object) => object?.content ?? Buffer.alloc(0));
  // git takes a file with a NUL for a binary one, which is not merged line by line.
  if ([ours, common, theirs].some((content) => content?.includes(0) === true)) return { clean: undefined, hunks: [] };
  const folder = join(repository, `merge-${randomUUID()}`);
  mkdirSync(folder, { mode: 0o700 });
  try {
    for (const [name, content] of [
      ["d", ours],
      ["b", common],
      ["s", theirs],
    ] as const)
      writeFileSync(join(folder, name), content ?? "");
    const args = ["merge-file", "-p", "--quiet", "--diff3", `--marker-size=${MARKER}`, "d", "b", "s"];
    // It ends with the number of conflicts.
    const { code, out } = await runGit(repository, args, { cwd: folder, allow: Array.from({ length: 127 }, (_, count) => count + 1) });
    return code === 0 ? { clean: out, hunks: [] } : { clean: undefined, hunks: parseHunks(out.toString("utf8")) };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** The conflicts in what `git merge-file --diff3` printed, with each side's own line numbers. */
function parseHunks(text: string): Hunk[] {
  const marks: readonly (readonly [string, string])[] = [
    ["<", "destination"],
    ["|", "base"],
    ["=", "source"],
    [">", "common"],
  ];
  const next = { destination: 1, base: 1, source: 1 };
  const hunks: Hunk[] = [];
  let part = "common";
  let found: Record<"destination" | "base" | "source", string[]> = { destination: [], base: [], source: [] };
  for (const line of text.split(/(?<=\n)/)) {
    const mark = marks.find(([character]) => line.startsWith(character.repeat(MARKER)));
    if (mark === undefined) {
      if (part === "destination" || part === "base" || part === "source") found[part].push(line);
      else for (const side of ["destination", "base", "source"] as const) next[side]++;
      continue;
    }
    part = mark[1];
    if (part !== "common") continue;
    const side = (name: "destination" | "base" | "source"): HunkSide => {
      const startLine = next[name];
      next[name] += found[name].length;
      return { startLine, endLine: next[name] - 1, text: found[name].join("") };
    };
    hunks.push({ source: side("source"), base: side("base"), destination: side("destination") });
    found = { destination: [], base: [], source: [] };
  }
  return hunks;
}
