/** Splits a stream of bytes into lines; what has no line feed yet is kept. */
export class LineSplitter {
  #rest: Buffer = Buffer.alloc(0);
  readonly #emit: (line: string) => void;

  constructor(emit: (line: string) => void) {
    this.#emit = emit;
  }

  push(chunk: Buffer): void {
    let data = this.#rest.length === 0 ? chunk : Buffer.concat([this.#rest, chunk]);
    for (let end = data.indexOf(10); end >= 0; end = data.indexOf(10)) {
      this.#emit(data.toString("utf8", 0, end));
      data = data.subarray(end + 1);
    }
    this.#rest = data;
  }

  /** Gives out what is left, with or without its line feed. */
  flush(): void {
    if (this.#rest.length === 0) return;
    this.#emit(this.#rest.toString("utf8"));
    this.#rest = Buffer.alloc(0);
  }
}

/** Reads messages that each have a length of 4 bytes, big-endian, before them: a message may have line feeds in it. */
export class FrameReader {
  #rest: Buffer = Buffer.alloc(0);
  readonly #emit: (message: string) => void;

  constructor(emit: (message: string) => void) {
    this.#emit = emit;
  }

  push(chunk: Buffer): void {
    let data = this.#rest.length === 0 ? chunk : Buffer.concat([this.#rest, chunk]);
    while (data.length >= 4) {
      const size = data.readUInt32BE(0);
      if (data.length < 4 + size) break;
      this.#emit(data.toString("utf8", 4, 4 + size));
      data = data.subarray(4 + size);
    }
    this.#rest = data;
  }
}
