import { createHash } from "node:crypto";
import { connect as connectHttp2 } from "node:http2";
import { request as httpsRequest } from "node:https";
import { Readable } from "node:stream";
import { gzipSync } from "node:zlib";
import { CloudWatchClient, PutMetricDataCommand } from "@aws-sdk/client-cloudwatch";
import { CloudWatchLogsClient, StartLiveTailCommand } from "@aws-sdk/client-cloudwatch-logs";
import { DynamoDBClient, GetItemCommand, PutItemCommand } from "@aws-sdk/client-dynamodb";
import { InvokeWithResponseStreamCommand, LambdaClient } from "@aws-sdk/client-lambda";
import {
  CopyObjectCommand,
  GetObjectCommand,
  HeadObjectCommand,
  ListPartsCommand,
  NoSuchKey,
  PutObjectCommand,
  S3Client,
  UploadPartCommand,
} from "@aws-sdk/client-s3";
import { AwsQueryProtocol, AwsSmithyRpcV2CborProtocol } from "@aws-sdk/core/protocols";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { AwsException } from "../../../src/aws/exception.ts";
import { amzDateOf, signingKey } from "../../../src/aws/sigv4.ts";
import { ensureCertificate } from "../../../src/gateway/certificate.ts";
import { loadModel } from "../../../src/models/model.ts";
import { serviceMetas } from "../../../src/models/services.ts";
import { exchangeBytes, type Handler, send, serviceOf, startGateway, type TestGateway } from "./support.ts";

let gateway: TestGateway;
/** Input of the last call, by operation. */
const seen: Record<string, Record<string, unknown>> = {};
const remember =
  (name: string, output: object = {}): Handler =>
  (input) => {
    seen[name] = input;
    return output;
  };

async function readWhole(input: Record<string, unknown>): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for await (const chunk of (input["Body"] as AsyncIterable<Buffer> | undefined) ?? []) chunks.push(chunk);
  return Buffer.concat(chunks);
}

const putObject: Handler = async (input, ctx) => {
  const body = await readWhole(input);
  seen["PutObject"] = { ...input, Body: body, trailers: ctx.request?.trailers() };
  return { ETag: '"e"' };
};

async function* liveTail(): AsyncGenerator<object> {
  yield { sessionStart: { sessionId: "s1" } };
  yield { SessionTimeoutException: { message: "timed out" } };
}

async function* invokeStream(): AsyncGenerator<object> {
  yield { PayloadChunk: { Payload: Buffer.from("hello ") } };
  yield { PayloadChunk: { Payload: Buffer.from("world") } };
  yield { InvokeComplete: { LogResult: "bG9n" } };
}

beforeAll(async () => {
  const missing: Handler = () => {
    throw new AwsException("NoSuchKey", "The specified key does not exist.", {
      status: 404,
      members: { Key: "k" },
      headers: { "x-amz-delete-marker": "true" },
    });
  };
  gateway = await startGateway([
    serviceOf("s3", {
      PutObject: putObject,
      GetObject: (input) =>
        input["Key"] === "none"
          ? missing(input, undefined as never)
          : input["Key"] === "range"
            ? { Body: "at", ContentRange: "bytes 1-2/4" }
            : remember("GetObject", { Body: "data", Metadata: { foo: "bar" } })(input, undefined as never),
      HeadObject: missing,
      ListObjectsV2: (_input, ctx) => {
        ctx.request?.setResponseHeader("access-control-allow-origin", "*");
        throw new AwsException("NoSuchBucket", "The specified bucket does not exist", { status: 404 });
      },
      CopyObject: remember("CopyObject", { CopyObjectResult: { ETag: '"c"' } }),
      UploadPart: async (input) => ({ ETag: `"${(await readWhole(input)).length}"` }),
      ListParts: remember("ListParts", { Parts: [] }),
      GetBucketLocation: () => ({ LocationConstraint: "eu-west-1" }),
    }),
    serviceOf("cloudwatch", { PutMetricData: remember("PutMetricData") }),
    serviceOf("cloudwatch-logs", { StartLiveTail: () => ({ responseStream: liveTail() }) }),
    serviceOf("lambda", {
      InvokeWithResponseStream: () => ({ StatusCode: 200, ExecutedVersion: "1", EventStream: invokeStream() }),
      ListFunctions: remember("ListFunctions", {}),
    }),
    serviceOf("dynamodb", { PutItem: remember("PutItem"), GetItem: () => ({ Item: seen["PutItem"]?.["Item"] }) }),
    serviceOf("sqs", {
      SendMessage: remember("SendMessage", { MessageId: "m" }),
      ReceiveMessage: async (_input, ctx) => ctx.idle(ctx.cloud.clock.until(ctx.now + 20_000, "long poll")).then(() => ({})),
    }),
    serviceOf(
      "sts",
      { GetCallerIdentity: (_input, ctx) => ({ Account: ctx.account, Arn: ctx.request?.protocol }) },
      {
        endpoints: [
          {
            name: "test",
            matches: (_host, path) => path === "/endpoint",
            handle: async (_cloud, request, response) => void request.resume().on("end", () => response.end("ok")),
          },
        ],
      },
    ),
  ]);
});
afterAll(() => gateway.stop());

