/** One file, folder or link of an archive. */
export interface TarEntry {
  readonly name: string;
  readonly type: "file" | "directory" | "symlink" | "link";
  /** Permission bits. */
  readonly mode: number;
  /** Where a link leads. */
  readonly target: string;
  readonly bytes: Buffer;
}

/** An archive that cannot be read. */
export class TarError extends Error {
  override readonly name = "TarError";
}

const BLOCK = 512;
const CHECKSUM_AT = 148;
const TYPES: Readonly<Record<string, TarEntry["type"]>> = {
  "0": "file",
  "\0": "file",
  "7": "file",
  "5": "directory",
  "2": "symlink",
  "1": "link",
};

/**
 * The entries of a tar archive: ustar, with the long names of GNU and pax.
 * https://pubs.opengroup.org/onlinepubs/9699919799/utilities/pax.html#tag_20_92_13
 * @throws TarError
 */
export function readTar(bytes: Buffer): TarEntry[] {
  const entries: TarEntry[] = [];
  let over: { name?: string; target?: string } = {};
  for (let at = 0; at + BLOCK <= bytes.length; ) {
    const header = bytes.subarray(at, at + BLOCK);
    if (header.every((byte) => byte === 0)) break;
    checkSum(header);
    const size = numberAt(header, 124, 12);
    const body = bytes.subarray(at + BLOCK, at + BLOCK + size);
    if (body.length < size) throw new TarError("the archive ends within a file");
    at += BLOCK + Math.ceil(size / BLOCK) * BLOCK;
    const flag = String.fromCharCode(header[156] ?? 0);
    if (flag === "L") over = { ...over, name: textOf(body) };
    else if (flag === "K") over = { ...over, target: textOf(body) };
    else if (flag === "x") over = { ...over, ...paxOf(body) };
    else if (flag !== "g") {
      const type = TYPES[flag];
      const name = over.name ?? nameOf(header);
      if (type !== undefined) {
        const target = over.target ?? textOf(header.subarray(157, 257));
        const isFolder = type === "directory" || (type === "file" && name.endsWith("/"));
        entries.push({ name, type: isFolder ? "directory" : type, mode: numberAt(header, 100, 8) & 0o7777, target, bytes: body });
      }
      over = {};
    }
  }
  return entries;
}

function checkSum(header: Buffer): void {
  const told = numberAt(header, CHECKSUM_AT, 8);
  let sum = 0;
  for (const [i, byte] of header.entries()) sum += i >= CHECKSUM_AT && i < CHECKSUM_AT + 8 ? 32 : byte;
  if (sum !== told) throw new TarError("it is not a tar archive, or it is damaged: a checksum is wrong");
}

const textOf = (bytes: Buffer): string => {
  const end = bytes.indexOf(0);
  return bytes.toString("utf8", 0, end < 0 ? bytes.length : end);
};

/** Octal digits, or a binary number where the first bit is set. */
function numberAt(header: Buffer, at: number, length: number): number {
  const field = header.subarray(at, at + length);
  if (((field[0] ?? 0) & 0x80) !== 0) return Number(field.readBigUInt64BE(length - 8) & 0x7fffffffffffffffn);
  return Number.parseInt(textOf(field).trim() || "0", 8);
}

function nameOf(header: Buffer): string {
  const name = textOf(header.subarray(0, 100));
  const prefix = header.toString("latin1", 257, 262) === "ustar" ? textOf(header.subarray(345, 500)) : "";
  return prefix === "" ? name : `${prefix}/${name}`;
}

/** Records `<length> <key>=<value>\n`. */
function paxOf(body: Buffer): { name?: string; target?: string } {
  const found: { name?: string; target?: string } = {};
  for (let at = 0; at < body.length; ) {
    const space = body.indexOf(0x20, at);
    const length = Number.parseInt(body.toString("latin1", at, space), 10);
    if (space < 0 || !(length > 0)) break;
    const [key = "", ...rest] = body.toString("utf8", space + 1, at + length - 1).split("=");
    if (key === "path") found.name = rest.join("=");
    if (key === "linkpath") found.target = rest.join("=");
    at += length;
  }
  return found;
}
