import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { FrameReader, LARGEST_MESSAGE, LineSplitter } from "./output.ts";

function frame(text: string): Buffer {
  const body = Buffer.from(text);
  const length = Buffer.alloc(4);
  length.writeUInt32BE(body.length);
  return Buffer.concat([length, body]);
}

/** The same bytes in chunks of the given sizes, over and over. */
function chunks(bytes: Buffer, sizes: readonly number[]): Buffer[] {
  const found: Buffer[] = [];
  for (let at = 0, i = 0; at < bytes.length; i++) {
    const size = sizes[i % sizes.length] ?? 1;
    found.push(bytes.subarray(at, at + size));
    at += size;
  }
  return found;
}

const sizes = fc.array(fc.integer({ min: 1, max: 9 }), { minLength: 1, maxLength: 5 });

describe("what a process writes", () => {
  test("comes as lines, however it is cut on its way", () => {
    const line = fc.string({ unit: "grapheme" }).map((text) => text.replaceAll("\n", " "));
    fc.assert(
      fc.property(fc.array(line), sizes, (lines, cuts) => {
        const seen: string[] = [];
        const splitter = new LineSplitter((text) => seen.push(text));
        for (const chunk of chunks(Buffer.from(lines.map((text) => `${text}\n`).join("")), cuts)) splitter.push(chunk);
        splitter.flush();
        expect(seen).toEqual(lines);
      }),
    );
  });

  test("comes as messages with their line feeds, however it is cut on its way", () => {
    fc.assert(
      fc.property(fc.array(fc.string({ unit: "grapheme" })), sizes, (messages, cuts) => {
        const seen: string[] = [];
        const reader = new FrameReader((text) => seen.push(text));
        for (const chunk of chunks(Buffer.concat(messages.map(frame)), cuts)) reader.push(chunk);
        expect(seen).toEqual(messages);
      }),
    );
  });

  test.each([
    ["a line", (text: string, emit: (part: string) => void) => new LineSplitter(emit).push(Buffer.from(`${text}\n`))],
    ["a message", (text: string, emit: (part: string) => void) => new FrameReader(emit).push(frame(text))],
  ] as const)("is cut where %s is over the limit, and never within a character", (_, push) => {
    for (const text of ["é€😀".repeat(60_000), "x".repeat(LARGEST_MESSAGE), "x".repeat(3 * LARGEST_MESSAGE), ""]) {
      const seen: string[] = [];
      push(text, (part) => seen.push(part));
      expect(seen.join("")).toBe(text);
      expect(seen).toHaveLength(Math.max(1, Math.ceil(Buffer.byteLength(text) / LARGEST_MESSAGE)));
      for (const part of seen) expect(Buffer.byteLength(part)).toBeLessThanOrEqual(LARGEST_MESSAGE);
    }
  });
});
