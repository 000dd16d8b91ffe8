import { createHash } from "node:crypto";
import { readdirSync } from "node:fs";
import { join } from "node:path";
import {
  CompleteMultipartUploadCommand,
  CopyObjectCommand,
  CreateBucketCommand,
  CreateMultipartUploadCommand,
  DeleteBucketCommand,
  DeleteObjectCommand,
  DeleteObjectsCommand,
  GetBucketLocationCommand,
  GetObjectCommand,
  HeadObjectCommand,
  ListObjectsV2Command,
  ListObjectVersionsCommand,
  PutBucketLifecycleConfigurationCommand,
  PutBucketNotificationConfigurationCommand,
  PutBucketVersioningCommand,
  PutObjectCommand,
  S3Client,
  UploadPartCommand,
} from "@aws-sdk/client-s3";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { startCloud, type TestCloud } from "../../../test/support/cloud.ts";

let cloud: TestCloud;
let s3: S3Client;
const Bucket = "documents";

beforeAll(async () => {
  cloud = await startCloud({ strict: true });
  s3 = new S3Client({ ...cloud.clientConfig, forcePathStyle: true });
});
afterAll(() => cloud.stop());
beforeEach(async () => {
  await cloud.reset();
  await s3.send(new CreateBucketCommand({ Bucket }));
});

const put = (Key: string, Body: string | Uint8Array = Key, more: object = {}) =>
  s3.send(new PutObjectCommand({ Bucket, Key, Body, ...more }));
const text = async (Key: string, more: object = {}) =>
  (await s3.send(new GetObjectCommand({ Bucket, Key, ...more }))).Body?.transformToString();
const failure = (sent: Promise<unknown>) =>
  sent.then(
    () => undefined,
    (error: { name: string; $metadata: { httpStatusCode: number } }) => [error.name, error.$metadata.httpStatusCode],
  );
