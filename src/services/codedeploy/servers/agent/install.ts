import { chmod, chown, copyFile, lstat, mkdir, readdir, readlink, rm, rmdir, stat, symlink, utimes } from "node:fs/promises";
import { basename, posix } from "node:path";
import type { Machine } from "../../../../runtime/agents/driver.ts";
import { placeOf } from "../../../../runtime/agents/rooted.ts";
import { fullAcl } from "../acl.ts";
import type { AppSpec, FileExistsBehavior, Permission } from "../appspec.ts";
import { AppSpecError } from "../appspec-error.ts";
import { assignPermissions } from "../permissions.ts";
import { addText, archiveFolder, cleanupFile, installFile, lastSuccessfulFile, putText, readText } from "./layout.ts";

/** What an installation is to do, in order; paths are the instance's. */
interface Plan {
  readonly steps: readonly (
    | { readonly type: "mkdir"; readonly path: string }
    | { readonly type: "copy"; readonly path: string; readonly source: string }
  )[];
  readonly permissions: readonly { readonly path: string; readonly permission: Permission }[];
}

export interface Installation {
  readonly group: string;
  /** The deployment's folder on the instance. */
  readonly folder: string;
  readonly spec: AppSpec;
  readonly behavior: FileExistsBehavior;
}

/**
 * Install: removes what the group's former deployment laid down, then lays down the files of this one.
 * https://docs.aws.amazon.com/codedeploy/latest/userguide/reference-appspec-file-structure-files.html
 * @throws AppSpecError in the agent's words
 */
export async function install(machine: Machine, { group, folder, spec, behavior }: Installation): Promise<void> {
  const root = await machine.root();
  await removeFormer(root, group);
  const plan = await new Planner(root, archiveFolder(folder), spec.fileExistsBehavior ?? behavior).plan(spec);
  await putText(root, installFile(group), JSON.stringify({ instructions: plan.steps }));
  await putText(root, cleanupFile(group), "");
  for (const step of plan.steps) {
    await addText(root, cleanupFile(group), `${step.path}\n`);
    if (step.type === "mkdir") await mkdir(await placeOf(root, step.path));
    else await copy(root, step.source, step.path);
  }
  for (const { path, permission } of plan.permissions) await apply(machine, path, permission);
  await putText(root, lastSuccessfulFile(group), `${folder}\n`);
}

/** https://docs.aws.amazon.com/codedeploy/latest/userguide/deployments-rollback-and-redeploy.html: folders that are not empty stay. */
async function removeFormer(root: string, group: string): Promise<void> {
  const listed = await readText(root, cleanupFile(group));
  if (listed === undefined) return;
  for (const path of listed.split("\n").slice(0, -1).reverse()) {
    const place = await placeOf(root, path, { follow: false });
    const found = await lstat(place).catch(() => undefined);
    if (found?.isDirectory() === true) await rmdir(place).catch(() => undefined);
    else if (found !== undefined) await rm(place);
  }
  await rm(await placeOf(root, cleanupFile(group)), { force: true });
}

class Planner {
  readonly #root: string;
  readonly #archive: string;
  readonly #behavior: FileExistsBehavior;
  readonly #steps: Plan["steps"][number][] = [];
  readonly #copies = new Map<string, string>();
  readonly #folders = new Set<string>();

  constructor(root: string, archive: string, behavior: FileExistsBehavior) {
    this.#root = root;
    this.#archive = archive;
    this.#behavior = behavior;
  }

