import { spawn } from "node:child_process";
import { createHash } from "node:crypto";
import { cpSync, existsSync, mkdirSync, readdirSync, renameSync, rmSync, statSync, writeFileSync } from "node:fs";
import { dirname, join, relative } from "node:path";
import type { Context } from "../../aws/context.ts";
import { AwsException } from "../../aws/exception.ts";
import { messageOf } from "../../kernel/errors.ts";
import { findFiles } from "../../runtime/builds/globs.ts";
import type { CacheSection } from "./buildspec.ts";
import type { BuildPlan, BuildRecord } from "./records.ts";
import { downloadObject, splitLocation, uploadFile } from "./s3.ts";
import { workshopOf } from "./workshop.ts";

/** What restoring and saving a cache works with. */
export interface CacheWork {
  /** Acts as the service role. */
  readonly ctx: Context;
  readonly build: BuildRecord;
  readonly plan: BuildPlan;
  readonly section: CacheSection | undefined;
  readonly folder: string;
  readonly sourceFolder: string;
  log(line: string): void;
  expand(text: string): Promise<string>;
}

/** Which key was found, so that what did not change is not stored again. */
export interface Restored {
  readonly key: string | undefined;
  readonly exact: boolean;
}

const NOTHING: Restored = { key: undefined, exact: false };
const SUFFIX = ".tar";

/**
 * Paths of the buildspec are relative to the source, or absolute; `/root/` and `~/` are the build's HOME, which is where
 * they lead on CodeBuild. https://docs.aws.amazon.com/codebuild/latest/userguide/build-caching.html
 */
