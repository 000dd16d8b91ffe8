import { chmod, link, readdir, rm, stat, symlink, utimes, writeFile } from "node:fs/promises";
import { dirname, posix } from "node:path";
import { gunzipSync } from "node:zlib";
import { makeFolder, placeOf } from "../../../../runtime/agents/rooted.ts";
import { readTar } from "../../../../runtime/agents/tar.ts";
import { readZip } from "../../../../runtime/processes/zip.ts";
import { AppSpecError } from "../appspec-error.ts";
import { archiveFolder, groupFolder, lastSuccessful, mostRecentFile, putText } from "./layout.ts";

export type BundleType = "zip" | "tar" | "tgz" | "YAML" | "JSON";

interface Entry {
  readonly name: string;
  readonly type: "file" | "directory" | "symlink" | "link";
  readonly mode: number;
  readonly target: string;
  read(): Buffer;
}

/** https://docs.aws.amazon.com/codedeploy/latest/userguide/reference-agent-configuration.html: `max_revisions` is 5. */
const REVISIONS_KEPT = 5;
const SPEC_NAMES = ["appspec.yml", "appspec.yaml", "appspec.json"];

function entriesOf(bytes: Buffer, type: BundleType): Entry[] {
  if (type === "YAML" || type === "JSON") {
    const name = type === "YAML" ? "appspec.yml" : "appspec.json";
    return [{ name, type: "file", mode: 0o644, target: "", read: () => bytes }];
  }
  if (type === "zip") {
    return readZip(bytes).map((entry): Entry => {
      const kind = entry.symlink ? "symlink" : entry.name.endsWith("/") ? "directory" : "file";
      const target = entry.symlink ? entry.read().toString("utf8") : "";
      return { name: entry.name, type: kind, mode: entry.mode, target, read: () => entry.read() };
    });
  }
  const tar = type === "tgz" ? gunzipSync(bytes) : bytes;
  return readTar(tar).map((entry) => ({ ...entry, read: () => entry.bytes }));
}

/** Archives of one folder are taken for what is in it, where the AppSpec file is. */
function withoutWrapper(entries: readonly Entry[]): Entry[] {
  const clean = entries.map((entry) => ({ ...entry, name: posix.normalize(entry.name).replace(/^(\.\/)+|\/$/g, "") }));
  const files = clean.filter(({ name }) => name !== "" && name !== ".");
  if (files.some(({ name }) => SPEC_NAMES.includes(name))) return files;
  const [top = "", ...others] = new Set(files.map(({ name }) => name.split("/")[0] ?? ""));
  const isWrapped = others.length === 0 && files.some(({ name }) => SPEC_NAMES.some((spec) => name === `${top}/${spec}`));
  if (!isWrapped) return files;
  return files.filter(({ name }) => name !== top).map((entry) => ({ ...entry, name: entry.name.slice(top.length + 1) }));
}

/**
 * DownloadBundle: unpacks a revision into the deployment's folder, after the oldest ones of the group are gone.
 * @throws ZipError, TarError, AppSpecError
 */
export async function unpackBundle(
  root: string,
  place: { readonly group: string; readonly folder: string },
  bundle: { readonly bytes: Buffer; readonly type: BundleType },
): Promise<void> {
  await makeFolder(await placeOf(root, place.folder));
  await removeOldArchives(root, place.group);
  const archive = archiveFolder(place.folder);
  await rm(await placeOf(root, archive), { recursive: true, force: true });
  await makeFolder(await placeOf(root, archive));
  for (const entry of withoutWrapper(entriesOf(bundle.bytes, bundle.type))) await writeEntry(root, archive, entry);
  await putText(root, mostRecentFile(place.group), place.folder);
}

async function writeEntry(root: string, archive: string, entry: Entry): Promise<void> {
  const path = posix.join(archive, entry.name);
  if (!path.startsWith(`${archive}/`)) throw new AppSpecError(`${entry.name} would be written outside of the deployment's archive`);
  const place = await placeOf(root, path, { follow: entry.type === "directory" });
  await makeFolder(entry.type === "directory" ? place : dirname(place));
  if (entry.type === "directory") return;
  await rm(place, { force: true });
  if (entry.type === "symlink") return symlink(entry.target, place);
  if (entry.type === "link") return link(await placeOf(root, posix.join(archive, entry.target)), place);
  await writeFile(place, entry.read());
  // Archives that were made without permissions have none to keep.
  await chmod(place, entry.mode === 0 ? 0o644 : entry.mode);
}

/** "Never remove the last successful deployment"; of the others the oldest go. */
async function removeOldArchives(root: string, group: string): Promise<void> {
  const folder = await placeOf(root, groupFolder(group));
  const names = await readdir(folder);
  const extra = names.length - REVISIONS_KEPT;
  if (extra <= 0) return;
  const kept = posix.basename((await lastSuccessful(root, group)) ?? "");
  const aged = await Promise.all(
    names.filter((name) => name !== kept).map(async (name) => ({ name, at: (await stat(`${folder}/${name}`)).mtimeMs })),
  );
  for (const { name } of aged.sort((a, b) => a.at - b.at).slice(0, extra)) await rm(`${folder}/${name}`, { recursive: true, force: true });
}

/** Says that a deployment's folder was worked in at `now`, virtual ms: the oldest go first. */
export async function touchFolder(root: string, folder: string, now: number): Promise<void> {
  await utimes(await placeOf(root, folder), now / 1_000, now / 1_000);
}

/** The AppSpec file's text. @throws AppSpecError in the agent's words when there is none */
export async function readSpec(folder: string, read: (path: string) => Promise<string | undefined>): Promise<string> {
  for (const name of SPEC_NAMES) {
    const text = await read(posix.join(archiveFolder(folder), name));
    if (text !== undefined) return text;
  }
  throw new AppSpecError(
    `The CodeDeploy agent did not find an AppSpec file within the unpacked revision directory at revision-relative path "appspec.yml". The revision was unpacked to directory "${archiveFolder(folder)}", and the AppSpec file was expected but not found at path "${archiveFolder(folder)}/appspec.yml". Consult the AWS CodeDeploy Appspec documentation for more information at http://docs.aws.amazon.com/codedeploy/latest/userguide/reference-appspec-file.html`,
  );
}
