import { existsSync, mkdtempSync, readFileSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { deflateRawSync } from "node:zlib";
import fc from "fast-check";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { Folders } from "./folders.ts";
import { readZip, writeZip, ZipError } from "./zip.ts";

let root: string;
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), "orrery-zip-"));
});
afterEach(() => rmSync(root, { recursive: true, force: true }));

/** An archive of one deflated file. */
function deflated(name: string, text: string): Buffer {
  const stored = writeZip({ [name]: text });
  const data = deflateRawSync(Buffer.from(text));
  const label = Buffer.from(name);
  const local = Buffer.concat([stored.subarray(0, 30), label, data]);
  const directory = Buffer.from(stored.subarray(30 + label.length + Buffer.byteLength(text), -22));
  const end = Buffer.from(stored.subarray(-22));
  for (const [bytes, method, packed] of [
    [local, 8, 18],
    [directory, 10, 20],
  ] as const) {
    bytes.writeUInt16LE(8, method);
    bytes.writeUInt32LE(data.length, packed);
  }
  end.writeUInt32LE(local.length, 16);
  return Buffer.concat([local, directory, end]);
}

describe("reading", () => {
  // documented: https://pkware.cachefly.net/webdocs/casestudies/APPNOTE.TXT
  test("what was written is read back", () => {
    fc.assert(
      fc.property(fc.dictionary(fc.stringMatching(/^[a-z]{1,8}(\/[a-z]{1,8})?$/), fc.string()), (files) => {
        const read = Object.fromEntries(readZip(writeZip(files)).map((entry) => [entry.name, entry.read().toString("utf8")]));
        expect(read).toEqual({ ...files });
      }),
      { numRuns: 50 },
    );
  });

  test("deflated files are unpacked", () => {
    const text = "again and again and again ".repeat(20);
    expect(readZip(deflated("a.txt", text))[0]?.read().toString("utf8")).toBe(text);
  });

  test("garbage is refused as an archive, and nothing else happens", () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => {
        try {
          readZip(Buffer.from(bytes));
        } catch (error) {
          expect(error instanceof ZipError || error instanceof RangeError).toBe(true);
        }
      }),
    );
  });
});

describe("folders", () => {
  test("the same content is unpacked once, read-only", () => {
    const folders = new Folders(root);
    let asked = 0;
    const archives = () => {
      asked++;
      return [writeZip({ "a/b.js": "1" }), writeZip({ "a/b.js": "2" })];
    };
    const first = folders.unpacked("key", archives);
    expect(folders.unpacked("key", archives)).toBe(first);
    expect(asked).toBe(1);
    expect(readFileSync(join(first, "a/b.js"), "utf8")).toBe("2");
    expect(statSync(join(first, "a/b.js")).mode & 0o222).toBe(0);
  });

  test.each(["../out.js", "/etc/out.js", "a/../../out.js", "..\\out.js"])("a file named %s does not get out of its folder", (name) => {
    const folders = new Folders(join(root, "in"));
    expect(() => folders.unpacked("key", () => [writeZip({ [name]: "x" })])).toThrow(ZipError);
    expect(existsSync(join(root, "in", "key"))).toBe(false);
    expect(existsSync(join(root, "in", "out.js"))).toBe(false);
  });
});