function localPath({ folder, sourceFolder }: CacheWork, pattern: string): string {
  if (pattern.startsWith("/root/") || pattern.startsWith("~/")) return join(folder, "home", pattern.replace(/^(\/root|~)\//, ""));
  return pattern.startsWith("/") ? pattern : join(sourceFolder, pattern);
}

export async function restoreCache(work: CacheWork): Promise<Restored> {
  const { build, section, log } = work;
  const { type } = build.cache ?? {};
  if (section === undefined || section.paths.length === 0) {
    log("Unable to initialize cache download: no paths specified to be cached");
    return NOTHING;
  }
  if (section.action === "save") return NOTHING;
  try {
    if (type === "S3") return await restoreFromS3(work, section);
    if (type === "LOCAL") restoreLocal(work, section);
  } catch (error) {
    log(`Unable to download cache: ${messageOf(error)}`);
  }
  return NOTHING;
}

export async function saveCache(work: CacheWork, restored: Restored): Promise<void> {
  const { build, section, log } = work;
  if (section === undefined || section.paths.length === 0 || section.action === "restore") return;
  try {
    if (build.cache?.type === "S3") await saveToS3(work, section, restored);
    if (build.cache?.type === "LOCAL") saveLocal(work, section);
  } catch (error) {
    log(`Unable to upload cache: ${messageOf(error)}`);
  }
}

/** `<prefix>/<namespace or project>/<version>/`; InvalidateProjectCache leads to another version. */
function prefixOf({ build, plan }: CacheWork): { bucket: string; prefix: string } {
  const { bucket, key } = splitLocation(build.cache?.location ?? "");
  const name = build.cache?.cacheNamespace ?? build.projectName;
  return {
    bucket,
    prefix: [key, "codebuild-cache", name, String(plan.cacheVersion), ""].filter((part, i) => part !== "" || i === 4).join("/"),
  };
}

async function keyOf(work: CacheWork, section: CacheSection): Promise<string> {
  return section.key === undefined ? "default" : await work.expand(section.key);
}

async function restoreFromS3(work: CacheWork, section: CacheSection): Promise<Restored> {
  const { ctx, log } = work;
  const { bucket, prefix } = prefixOf(work);
  const key = await keyOf(work, section);
  log(`Downloading S3 cache...`);
  if (await fetchCache(work, bucket, `${prefix}${key}${SUFFIX}`)) {
    log(`Cache restored from key ${key}`);
    return { key, exact: true };
  }
  for (const fallback of section.key === undefined ? [] : section.fallbackKeys) {
    const wanted = await work.expand(fallback);
    const { Contents = [] } = await ctx.call("s3", "ListObjectsV2", { Bucket: bucket, Prefix: `${prefix}${wanted}` });
    const newest = Contents.toSorted((a, b) => (b.LastModified?.getTime() ?? 0) - (a.LastModified?.getTime() ?? 0))[0]?.Key;
    if (newest === undefined || !(await fetchCache(work, bucket, newest))) continue;
    log(`Cache restored from fallback key ${wanted}`);
    return { key: newest.slice(prefix.length, -SUFFIX.length), exact: false };
  }
  log(`Unable to download cache: no cache found for key ${key}`);
  return NOTHING;
}

async function fetchCache({ ctx, folder }: CacheWork, bucket: string, key: string): Promise<boolean> {
  const file = join(folder, "cache-in.tar");
  try {
    await downloadObject(ctx, { bucket, key }, file);
  } catch (error) {
    if (error instanceof AwsException && error.code === "NoSuchKey") return false;
    throw error;
  }
  await tar(["-xf", file, "-C", folder, "--keep-old-files"], folder).catch(() => undefined);
  rmSync(file, { force: true });
  return true;
}

/** Patterns that are a whole folder's content go as the folder, which spares the walk. */
function foldersAndFiles(work: CacheWork, section: CacheSection): string[] {
  const found = new Set<string>();
  for (const pattern of section.paths) {
    const whole = /^(.*[^*?[{/])(?:\/\*\*)?\/\*(?:\*)?$/.exec(pattern)?.[1] ?? pattern.replace(/\/$/, "");
    const path = localPath(work, whole);
    if (!/[*?[{]/.test(whole)) {
      if (existsSync(path)) found.add(path);
      continue;
    }
    for (const file of findFiles(work.sourceFolder, { files: [pattern] }) ?? []) found.add(file.path);
  }
  return [...found].filter((path) => !relative(work.folder, path).startsWith(".."));
}

async function saveToS3(work: CacheWork, section: CacheSection, restored: Restored): Promise<void> {
  const { ctx, folder, log } = work;
  const key = await keyOf(work, section);
  // A key of one's own names its content: what is there under it is what would be stored.
  if (section.key !== undefined && restored.exact && restored.key === key) {
    log(`Cache key ${key} is up to date: nothing to upload`);
    return;
  }
  const paths = foldersAndFiles(work, section).map((path) => relative(folder, path));
  if (paths.length === 0) {
    log("Unable to upload cache: no files found at the cache paths");
    return;
  }
  const file = join(folder, "cache-out.tar");
  const list = join(folder, "cache-out.list");
  writeFileSync(list, paths.join("\n"));
  await tar(["-cf", file, "-C", folder, "--files-from", list], folder);
  const { bucket, prefix } = prefixOf(work);
  await uploadFile(ctx, { bucket, key: `${prefix}${key}${SUFFIX}`, file });
  log(`Cache uploaded with key ${key} (${statSync(file).size} bytes)`);
}

function tar(args: readonly string[], cwd: string): Promise<void> {
  return new Promise((resolve, reject) => {
    const child = spawn("tar", args, { cwd, stdio: ["ignore", "ignore", "pipe"], env: { PATH: process.env["PATH"] ?? "/usr/bin:/bin" } });
    let complaint = "";
    child.stderr.on("data", (chunk: Buffer) => {
      complaint = `${complaint}${chunk.toString("utf8")}`.slice(0, 2_000);
    });
    child.on("error", reject);
    child.on("close", (code) => (code === 0 ? resolve() : reject(new TypeError(`tar ended with ${code}: ${complaint.trim()}`))));
  });
}

/** Where a project's local caches are kept. A build takes its folder away with it, and the last one to end puts its own there. */
function localFolder({ ctx, build, plan }: CacheWork): string {
  const root = join(workshopOf(ctx.cloud).folder, "cache");
  const project = createHash("sha256")
    .update(`${ctx.account}/${ctx.region}/${build.projectName}/${plan.cacheVersion}`)
    .digest("hex")
    .slice(0, 24);
  return join(root, project);
}

const usesCustom = ({ build }: CacheWork): boolean => build.cache?.modes?.includes("LOCAL_CUSTOM_CACHE") === true;

/** "Only directories can be specified for caching. You cannot specify individual files." */
function localFolders(work: CacheWork, section: CacheSection): string[] {
  return section.paths.map((pattern) => localPath(work, pattern.replace(/\/(\*\*\/)?\*{1,2}$/, "").replace(/\/$/, "")));
}

function restoreLocal(work: CacheWork, section: CacheSection): void {
  if (!usesCustom(work)) return;
  const kept = localFolder(work);
  const mine = join(work.folder, "local-cache");
  if (!existsSync(kept)) {
    work.log("Local custom cache is empty");
    return;
  }
  renameSync(kept, mine);
  for (const path of localFolders(work, section)) {
    const from = join(mine, nameFor(work, path));
    if (!existsSync(from)) continue;
    mkdirSync(dirname(path), { recursive: true });
    if (existsSync(path)) cpSync(from, path, { recursive: true, force: false });
    else renameSync(from, path);
    work.log(`Local custom cache restored: ${relative(work.folder, path)}`);
  }
}

function saveLocal(work: CacheWork, section: CacheSection): void {
  if (!usesCustom(work)) return;
  const kept = localFolder(work);
  const mine = join(work.folder, "local-cache-out");
  mkdirSync(mine, { recursive: true });
  for (const path of localFolders(work, section)) {
    if (existsSync(path) && statSync(path).isDirectory()) renameSync(path, join(mine, nameFor(work, path)));
  }
  if (readdirSync(mine).length === 0) return;
  mkdirSync(dirname(kept), { recursive: true });
  rmSync(kept, { recursive: true, force: true });
  renameSync(mine, kept);
  work.log("Local custom cache saved");
}

const nameFor = ({ folder }: CacheWork, path: string): string =>
  createHash("sha256").update(relative(folder, path)).digest("hex").slice(0, 24);
