import { AwsException, notImplemented } from "../../aws/exception.ts";
import { s3Location } from "../../aws/s3-host.ts";
import { loadModel, type OperationModel, type ServiceModel } from "../../models/model.ts";
import { matchRoute } from "../../models/routes.ts";
import { type ProtocolName, type ServiceMeta, serviceMetas } from "../../models/services.ts";
import type { ClaimedCredential } from "../credential.ts";
import type { Exchange } from "../exchange.ts";
import { protocols } from "../protocols/index.ts";
import type { Protocol, Target } from "../protocols/protocol.ts";
import { formOf } from "../protocols/query.ts";

/** Which operation a request is for, and in which protocol it speaks. */
export interface Routed extends Target {
  readonly protocol: Protocol;
  readonly protocolName: ProtocolName;
  readonly labels: Readonly<Record<string, string>>;
}

/** How far routing came: errors are encoded by what is known. */
export interface RouteProgress {
  protocolName: ProtocolName;
  service: ServiceModel | undefined;
}

interface Directory {
  readonly byTarget: ReadonlyMap<string, ServiceMeta>;
  readonly bySigningName: ReadonlyMap<string, readonly ServiceMeta[]>;
  readonly byVersion: ReadonlyMap<string, readonly ServiceMeta[]>;
}

let directory: Directory | undefined;

function lookUp(): Directory {
  directory ??= buildDirectory();
  return directory;
}

function buildDirectory(): Directory {
  const byTarget = new Map<string, ServiceMeta>();
  const bySigningName = new Map<string, ServiceMeta[]>();
  const byVersion = new Map<string, ServiceMeta[]>();
  const add = (map: Map<string, ServiceMeta[]>, key: string, meta: ServiceMeta): void => {
    map.set(key, [...(map.get(key) ?? []), meta]);
  };
  for (const meta of Object.values(serviceMetas())) {
    byTarget.set(meta.target, meta);
    for (const name of meta.signingNames) add(bySigningName, name, meta);
    add(byVersion, meta.version, meta);
  }
  return { byTarget, bySigningName, byVersion };
}

const CBOR_PATH = /\/service\/([^/]+)\/operation\/([^/]+)$/;

/**
 * Finds service and operation: by the path of rpcv2Cbor, by `X-Amz-Target`, by a form's `Action`, or by the signing name
 * and the URI patterns of that service. What is not signed can only be for S3, where anonymous access exists.
 * @throws AwsException NotImplemented for services that are not here, UnknownOperationException or InvalidAction otherwise
 */
export async function route(exchange: Exchange, claimed: ClaimedCredential, progress: RouteProgress): Promise<Routed> {
  const signingName = claimed.kind === "signed" ? claimed.credential.service : undefined;
  if (exchange.headers["smithy-protocol"] === "rpc-v2-cbor") {
    const match = CBOR_PATH.exec(exchange.path);
    const [, target = "", name = ""] = match ?? [];
    if (match !== null) return await routeRpc({ protocolName: "rpcV2Cbor", target, name }, signingName, progress);
  }
  const target = exchange.header("x-amz-target");
  if (target !== undefined) {
    const dot = target.lastIndexOf(".");
    const protocolName = exchange.header("content-type")?.includes("json-1.0") ? "awsJson1_0" : "awsJson1_1";
    return await routeRpc({ protocolName, target: target.slice(0, dot), name: target.slice(dot + 1) }, signingName, progress);
  }
  if (isForm(exchange, signingName)) return await routeForm(exchange, signingName, progress);
  return await routeRest(exchange, signingName ?? "s3", progress);
}

interface RpcCall {
  readonly protocolName: ProtocolName;
  /** The service's name in this protocol. */
  readonly target: string;
  readonly name: string;
}

async function routeRpc(
  { protocolName, target, name }: RpcCall,
  signingName: string | undefined,
  progress: RouteProgress,
): Promise<Routed> {
  progress.protocolName = protocolName;
  // Some of botocore's targets have the model's namespace before the service's name, as in com.amazonaws.codeconnections.CodeConnections_20231201.
  const meta = lookUp().byTarget.get(target) ?? lookUp().byTarget.get(target.slice(target.lastIndexOf(".") + 1));
  if (meta === undefined) throw notImplemented(signingName ?? target, name);
  const service = await loadModel(meta.id);
  progress.service = service;
  const operation = service.operations.get(name);
  if (operation === undefined) throw unknownOperation(name);
  return routed(service, operation, protocolName, {});
}

