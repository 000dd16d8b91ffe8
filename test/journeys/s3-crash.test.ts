import { mkdirSync, readdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { CreateBucketCommand, DeleteObjectCommand, GetObjectCommand, PutObjectCommand, S3Client } from "@aws-sdk/client-s3";
import { afterAll, beforeAll, expect, test } from "vitest";
import { type Server, startServer } from "../support/server.ts";

let server: Server;
let s3: S3Client;
const Bucket = "documents";

beforeAll(async () => {
  server = await startServer();
  const credentials = { accessKeyId: "test", secretAccessKey: "test" };
  s3 = new S3Client({ endpoint: server.endpoint, region: "us-east-1", credentials, forcePathStyle: true, maxAttempts: 1 });
}, 30_000);
afterAll(() => server.stop());

const files = () =>
  readdirSync(join(server.dataDir, "blobs"), { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map(({ name }) => name);

// assumed: what AWS promises of durability, kept by one process that may be killed at any moment
test("after kill -9 what was acknowledged is there, and no file that nothing names", async () => {
  await s3.send(new CreateBucketCommand({ Bucket }));
  const body = (i: number) => Buffer.alloc(200_000, String(i));
  const done: number[] = [];
  const writing = Array.from({ length: 40 }, (_, i) =>
    s3.send(new PutObjectCommand({ Bucket, Key: `k${i}`, Body: body(i) })).then(
      () => done.push(i),
      () => undefined,
    ),
  );
  await Promise.all(writing.slice(0, 8));
  await s3.send(new DeleteObjectCommand({ Bucket, Key: "k0" }));
  await server.kill();
  await Promise.all(writing);
  // What a kill between the file and its row leaves, and what one between the last row and its file leaves: they look the same.
  mkdirSync(join(server.dataDir, "blobs", "ab"), { recursive: true });
  writeFileSync(join(server.dataDir, "blobs", "ab", `ab${"0".repeat(30)}.s3`), "left behind");
  // Not S3's: another service names it.
  writeFileSync(join(server.dataDir, "blobs", "ab", `ab${"0".repeat(62)}`), "of another service");
  await server.restart();
  let kept = 0;
  for (let i = 0; i < 40; i++) {
    const read = s3.send(new GetObjectCommand({ Bucket, Key: `k${i}` }));
    const bytes = await read.then(
      ({ Body }) => Body?.transformToByteArray(),
      () => undefined,
    );
    if (bytes === undefined) expect(i === 0 || !done.includes(i)).toBe(true);
    else {
      expect(Buffer.from(bytes).equals(body(i))).toBe(true);
      kept++;
    }
  }
  expect(files()).toHaveLength(kept + 1);
}, 60_000);
