import { spawnSync } from "node:child_process";
import { join } from "node:path";
import { Readable } from "node:stream";
import { isDeepStrictEqual } from "node:util";
import { describe, expect, it } from "vitest";
import { s3Location } from "../../../src/aws/s3-host.ts";
import { protocols } from "../../../src/gateway/protocols/index.ts";
import type { WireRequest } from "../../../src/gateway/protocols/protocol.ts";
import { Query } from "../../../src/gateway/query.ts";
import { loadModel, type OperationModel, type ServiceModel } from "../../../src/models/model.ts";
import { matchRoute } from "../../../src/models/routes.ts";
import { type ProtocolName, type ServiceMeta, serviceMetas } from "../../../src/models/services.ts";
import { bytesOf, Synthetic } from "./synthetic.ts";

// Truth: documented. The other end is AWS's own Python client: https://github.com/boto/botocore

const SCRIPT = join(import.meta.dirname, "../../support/botocore_roundtrip.py");
const FOLDERS: Readonly<Record<string, string>> = { "cloudwatch-logs": "logs", eventbridge: "events", "secrets-manager": "secretsmanager" };
const BOTOCORE_PROTOCOLS: Readonly<Record<ProtocolName, string>> = {
  awsJson1_0: "json",
  awsJson1_1: "json",
  awsQuery: "query",
  ec2Query: "ec2",
  restJson: "rest-json",
  restXml: "rest-xml",
  rpcV2Cbor: "smithy-rpc-v2-cbor",
};

/** What differs without harm, each with its reason. */
const KNOWN: Readonly<Record<string, string>> = {
  "application-signals.CreateServiceLevelObjective": "members are newer than the package whose schema it has",
  "application-signals.ListServiceLevelObjectives": "members are newer than the package whose schema it has",
  "application-signals.UpdateServiceLevelObjective": "members are newer than the package whose schema it has",
  "codeconnections.CreateSyncConfiguration": "PullRequestComment is newer than the package whose schema it has",
  "codeconnections.UpdateSyncConfiguration": "PullRequestComment is newer than the package whose schema it has",
  "s3.ListDirectoryBuckets": "the same request as ListBuckets: only the host of S3 Express tells them apart",
  "s3.GetBucketLocation": "botocore reads this answer in a handler of its own, as its model does not say that it has no wrapper",
  "s3.GetObjectAttributes": "its PartNumberMarker is text in one model and a number in the other",
  "s3.ListParts": "its PartNumberMarker is text in one model and a number in the other",
};

interface BotocoreRequest {
  readonly id: string;
  readonly operation: string;
  readonly protocol: string;
  readonly method: string;
  readonly path: string;
  readonly query: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
  readonly values: unknown;
}

function botocore(phase: "make" | "parse", lines: readonly object[]): Record<string, unknown>[] {
  const input = lines.map((line) => JSON.stringify(line)).join("\n");
  const { status, stdout, stderr } = spawnSync("python3", [SCRIPT, phase], { input, encoding: "utf8", maxBuffer: 1 << 28 });
  expect(stderr).toBe("");
  expect(status).toBe(0);
  return stdout
    .split("\n")
    .filter((line) => line !== "")
    .map((line) => JSON.parse(line) as Record<string, unknown>);
}

function folderOf(id: string): string {
  return FOLDERS[id] ?? id;
}

function spokenBy(meta: ServiceMeta): [ProtocolName, string][] {
  return meta.protocols.map((name) => [name, BOTOCORE_PROTOCOLS[name]]);
}

/** As the script marks dates and bytes; empty containers are left out, as not every protocol can carry them. */
function plain(value: unknown): unknown {
  if (value instanceof Date) return { $time: value.getTime() / 1000 };
  if (value instanceof Uint8Array) return { $bytes: Buffer.from(value).toString("hex") };
  if (Array.isArray(value)) return value.map(plain).filter(present);
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(
    Object.entries(value)
      .map(([key, item]) => [key, plain(item)] as const)
      .filter(([, item]) => present(item)),
  );
}

function present(value: unknown): boolean {
  if (value === undefined || value === null) return false;
  return typeof value !== "object" || Object.keys(value).length > 0;
}

/** Numbers that botocore calls strings are the same on the wire. */
function same(a: unknown, b: unknown): boolean {
  const texts = (value: unknown): unknown =>
    JSON.parse(JSON.stringify(value ?? null), (_key, item: unknown) => (typeof item === "number" ? String(item) : item)) as unknown;
  return isDeepStrictEqual(texts(plain(a)), texts(plain(b)));
}