/** Queues are asked at their own URLs, whichever the method. */
function isForm(exchange: Exchange, signingName: string | undefined): boolean {
  if (exchange.method === "POST") return exchange.header("content-type")?.startsWith("application/x-www-form-urlencoded") ?? false;
  return exchange.method === "GET" && (exchange.path === "/" || signingName === "sqs") && exchange.query.has("Action");
}

async function routeForm(exchange: Exchange, signingName: string | undefined, progress: RouteProgress): Promise<Routed> {
  progress.protocolName = signingName === "ec2" ? "ec2Query" : "awsQuery";
  const form = await formOf({ query: exchange.query, bytes: () => exchange.body.bytes() });
  const name = form.get("Action");
  const version = form.get("Version") ?? "";
  const { bySigningName, byVersion } = lookUp();
  const candidates = (signingName === undefined ? byVersion.get(version) : bySigningName.get(signingName)) ?? [];
  const speaking = candidates.filter(({ protocols: spoken }) => spoken.includes("awsQuery") || spoken.includes("ec2Query"));
  const meta = speaking.find((candidate) => candidate.version === version) ?? speaking[0];
  if (meta === undefined) throw notImplemented(signingName ?? "a query service", name ?? "a request without Action");
  const service = await loadModel(meta.id);
  progress.service = service;
  const protocolName = meta.protocol === "ec2Query" ? "ec2Query" : "awsQuery";
  progress.protocolName = protocolName;
  if (name === undefined) throw new AwsException("MissingAction", "Missing Action", { status: 400 });
  const operation = service.operations.get(name);
  if (operation === undefined) {
    throw new AwsException("InvalidAction", `Could not find operation ${name} for version ${version || meta.version}`, { status: 400 });
  }
  return routed(service, operation, protocolName, {});
}

async function routeRest(exchange: Exchange, signingName: string, progress: RouteProgress): Promise<Routed> {
  const candidates = lookUp().bySigningName.get(signingName);
  progress.protocolName = "restJson";
  if (candidates === undefined) throw notImplemented(signingName, `${exchange.method} ${exchange.path}`);
  for (const { id, protocol } of candidates) {
    const service = await loadModel(id);
    progress.service = service;
    progress.protocolName = protocol;
    const found = id === "s3" ? matchS3(service, exchange) : matchPath(service, exchange, exchange.path);
    if (found !== undefined) return routed(service, found.operation, protocol, found.labels);
  }
  if (progress.service?.meta.id === "s3") {
    // https://docs.aws.amazon.com/AmazonS3/latest/API/RESTObjectPOST.html: a form of a browser, which no model has.
    if (exchange.header("content-type")?.startsWith("multipart/form-data")) throw notImplemented("s3", "PostObject");
    throw new AwsException("MethodNotAllowed", "The specified method is not allowed against this resource.", {
      status: 405,
      members: { Method: exchange.method, ResourceType: "OBJECT" },
    });
  }
  throw new AwsException("UnknownOperationException", `Unable to determine service/operation name to be authorized`, { status: 403 });
}

type Found = { readonly operation: OperationModel; readonly labels: Record<string, string> } | undefined;

function matchPath(service: ServiceModel, exchange: Exchange, path: string, hasBucket = false): Found {
  try {
    return matchRoute(service.routes, {
      method: exchange.method,
      path,
      hasBucket,
      query: (key) => exchange.query.get(key),
      hasHeader: (name) => exchange.headers[name] !== undefined,
    });
  } catch {
    const code = service.meta.id === "s3" ? "InvalidURI" : "SerializationException";
    throw new AwsException(code, "Couldn't parse the specified URI.", { status: 400 });
  }
}

function matchS3(service: ServiceModel, exchange: Exchange): Found {
  const { bucket, path } = s3Location(exchange.hostName, exchange.path);
  const found = matchPath(service, exchange, path, bucket !== undefined);
  return found === undefined || bucket === undefined ? found : { ...found, labels: { ...found.labels, Bucket: bucket } };
}

function routed(
  service: ServiceModel,
  operation: OperationModel,
  protocolName: ProtocolName,
  labels: Readonly<Record<string, string>>,
): Routed {
  return { service, operation, protocolName, protocol: protocols[protocolName], labels };
}

function unknownOperation(name: string): AwsException {
  return new AwsException("UnknownOperationException", `The requested operation '${name}' is not recognized by the service.`, {
    status: 400,
  });
}
