import { Readable } from "node:stream";
import type { Context } from "../../aws/context.ts";
import type { ByteRange } from "./ranges.ts";
import { holdBlobs } from "./readers.ts";
import { type ObjectRow, segments } from "./store.ts";

interface Piece {
  readonly blob: string;
  readonly start: number;
  readonly end: number;
}

/** The bytes of an object, or a part of them: from its row, its file, or the files of its parts one after another. */
function bytesOf(ctx: Context, row: ObjectRow, range?: ByteRange): Readable | Uint8Array {
  if (row.inline !== null) return range === undefined ? row.inline : row.inline.subarray(range.start, range.end + 1);
  if (row.blob !== null) return ctx.cloud.blobs.read(row.blob, range);
  if (row.size === 0) return new Uint8Array();
  const wanted = range ?? { start: 0, end: row.size - 1 };
  const pieces: Piece[] = [];
  let offset = 0;
  for (const { blob, size } of ctx.all(segments.of, { object: row.id })) {
    const start = Math.max(wanted.start - offset, 0);
    const end = Math.min(wanted.end - offset, size - 1);
    if (start <= end && start < size) pieces.push({ blob, start, end });
    offset += size;
  }
  const stream = Readable.from(chain(ctx, pieces), { objectMode: false });
  const blobs = pieces.map(({ blob }) => blob);
  // Parts may be thousands, too many to be open at once: their files are kept until they have been read.
  stream.once("close", holdBlobs(ctx.cloud, blobs));
  return stream;
}

/** One file is open at a time. */
async function* chain(ctx: Context, pieces: readonly Piece[]): AsyncGenerator<Buffer> {
  for (const { blob, start, end } of pieces) yield* ctx.cloud.blobs.read(blob, { start, end }) as AsyncIterable<Buffer>;
}

/** As a stream, whatever it is. */
export function streamOf(ctx: Context, row: ObjectRow, range?: ByteRange): Readable {
  const bytes = bytesOf(ctx, row, range);
  return bytes instanceof Readable ? bytes : Readable.from([bytes], { objectMode: false });
}
