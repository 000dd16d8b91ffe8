import { createHash } from "node:crypto";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Readable } from "node:stream";
import { afterEach, beforeEach, expect, test } from "vitest";
import { BlobStore } from "./blobs.ts";

let dataDir: string;
let blobs: BlobStore;
beforeEach(() => {
  dataDir = mkdtempSync(join(tmpdir(), "orrery-blobs-"));
  blobs = new BlobStore(dataDir);
});
afterEach(() => rmSync(dataDir, { recursive: true, force: true }));

test("a stream comes back whole and in ranges, and its hashes saw every byte", async () => {
  const bytes = Buffer.from("abcdefghij".repeat(50_000));
  const md5 = createHash("md5");
  const blob = await blobs.write(Readable.from([bytes.subarray(0, 7), bytes.subarray(7)]), [md5]);
  expect(blob.size).toBe(bytes.length);
  expect(blobs.readAll(blob.id)).toEqual(bytes);
  expect(md5.digest("hex")).toBe(createHash("md5").update(bytes).digest("hex"));
  expect(Buffer.concat(await blobs.read(blob.id, { start: 3, end: 5 }).toArray()).toString()).toBe("def");
});

test("a stream that breaks off leaves nothing", async () => {
  const broken = new Readable({
    read() {
      this.push("some");
      this.destroy(new RangeError("cut"));
    },
  });
  await expect(blobs.write(broken)).rejects.toThrow("cut");
});

test("blobs are joined in order", async () => {
  const one = blobs.put(Buffer.from("one"));
  const two = blobs.put(Buffer.from("two"));
  const both = await blobs.concat([two.id, one.id]);
  expect(blobs.readAll(both.id).toString()).toBe("twoone");
});