async function decode(
  request: BotocoreRequest,
  service: ServiceModel,
  operation: OperationModel,
  protocol: ProtocolName,
): Promise<unknown> {
  const [path = "", more = ""] = request.path.split("?");
  const query = Query.parse([more, request.query].filter((part) => part !== "").join("&"));
  const { headers, method } = request;
  let labels: Record<string, string> = {};
  if (protocol.startsWith("rest")) {
    const location = service.meta.id === "s3" ? s3Location("localhost", path) : { bucket: undefined, path };
    const hasBucket = location.bucket !== undefined;
    const match = matchRoute(service.routes, {
      method,
      path: location.path,
      hasBucket,
      query: (key) => query.get(key),
      hasHeader: (name) => name in headers,
    });
    if (match?.operation !== operation) return `routed to ${match?.operation.name}`;
    labels = { ...match.labels, ...(location.bucket === undefined ? {} : { Bucket: location.bucket }) };
  }
  const body = Buffer.from(request.body, "base64");
  const wire: WireRequest = { method, path, query, headers, labels, bytes: async () => body, stream: () => Readable.from([body]) };
  const input = await protocols[protocol].decode({ service, operation }, wire);
  const streamed = operation.http?.inputPayload?.schema.isStreaming() ? operation.http.inputPayload.name : undefined;
  if (streamed !== undefined) input[streamed] = await bytesOf(input[streamed]);
  return input;
}

const missing = spawnSync("python3", ["-c", "import botocore"]).status !== 0;
if (missing) process.stdout.write("botocore is not installed: its round trips are left out (pip install boto3)\n");

describe.skipIf(missing)("botocore", () => {
  it("is understood in every operation's request", async () => {
    const wanted = Object.values(serviceMetas()).map((meta) => ({
      id: meta.id,
      folder: folderOf(meta.id),
      protocols: spokenBy(meta).map(([, name]) => name),
    }));
    const requests = botocore("make", wanted) as unknown as BotocoreRequest[];
    const failures: string[] = [];
    let compared = 0;
    for (const request of requests) {
      const service = await loadModel(request.id);
      const operation = service.operations.get(request.operation);
      const protocol = spokenBy(service.meta).find(([, name]) => name === request.protocol)?.[0];
      const tag = `${request.id}.${request.operation}`;
      // A few deprecated operations of S3 are in botocore's model only.
      if (operation === undefined || protocol === undefined || KNOWN[tag] !== undefined) continue;
      compared++;
      const got = await decode(request, service, operation, protocol).catch((error: unknown) => String(error));
      if (!same(request.values, got))
        failures.push(
          `${tag} ${request.protocol}: ${JSON.stringify(plain(request.values)).slice(0, 300)} became ${JSON.stringify(plain(got)).slice(0, 300)}`,
        );
    }
    expect(failures).toEqual([]);
    expect(compared).toBeGreaterThan(1_000);
  });

  it("understands every operation's response", async () => {
    const lines: { readonly tag: string; readonly protocol: string }[] = [];
    for (const meta of Object.values(serviceMetas())) {
      const service = await loadModel(meta.id);
      for (const operation of service.operations.values()) {
        if (operation.eventStream !== undefined) continue;
        for (const [protocol, name] of spokenBy(meta))
          lines.push({ tag: `${meta.id}.${operation.name} ${name}`, ...(await responseOf(service, operation, protocol)), protocol: name });
      }
    }
    const parsed = botocore("parse", lines);
    const failures = parsed.flatMap(({ got, expected, error, unknown }, index) => {
      const tag = lines[index]?.tag ?? "";
      if (unknown === true || KNOWN[tag.split(" ")[0] ?? ""] !== undefined) return [];
      if (error !== undefined) return [`${tag}: ${String(error)}`];
      return same(expected, got) ? [] : [`${tag}: ${JSON.stringify(expected).slice(0, 300)} became ${JSON.stringify(got).slice(0, 300)}`];
    });
    expect(failures).toEqual([]);
    expect(parsed.length).toBeGreaterThan(1_000);
  });
});

async function responseOf(service: ServiceModel, operation: OperationModel, protocol: ProtocolName): Promise<object> {
  const output = new Synthetic().structure(operation.output);
  const statusMember = operation.http?.outputStatus;
  if (statusMember !== undefined) output[statusMember.name] = 200;
  const { status, headers, body } = await protocols[protocol].encode({ service, operation }, structuredClone(output), "request-1");
  const bytes = await bytesOf(body);
  return {
    folder: folderOf(service.meta.id),
    operation: operation.name,
    status,
    headers,
    body: bytes.toString("base64"),
    expected: plain(output),
  };
}
