import { createHash, randomUUID } from "node:crypto";
import {
  close,
  closeSync,
  copyFileSync,
  createReadStream,
  existsSync,
  fsync,
  fsyncSync,
  linkSync,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
  writev,
} from "node:fs";
import { open } from "node:fs/promises";
import { join } from "node:path";
import { type Readable, Writable } from "node:stream";
import { pipeline } from "node:stream/promises";

/** Stored bytes: their name, 32 hex digits with the owner after a dot, or 64, and their number. */
export interface Blob {
  readonly id: string;
  readonly size: number;
}

/** Sees bytes on their way, such as a hash. */
export interface ByteWatcher {
  update(bytes: Uint8Array): unknown;
}

const CHUNK = 256 * 1024;

/** The end of a pipe into a file: counts, hashes, and writes what has gathered in one go. */
class FileSink extends Writable {
  size = 0;
  readonly #fd: number;
  readonly #hashes: readonly ByteWatcher[];
  readonly #flush: boolean;

  constructor(fd: number, hashes: readonly ByteWatcher[], flush: boolean) {
    super({ highWaterMark: 4 * CHUNK });
    this.#fd = fd;
    this.#hashes = hashes;
    this.#flush = flush;
  }

  override _write(chunk: Buffer, _encoding: BufferEncoding, done: (error?: Error | null) => void): void {
    this.#putAll([chunk], done);
  }

  override _writev(chunks: { chunk: Buffer }[], done: (error?: Error | null) => void): void {
    this.#putAll(
      chunks.map(({ chunk }) => chunk),
      done,
    );
  }

  override _final(done: (error?: Error | null) => void): void {
    if (this.#flush) fsync(this.#fd, done);
    else done();
  }

  override _destroy(error: Error | null, done: (error?: Error | null) => void): void {
    close(this.#fd, (failed) => done(error ?? failed));
  }

  /** The disk works while the hashes are made. */
  #putAll(chunks: readonly Buffer[], done: (error?: Error | null) => void): void {
    this.#put(chunks, done);
    for (const hash of this.#hashes) for (const chunk of chunks) hash.update(chunk);
  }

  #put(chunks: readonly Buffer[], done: (error?: Error | null) => void): void {
    writev(this.#fd, chunks, null, (error, written) => {
      if (error !== null) return done(error);
      this.size += written;
      const left = after(chunks, written);
      if (left.length > 0) this.#put(left, done);
      else done();
    });
  }
}

/** A name survives the loss of power once its folder is written. */
function syncFolder(folder: string): void {
  const fd = openSync(folder, "r");
  try {
    fsyncSync(fd);
  } finally {
    closeSync(fd);
  }
}

function linkOrCopy(from: string, to: string): void {
  try {
    linkSync(from, to);
  } catch {
    copyFileSync(from, to);
  }
}

/** What a write that took only `written` bytes has left. */
function after(chunks: readonly Buffer[], written: number): Buffer[] {
  let skip = written;
  const left: Buffer[] = [];
  for (const chunk of chunks) {
    if (skip < chunk.length) left.push(chunk.subarray(skip));
    skip = Math.max(0, skip - chunk.length);
  }
  return left;
}

/**
 * Large bytes, as files beside the database: what was a stream under a random name, what was in memory under its SHA-256.
 * A file is complete and in place before the row that names it is written, so a row never points at nothing; a file that no row names costs disk and nothing else.
 */
export class BlobStore {
  readonly #dir: string;
  readonly #incoming: string;
  readonly #full: boolean;

