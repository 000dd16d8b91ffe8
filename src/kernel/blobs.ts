import { createHash, type Hash, randomUUID } from "node:crypto";
import {
  createReadStream,
  createWriteStream,
  existsSync,
  linkSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { open } from "node:fs/promises";
import { join } from "node:path";
import { type Readable, Transform } from "node:stream";
import { pipeline } from "node:stream/promises";

/** Stored bytes: their SHA-256 in hex, which is their name, and their number. */
export interface Blob {
  readonly id: string;
  readonly size: number;
}

/**
 * Large bytes, as files named by their SHA-256 beside the database. A file is complete and in place before the row that
 * names it is written, so a row never points at nothing; a file that no row names costs disk and nothing else.
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
    if (!existsSync(this.path(id))) {
      const file = join(this.#incoming, randomUUID());
      writeFileSync(file, bytes, { flush: this.#full });
      this.#adopt(file, id);
    }
    return { id, size: bytes.byteLength };
  }

  /**
   * Stores a stream without holding it in memory. `hashes` see every byte on its way, for checksums beside the name's.
   */
  async write(source: Readable, hashes: readonly Pick<Hash, "update">[] = []): Promise<Blob> {
    const file = join(this.#incoming, randomUUID());
    const name = createHash("sha256");
    let size = 0;
    const count = new Transform({
      transform(chunk: Buffer, _encoding, done): void {
        size += chunk.length;
        name.update(chunk);
        for (const hash of hashes) hash.update(chunk);
        done(null, chunk);
      },
    });
    try {
      await pipeline(source, count, createWriteStream(file, { flush: this.#full }));
    } catch (error) {
      rmSync(file, { force: true });
      throw error;
    }
    const id = name.digest("hex");
    this.#adopt(file, id);
    return { id, size };
  }

  /** Bytes `start` to `end`, both included, or all of them. */
  read(id: string, range?: { readonly start: number; readonly end: number }): Readable {
    return createReadStream(this.path(id), range);
  }

  readAll(id: string): Buffer {
    return readFileSync(this.path(id));
  }

  /** Joins blobs, in order, into a new one. */
  async concat(ids: readonly string[]): Promise<Blob> {
    const { Readable } = await import("node:stream");
    const path = (id: string): string => this.path(id);
    async function* bytes(): AsyncGenerator<Buffer> {
      for (const id of ids) {
        const file = await open(path(id));
        yield* file.createReadStream() as AsyncIterable<Buffer>;
      }
    }
    return this.write(Readable.from(bytes(), { objectMode: false }));
  }

  delete(id: string): void {
    rmSync(this.path(id), { force: true });
  }

  has(id: string): boolean {
    return existsSync(this.path(id));
  }

  size(id: string): number {
    return statSync(this.path(id)).size;
  }

  /** Where a blob's file is; readers must not change it. */
  path(id: string): string {
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
        if (!existsSync(join(target, id))) linkSync(join(this.#dir, shard, id), join(target, id));
      }
    }
  }

  #adopt(file: string, id: string): void {
    const target = this.path(id);
    mkdirSync(join(this.#dir, id.slice(0, 2)), { recursive: true, mode: 0o700 });
    renameSync(file, target);
  }
}
