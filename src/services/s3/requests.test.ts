import { createHash } from "node:crypto";
import {
  AbortMultipartUploadCommand,
  CompleteMultipartUploadCommand,
  CreateBucketCommand,
  CreateMultipartUploadCommand,
  DeleteObjectCommand,
  DeleteObjectsCommand,
  DeletePublicAccessBlockCommand,
  GetBucketAclCommand,
  GetBucketPolicyCommand,
  GetBucketPolicyStatusCommand,
  GetBucketTaggingCommand,
  GetObjectAclCommand,
  GetObjectAttributesCommand,
  GetObjectCommand,
  GetObjectLegalHoldCommand,
  GetObjectRetentionCommand,
  GetObjectTaggingCommand,
  GetPublicAccessBlockCommand,
  HeadObjectCommand,
  ListMultipartUploadsCommand,
  ListObjectsCommand,
  ListObjectVersionsCommand,
  ListPartsCommand,
  PutBucketAclCommand,
  PutBucketCorsCommand,
  PutBucketOwnershipControlsCommand,
  PutBucketPolicyCommand,
  PutBucketRequestPaymentCommand,
  PutBucketTaggingCommand,
  PutBucketVersioningCommand,
  PutObjectAclCommand,
  PutObjectCommand,
  PutObjectLegalHoldCommand,
  PutObjectLockConfigurationCommand,
  PutObjectRetentionCommand,
  PutObjectTaggingCommand,
  PutPublicAccessBlockCommand,
  S3Client,
  UploadPartCommand,
  UploadPartCopyCommand,
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
const plain = (path: string, init: RequestInit = {}) => fetch(`${cloud.endpoint}/${Bucket}${path}`, init);
const codeOf = async (response: Response) => [response.status, /<Code>(\w+)<\/Code>/.exec(await response.text())?.[1]];

describe("unsigned requests", () => {
  const open = () => s3.send(new DeletePublicAccessBlockCommand({ Bucket }));
  const policy = (Action: string, Resource: string, more: object = {}) =>
    s3.send(
      new PutBucketPolicyCommand({
        Bucket,
        Policy: JSON.stringify({ Version: "2012-10-17", Statement: [{ Effect: "Allow", Principal: "*", Action, Resource, ...more }] }),
      }),
    );

  // documented: https://docs.aws.amazon.com/AmazonS3/latest/userguide/access-control-block-public-access.html
  test("are denied unless the bucket's policy lets everybody in", async () => {
    await put("a", "hello");
    expect(await codeOf(await plain("/a"))).toEqual([403, "AccessDenied"]);
    expect(await codeOf(await plain("/b", { method: "PUT", body: "x" }))).toEqual([403, "AccessDenied"]);
    expect(await failure(policy("s3:GetObject", `arn:aws:s3:::${Bucket}/*`))).toEqual(["AccessDenied", 403]);
    await open();
    await policy("s3:GetObject", `arn:aws:s3:::${Bucket}/*`);
    expect((await s3.send(new GetBucketPolicyStatusCommand({ Bucket }))).PolicyStatus?.IsPublic).toBe(true);
    expect(await (await plain("/a")).text()).toBe("hello");
    expect((await plain("/a", { method: "HEAD" })).status).toBe(200);
    expect(await codeOf(await plain("/a", { method: "DELETE" }))).toEqual([403, "AccessDenied"]);
    expect(await codeOf(await plain("?list-type=2"))).toEqual([403, "AccessDenied"]);
  });

  // documented: https://docs.aws.amazon.com/AmazonS3/latest/API/API_GetObject.html: without s3:ListBucket a missing key is a 403
  test("are told of a missing key only where they may list", async () => {
    await open();
    await policy("s3:GetObject", `arn:aws:s3:::${Bucket}/*`);
    expect(await codeOf(await plain("/absent"))).toEqual([403, "AccessDenied"]);
    await policy("s3:*", "*");
    expect(await codeOf(await plain("/absent"))).toEqual([404, "NoSuchKey"]);
  });

  // documented: https://docs.aws.amazon.com/AmazonS3/latest/userguide/access-control-block-public-access.html
  test("stay out of a public bucket once it restricts public access", async () => {
    await put("a", "hello");
    await open();
    await policy("s3:GetObject", `arn:aws:s3:::${Bucket}/*`);
    const PublicAccessBlockConfiguration = { RestrictPublicBuckets: true };
    await s3.send(new PutPublicAccessBlockCommand({ Bucket, PublicAccessBlockConfiguration }));
    expect((await s3.send(new GetPublicAccessBlockCommand({ Bucket }))).PublicAccessBlockConfiguration?.BlockPublicAcls).toBe(false);
    expect((await plain("/a")).status).toBe(403);
  });

  // documented: https://docs.aws.amazon.com/AmazonS3/latest/userguide/amazon-s3-policy-keys.html
  test("are judged by a policy's conditions", async () => {
    await put("a", "hello");
    await open();
    await policy("s3:GetObject", `arn:aws:s3:::${Bucket}/*`, { Condition: { StringLike: { "aws:Referer": "https://good.example/*" } } });
    expect((await plain("/a")).status).toBe(403);
    expect((await plain("/a", { headers: { referer: "https://good.example/page" } })).status).toBe(200);
  });

  // documented: https://docs.aws.amazon.com/AmazonS3/latest/userguide/amazon-s3-policy-keys.html
  test("list only the prefix that a policy opens", async () => {
    await put("open/a");
    await open();
    await policy("s3:ListBucket", `arn:aws:s3:::${Bucket}`, { Condition: { StringEquals: { "s3:prefix": "open/" } } });
    expect((await plain("?list-type=2")).status).toBe(403);
    expect(await (await plain("?list-type=2&prefix=open/")).text()).toContain("<Key>open/a</Key>");
  });

  // documented: https://docs.aws.amazon.com/AmazonS3/latest/API/API_CopyObject.html: a copy reads its source
  test("copy nothing from a bucket that they may not read", async () => {
    await s3.send(new CreateBucketCommand({ Bucket: "secret" }));
    await s3.send(new PutObjectCommand({ Bucket: "secret", Key: "a", Body: "a" }));
    await put("b");
    await open();
    await policy("s3:*", "*");
    const copy = (source: string) => plain("/copy", { method: "PUT", headers: { "x-amz-copy-source": source } });
    expect(await codeOf(await copy("secret/a"))).toEqual([403, "AccessDenied"]);
    expect((await copy(`${Bucket}/b`)).status).toBe(200);
  });

  // documented: https://docs.aws.amazon.com/AmazonS3/latest/userguide/acl-overview.html#canned-acl
  test("come in through public ACLs where ownership and the block allow them", async () => {
    expect(await failure(s3.send(new PutBucketAclCommand({ Bucket, ACL: "public-read" })))).toEqual(["AccessControlListNotSupported", 400]);
    const OwnershipControls = { Rules: [{ ObjectOwnership: "ObjectWriter" as const }] };
    await s3.send(new PutBucketOwnershipControlsCommand({ Bucket, OwnershipControls }));
    expect(await failure(put("a", "hello", { ACL: "public-read" }))).toEqual(["AccessDenied", 403]);
    await open();
    await put("a", "hello", { ACL: "public-read" });
    await put("b");
    expect(await (await plain("/a")).text()).toBe("hello");
    expect((await plain("/b")).status).toBe(403);
    await s3.send(new PutObjectAclCommand({ Bucket, Key: "b", ACL: "public-read" }));
    expect((await plain("/b")).status).toBe(200);
    expect((await s3.send(new GetObjectAclCommand({ Bucket, Key: "b" }))).Grants).toHaveLength(2);
    expect((await plain("")).status).toBe(403);
    await s3.send(new PutBucketAclCommand({ Bucket, ACL: "public-read" }));
    expect((await s3.send(new GetBucketAclCommand({ Bucket }))).Grants?.map(({ Permission }) => Permission)).toEqual([
      "FULL_CONTROL",
      "READ",
    ]);
    expect((await plain("")).status).toBe(200);
  });
});

describe("CORS", () => {
  const rule = { AllowedMethods: ["GET"], AllowedOrigins: ["https://*.example.com"], AllowedHeaders: ["x-amz-*"], MaxAgeSeconds: 60 };
  const preflight = (headers: Record<string, string>) => plain("/a", { method: "OPTIONS", headers });
  const asked = { origin: "https://app.example.com", "access-control-request-method": "GET" };

  // documented: https://docs.aws.amazon.com/AmazonS3/latest/API/RESTOPTIONSobject.html
  test("a preflight is answered by the bucket's rules", async () => {
    expect(await codeOf(await preflight(asked))).toEqual([403, "AccessForbidden"]);
    await s3.send(new PutBucketCorsCommand({ Bucket, CORSConfiguration: { CORSRules: [rule] } }));
    const good = await preflight({ ...asked, "access-control-request-headers": "X-Amz-Date" });
    expect(good.status).toBe(200);
    expect(Object.fromEntries(good.headers)).toMatchObject({
      "access-control-allow-origin": "https://app.example.com",
      "access-control-allow-methods": "GET",
      "access-control-allow-headers": "x-amz-date",
      "access-control-max-age": "60",
      vary: "Origin, Access-Control-Request-Headers, Access-Control-Request-Method",
    });
    const bad = await preflight({ ...asked, "access-control-request-method": "PUT" });
    expect(await bad.text()).toContain("<Message>CORSResponse: This CORS request is not allowed.");
    expect(await codeOf(await preflight({ origin: "https://app.example.com" }))).toEqual([400, "BadRequest"]);
  });

  // documented: https://docs.aws.amazon.com/AmazonS3/latest/userguide/cors.html
  test("answers and errors of requests with an origin carry its headers", async () => {
    await s3.send(new PutBucketCorsCommand({ Bucket, CORSConfiguration: { CORSRules: [rule] } }));
    const denied = await plain("/a", { headers: { origin: "https://app.example.com" } });
    expect([denied.status, denied.headers.get("access-control-allow-origin")]).toEqual([403, "https://app.example.com"]);
    const stranger = await plain("/a", { headers: { origin: "https://other.org" } });
    expect(stranger.headers.get("access-control-allow-origin")).toBeNull();
  });
});

describe("inputs that are not honoured", () => {
  // documented: https://docs.aws.amazon.com/AmazonS3/latest/API/API_DeleteObject.html lists the members
  test("are refused by name", async () => {
    await put("a");
    const key = Buffer.alloc(32, 1).toString("base64");
    const refused = [
      () => s3.send(new DeleteObjectCommand({ Bucket, Key: "a", MFA: "serial 123456" })),
      () => put("a", "x", { SSECustomerAlgorithm: "AES256", SSECustomerKey: key }),
      () => s3.send(new CreateBucketCommand({ Bucket: "granted", GrantRead: `uri="http://acs.amazonaws.com/groups/global/AllUsers"` })),
      () => s3.send(new CreateBucketCommand({ Bucket: "spaced", BucketNamespace: "account-regional" })),
    ];
    for (const send of refused) expect(await failure(send())).toEqual(["NotImplemented", 501]);
    expect(await text("a")).toBe("a");
  });

  // documented: https://docs.aws.amazon.com/AmazonS3/latest/userguide/RequesterPaysBuckets.html
  test("who reads another's requester pays bucket has to say that they pay", async () => {
    await put("a");
    await s3.send(new PutBucketRequestPaymentCommand({ Bucket, RequestPaymentConfiguration: { Payer: "Requester" } }));
    const other = { ...cloud.clientConfig, credentials: { accessKeyId: "111111111111", secretAccessKey: "test" } };
    const stranger = new S3Client({ ...other, forcePathStyle: true });
    expect(await failure(stranger.send(new GetObjectCommand({ Bucket, Key: "a" })))).toEqual(["AccessDenied", 403]);
    const paid = await stranger.send(new GetObjectCommand({ Bucket, Key: "a", RequestPayer: "requester" }));
    expect(paid.RequestCharged).toBe("requester");
    expect(await text("a")).toBe("a");
  });
});

// documented: https://docs.aws.amazon.com/AmazonS3/latest/API/API_DeleteObjects.html
test("a document that differs from its digest is refused", async () => {
  await put("a");
  const Delete = { Objects: [{ Key: "a" }] };
  const wrong = new DeleteObjectsCommand({ Bucket, Delete });
  wrong.middlewareStack.add(
    (next) => (args) => {
      const { headers } = args.request as { headers: Record<string, string> };
      headers["content-md5"] = createHash("md5").update("other").digest("base64");
      return next(args);
    },
    { step: "build", priority: "low" },
  );
  expect(await failure(s3.send(wrong))).toEqual(["BadDigest", 400]);
  expect(await text("a")).toBe("a");
  await s3.send(new DeleteObjectsCommand({ Bucket, Delete }));
  expect(await failure(text("a"))).toEqual(["NoSuchKey", 404]);
});

describe("object lock", () => {
  const locked = { Bucket: "locked" };
  beforeEach(() => s3.send(new CreateBucketCommand({ ...locked, ObjectLockEnabledForBucket: true })));
  const RetainUntilDate = new Date(Date.UTC(2100, 0, 1));

  // documented: https://docs.aws.amazon.com/AmazonS3/latest/userguide/object-lock.html
  test("governance is bypassed by who says so, a legal hold by nobody", async () => {
    const { VersionId } = await s3.send(new PutObjectCommand({ ...locked, Key: "a", Body: "a" }));
    const version = { ...locked, Key: "a", VersionId };
    await s3.send(new PutObjectRetentionCommand({ ...version, Retention: { Mode: "GOVERNANCE", RetainUntilDate } }));
    expect((await s3.send(new GetObjectRetentionCommand(version))).Retention).toEqual({ Mode: "GOVERNANCE", RetainUntilDate });
    await s3.send(new PutObjectLegalHoldCommand({ ...version, LegalHold: { Status: "ON" } }));
    expect((await s3.send(new GetObjectLegalHoldCommand(version))).LegalHold?.Status).toBe("ON");
    const remove = (BypassGovernanceRetention: boolean) => s3.send(new DeleteObjectCommand({ ...version, BypassGovernanceRetention }));
    expect(await failure(remove(true))).toEqual(["AccessDenied", 403]);
    await s3.send(new PutObjectLegalHoldCommand({ ...version, LegalHold: { Status: "OFF" } }));
    expect(await failure(remove(false))).toEqual(["AccessDenied", 403]);
    await remove(true);
    expect(await failure(s3.send(new HeadObjectCommand(version)))).toBeDefined();
  });

  // documented: https://docs.aws.amazon.com/AmazonS3/latest/userguide/object-lock.html#object-lock-bucket-config
  test("a bucket's default retention is on new objects, and a marker still hides them", async () => {
    const Rule = { DefaultRetention: { Mode: "COMPLIANCE" as const, Days: 1 } };
    const ObjectLockConfiguration = { ObjectLockEnabled: "Enabled" as const, Rule };
    await s3.send(new PutObjectLockConfigurationCommand({ ...locked, ObjectLockConfiguration }));
    const { VersionId } = await s3.send(new PutObjectCommand({ ...locked, Key: "a", Body: "a" }));
    const version = { ...locked, Key: "a", VersionId };
    expect((await s3.send(new HeadObjectCommand(version))).ObjectLockMode).toBe("COMPLIANCE");
    expect(await failure(s3.send(new DeleteObjectCommand({ ...version, BypassGovernanceRetention: true })))).toEqual(["AccessDenied", 403]);
    expect((await s3.send(new DeleteObjectCommand({ ...locked, Key: "a" }))).DeleteMarker).toBe(true);
    await cloud.cloud.clock.advance(2 * 86_400_000);
    await cloud.ctx.call("s3", "DeleteObject", version);
  });
});

// documented: https://docs.aws.amazon.com/AmazonS3/latest/userguide/object-tagging.html
test("tags of buckets and objects are put, told and checked", async () => {
  await put("a");
  const Tagging = { TagSet: [{ Key: "k", Value: "v" }] };
  await s3.send(new PutObjectTaggingCommand({ Bucket, Key: "a", Tagging }));
  expect((await s3.send(new GetObjectTaggingCommand({ Bucket, Key: "a" }))).TagSet).toEqual(Tagging.TagSet);
  const eleven = { TagSet: Array.from({ length: 11 }, (_, i) => ({ Key: `k${i}`, Value: "v" })) };
  expect(await failure(s3.send(new PutObjectTaggingCommand({ Bucket, Key: "a", Tagging: eleven })))).toEqual(["BadRequest", 400]);
  expect(await failure(s3.send(new GetBucketTaggingCommand({ Bucket })))).toEqual(["NoSuchTagSet", 404]);
  await s3.send(new PutBucketTaggingCommand({ Bucket, Tagging }));
  expect((await s3.send(new GetBucketTaggingCommand({ Bucket }))).TagSet).toEqual(Tagging.TagSet);
});

describe("parts", () => {
  const MiB = 1024 * 1024;
  const begin = async (Key: string) => (await s3.send(new CreateMultipartUploadCommand({ Bucket, Key }))).UploadId;

  // documented: https://docs.aws.amazon.com/AmazonS3/latest/API/API_UploadPartCopy.html
  test("are copied from objects, listed, completed on a condition, and described", async () => {
    await put("source", Buffer.alloc(6 * MiB, "0123456789"));
    const UploadId = await begin("big");
    const here = { Bucket, Key: "big", UploadId };
    const copied = await s3.send(
      new UploadPartCopyCommand({ ...here, PartNumber: 1, CopySource: `${Bucket}/source`, CopySourceRange: `bytes=1-${5 * MiB}` }),
    );
    const second = await s3.send(new UploadPartCommand({ ...here, PartNumber: 2, Body: "end" }));
    const listed = await s3.send(new ListPartsCommand({ ...here, MaxParts: 1 }));
    expect([listed.IsTruncated, listed.NextPartNumberMarker, listed.Parts?.map(({ Size }) => Size)]).toEqual([true, "1", [5 * MiB]]);
    const Parts = [
      { PartNumber: 1, ETag: copied.CopyPartResult?.ETag },
      { PartNumber: 2, ETag: second.ETag },
    ];
    await put("big", "there already");
    const complete = (more: object) => s3.send(new CompleteMultipartUploadCommand({ ...here, MultipartUpload: { Parts }, ...more }));
    expect(await failure(complete({ IfNoneMatch: "*" }))).toEqual(["PreconditionFailed", 412]);
    await complete({});
    expect(await text("big", { Range: "bytes=0-3" })).toBe("1234");
    const about = await s3.send(
      new GetObjectAttributesCommand({ Bucket, Key: "big", ObjectAttributes: ["ObjectParts", "ObjectSize", "ETag"] }),
    );
    expect([about.ObjectSize, about.ObjectParts?.TotalPartsCount]).toEqual([5 * MiB + 3, 2]);
    expect((await s3.send(new HeadObjectCommand({ Bucket, Key: "big", PartNumber: 2 }))).ContentLength).toBe(3);
  });

  // documented: https://docs.aws.amazon.com/AmazonS3/latest/API/API_ListMultipartUploads.html
  test("uploads are listed in pages, rolled up by delimiter", async () => {
    for (const key of ["a/1", "a/2", "b", "b", "c/1"]) await begin(key);
    const seen: string[] = [];
    let markers: { KeyMarker?: string | undefined; UploadIdMarker?: string | undefined } | undefined = {};
    while (markers !== undefined) {
      const page: Awaited<ReturnType<typeof list>> = await list(markers);
      seen.push(...(page.CommonPrefixes ?? []).map(({ Prefix = "" }) => Prefix), ...(page.Uploads ?? []).map(({ Key = "" }) => Key));
      markers = page.IsTruncated ? { KeyMarker: page.NextKeyMarker, UploadIdMarker: page.NextUploadIdMarker } : undefined;
    }
    expect(seen).toEqual(["a/", "b", "b", "c/"]);
    const [first] = (await s3.send(new ListMultipartUploadsCommand({ Bucket, Prefix: "a/" }))).Uploads ?? [];
    await s3.send(new AbortMultipartUploadCommand({ Bucket, Key: "a/1", UploadId: first?.UploadId }));
    expect((await s3.send(new ListMultipartUploadsCommand({ Bucket, Prefix: "a/" }))).Uploads).toHaveLength(1);
  });
  const list = (markers: object) => s3.send(new ListMultipartUploadsCommand({ Bucket, Delimiter: "/", MaxUploads: 1, ...markers }));

  // assumed: a read that has begun ends with the bytes it began with, as AWS's reads of replaced objects do
  test("a read goes on to its end though the object is deleted meanwhile", async () => {
    const UploadId = await begin("big");
    const bodies = [Buffer.alloc(8 * MiB, "a"), Buffer.alloc(8 * MiB, "b")];
    const Parts = [];
    for (const [index, Body] of bodies.entries()) {
      const { ETag } = await s3.send(new UploadPartCommand({ Bucket, Key: "big", UploadId, PartNumber: index + 1, Body }));
      Parts.push({ PartNumber: index + 1, ETag });
    }
    await s3.send(new CompleteMultipartUploadCommand({ Bucket, Key: "big", UploadId, MultipartUpload: { Parts } }));
    const reading = await s3.send(new GetObjectCommand({ Bucket, Key: "big" }));
    await s3.send(new DeleteObjectCommand({ Bucket, Key: "big" }));
    const bytes = Buffer.from((await reading.Body?.transformToByteArray()) ?? []);
    expect(bytes.equals(Buffer.concat(bodies))).toBe(true);
    await expect.poll(() => cloud.cloud.blobs.list("s3")).toEqual([]);
  });
});

describe("versions", () => {
  // documented: https://docs.aws.amazon.com/AmazonS3/latest/userguide/VersionSuspendedBehavior.html
  test("a suspended bucket replaces its null version and keeps the others", async () => {
    await put("a", "before");
    await s3.send(new PutBucketVersioningCommand({ Bucket, VersioningConfiguration: { Status: "Enabled" } }));
    const { VersionId } = await put("a", "kept");
    await s3.send(new PutBucketVersioningCommand({ Bucket, VersioningConfiguration: { Status: "Suspended" } }));
    await put("a", "after");
    const { Versions } = await s3.send(new ListObjectVersionsCommand({ Bucket }));
    expect(Versions?.map((version) => [version.VersionId, version.IsLatest])).toEqual([
      ["null", true],
      [VersionId, false],
    ]);
    expect(await text("a", { VersionId: "null" })).toBe("after");
    const gone = await s3.send(new DeleteObjectCommand({ Bucket, Key: "a" }));
    expect([gone.DeleteMarker, gone.VersionId]).toEqual([true, "null"]);
    expect(await text("a", { VersionId })).toBe("kept");
    await s3.send(new DeleteObjectCommand({ Bucket, Key: "a", VersionId: "null" }));
    expect(await text("a")).toBe("kept");
  });
});

describe("keys and hosts", () => {
  const keys = [
    "a b+c",
    "ü/é/字",
    "a//b",
    "/leading",
    "q?x=1&y#z",
    "per%20cent",
    "<xml>&\"'",
    "back\\slash",
    "a/../b",
    ".",
    "tab\there",
    "👍",
  ];

  // documented: https://docs.aws.amazon.com/AmazonS3/latest/userguide/object-keys.html
  test.each(keys)("the key %j comes back as it is", async (key) => {
    await put(key, "body");
    expect(await text(key)).toBe("body");
    const { Contents } = await s3.send(new ListObjectsCommand({ Bucket }));
    expect(Contents?.map(({ Key }) => Key)).toEqual([key]);
    await s3.send(new DeleteObjectCommand({ Bucket, Key: key }));
    expect((await s3.send(new ListObjectsCommand({ Bucket }))).Contents).toBeUndefined();
  });

  // documented: https://docs.aws.amazon.com/AmazonS3/latest/API/API_ListObjects.html
  test("the first list pages by marker", async () => {
    for (const key of ["a/1", "a/2", "b", "c"]) await put(key);
    const first = await s3.send(new ListObjectsCommand({ Bucket, Delimiter: "/", MaxKeys: 1 }));
    expect([first.IsTruncated, first.NextMarker, first.CommonPrefixes]).toEqual([true, "a/", [{ Prefix: "a/" }]]);
    const rest = await s3.send(new ListObjectsCommand({ Bucket, Delimiter: "/", Marker: first.NextMarker }));
    expect(rest.Contents?.map(({ Key }) => Key)).toEqual(["b", "c"]);
  });

  // documented: https://docs.aws.amazon.com/AmazonS3/latest/API/API_HeadObject.html
  test("empty objects are objects, and HEAD takes a range", async () => {
    await put("empty", "");
    expect(await text("empty")).toBe("");
    expect((await s3.send(new HeadObjectCommand({ Bucket, Key: "empty" }))).ContentLength).toBe(0);
    expect(await failure(text("empty", { Range: "bytes=0-0" }))).toEqual(["InvalidRange", 416]);
    await put("full", "0123456789");
    const part = await s3.send(new HeadObjectCommand({ Bucket, Key: "full", Range: "bytes=2-4" }));
    expect([part.$metadata.httpStatusCode, part.ContentLength, part.ContentRange]).toEqual([206, 3, "bytes 2-4/10"]);
  });
});

// documented: https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-s3-bucket.html
describe("CloudFormation", () => {
  const request = { logicalId: "B", stackName: "s", stackId: "arn", stackTags: {}, generatedName: () => "s-b-1" };

  test("refuses properties that it would not carry out, and turns AccessControl into an ACL", async () => {
    const type = cloud.cloud.resourceTypes.get("AWS::S3::Bucket");
    await expect(type?.create(cloud.ctx, { ...request, properties: { AbacStatus: "Enabled" } })).rejects.toMatchObject({
      code: "NotImplemented",
      message: expect.stringContaining("AbacStatus") as string,
    });
    const properties = {
      BucketName: "logs",
      AccessControl: "LogDeliveryWrite",
      OwnershipControls: { Rules: [{ ObjectOwnership: "ObjectWriter" }] },
    };
    await type?.create(cloud.ctx, { ...request, properties });
    const { Grants } = await s3.send(new GetBucketAclCommand({ Bucket: "logs" }));
    expect(Grants?.map(({ Permission }) => Permission)).toEqual(["FULL_CONTROL", "WRITE", "READ_ACP"]);
  });

  test("puts and removes a bucket's policy", async () => {
    const type = cloud.cloud.resourceTypes.get("AWS::S3::BucketPolicy");
    const Statement = [{ Effect: "Deny", Principal: "*", Action: "s3:*", Resource: `arn:aws:s3:::${Bucket}/*`, Condition: {} }];
    const PolicyDocument = { Version: "2012-10-17", Statement };
    const made = await type?.create(cloud.ctx, { ...request, properties: { Bucket, PolicyDocument } });
    expect(made?.["physicalId" as never]).toBe(Bucket);
    expect(JSON.parse((await s3.send(new GetBucketPolicyCommand({ Bucket }))).Policy ?? "{}")).toEqual(PolicyDocument);
    await type?.delete(cloud.ctx, { physicalId: Bucket, properties: {} });
    expect(await failure(s3.send(new GetBucketPolicyCommand({ Bucket })))).toEqual(["NoSuchBucketPolicy", 404]);
  });
});
