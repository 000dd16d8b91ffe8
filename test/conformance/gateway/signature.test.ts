import { createHmac } from "node:crypto";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { KnownKey } from "../../../src/aws/identity.ts";
import { presign } from "../../../src/aws/sigv4.ts";
import {
  exchangeBytes,
  identityOf,
  type RawRequest,
  type RawResponse,
  send,
  serviceOf,
  startGateway,
  type TestGateway,
} from "./support.ts";

const MINUTE = 60_000;
const role = {
  type: "assumed-role",
  account: "111111111111",
  arn: "arn:aws:sts::111111111111:assumed-role/r/s",
  userId: "AROA:s",
} as const;
const keys: KnownKey[] = [
  { accessKeyId: "AKIAGOOD", secretAccessKey: "good-secret", principal: { ...role, type: "user" }, active: true },
  { accessKeyId: "AKIAOFF", secretAccessKey: "off", principal: role, active: false },
  {
    accessKeyId: "ASIASESSION",
    secretAccessKey: "s",
    sessionToken: "the-token",
    expiration: Number.MAX_SAFE_INTEGER,
    principal: role,
    active: true,
  },
  { accessKeyId: "ASIAEXPIRED", secretAccessKey: "s", sessionToken: "the-token", expiration: 1, principal: role, active: true },
];

let gateway: TestGateway;

beforeAll(async () => {
  const identity = identityOf({ find: (id) => keys.find(({ accessKeyId }) => accessKeyId === id) });
  gateway = await startGateway([
    serviceOf(
      "sts",
      {
        GetCallerIdentity: (_input, ctx) => ({ Account: ctx.account, Arn: ctx.principal.arn, UserId: ctx.region }),
        AssumeRoleWithWebIdentity: () => ({}),
      },
      identity,
    ),
    serviceOf("dynamodb", { ListTables: () => ({ TableNames: [] }) }),
    serviceOf("lambda", { ListFunctions: () => ({ Functions: [] }) }),
    serviceOf("sqs", { ListQueues: () => ({ QueueUrls: [] }) }),
    serviceOf("s3", {
      ListBuckets: (_input, ctx) => ({ Buckets: [], Owner: { ID: ctx.principal.type } }),
      GetObject: () => ({ Body: "data", ContentLength: 4 }),
      PutObject: async (input) => {
        for await (const _chunk of input["Body"] as AsyncIterable<Buffer>);
        return { ETag: '"x"' };
      },
    }),
  ]);
});
afterAll(() => gateway.stop());

const sts: RawRequest = {
  service: "sts",
  headers: { "content-type": "application/x-www-form-urlencoded" },
  body: "Action=GetCallerIdentity&Version=2011-06-15",
};
const dynamodb: RawRequest = {
  service: "dynamodb",
  headers: { "content-type": "application/x-amz-json-1.0", "x-amz-target": "DynamoDB_20120810.ListTables" },
  body: "{}",
};
const lambda: RawRequest = { service: "lambda", method: "GET", path: "/2015-03-31/functions" };
const s3: RawRequest = { service: "s3", method: "GET" };
const sqs: RawRequest = {
  service: "sqs",
  headers: { "content-type": "application/x-amz-json-1.0", "x-amz-target": "AmazonSQS.ListQueues" },
  body: "{}",
};

/** Status and code, wherever the protocol has it. */
function codeOf({ status, headers, text }: RawResponse): string {
  const json = text.startsWith("{") ? (JSON.parse(text) as { __type?: string }).__type?.split("#").at(-1) : undefined;
  return `${status} ${headers.get("x-amzn-errortype") ?? json ?? /<Code>([^<]*)/.exec(text)?.[1]}`;
}