const md5 = (bytes: string | Uint8Array) => createHash("md5").update(bytes).digest("hex");
const files = () =>
  readdirSync(join(cloud.dataDir, "blobs"), { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile()).length;

describe("buckets", () => {
  // documented: https://docs.aws.amazon.com/AmazonS3/latest/API/API_CreateBucket.html
  test("the owner may create one again in us-east-1, and nowhere else", async () => {
    await s3.send(new CreateBucketCommand({ Bucket }));
    const west = new S3Client({ ...cloud.clientConfig, region: "eu-west-1", forcePathStyle: true });
    const config = { CreateBucketConfiguration: { LocationConstraint: "eu-west-1" } } as const;
    await west.send(new CreateBucketCommand({ Bucket: "western", ...config }));
    expect(await failure(west.send(new CreateBucketCommand({ Bucket: "western", ...config })))).toEqual(["BucketAlreadyOwnedByYou", 409]);
    expect((await west.send(new GetBucketLocationCommand({ Bucket: "western" }))).LocationConstraint).toBe("eu-west-1");
    // The SDK fills the constraint in from its region, so this one goes without it.
    const plain = cloud.ctx.with({ region: "eu-west-1" }).call("s3", "CreateBucket", { Bucket: "plain" });
    await expect(plain).rejects.toMatchObject({ code: "IllegalLocationConstraintException" });
  });

  // documented: https://docs.aws.amazon.com/AmazonS3/latest/userguide/bucketnamingrules.html
  test("a name outside of the rules is refused, and one of another account is taken", async () => {
    expect(await failure(s3.send(new CreateBucketCommand({ Bucket: "Upper_Case" })))).toEqual(["InvalidBucketName", 400]);
    const other = { ...cloud.clientConfig, credentials: { accessKeyId: "111111111111", secretAccessKey: "test" } };
    const stranger = new S3Client({ ...other, forcePathStyle: true });
    expect(await failure(stranger.send(new CreateBucketCommand({ Bucket })))).toEqual(["BucketAlreadyExists", 409]);
  });

  // documented: https://docs.aws.amazon.com/AmazonS3/latest/API/ErrorResponses.html
  test("one that holds an object is not deleted", async () => {
    await put("a");
    expect(await failure(s3.send(new DeleteBucketCommand({ Bucket })))).toEqual(["BucketNotEmpty", 409]);
    await s3.send(new DeleteObjectCommand({ Bucket, Key: "a" }));
    await s3.send(new DeleteBucketCommand({ Bucket }));
    expect(await failure(put("a"))).toEqual(["NoSuchBucket", 404]);
  });
});

describe("objects", () => {
  // documented: https://docs.aws.amazon.com/AmazonS3/latest/API/API_GetObject.html
  test("come back with what they were put with", async () => {
    const { ETag } = await put("a/ü b", "hello", { ContentType: "text/plain", Metadata: { Author: "x" }, Tagging: "k=v" });
    expect(ETag).toBe(`"${md5("hello")}"`);
    const got = await s3.send(new GetObjectCommand({ Bucket, Key: "a/ü b", ChecksumMode: "ENABLED" }));
    expect(await got.Body?.transformToString()).toBe("hello");
    expect(got).toMatchObject({
      ContentType: "text/plain",
      ContentLength: 5,
      Metadata: { author: "x" },
      TagCount: 1,
      ChecksumCRC32: "NhCmhg==",
    });
    expect(got.ServerSideEncryption).toBe("AES256");
  });

  // documented: https://docs.aws.amazon.com/AmazonS3/latest/API/API_GetObject.html
  test("large ones lie in a file, come in ranges, and free it when they go", async () => {
    const bytes = Buffer.alloc(300_000, "0123456789");
    await put("large", bytes);
    expect(files()).toBe(1);
    expect(await text("large", { Range: "bytes=5-8" })).toBe("5678");
    expect(await text("large", { Range: "bytes=-3" })).toBe("789");
    const part = await s3.send(new GetObjectCommand({ Bucket, Key: "large", Range: "bytes=299998-" }));
    expect([part.$metadata.httpStatusCode, part.ContentRange]).toEqual([206, "bytes 299998-299999/300000"]);
    expect(await failure(text("large", { Range: "bytes=300000-" }))).toEqual(["InvalidRange", 416]);
    await s3.send(new CopyObjectCommand({ Bucket, Key: "copy", CopySource: `${Bucket}/large` }));
    await s3.send(new DeleteObjectCommand({ Bucket, Key: "large" }));
    expect(md5((await text("copy")) ?? "")).toBe(md5(bytes));
    await s3.send(new DeleteObjectCommand({ Bucket, Key: "copy" }));
    expect(files()).toBe(0);
  });

  // documented: https://docs.aws.amazon.com/AmazonS3/latest/userguide/conditional-writes.html
  test("conditions hold for reads and for writes", async () => {
    const { ETag } = await put("a");
    expect((await failure(text("a", { IfNoneMatch: ETag })))?.[1]).toBe(304);
    expect(await failure(text("a", { IfMatch: '"other"' }))).toEqual(["PreconditionFailed", 412]);
    expect(await failure(put("a", "b", { IfNoneMatch: "*" }))).toEqual(["PreconditionFailed", 412]);
    expect(await failure(put("a", "b", { IfMatch: '"other"' }))).toEqual(["PreconditionFailed", 412]);
    await put("a", "b", { IfMatch: ETag });
    expect(await text("a")).toBe("b");
  });

  // documented: https://docs.aws.amazon.com/AmazonS3/latest/userguide/checking-object-integrity-upload.html
  test.each(["CRC32", "CRC32C", "CRC64NVME", "SHA1", "SHA256"] as const)(
    "%s of the client is verified and told",
    async (ChecksumAlgorithm) => {
      const stored = await put("a", "some bytes", { ChecksumAlgorithm });
      const head = await s3.send(new HeadObjectCommand({ Bucket, Key: "a", ChecksumMode: "ENABLED" }));
      const member = `Checksum${ChecksumAlgorithm}` as const;
      expect(head[member]).toBeDefined();
      expect(head[member]).toBe(stored[member]);
    },
  );

  // documented: https://docs.aws.amazon.com/AmazonS3/latest/API/ErrorResponses.html
  test("bytes that differ from their checksum are refused and leave nothing", async () => {
    expect(await failure(put("a", "some bytes", { ChecksumSHA256: createHash("sha256").update("others").digest("base64") }))).toEqual([
      "BadDigest",
      400,
    ]);
    expect(await failure(put("a", Buffer.alloc(50_000), { ContentMD5: createHash("md5").update("others").digest("base64") }))).toEqual([
      "BadDigest",
      400,
    ]);
    expect(await failure(text("a"))).toEqual(["NoSuchKey", 404]);
    expect(files()).toBe(0);
  });

  // documented: https://docs.aws.amazon.com/AmazonS3/latest/API/API_DeleteObjects.html
  test("many are deleted at once", async () => {
    await put("a");
    const { Deleted } = await s3.send(new DeleteObjectsCommand({ Bucket, Delete: { Objects: [{ Key: "a" }, { Key: "absent" }] } }));
    expect(Deleted).toEqual([{ Key: "a" }, { Key: "absent" }]);
  });
});

describe("lists", () => {
  // documented: https://docs.aws.amazon.com/AmazonS3/latest/API/API_ListObjectsV2.html
  test("go in order of UTF-8, rolled up by delimiter, page by page", async () => {
    for (const key of ["z", "a/1", "a/2", "b", "c/1", "ü", "c/2/3"]) await put(key);
    const seen: (string | undefined)[] = [];
    let ContinuationToken: string | undefined;
    do {
      const page = await s3.send(new ListObjectsV2Command({ Bucket, Delimiter: "/", MaxKeys: 2, ContinuationToken }));
      seen.push([...(page.CommonPrefixes ?? []).map(({ Prefix }) => Prefix), ...(page.Contents ?? []).map(({ Key }) => Key)].join(" "));
      ContinuationToken = page.NextContinuationToken;
    } while (ContinuationToken !== undefined);
    expect(seen).toEqual(["a/ b", "c/ z", "ü"]);
    const under = await s3.send(new ListObjectsV2Command({ Bucket, Prefix: "c/", StartAfter: "c/1" }));
    expect(under.Contents?.map(({ Key }) => Key)).toEqual(["c/2/3"]);
  });
});

describe("versions", () => {
  beforeEach(() => s3.send(new PutBucketVersioningCommand({ Bucket, VersioningConfiguration: { Status: "Enabled" } })));

  // documented: https://docs.aws.amazon.com/AmazonS3/latest/userguide/DeleteMarker.html
  test("a delete marker hides what is still there, and gives it back when it goes", async () => {
    const one = await put("a", "one");
    const two = await put("a", "two");
    const gone = await s3.send(new DeleteObjectCommand({ Bucket, Key: "a" }));
    expect(gone.DeleteMarker).toBe(true);
    expect(await failure(text("a"))).toEqual(["NoSuchKey", 404]);
    expect(await failure(text("a", { VersionId: gone.VersionId }))).toEqual(["MethodNotAllowed", 405]);
    expect(await text("a", { VersionId: one.VersionId })).toBe("one");
    const list = await s3.send(new ListObjectVersionsCommand({ Bucket }));
    expect(list.Versions?.map(({ VersionId, IsLatest }) => [VersionId, IsLatest])).toEqual([
      [two.VersionId, false],
      [one.VersionId, false],
    ]);
    expect(list.DeleteMarkers?.map(({ VersionId, IsLatest }) => [VersionId, IsLatest])).toEqual([[gone.VersionId, true]]);
    await s3.send(new DeleteObjectCommand({ Bucket, Key: "a", VersionId: gone.VersionId }));
    expect(await text("a")).toBe("two");
  });

  // documented: https://docs.aws.amazon.com/AmazonS3/latest/API/API_ListObjectVersions.html
  test("are listed page by page, newest first", async () => {
    const ids: (string | undefined)[] = [];
    for (const body of ["1", "2", "3"]) ids.unshift((await put("a", body)).VersionId);
    ids.push((await put("b")).VersionId);
    const seen: (string | undefined)[] = [];
    let markers: { KeyMarker?: string; VersionIdMarker?: string } | undefined = {};
    while (markers !== undefined) {
      const page: Awaited<ReturnType<typeof list>> = await list(markers);
      seen.push(...(page.Versions ?? []).map(({ VersionId }) => VersionId));
      markers = page.IsTruncated
        ? {
            KeyMarker: page.NextKeyMarker ?? "",
            ...(page.NextVersionIdMarker === undefined ? {} : { VersionIdMarker: page.NextVersionIdMarker }),
          }
        : undefined;
    }
    expect(seen).toEqual(ids);
  });
  const list = (markers: object) => s3.send(new ListObjectVersionsCommand({ Bucket, MaxKeys: 1, ...markers }));
});

// documented: https://docs.aws.amazon.com/AmazonS3/latest/userguide/mpuoverview.html
test("parts become one object with the MD5 of their MD5s", async () => {
  const { UploadId } = await s3.send(new CreateMultipartUploadCommand({ Bucket, Key: "big" }));
  const bodies = [Buffer.alloc(5 * 1024 * 1024, "a"), Buffer.from("the end")];
  const Parts = [];
  for (const [index, Body] of bodies.entries()) {
    const { ETag } = await s3.send(new UploadPartCommand({ Bucket, Key: "big", UploadId, PartNumber: index + 1, Body }));
    Parts.push({ PartNumber: index + 1, ETag });
  }
  const complete = (list: object[]) =>
    s3.send(new CompleteMultipartUploadCommand({ Bucket, Key: "big", UploadId, MultipartUpload: { Parts: list } }));
  expect(await failure(complete([...Parts].reverse()))).toEqual(["InvalidPartOrder", 400]);
  const { ETag } = await complete(Parts);
  const digests = bodies.map((body) => createHash("md5").update(body).digest());
  expect(ETag).toBe(`"${md5(Buffer.concat(digests))}-2"`);
  expect(await text("big", { Range: "bytes=5242878-5242882" })).toBe("aathe");
  expect(await text("big", { PartNumber: 2 })).toBe("the end");
});

// documented: https://docs.aws.amazon.com/AmazonS3/latest/userguide/ev-events.html
test("EventBridge is told when the bucket says so", async () => {
  await put("silent");
  await s3.send(new PutBucketNotificationConfigurationCommand({ Bucket, NotificationConfiguration: { EventBridgeConfiguration: {} } }));
  await put("loud.txt", "hello");
  const events = cloud.cloud.timeline.read({ source: "aws.s3", type: "Object Created" });
  expect(events).toHaveLength(1);
  expect(events[0]).toMatchObject({
    bus: true,
    resources: ["arn:aws:s3:::documents"],
    detail: { version: "0", bucket: { name: Bucket }, object: { key: "loud.txt", size: 5, etag: md5("hello") }, reason: "PutObject" },
  });
});

// documented: https://docs.aws.amazon.com/AmazonS3/latest/userguide/lifecycle-expire-general-considerations.html
test("a lifecycle rule deletes what is old enough, on the clock", async () => {
  const Rules = [{ ID: "old", Status: "Enabled" as const, Filter: { Prefix: "tmp/" }, Expiration: { Days: 14 } }];
  await s3.send(new PutBucketLifecycleConfigurationCommand({ Bucket, LifecycleConfiguration: { Rules } }));
  await put("tmp/a");
  await put("kept");
  const day = 86_400_000;
  await cloud.cloud.clock.advance(13 * day);
  const keys = () => cloud.ctx.call("s3", "ListObjectsV2", { Bucket }).then(({ Contents }) => Contents?.map(({ Key }) => Key));
  expect(await keys()).toEqual(["kept", "tmp/a"]);
  await cloud.cloud.clock.advance(2 * day);
  expect(await keys()).toEqual(["kept"]);
});

// documented: https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-s3-bucket.html
test("CloudFormation makes a bucket with its settings, and takes one away again", async () => {
  const type = cloud.cloud.resourceTypes.get("AWS::S3::Bucket");
  const request = { logicalId: "B", stackName: "s", stackId: "arn", stackTags: { team: "docs" }, generatedName: () => "s-b-1" };
  const properties = {
    VersioningConfiguration: { Status: "Enabled" },
    NotificationConfiguration: { EventBridgeConfiguration: { EventBridgeEnabled: "true" } },
    LifecycleConfiguration: { Rules: [{ Status: "Enabled", NoncurrentVersionExpiration: { NoncurrentDays: "30" } }] },
  };
  const made = await type?.create(cloud.ctx, { ...request, properties });
  expect(made).toMatchObject({ physicalId: "s-b-1", attributes: { Arn: "arn:aws:s3:::s-b-1" } });
  const call = { Bucket: "s-b-1" };
  expect(await cloud.ctx.call("s3", "GetBucketNotificationConfiguration", call)).toMatchObject({ EventBridgeConfiguration: {} });
  expect(await cloud.ctx.call("s3", "GetBucketTagging", call)).toEqual({ TagSet: [{ Key: "team", Value: "docs" }] });
  await type?.update?.(cloud.ctx, { ...request, physicalId: "s-b-1", properties: {}, previous: properties });
  expect(await cloud.ctx.call("s3", "GetBucketVersioning", call)).toEqual({ Status: "Suspended" });
  await type?.delete(cloud.ctx, { physicalId: "s-b-1", properties: {} });
  await expect(cloud.ctx.call("s3", "HeadBucket", call)).rejects.toMatchObject({ code: "NoSuchBucket" });
});
