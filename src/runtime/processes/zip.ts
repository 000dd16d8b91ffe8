import { crc32, inflateRawSync } from "node:zlib";

/** One file or folder of an archive. Folders end in `/`. */
export interface ZipEntry {
  readonly name: string;
  /** Unix permission bits, 0 when the archive was made without any. */
  readonly mode: number;
  readonly symlink: boolean;
  readonly size: number;
  /** Unpacks it. @throws ZipError when the bytes are damaged */
  read(): Buffer;
}

/** An archive that cannot be read, or that would write outside of its folder. */
export class ZipError extends Error {
  override readonly name = "ZipError";
}

const END_OF_DIRECTORY = 0x06054b50;
const ZIP64_LOCATOR = 0x07064b50;
const ZIP64_END = 0x06064b50;
const DIRECTORY_ENTRY = 0x02014b50;
const LOCAL_ENTRY = 0x04034b50;
const END_SIZE = 22;
const ZIP64_LOCATOR_SIZE = 20;
const LONGEST_COMMENT = 0xffff;
const STORED = 0;
const DEFLATED = 8;
const ENCRYPTED_FLAG = 1;
const FILE_TYPE_MASK = 0o170000;
const SYMLINK_TYPE = 0o120000;

/**
 * The entries of a zip archive, as its central directory lists them (APPNOTE.TXT 4.3.12; zip64 included).
 * @throws ZipError
 */
export function readZip(bytes: Buffer): ZipEntry[] {
  const { count, offset } = findDirectory(bytes);
  const entries: ZipEntry[] = [];
  let at = offset;
  for (let i = 0; i < count; i++) {
    if (at + 46 > bytes.length || bytes.readUInt32LE(at) !== DIRECTORY_ENTRY) throw new ZipError("the central directory is damaged");
    const nameLength = bytes.readUInt16LE(at + 28);
    const extraLength = bytes.readUInt16LE(at + 30);
    entries.push(entryAt(bytes, at, nameLength, extraLength));
    at += 46 + nameLength + extraLength + bytes.readUInt16LE(at + 32);
  }
  return entries;
}

function findDirectory(bytes: Buffer): { readonly count: number; readonly offset: number } {
  const lowest = Math.max(0, bytes.length - END_SIZE - LONGEST_COMMENT);
  for (let at = bytes.length - END_SIZE; at >= lowest; at--) {
    if (bytes.readUInt32LE(at) !== END_OF_DIRECTORY) continue;
    const count = bytes.readUInt16LE(at + 10);
    const offset = bytes.readUInt32LE(at + 16);
    if (count !== 0xffff && offset !== 0xffffffff) return { count, offset };
    return zip64Directory(bytes, at - ZIP64_LOCATOR_SIZE);
  }
  throw new ZipError("it is not a zip archive: there is no end of central directory");
}

function zip64Directory(bytes: Buffer, locator: number): { readonly count: number; readonly offset: number } {
  if (locator < 0 || bytes.readUInt32LE(locator) !== ZIP64_LOCATOR) throw new ZipError("the zip64 locator is missing");
  const end = Number(bytes.readBigUInt64LE(locator + 8));
  if (end + 56 > bytes.length || bytes.readUInt32LE(end) !== ZIP64_END) throw new ZipError("the zip64 end record is damaged");
  return { count: Number(bytes.readBigUInt64LE(end + 32)), offset: Number(bytes.readBigUInt64LE(end + 48)) };
}