describe("keys", () => {
  it("takes test and 12-digit access keys with the secret test, as the root of their accounts", async () => {
    expect((await send(gateway, sts)).text).toContain("<Arn>arn:aws:iam::000000000000:root</Arn>");
    expect((await send(gateway, { ...sts, accessKeyId: "222222222222" })).text).toContain("<Account>222222222222</Account>");
  });

  // documented: https://docs.aws.amazon.com/STS/latest/APIReference/API_GetCallerIdentity.html
  it("takes issued keys as their principals, and the region from the scope", async () => {
    const { text } = await send(gateway, { ...sts, accessKeyId: "AKIAGOOD", secretAccessKey: "good-secret", region: "eu-west-3" });
    expect(text).toContain(role.arn);
    expect(text).toContain("<UserId>eu-west-3</UserId>");
  });

  // documented: https://docs.aws.amazon.com/AmazonS3/latest/API/ErrorResponses.html, https://docs.aws.amazon.com/STS/latest/APIReference/CommonErrors.html,
  // https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/Programming.Errors.html
  it.each([
    [
      "AKIANOBODY",
      "403 InvalidClientTokenId",
      "400 UnrecognizedClientException",
      "403 UnrecognizedClientException",
      "403 InvalidAccessKeyId",
    ],
    ["AKIAOFF", "403 InvalidClientTokenId", "400 UnrecognizedClientException", "403 UnrecognizedClientException", "403 InvalidAccessKeyId"],
  ])("refuses the key %s", async (accessKeyId, ...expected) => {
    const codes = await Promise.all(
      [sts, dynamodb, lambda, s3].map(async (request) => codeOf(await send(gateway, { ...request, accessKeyId }))),
    );
    expect(codes).toEqual(expected);
  });

  // documented: https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-troubleshooting.html, https://docs.aws.amazon.com/AmazonS3/latest/API/ErrorResponses.html
  it("refuses a wrong secret", async () => {
    const codes = await Promise.all(
      [sts, dynamodb, lambda, s3].map(async (request) => codeOf(await send(gateway, { ...request, secretAccessKey: "x" }))),
    );
    expect(codes).toEqual([
      "403 SignatureDoesNotMatch",
      "400 InvalidSignatureException",
      "403 InvalidSignatureException",
      "403 SignatureDoesNotMatch",
    ]);
  });

  // documented: https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-json-api-responses.html
  it("tells clients of former query services the old code", async () => {
    const { headers } = await send(gateway, { ...sqs, accessKeyId: "AKIANOBODY" });
    expect(headers.get("x-amzn-query-error")).toBe("InvalidClientTokenId;Sender");
  });

  // documented: https://docs.aws.amazon.com/STS/latest/APIReference/CommonErrors.html, https://docs.aws.amazon.com/AmazonS3/latest/API/ErrorResponses.html (InvalidToken, ExpiredToken)
  it("demands the session's token and looks at its expiry", async () => {
    const session = { accessKeyId: "ASIASESSION", secretAccessKey: "s" };
    expect((await send(gateway, { ...sts, ...session, sessionToken: "the-token" })).status).toBe(200);
    expect(codeOf(await send(gateway, { ...sts, ...session }))).toBe("403 InvalidClientTokenId");
    expect(codeOf(await send(gateway, { ...s3, ...session, sessionToken: "another" }))).toBe("400 InvalidToken");
    const expired = { accessKeyId: "ASIAEXPIRED", secretAccessKey: "s", sessionToken: "the-token" };
    expect(codeOf(await send(gateway, { ...sts, ...expired }))).toBe("403 ExpiredToken");
    expect(codeOf(await send(gateway, { ...dynamodb, ...expired }))).toBe("400 ExpiredTokenException");
    expect(codeOf(await send(gateway, { ...s3, ...expired }))).toBe("400 ExpiredToken");
  });
});

describe("times", () => {
  // documented: https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-troubleshooting.html
  it("refuses a request that is more than 15 minutes off, either way", async () => {
    const wall = gateway.cloud.clock.wall();
    const old = await send(gateway, { ...dynamodb, now: wall - 16 * MINUTE });
    expect(codeOf(old)).toBe("400 InvalidSignatureException");
    expect(old.text).toMatch(/Signature expired: \d{8}T\d{6}Z is now earlier than \d{8}T\d{6}Z \(\d{8}T\d{6}Z - 15 min\.\)/);
    expect((await send(gateway, { ...sts, now: wall + 16 * MINUTE })).text).toMatch(/Signature not yet current: /);
    expect(codeOf(await send(gateway, { ...s3, now: wall - 16 * MINUTE }))).toBe("403 RequestTimeTooSkewed");
    expect((await send(gateway, { ...s3, now: wall - 14 * MINUTE })).status).toBe(200);
  });
});

describe("bodies", () => {
  // documented: https://docs.aws.amazon.com/AmazonS3/latest/API/ErrorResponses.html
  it("finds out a body that was changed on its way", async () => {
    expect(codeOf(await send(gateway, { ...dynamodb, sentBody: "{ }" }))).toBe("400 InvalidSignatureException");
    const put: RawRequest = { service: "s3", method: "PUT", path: "/bucket/key", body: "signed" };
    expect((await send(gateway, put)).status).toBe(200);
    expect(codeOf(await send(gateway, { ...put, sentBody: "another" }))).toBe("400 XAmzContentSHA256Mismatch");
    const large = { ...put, body: "x".repeat(300_000) };
    expect((await send(gateway, large)).status).toBe(200);
    expect(codeOf(await send(gateway, { ...large, sentBody: "y".repeat(300_000) }))).toBe("400 XAmzContentSHA256Mismatch");
  });

  // documented: https://docs.aws.amazon.com/AmazonS3/latest/API/sigv4-query-string-auth.html: every x-amz-* header must be signed
  it("demands that S3's own headers are signed", async () => {
    const url = presign({
      method: "PUT",
      url: `${gateway.endpoint}/bucket/key`,
      credentials: gateway.credentials,
      region: "us-east-1",
      service: "s3",
      expires: 60,
      now: gateway.cloud.clock.wall(),
    });
    const response = await fetch(url, { method: "PUT", body: "x", headers: { "x-amz-acl": "public-read" } });
    expect(response.status).toBe(403);
    expect(await response.text()).toContain("<HeadersNotSigned>x-amz-acl</HeadersNotSigned>");
  });
});