function s3(options: object = {}): S3Client {
  return new S3Client({ ...gateway.clientConfig, forcePathStyle: true, ...options });
}

describe("S3's addresses", () => {
  // documented: https://docs.aws.amazon.com/AmazonS3/latest/userguide/VirtualHosting.html
  it.each([
    ["localhost", "/bucket/a/b%20c", "bucket"],
    ["my.bucket.s3.localhost:4566", "/a/b%20c", "my.bucket"],
    ["bucket.localhost", "/a/b%20c", "bucket"],
    ["bucket.s3.amazonaws.com", "/a/b%20c", "bucket"],
    ["bucket.s3.eu-west-1.amazonaws.com", "/a/b%20c", "bucket"],
    ["bucket.s3-eu-west-1.amazonaws.com", "/a/b%20c", "bucket"],
    ["s3.us-east-2.amazonaws.com", "/bucket/a/b%20c", "bucket"],
  ])("finds bucket and key in %s%s", async (host, path, bucket) => {
    await exchangeBytes(gateway, `GET ${path} HTTP/1.1\r\nHost: ${host}\r\nConnection: close\r\n\r\n`, "data");
    expect(seen["GetObject"]).toMatchObject({ Bucket: bucket, Key: "a/b c" });
  });

  // boto3 and the command line send no x-id: operations of one path are told apart by what they require.
  it("tells operations of one path apart without x-id", async () => {
    const client = s3();
    client.middlewareStack.add(
      (next) => (args) => {
        const { query } = args.request as { query: Record<string, unknown> };
        delete query["x-id"];
        return next(args);
      },
      { step: "build" },
    );
    await client.send(new CopyObjectCommand({ Bucket: "b", Key: "k", CopySource: "b/other" }));
    expect(seen["CopyObject"]).toMatchObject({ CopySource: "b/other" });
    expect((await client.send(new UploadPartCommand({ Bucket: "b", Key: "k", PartNumber: 2, UploadId: "u", Body: "four" }))).ETag).toBe(
      '"4"',
    );
    await client.send(new ListPartsCommand({ Bucket: "b", Key: "k", UploadId: "u" }));
    expect(seen["ListParts"]).toMatchObject({ UploadId: "u" });
  });

  // documented: https://docs.aws.amazon.com/AmazonS3/latest/API/API_GetObject.html
  it("answers 206 to what has a Content-Range, and lets handlers add headers", async () => {
    expect((await fetch(`${gateway.endpoint}/bucket/range`)).status).toBe(206);
    expect((await fetch(`${gateway.endpoint}/bucket/none`)).headers.get("x-amz-delete-marker")).toBe("true");
    expect((await fetch(`${gateway.endpoint}/bucket?list-type=2`)).headers.get("access-control-allow-origin")).toBe("*");
  });

  // documented: https://docs.aws.amazon.com/AmazonS3/latest/API/API_GetBucketLocation.html
  it("writes the location without a wrapper", async () => {
    const { text } = await send(gateway, { service: "s3", method: "GET", path: "/bucket?location" });
    expect(text).toBe(
      '<?xml version="1.0" encoding="UTF-8"?>\n<LocationConstraint xmlns="http://s3.amazonaws.com/doc/2006-03-01/">eu-west-1</LocationConstraint>',
    );
  });

  // documented: https://docs.aws.amazon.com/AmazonS3/latest/API/API_HeadObject.html: a HEAD has no body, so its error has no code but 404
  it("gives errors the classes of the client, and HEAD no body", async () => {
    await expect(s3().send(new GetObjectCommand({ Bucket: "b", Key: "none" }))).rejects.toBeInstanceOf(NoSuchKey);
    await expect(s3().send(new HeadObjectCommand({ Bucket: "b", Key: "none" }))).rejects.toMatchObject({ name: "NotFound" });
  });
});