  async plan(spec: AppSpec): Promise<Plan> {
    for (const { source, destination } of spec.files) {
      const from = posix.join(this.#archive, source).replace(/\/$/, "");
      const to = posix.resolve("/", destination);
      const found = await lstat(await placeOf(this.#root, from, { follow: false })).catch(() => undefined);
      if (found === undefined) throw new AppSpecError(`No such file or directory @ rb_sysopen - ${from}`);
      const target = found.isDirectory() ? to : posix.join(to, basename(from));
      await this.#ancestors(target);
      if (found.isDirectory()) await this.#folder(from, to);
      else await this.#file(from, target);
    }
    const existing = new Map<string, boolean>();
    for (const { object } of spec.permissions) existing.set(posix.resolve("/", object), await this.#isFolder(object));
    const laid = {
      files: [...this.#copies.keys()],
      directories: [...this.#folders],
      isDirectory: (path: string) => existing.get(path) === true,
    };
    return { steps: this.#steps, permissions: assignPermissions(spec.permissions, laid) };
  }

  async #ancestors(path: string): Promise<void> {
    const missing: string[] = [];
    for (let above = posix.dirname(path); above !== "/" && !(await this.#exists(above)); above = posix.dirname(above))
      missing.unshift(above);
    for (const folder of missing) this.#mkdir(folder);
  }

  async #folder(from: string, to: string): Promise<void> {
    if (!(await this.#isFolder(to))) this.#mkdir(to);
    for (const entry of (await readdir(await placeOf(this.#root, from), { withFileTypes: true })).sort((a, b) =>
      a.name < b.name ? -1 : 1,
    )) {
      const [source, target] = [posix.join(from, entry.name), posix.join(to, entry.name)];
      if (entry.isDirectory()) await this.#folder(source, target);
      else await this.#file(source, target);
    }
  }

  async #file(source: string, path: string): Promise<void> {
    if (await this.#exists(path)) {
      if (this.#behavior === "RETAIN") return;
      if (this.#behavior === "DISALLOW")
        throw new AppSpecError(`The deployment failed because a specified file already exists at this location: ${path}`);
    }
    const other = this.#copies.get(path);
    if (other !== undefined) {
      throw new AppSpecError(
        `The deployment failed because the application specification file specifies two source files named ${source} and ${other} for the same destination (${path}). Remove one of the source file paths from the AppSpec file, and then try again.`,
      );
    }
    if (this.#folders.has(path)) {
      throw new AppSpecError(
        `The deployment failed because the application specification file calls for installing the file ${source}, but a file with that name already exists at the location (${path}). Update your AppSpec file or directory structure, and then try again.`,
      );
    }
    this.#copies.set(path, source);
    this.#steps.push({ type: "copy", path, source });
  }

  #mkdir(path: string): void {
    if (this.#copies.has(path)) {
      throw new AppSpecError(
        `The deployment failed because the application specification file includes an mkdir command more than once for the same destination path (${path}) from (${this.#copies.get(path)}). Update the files section of the AppSpec file, and then try again.`,
      );
    }
    if (this.#folders.has(path)) return;
    this.#folders.add(path);
    this.#steps.push({ type: "mkdir", path });
  }

  async #exists(path: string): Promise<boolean> {
    return (await stat(await placeOf(this.#root, path)).catch(() => undefined)) !== undefined;
  }

  async #isFolder(path: string): Promise<boolean> {
    return (await stat(await placeOf(this.#root, path)).catch(() => undefined))?.isDirectory() === true;
  }
}

/** Permissions and times are kept, as the agent's copy does. */
async function copy(root: string, source: string, path: string): Promise<void> {
  const from = await placeOf(root, source, { follow: false });
  const to = await placeOf(root, path, { follow: false });
  const found = await lstat(from);
  await rm(to, { force: true });
  if (found.isSymbolicLink()) return symlink(await readlink(from), to);
  await copyFile(from, to);
  await chmod(to, found.mode & 0o7777);
  await utimes(to, found.atime, found.mtime);
}

async function apply(machine: Machine, path: string, permission: Permission): Promise<void> {
  const root = await machine.root();
  const place = await placeOf(root, path);
  const { mode, acls, context, owner, group } = permission;
  if (mode !== undefined) await chmod(place, Number.parseInt(mode, 8));
  if (acls !== undefined) {
    const acl = fullAcl(acls, (await stat(place)).mode);
    await command(machine, ["setfacl", "--set", acl, path], (text, code) => {
      return `The deployment failed because of a problem with the acls permission settings in the application specification file for this object: ${path}. Failed command: ${text}. Exit code: ${code}`;
    });
  }
  if (context !== undefined) {
    const { user, type, range } = context;
    const labels = [...(user === undefined ? [] : ["-s", user]), "-t", type, ...(range === undefined ? [] : ["-r", range])];
    for (const argv of [
      ["semanage", "fcontext", "-a", ...labels, path],
      ["restorecon", "-v", path],
    ])
      await command(machine, argv, (text, code) => {
        return `The deployment failed because the application specification file contains an error in the settings for the context parameter. Update the permissions section of the AppSpec file, and then try again. Failed command: ${text}. Exit code: ${code}`;
      });
  }
  if (owner === undefined && group === undefined) return;
  const found = await stat(place);
  await chown(
    place,
    owner === undefined ? found.uid : await idOf(root, "passwd", owner),
    group === undefined ? found.gid : await idOf(root, "group", group),
  );
  // A change of owner takes set-user-id bits away.
  if (mode !== undefined) await chmod(place, Number.parseInt(mode, 8));
}

const COMMAND_MS = 60_000;

async function command(machine: Machine, argv: string[], message: (text: string, code: number) => string): Promise<void> {
  const outcome = await machine.run({ argv, variables: {}, cwd: "/", timeoutMs: COMMAND_MS, line: () => undefined });
  const code = outcome.end === "exit" ? outcome.code : -1;
  if (code !== 0) throw new AppSpecError(message(argv.join(" "), code));
}

/** Number of a user or group of the instance; this machine's where the instance has no list of its own. */
async function idOf(root: string, file: "passwd" | "group", name: string): Promise<number> {
  const list = (await readText(root, `/etc/${file}`)) ?? (await readText("/", `/etc/${file}`)) ?? "";
  const line = list.split("\n").find((text) => text.startsWith(`${name}:`));
  const id = Number(line?.split(":")[2]);
  if (line !== undefined && Number.isInteger(id)) return id;
  throw new AppSpecError(file === "passwd" ? `can't find user for ${name}` : `can't find group for ${name}`);
}
