import { lstat, mkdir, readlink } from "node:fs/promises";
import { dirname, join, posix } from "node:path";

const MOST_LINKS = 40;

/**
 * The place on this machine of an instance's path, every link on the way followed as the instance would: one that leads to
 * `/run` means the instance's `/run`. With `follow: false` the last part is not followed, as for removing a link.
 */
export async function placeOf(root: string, path: string, options: { readonly follow: boolean } = { follow: true }): Promise<string> {
  let todo = posix.resolve("/", path).split("/").filter(Boolean);
  let done = "/";
  for (let links = 0; todo.length > 0; ) {
    const [part = "", ...rest] = todo;
    const next = posix.join(done, part);
    const target = part === ".." || (rest.length === 0 && !options.follow) ? undefined : await linkAt(join(root, next));
    if (target === undefined || ++links > MOST_LINKS) {
      done = next;
      todo = rest;
      continue;
    }
    if (target.startsWith("/")) done = "/";
    todo = [...target.split("/").filter((name) => name !== "" && name !== "."), ...rest];
  }
  return join(root, done);
}

async function linkAt(place: string): Promise<string | undefined> {
  try {
    return (await lstat(place)).isSymbolicLink() ? await readlink(place) : undefined;
  } catch {
    return undefined;
  }
}

/**
 * Makes a folder with those above it. Node.js's own recursive `mkdir` never comes to an end under the root of an instance
 * that has ended meanwhile: /proc says of what is not there that it cannot be made either.
 */
export async function makeFolder(place: string): Promise<void> {
  const code = await madeFolder(place);
  if (code !== "ENOENT" || dirname(place) === place) return;
  await makeFolder(dirname(place));
  await mkdir(place);
}

async function madeFolder(place: string): Promise<string | undefined> {
  try {
    await mkdir(place);
    return undefined;
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === "EEXIST" || code === "ENOENT") return code;
    throw error;
  }
}