describe("presigned", () => {
  const presigned = (expires: number, now: number): string =>
    presign({
      method: "GET",
      url: `${gateway.endpoint}/bucket/a%20key`,
      credentials: gateway.credentials,
      region: "us-east-1",
      service: "s3",
      expires,
      now,
    });

  // documented: https://docs.aws.amazon.com/AmazonS3/latest/API/sigv4-query-string-auth.html
  it("answers until it expires", async () => {
    const wall = gateway.cloud.clock.wall();
    expect(await (await fetch(presigned(60, wall - 30_000))).text()).toBe("data");
    const expired = await fetch(presigned(60, wall - 61_000));
    expect(expired.status).toBe(403);
    expect(await expired.text()).toMatch(
      /<Code>AccessDenied<\/Code><Message>Request has expired<\/Message><X-Amz-Expires>60<.*<Expires>.*<ServerTime>/,
    );
  });

  // documented: https://docs.aws.amazon.com/AmazonS3/latest/API/sigv4-query-string-auth.html (X-Amz-Expires)
  it("refuses more than a week, and a URL that was changed", async () => {
    const wall = gateway.cloud.clock.wall();
    expect(await (await fetch(presigned(604_801, wall))).text()).toContain("AuthorizationQueryParametersError");
    expect(await (await fetch(presigned(60, wall).replace("a%20key", "b"))).text()).toContain("SignatureDoesNotMatch");
  });
});

// documented: https://docs.aws.amazon.com/AmazonS3/latest/API/RESTAuthentication.html; boto3 makes these for us-east-1
describe("presigned with version 2", () => {
  const presigned = (expires: number, path = "/bucket/a%20key", method = "GET"): string => {
    const signature = createHmac("sha1", "test").update(`${method}\n\n\n${expires}\n/bucket/a%20key`).digest("base64");
    return `${gateway.endpoint}${path}?AWSAccessKeyId=test&Signature=${encodeURIComponent(signature)}&Expires=${expires}`;
  };

  it("answers until it expires, to what was signed", async () => {
    const now = Math.floor(gateway.cloud.clock.wall() / 1000);
    expect(await (await fetch(presigned(now + 60))).text()).toBe("data");
    expect(await (await fetch(presigned(now - 60))).text()).toContain("<Message>Request has expired</Message>");
    expect(await (await fetch(presigned(now + 60, "/bucket/another"))).text()).toContain("SignatureDoesNotMatch");
    expect(await (await fetch(presigned(now + 60).replace("AWSAccessKeyId=test", "AWSAccessKeyId=AKIANOBODY"))).text()).toContain(
      "InvalidAccessKeyId",
    );
  });
});

describe("without a signature", () => {
  // documented: https://docs.aws.amazon.com/STS/latest/APIReference/CommonErrors.html
  it("is refused, but for S3, where it is anonymous, and for operations that carry their own proof", async () => {
    const unsigned = (path: string, init?: RequestInit): Promise<Response> => fetch(`${gateway.endpoint}${path}`, init);
    const anonymous = await unsigned("/");
    expect(await anonymous.text()).toContain("<ID>anonymous</ID>");
    const form = (action: string): RequestInit => ({
      method: "POST",
      headers: { "content-type": "application/x-www-form-urlencoded" },
      body: `Action=${action}&Version=2011-06-15`,
    });
    expect(await (await unsigned("/", form("GetCallerIdentity"))).text()).toContain("<Code>MissingAuthenticationToken</Code>");
    expect(
      (await unsigned("/", form("AssumeRoleWithWebIdentity&RoleArn=arn:aws:iam::1:role/abcdefgh&RoleSessionName=ab&WebIdentityToken=abcd")))
        .status,
    ).toBe(200);
  });

  // documented: https://docs.aws.amazon.com/AmazonS3/latest/API/ErrorResponses.html (AuthorizationHeaderMalformed)
  it("says what an Authorization header lacks", async () => {
    const request = (authorization: string): string =>
      `GET / HTTP/1.1\r\nHost: localhost\r\nAuthorization: ${authorization}\r\nConnection: close\r\n\r\n`;
    expect(await exchangeBytes(gateway, request("AWS4-HMAC-SHA256 Credential=a/b/c"), "</Error>")).toContain(
      "AuthorizationHeaderMalformed",
    );
    expect(await exchangeBytes(gateway, request("AWS key:signature"), "</Error>")).toContain("Please use AWS4-HMAC-SHA256");
  });
});

it("checks nothing with auth off, and still takes account and region from the key", async () => {
  const open = await startGateway(
    [serviceOf("sts", { GetCallerIdentity: (_input, ctx) => ({ Account: ctx.account, UserId: ctx.region }) })],
    { auth: "off" },
  );
  const { text } = await send(open, { ...sts, accessKeyId: "333333333333", secretAccessKey: "anything", region: "eu-north-1" });
  expect(text).toContain("<Account>333333333333</Account>");
  expect(text).toContain("<UserId>eu-north-1</UserId>");
  await open.stop();
});