  constructor(dataDir: string, durability: "process" | "full" = "process") {
    this.#dir = join(dataDir, "blobs");
    this.#incoming = join(this.#dir, "incoming");
    this.#full = durability === "full";
    mkdirSync(this.#incoming, { recursive: true, mode: 0o700 });
    // What a killed process was in the middle of writing.
    for (const name of readdirSync(this.#incoming)) rmSync(join(this.#incoming, name), { force: true });
  }

  /** Stores bytes that are in memory already. */
  put(bytes: Uint8Array): Blob {
    const id = createHash("sha256").update(bytes).digest("hex");
    if (!existsSync(this.#path(id))) {
      const file = join(this.#incoming, randomUUID());
      writeFileSync(file, bytes, { flush: this.#full });
      this.#adopt(file, id);
    }
    return { id, size: bytes.byteLength };
  }

  /**
   * Stores a stream without holding it in memory. `hashes` see every byte on its way; the name is a random one, so that
   * a large body is hashed for what its client asks for and for nothing else. `owner` (letters and digits) ends the name,
   * for whoever wants to `list` its own.
   */
  async write(source: Readable, hashes: readonly ByteWatcher[] = [], owner = ""): Promise<Blob> {
    const file = join(this.#incoming, randomUUID());
    const sink = new FileSink(openSync(file, "wx", 0o600), hashes, this.#full);
    try {
      await pipeline(source, sink);
    } catch (error) {
      rmSync(file, { force: true });
      throw error;
    }
    const id = `${randomUUID().replaceAll("-", "")}${owner === "" ? "" : `.${owner}`}`;
    this.#adopt(file, id);
    return { id, size: sink.size };
  }

  /** Bytes `start` to `end`, both included, or all of them. */
  read(id: string, range?: { readonly start: number; readonly end: number }): Readable {
    // Opened at once: who reads goes on reading although the blob is deleted meanwhile.
    const fd = openSync(this.#path(id), "r");
    return createReadStream("", { fd, highWaterMark: CHUNK, ...range });
  }

  readAll(id: string): Buffer {
    return readFileSync(this.#path(id));
  }

  /** Joins blobs, in order, into a new one. */
  async concat(ids: readonly string[]): Promise<Blob> {
    const { Readable } = await import("node:stream");
    const path = (id: string): string => this.#path(id);
    async function* bytes(): AsyncGenerator<Buffer> {
      for (const id of ids) {
        const file = await open(path(id));
        yield* file.createReadStream() as AsyncIterable<Buffer>;
      }
    }
    return this.write(Readable.from(bytes(), { objectMode: false }));
  }

  /** Names of all that was written for an owner. */
  list(owner: string): string[] {
    const shards = readdirSync(this.#dir).filter((name) => name !== "incoming");
    return shards.flatMap((shard) => readdirSync(join(this.#dir, shard)).filter((id) => id.endsWith(`.${owner}`)));
  }

  delete(id: string): void {
    rmSync(this.#path(id), { force: true });
  }

  has(id: string): boolean {
    return existsSync(this.#path(id));
  }

  size(id: string): number {
    return statSync(this.#path(id)).size;
  }

  #path(id: string): string {
    return join(this.#dir, id.slice(0, 2), id);
  }

  wipe(): void {
    for (const name of readdirSync(this.#dir)) {
      if (name !== "incoming") rmSync(join(this.#dir, name), { recursive: true, force: true });
    }
  }

  /** Makes the same blobs available in another data folder, by hard links where the disk allows them. */
  copyTo(dataDir: string): void {
    for (const shard of readdirSync(this.#dir)) {
      if (shard === "incoming") continue;
      const target = join(dataDir, "blobs", shard);
      mkdirSync(target, { recursive: true, mode: 0o700 });
      for (const id of readdirSync(join(this.#dir, shard))) {
        if (!existsSync(join(target, id))) linkOrCopy(join(this.#dir, shard, id), join(target, id));
      }
    }
  }

  #adopt(file: string, id: string): void {
    const target = this.#path(id);
    const shard = join(this.#dir, id.slice(0, 2));
    mkdirSync(shard, { recursive: true, mode: 0o700 });
    renameSync(file, target);
    if (this.#full) syncFolder(shard);
  }
}
