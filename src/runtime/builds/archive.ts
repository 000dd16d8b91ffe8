import {
  closeSync,
  fstatSync,
  lstatSync,
  mkdirSync,
  openSync,
  readFileSync,
  readlinkSync,
  rmSync,
  symlinkSync,
  writeFileSync,
  writeSync,
} from "node:fs";
import { chmod } from "node:fs/promises";
import { dirname, join, resolve, sep } from "node:path";
import { promisify } from "node:util";
import { crc32, deflateRaw } from "node:zlib";
import { readZip, ZipError } from "../processes/zip.ts";
import type { FoundFile } from "./globs.ts";

const deflate = promisify(deflateRaw);
const LOCAL = 0x04034b50;
const ENTRY = 0x02014b50;
const END = 0x06054b50;
const VERSION = 20;
const MADE_ON_UNIX = (3 << 8) | VERSION;
const UTF8_NAMES = 0x0800;
const DEFLATED = 8;
/** 1 January 1980: the same files give the same archive. */
const FIRST_DAY = 0x21;
const LINK_TYPE = 0o120000;
const FILE_TYPE = 0o100000;
/** What fits without the 64-bit records. */
const MOST_BYTES = 0xffffffff;
const MOST_FILES = 0xffff;

/** An archive that cannot be written in the plain format. */
export class ArchiveError extends Error {
  override readonly name = "ArchiveError";
}

/** Writes files into a zip, each with its permissions, links as links. @throws ArchiveError over 4 GB or 65535 files */
export async function writeArchive(target: string, files: readonly FoundFile[]): Promise<void> {
  if (files.length > MOST_FILES) throw new ArchiveError(`${files.length} files are more than a zip holds`);
  const fd = openSync(target, "w", 0o600);
  try {
    const directory: Buffer[] = [];
    let offset = 0;
    for (const file of files) {
      const { local, central, packed } = await entryOf(file, offset);
      writeSync(fd, local);
      writeAll(fd, packed);
      offset += local.length + packed.length;
      if (offset > MOST_BYTES) throw new ArchiveError("the archive is larger than 4 GB");
      directory.push(central);
    }
    const listing = Buffer.concat(directory);
    writeAll(fd, listing);
    writeSync(fd, endOf(files.length, listing.length, offset));
  } finally {
    closeSync(fd);
  }
}

function writeAll(fd: number, bytes: Buffer): void {
  for (let at = 0; at < bytes.length; ) at += writeSync(fd, bytes, at);
}

async function entryOf(file: FoundFile, offset: number): Promise<{ local: Buffer; central: Buffer; packed: Buffer }> {
  const data = file.link ? Buffer.from(readlinkSync(file.path)) : readFileSync(file.path);
  const packed = (await deflate(data)) as Buffer;
  const mode = file.link ? LINK_TYPE | 0o777 : FILE_TYPE | (lstatMode(file.path) & 0o777);
  const name = Buffer.from(file.name);
  const common = Buffer.alloc(26);
  common.writeUInt16LE(VERSION, 0);
  common.writeUInt16LE(UTF8_NAMES, 2);
  common.writeUInt16LE(DEFLATED, 4);
  common.writeUInt16LE(FIRST_DAY, 8);
  common.writeUInt32LE(crc32(data), 10);
  common.writeUInt32LE(packed.length, 14);
  common.writeUInt32LE(data.length, 18);
  common.writeUInt16LE(name.length, 22);
  const head = Buffer.alloc(6);
  head.writeUInt32LE(ENTRY, 0);
  head.writeUInt16LE(MADE_ON_UNIX, 4);
  const tail = Buffer.alloc(14);
  tail.writeUInt32LE((mode << 16) >>> 0, 6);
  tail.writeUInt32LE(offset, 10);
  return { local: Buffer.concat([word(LOCAL), common, name]), central: Buffer.concat([head, common, tail, name]), packed };
}

function lstatMode(path: string): number {
  const fd = openSync(path, "r");
  try {
    return fstatSync(fd).mode;
  } finally {
    closeSync(fd);
  }
}

function word(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32LE(value);
  return bytes;
}

function endOf(count: number, size: number, offset: number): Buffer {
  const end = Buffer.alloc(22);
  end.writeUInt32LE(END, 0);
  end.writeUInt16LE(count, 8);
  end.writeUInt16LE(count, 10);
  end.writeUInt32LE(size, 12);
  end.writeUInt32LE(offset, 16);
  return end;
}

/** Unpacks a zip so that the build may change what is in it. @throws ZipError when it is damaged or leads out of its folder */
export async function unpackArchive(bytes: Buffer, folder: string): Promise<void> {
  for (const entry of readZip(bytes)) {
    const path = resolve(folder, entry.name);
    if (entry.name.startsWith("/") || (path !== folder && !path.startsWith(folder + sep))) {
      throw new ZipError(`${entry.name} would be written outside of its folder`);
    }
    if (entry.name.endsWith("/")) {
      mkdirSync(path, { recursive: true });
      continue;
    }
    checkParents(folder, path);
    mkdirSync(dirname(path), { recursive: true });
    rmSync(path, { force: true });
    if (entry.symlink) symlinkSync(entry.read().toString("utf8"), path);
    else {
      writeFileSync(path, entry.read());
      await chmod(path, entry.mode === 0 ? 0o644 : (entry.mode & 0o777) | 0o600);
    }
  }
}

/** Nothing is written through a link that came in the same archive. */
function checkParents(folder: string, path: string): void {
  for (let at = dirname(path); at !== folder && at.startsWith(folder); at = join(at, "..")) {
    if (lstatSync(at, { throwIfNoEntry: false })?.isSymbolicLink() === true) throw new ZipError(`${path} would be written through a link`);
  }
}