function entryAt(bytes: Buffer, at: number, nameLength: number, extraLength: number): ZipEntry {
  const flags = bytes.readUInt16LE(at + 8);
  const method = bytes.readUInt16LE(at + 10);
  const extra = bytes.subarray(at + 46 + nameLength, at + 46 + nameLength + extraLength);
  const wide = wideFields(extra, [bytes.readUInt32LE(at + 24), bytes.readUInt32LE(at + 20), bytes.readUInt32LE(at + 42)]);
  const [size = 0, packed = 0, local = 0] = wide;
  const mode = bytes.readUInt32LE(at + 38) >>> 16;
  const name = bytes.toString("utf8", at + 46, at + 46 + nameLength).replaceAll("\\", "/");
  return {
    name,
    mode: mode & 0o7777,
    symlink: (mode & FILE_TYPE_MASK) === SYMLINK_TYPE,
    size,
    read: () => {
      if ((flags & ENCRYPTED_FLAG) !== 0) throw new ZipError(`${name} is encrypted`);
      return unpack(bytes, { name, method, local, packed, size });
    },
  };
}

/** Sizes and offsets that did not fit 32 bits are in the zip64 extra field, in the order of the fields (APPNOTE.TXT 4.5.3). */
function wideFields(extra: Buffer, fields: readonly number[]): number[] {
  if (!fields.includes(0xffffffff)) return [...fields];
  for (let at = 0; at + 4 <= extra.length; at += 4 + extra.readUInt16LE(at + 2)) {
    if (extra.readUInt16LE(at) !== 1) continue;
    let next = at + 4;
    return fields.map((field) => {
      if (field !== 0xffffffff || next + 8 > extra.length) return field;
      next += 8;
      return Number(extra.readBigUInt64LE(next - 8));
    });
  }
  return [...fields];
}

interface Packed {
  readonly name: string;
  readonly method: number;
  readonly local: number;
  readonly packed: number;
  readonly size: number;
}

function unpack(bytes: Buffer, entry: Packed): Buffer {
  const { name, local } = entry;
  if (local + 30 > bytes.length || bytes.readUInt32LE(local) !== LOCAL_ENTRY) throw new ZipError(`${name} is damaged`);
  const start = local + 30 + bytes.readUInt16LE(local + 26) + bytes.readUInt16LE(local + 28);
  const data = bytes.subarray(start, start + entry.packed);
  if (entry.method === STORED) return data;
  if (entry.method !== DEFLATED) throw new ZipError(`${name} is packed with method ${entry.method}, only stored and deflate are read`);
  try {
    return inflateRawSync(data, { maxOutputLength: Math.max(1, entry.size) });
  } catch (error) {
    throw new ZipError(`${name} is damaged`, { cause: error });
  }
}

/** A minimal archive of stored files: what code that arrives as text is kept as. */
export function writeZip(files: Readonly<Record<string, string>>): Buffer {
  const parts: Buffer[] = [];
  const directory: Buffer[] = [];
  let offset = 0;
  for (const [name, text] of Object.entries(files)) {
    const label = Buffer.from(name);
    const data = Buffer.from(text);
    const common = Buffer.alloc(26);
    common.writeUInt16LE(20, 0);
    // 1 January 1980, the first day that the format knows: the same text gives the same archive, and so the same hash.
    common.writeUInt16LE(0x21, 8);
    common.writeUInt32LE(crc32(data), 10);
    common.writeUInt32LE(data.length, 14);
    common.writeUInt32LE(data.length, 18);
    common.writeUInt16LE(label.length, 22);
    const local = Buffer.concat([signature(LOCAL_ENTRY), common, label, data]);
    const tail = Buffer.alloc(14);
    tail.writeUInt32LE((0o100644 << 16) >>> 0, 6);
    tail.writeUInt32LE(offset, 10);
    directory.push(Buffer.concat([signature(DIRECTORY_ENTRY), Buffer.from([20, 3]), common, tail, label]));
    parts.push(local);
    offset += local.length;
  }
  const listing = Buffer.concat(directory);
  const end = Buffer.alloc(18);
  end.writeUInt16LE(directory.length, 4);
  end.writeUInt16LE(directory.length, 6);
  end.writeUInt32LE(listing.length, 8);
  end.writeUInt32LE(offset, 12);
  return Buffer.concat([...parts, listing, signature(END_OF_DIRECTORY), end]);
}

function signature(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32LE(value);
  return bytes;
}
