import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { serviceMetas } from "../../../src/models/services.ts";
import { exchangeBytes, type RawRequest, send, serviceOf, startGateway, type TestGateway } from "./support.ts";

// Whatever bytes arrive, the answer is one of the protocol's own: never a 500, and the next request is served.

let gateway: TestGateway;
beforeAll(async () => {
  const services = Object.values(serviceMetas()).map(({ id, operations }) =>
    serviceOf(id, Object.fromEntries(operations.map((name) => [name, () => ({})]))),
  );
  gateway = await startGateway(services);
});
afterAll(() => gateway.stop());

const jsonish = fc.oneof(
  fc.json(),
  fc.string(),
  fc.uint8Array({ maxLength: 300 }).map((bytes) => Buffer.from(bytes).toString("latin1")),
);
const formish = fc.oneof(
  fc.string(),
  fc
    .array(
      fc.tuple(
        fc.constantFrom("UserName", "Tags.member.1.Key", "Tags.member.x", "Tags", "__proto__.a", "Path.1.2", "constructor", "MaxItems"),
        fc.string(),
      ),
    )
    .map((pairs) => pairs.map(([key, value]) => `${key}=${encodeURIComponent(value)}`).join("&")),
);
const xmlish = fc.oneof(
  fc.string(),
  fc.constantFrom(
    "<",
    "<a>",
    "<Tagging><TagSet>",
    "<?xml?>",
    "<!DOCTYPE a [<!ENTITY b 'c'>]><a>&b;</a>",
    "<Tagging/>",
    "<Tagging><TagSet><Tag/></TagSet></Tagging>",
  ),
);
const bytes = fc.uint8Array({ maxLength: 300 });

async function neverFails(request: RawRequest): Promise<void> {
  const { status, text } = await send(gateway, request);
  expect(`${status} ${status >= 500 ? text : ""}`).toMatch(/^[234]\d\d $/);
}

const RUNS = { numRuns: 150 };

describe("garbage", () => {
  it("in awsJson", async () => {
    const operations = fc.constantFrom(
      "DynamoDB_20120810.PutItem",
      "DynamoDB_20120810.Query",
      "TrentService.Encrypt",
      "AmazonSQS.SendMessageBatch",
      "AWSEvents.PutEvents",
      "Logs_20140328.PutLogEvents",
    );
    const signing: Readonly<Record<string, string>> = {
      DynamoDB_20120810: "dynamodb",
      TrentService: "kms",
      AmazonSQS: "sqs",
      AWSEvents: "events",
      Logs_20140328: "logs",
    };
    await fc.assert(
      fc.asyncProperty(operations, jsonish, (target, body) =>
        neverFails({
          service: signing[target.split(".")[0] ?? ""] ?? "",
          headers: { "content-type": "application/x-amz-json-1.1", "x-amz-target": target },
          body,
        }),
      ),
      RUNS,
    );
  });

  it("in awsQuery", async () => {
    await fc.assert(
      fc.asyncProperty(fc.constantFrom("CreateUser", "TagUser", "ListUsers", "SimulateCustomPolicy"), formish, (action, body) =>
        neverFails({
          service: "iam",
          headers: { "content-type": "application/x-www-form-urlencoded" },
          body: `Action=${action}&Version=2010-05-08&${body}`,
        }),
      ),
      RUNS,
    );
  });

  it("in restJson", async () => {
    const paths = fc.constantFrom("/2015-03-31/functions", "/2015-03-31/functions/f/invocations", "/2017-03-31/tags/arn", "/v2/apis");
    await fc.assert(
      fc.asyncProperty(paths, jsonish, (path, body) =>
        neverFails({
          service: path.startsWith("/v2") ? "apigateway" : "lambda",
          path,
          headers: { "content-type": "application/json" },
          body,
        }),
      ),
      RUNS,
    );
  });

  it("in restXml and S3's headers and paths", async () => {
    const queries = fc.constantFrom("?tagging", "?versioning", "?lifecycle", "?cors", "?delete", "?partNumber=x&uploadId=y", "?acl", "");
    await fc.assert(
      fc.asyncProperty(fc.constantFrom("PUT", "POST"), queries, xmlish, (method, query, body) =>
        neverFails({ service: "s3", method, path: `/bucket${query}`, headers: { "content-type": "application/xml" }, body }),
      ),
      RUNS,
    );
  });

  it("in rpcv2Cbor", async () => {
    const headers = { "content-type": "application/cbor", "smithy-protocol": "rpc-v2-cbor" };
    await fc.assert(
      fc.asyncProperty(bytes, (body) =>
        neverFails({ service: "monitoring", path: "/service/GraniteServiceVersion20100801/operation/PutMetricData", headers, body }),
      ),
      RUNS,
    );
  });

  it("in aws-chunked bodies", async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.oneof(
          fc.string(),
          fc.constantFrom("5\r\nhello\r\n0\r\n\r\n", "5;x=y\r\nhel", "ffffffffffff\r\n", "0\r\nno-colon\r\n\r\n", "-1\r\n\r\n"),
        ),
        async (body) => {
          const head = `PUT /bucket/key HTTP/1.1\r\nHost: localhost\r\nContent-Encoding: aws-chunked\r\nContent-Length: ${Buffer.byteLength(body)}\r\nConnection: close\r\n\r\n`;
          expect(await exchangeBytes(gateway, head + body, "never")).toMatch(/^HTTP\/1.1 [24]/);
        },
      ),
      RUNS,
    );
  });

  it("in authorization headers, targets and paths", async () => {
    const line = fc.string().map((text) => text.replaceAll(/[^\x20-\x7e]/g, "?"));
    await fc.assert(
      fc.asyncProperty(line, line, line, async (authorization, target, path) => {
        const head = `POST /${encodeURI(path)} HTTP/1.1\r\nHost: localhost\r\nAuthorization: AWS4-HMAC-SHA256 ${authorization}\r\nX-Amz-Target: ${target}\r\nContent-Length: 0\r\nConnection: close\r\n\r\n`;
        expect(await exchangeBytes(gateway, head, "never")).toMatch(/^HTTP\/1.1 (?:[234]|501)/);
      }),
      RUNS,
    );
  });
});
