const LINE_FEED = 10;
/** The largest message that is passed on in one piece: longer ones are cut, as what stores them has limits of its own. */
export const LARGEST_MESSAGE = 256 * 1024 - 26;

/** Gathers the bytes of one message, and gives out what is over the limit in pieces before its end is there. */
class Gatherer {
  #parts: Buffer[] = [];
  #size = 0;
  #isCut = false;
  readonly #emit: (text: string) => void;

  constructor(emit: (text: string) => void) {
    this.#emit = emit;
  }

  push(bytes: Buffer): void {
    let data = bytes;
    while (this.#size + data.length > LARGEST_MESSAGE) {
      const whole = Buffer.concat([...this.#parts, data.subarray(0, LARGEST_MESSAGE - this.#size)]);
      const end = boundaryOf(whole);
      this.#emit(whole.toString("utf8", 0, end));
      data = data.subarray(LARGEST_MESSAGE - this.#size);
      this.#isCut = true;
      this.#keep(whole.subarray(end));
    }
    if (data.length === 0) return;
    this.#parts.push(data);
    this.#size += data.length;
  }

  end(): void {
    if (this.#size > 0 || !this.#isCut) this.#emit(Buffer.concat(this.#parts).toString("utf8"));
    this.#isCut = false;
    this.#keep(Buffer.alloc(0));
  }

  get isEmpty(): boolean {
    return this.#size === 0;
  }

  #keep(rest: Buffer): void {
    this.#parts = rest.length === 0 ? [] : [Buffer.from(rest)];
    this.#size = rest.length;
  }
}

/** Where the last character that is whole ends. */
function boundaryOf(bytes: Buffer): number {
  for (let back = 1; back <= 4; back++) {
    const byte = bytes[bytes.length - back] ?? 0;
    if ((byte & 0xc0) === 0x80) continue;
    const length = byte < 0x80 ? 1 : byte < 0xe0 ? 2 : byte < 0xf0 ? 3 : 4;
    return length > back ? bytes.length - back : bytes.length;
  }
  return bytes.length;
}

/** Splits a stream of bytes into lines; what has no line feed yet is kept. */
export class LineSplitter {
  readonly #line: Gatherer;

  constructor(emit: (line: string) => void) {
    this.#line = new Gatherer(emit);
  }

  push(chunk: Buffer): void {
    let from = 0;
    for (let end = chunk.indexOf(LINE_FEED); end >= 0; end = chunk.indexOf(LINE_FEED, from)) {
      this.#line.push(chunk.subarray(from, end));
      this.#line.end();
      from = end + 1;
    }
    this.#line.push(chunk.subarray(from));
  }

  /** Gives out what is left, with or without its line feed. */
  flush(): void {
    if (!this.#line.isEmpty) this.#line.end();
  }
}

const LENGTH_BYTES = 4;

/** Reads messages that each have a length of 4 bytes, big-endian, before them: a message may have line feeds in it. */
export class FrameReader {
  readonly #message: Gatherer;
  #header = Buffer.alloc(0);
  /** Bytes of the message under way that are still to come; undefined between messages. */
  #left: number | undefined;

  constructor(emit: (message: string) => void) {
    this.#message = new Gatherer(emit);
  }

  push(chunk: Buffer): void {
    let data = chunk;
    for (;;) {
      if (this.#left === undefined) {
        const missing = LENGTH_BYTES - this.#header.length;
        this.#header = Buffer.concat([this.#header, data.subarray(0, missing)]);
        data = data.subarray(missing);
        if (this.#header.length < LENGTH_BYTES) return;
        this.#left = this.#header.readUInt32BE();
        this.#header = Buffer.alloc(0);
      }
      const part = data.subarray(0, this.#left);
      this.#message.push(part);
      this.#left -= part.length;
      if (this.#left > 0) return;
      this.#message.end();
      this.#left = undefined;
      data = data.subarray(part.length);
      if (data.length === 0) return;
    }
  }
}