describe("aws-chunked", () => {
  // documented: https://docs.aws.amazon.com/AmazonS3/latest/API/sigv4-streaming-trailers.html
  it("decodes what the client streams, its checksum trailer included", async () => {
    const body = Readable.from([Buffer.alloc(70_000, 65), Buffer.alloc(70_000, 66)]);
    await s3().send(new PutObjectCommand({ Bucket: "b", Key: "k", Body: body, ContentLength: 140_000 }));
    const { Body, trailers, ContentLength, ContentEncoding } = seen["PutObject"] ?? {};
    expect({ ContentLength, ContentEncoding }).toEqual({ ContentLength: 140_000, ContentEncoding: undefined });
    expect((Body as Buffer).length).toBe(140_000);
    expect(trailers).toEqual({ "x-amz-checksum-crc32": expect.stringMatching(/^.{8}$/) });
  });

  // documented: https://docs.aws.amazon.com/AmazonS3/latest/API/sigv4-streaming.html
  it.each([
    ["takes chunks whose signatures hold", "same", 200],
    ["refuses a chunk that was changed", "Same", 403],
  ])("%s", async (_name, second, status) => {
    const now = gateway.cloud.clock.wall();
    const scope = { date: amzDateOf(now).slice(0, 8), region: "us-east-1", service: "s3" };
    const key = signingKey("test", scope);
    const sha = (text: string): string => createHash("sha256").update(text).digest("hex");
    const hmac = (text: string): string => key.sign(text).toString("hex");
    const host = `127.0.0.1:${gateway.port}`;
    const date = amzDateOf(now);
    const names = "host;x-amz-content-sha256;x-amz-date;x-amz-decoded-content-length";
    const values = `host:${host}\nx-amz-content-sha256:STREAMING-AWS4-HMAC-SHA256-PAYLOAD\nx-amz-date:${date}\nx-amz-decoded-content-length:9\n`;
    const canonical = `PUT\n/b/chunked\n\n${values}\n${names}\nSTREAMING-AWS4-HMAC-SHA256-PAYLOAD`;
    const scopeText = `${scope.date}/us-east-1/s3/aws4_request`;
    const seed = hmac(`AWS4-HMAC-SHA256\n${date}\n${scopeText}\n${sha(canonical)}`);
    let previous = seed;
    const chunk = (data: string, sent = data): string => {
      previous = hmac(`AWS4-HMAC-SHA256-PAYLOAD\n${date}\n${scopeText}\n${previous}\n${sha("")}\n${sha(data)}`);
      return `${data.length.toString(16)};chunk-signature=${previous}\r\n${sent}\r\n`;
    };
    const body = chunk("first") + chunk("same", second) + chunk("");
    const head = `PUT /b/chunked HTTP/1.1\r\nHost: ${host}\r\nx-amz-content-sha256: STREAMING-AWS4-HMAC-SHA256-PAYLOAD\r\nx-amz-date: ${date}\r\nx-amz-decoded-content-length: 9\r\nContent-Encoding: aws-chunked\r\nContent-Length: ${body.length}\r\nAuthorization: AWS4-HMAC-SHA256 Credential=test/${scopeText}, SignedHeaders=${names}, Signature=${seed}\r\nConnection: close\r\n\r\n`;
    const answer = await exchangeBytes(gateway, head + body, "\r\n\r\n");
    expect(answer).toMatch(new RegExp(`^HTTP/1.1 ${status}`));
    if (status === 200) expect(String(seen["PutObject"]?.["Body"])).toBe("firstsame");
  });
});

describe("one port", () => {
  // The JavaScript clients of Kinesis and Bedrock speak HTTP/2 without TLS to an http:// endpoint.
  it("speaks HTTP/2 with prior knowledge", async () => {
    const session = connectHttp2(gateway.endpoint);
    const stream = session.request({ ":method": "GET", ":path": "/bucket/key" });
    stream.setEncoding("utf8");
    let text = "";
    for await (const chunk of stream) text += chunk as string;
    session.close();
    expect(text).toBe("data");
  });

  it("speaks TLS with a certificate of its own, kept in the data folder", async () => {
    const { caPem } = await ensureCertificate(gateway.dataDir);
    expect((await ensureCertificate(gateway.dataDir)).caPem).toBe(caPem);
    const status = await new Promise((resolve, reject) => {
      const request = httpsRequest({ host: "127.0.0.1", port: gateway.port, path: "/bucket/key", ca: caPem }, (response) => {
        response.resume();
        resolve(response.statusCode);
      });
      request.on("error", reject).end();
    });
    expect(status).toBe(200);
  });

  // documented: https://docs.aws.amazon.com/AmazonS3/latest/API/API_PutObject.html and https://www.rfc-editor.org/rfc/rfc9110#field.expect
  it("answers Expect: 100-continue before the body comes", async () => {
    const head = "PUT /bucket/key HTTP/1.1\r\nHost: localhost\r\nExpect: 100-continue\r\nContent-Length: 4\r\nConnection: close\r\n\r\n";
    expect(await exchangeBytes(gateway, head, "\r\n\r\n")).toMatch(/^HTTP\/1.1 100 Continue/);
  });

  it("lets an endpoint's client go on too", async () => {
    const head = "PUT /endpoint HTTP/1.1\r\nHost: localhost\r\nExpect: 100-continue\r\nContent-Length: 4\r\nConnection: close\r\n\r\n";
    expect(await exchangeBytes(gateway, head, "\r\n\r\n")).toMatch(/^HTTP\/1.1 100 Continue/);
  });

  it("refuses what is not HTTP without falling over", async () => {
    expect(await exchangeBytes(gateway, "\x01\x02\x03 nonsense\r\n\r\n", "\r\n\r\n")).toMatch(/^HTTP\/1.1 400/);
    expect((await fetch(`${gateway.endpoint}/bucket/key`)).status).toBe(200);
  });
});

describe("protocols of one service", () => {
  // The model of CloudWatch lists rpc-v2-cbor, json and query: clients choose different ones.
  it.each([
    ["awsJson1_0", undefined],
    ["awsQuery", AwsQueryProtocol],
    ["rpcV2Cbor", AwsSmithyRpcV2CborProtocol],
  ])("serves CloudWatch in %s", async (_name, protocol) => {
    const client = new CloudWatchClient({ ...gateway.clientConfig, ...(protocol === undefined ? {} : { protocol: protocol as never }) });
    await client.send(
      new PutMetricDataCommand({ Namespace: "n", MetricData: [{ MetricName: "m", Value: 1.5, Timestamp: new Date(1_700_000_000_000) }] }),
    );
    expect(seen["PutMetricData"]).toMatchObject({
      Namespace: "n",
      MetricData: [{ MetricName: "m", Value: 1.5, Timestamp: new Date(1_700_000_000_000) }],
    });
  });

  // documented: https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-making-api-requests-xml.html
  it("takes SQS's query requests at the queue's own URL", async () => {
    const headers = { "content-type": "application/x-www-form-urlencoded" };
    const { status } = await send(gateway, {
      service: "sqs",
      path: "/000000000000/q",
      headers,
      body: "Action=SendMessage&Version=2012-11-05&MessageBody=a%2Bb+c",
    });
    expect(status).toBe(200);
    expect(seen["SendMessage"]).toMatchObject({ QueueUrl: `${gateway.endpoint}/000000000000/q`, MessageBody: "a+b c" });
  });

  // documented: https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_PutMetricData.html: a payload may be compressed by gzip
  it("takes a gzip body, and still checks the signature over what was sent", async () => {
    const body = gzipSync(JSON.stringify({ Namespace: "zipped", MetricData: [] }));
    const headers = {
      "content-type": "application/x-amz-json-1.0",
      "x-amz-target": "GraniteServiceVersion20100801.PutMetricData",
      "content-encoding": "gzip",
    };
    expect((await send(gateway, { service: "monitoring", headers, body })).status).toBe(200);
    expect(seen["PutMetricData"]).toMatchObject({ Namespace: "zipped" });
  });

  // `stream-` and `sync-` before the host name: some clients put them there whatever the endpoint is.
  it("does not mind a host prefix", async () => {
    const answer = await exchangeBytes(
      gateway,
      `GET /bucket/key HTTP/1.1\r\nHost: stream-127.0.0.1:${gateway.port}\r\nConnection: close\r\n\r\n`,
      "data",
    );
    expect(answer).toContain("200 OK");
  });
});

describe("event streams", () => {
  // documented: https://docs.aws.amazon.com/lambda/latest/api/API_InvokeWithResponseStream.html
  it("sends events to a restJson client", async () => {
    const { EventStream } = await new LambdaClient(gateway.clientConfig).send(new InvokeWithResponseStreamCommand({ FunctionName: "f" }));
    let text = "";
    for await (const event of EventStream ?? [])
      text +=
        event.PayloadChunk === undefined
          ? (event.InvokeComplete?.LogResult ?? "")
          : Buffer.from(event.PayloadChunk.Payload ?? []).toString();
    expect(text).toBe("hello worldbG9n");
  });

  // documented: https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_StartLiveTail.html
  it("sends exceptions as frames of their own to an awsJson client", async () => {
    const client = new CloudWatchLogsClient({ ...gateway.clientConfig, disableHostPrefix: true });
    const arn = "arn:aws:logs:us-east-1:000000000000:log-group:g";
    const { responseStream } = await client.send(new StartLiveTailCommand({ logGroupIdentifiers: [arn] }));
    const events: string[] = [];
    const read = async (): Promise<void> => {
      for await (const event of responseStream ?? []) events.push(Object.keys(event)[0] ?? "");
    };
    await expect(read()).rejects.toMatchObject({ name: "SessionTimeoutException" });
    expect(events).toEqual(["sessionStart"]);
  });
});

describe("values", () => {
  // documented: https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_AttributeValue.html
  it("carries DynamoDB's values both ways, and a key called __proto__ harms nobody", async () => {
    const client = new DynamoDBClient(gateway.clientConfig);
    const Item = {
      id: { S: "1" },
      n: { N: "12345678901234567890" },
      b: { B: new Uint8Array([1, 2, 3]) },
      m: { M: { x: { L: [{ BOOL: true }, { NULL: true }] } } },
    };
    await client.send(new PutItemCommand({ TableName: "table", Item }));
    const { Item: got } = await client.send(new GetItemCommand({ TableName: "table", Key: { id: { S: "1" } } }));
    expect(JSON.stringify(got)).toBe(JSON.stringify(Item));
    const headers = { "content-type": "application/x-amz-json-1.0", "x-amz-target": "DynamoDB_20120810.PutItem" };
    await send(gateway, { service: "dynamodb", headers, body: '{"TableName":"table","Item":{"__proto__":{"S":"x"}}}' });
    expect(Object.keys(seen["PutItem"]?.["Item"] as object)).toEqual(["__proto__"]);
    expect(({} as Record<string, unknown>)["S"]).toBeUndefined();
  });

  // The SDK's serializers would make up a value for it.
  it("has no idempotency token among outputs", async () => {
    for (const id of Object.keys(serviceMetas())) {
      for (const { output } of (await loadModel(id)).operations.values()) {
        const tokens = output.isStructSchema() ? [...output.structIterator()].filter(([, member]) => member.isIdempotencyToken()) : [];
        expect(tokens).toEqual([]);
      }
    }
  });

  it("carries integers up to 2^53 exactly", async () => {
    const { text } = await send(gateway, { service: "lambda", method: "GET", path: "/2015-03-31/functions?MaxItems=50" });
    expect(seen["ListFunctions"]).toEqual({ MaxItems: 50 });
    expect(text).toBe("{}");
  });
});

describe("uploads that nobody reads", () => {
  it("do not keep the connection from its next request", async () => {
    const body = "x".repeat(300_000);
    const upload = `PUT /bucket?acl HTTP/1.1\r\nHost: localhost\r\nContent-Length: ${body.length}\r\n\r\n${body}`;
    const next = "GET /bucket/key HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n";
    const answers = await exchangeBytes(gateway, upload + next, "data");
    expect(answers).toContain("501 Not Implemented");
    expect(answers).toMatch(/200 OK[\s\S]*data$/);
  });
});

describe("stopping", () => {
  it("lets requests that are under way come to their end", async () => {
    let finish: () => void = () => undefined;
    const started = Promise.withResolvers<void>();
    const slow = await startGateway([
      serviceOf("sts", {
        GetCallerIdentity: async () => {
          started.resolve();
          await new Promise<void>((resolve) => {
            finish = resolve;
          });
          return { Account: "done" };
        },
      }),
    ]);
    const form = { "content-type": "application/x-www-form-urlencoded" };
    const answer = send(slow, { service: "sts", headers: form, body: "Action=GetCallerIdentity&Version=2011-06-15" });
    await started.promise;
    const stopped = slow.stop();
    finish();
    expect((await answer).text).toContain("done");
    await stopped;
  });
});

describe("work in flight", () => {
  it("lets virtual time move on while a handler waits", async () => {
    const headers = { "content-type": "application/x-amz-json-1.0", "x-amz-target": "AmazonSQS.ReceiveMessage" };
    const answer = send(gateway, { service: "sqs", headers, body: '{"QueueUrl":"q"}' });
    while (gateway.cloud.clock.upcoming(1).length === 0) await new Promise((resolve) => setImmediate(resolve));
    await gateway.cloud.clock.advance(20_000);
    expect((await answer).status).toBe(200);
  });
});
