import { formatTraceHeader } from "../../aws/tracing.ts";
import { type Authorization, header, type RoutedCall } from "./call.ts";
import { clfTime } from "./variables.ts";

/** Bodies of these types go to a function as text; all others in base64. http-api-develop-integrations-lambda.html */
const TEXT = /^(text\/|application\/(json|xml|javascript|graphql|[\w.-]+\+(json|xml)))/i;

export interface EncodedBody {
  readonly body: string;
  readonly isBase64Encoded: boolean;
}

function encodeBody(call: RoutedCall): EncodedBody {
  const type = header(call, "content-type") ?? "text/plain";
  const text = TEXT.test(type) && header(call, "content-encoding") === undefined;
  return text
    ? { body: call.body.toString("utf8"), isBase64Encoded: false }
    : { body: call.body.toString("base64"), isBase64Encoded: true };
}

/** Names that API Gateway adds or takes away before an integration sees the headers. */
export function forwardedHeaders(call: RoutedCall): Map<string, readonly string[]> {
  const headers = new Map(call.headers);
  for (const name of ["connection", "transfer-encoding", "keep-alive", "upgrade", "te", "expect"]) headers.delete(name);
  const earlier = call.headers.get("x-forwarded-for") ?? [];
  headers.set("x-forwarded-for", [[...earlier, call.sourceIp].join(", ")]);
  if (!headers.has("x-forwarded-proto")) headers.set("x-forwarded-proto", [call.scheme]);
  const port = /:(\d+)$/.exec(header(call, "host") ?? "")?.[1] ?? (call.scheme === "https" ? "443" : "80");
  if (!headers.has("x-forwarded-port")) headers.set("x-forwarded-port", [port]);
  headers.set("x-amzn-trace-id", [formatTraceHeader(call.trace.onward)]);
  if (!headers.has("content-length")) headers.set("content-length", [String(call.body.length)]);
  return headers;
}

function joined(pairs: readonly (readonly [string, string])[]): Record<string, string> {
  const result: Record<string, string> = {};
  for (const [name, value] of pairs) result[name] = Object.hasOwn(result, name) ? `${result[name]},${value}` : value;
  return result;
}

function grouped(pairs: readonly (readonly [string, string])[]): Record<string, string[]> {
  const result: Record<string, string[]> = {};
  for (const [name, value] of pairs) result[name] = [...(result[name] ?? []), value];
  return result;
}

const unlessEmpty = <T extends object>(map: T | undefined): T | undefined =>
  map === undefined || Object.keys(map).length === 0 ? undefined : map;

function authorizerV2(authorization: Authorization): object | undefined {
  switch (authorization.kind) {
    case "jwt":
      return { jwt: { claims: authorization.claims, scopes: authorization.scopes } };
    case "lambda":
      return { lambda: authorization.context };
    case "iam":
      return { iam: authorization.iam };
    default:
      return undefined;
  }
}

/** The request as format 2.0 has it, without its body: functions and authorizers share it. */
export function requestV2(call: RoutedCall) {
  const headers = forwardedHeaders(call);
  const cookies = headers
    .get("cookie")
    ?.flatMap((line) => line.split(/;\s*/))
    .filter((cookie) => cookie !== "");
  headers.delete("cookie");
  const authorizer = authorizerV2(call.authorization);
  return {
    version: "2.0",
    routeKey: call.route.body.RouteKey,
    rawPath: call.rawPath,
    rawQueryString: call.rawQuery,
    ...(cookies === undefined ? {} : { cookies }),
    headers: Object.fromEntries([...headers].map(([name, values]) => [name, values.join(",")])),
    ...(call.query.length === 0 ? {} : { queryStringParameters: joined(call.query) }),
    requestContext: {
      accountId: call.live.account,
      apiId: call.live.apiId,
      ...(authorizer === undefined ? {} : { authorizer }),
      domainName: call.domainName,
      domainPrefix: call.domainName.split(".")[0],
      http: {
        method: call.method,
        path: call.rawPath,
        protocol: call.protocol,
        sourceIp: call.sourceIp,
        userAgent: header(call, "user-agent") ?? "",
      },
      requestId: call.requestId,
      routeKey: call.route.body.RouteKey,
      stage: call.live.name,
      time: clfTime(call.time),
      timeEpoch: call.time,
    },
    ...optional("pathParameters", unlessEmpty(call.pathParameters)),
    ...optional("stageVariables", unlessEmpty(call.live.stage.StageVariables)),
  };
}

function optional<K extends string>(name: K, value: object | undefined): Record<string, object> {
  return value === undefined ? {} : { [name]: value };
}

function authorizerV1(authorization: Authorization): object {
  if (authorization.kind === "jwt") return { claims: authorization.claims, scopes: authorization.scopes };
  if (authorization.kind === "lambda") return { ...authorization.context, principalId: authorization.principalId ?? "" };
  return { claims: null, scopes: null };
}

/** https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-develop-integrations-lambda.html */
export function requestV1(call: RoutedCall) {
  const headers = forwardedHeaders(call);
  const resource = call.route.body.RouteKey === "$default" ? "$default" : (call.route.body.RouteKey ?? "").replace(/^\S+ /, "");
  const iam = call.authorization.kind === "iam" ? call.authorization.iam : {};
  return {
    version: "1.0",
    resource,
    path: call.rawPath,
    httpMethod: call.method,
    headers: Object.fromEntries([...headers].map(([name, values]) => [name, values.at(-1) ?? ""])),
    multiValueHeaders: Object.fromEntries(headers),
    queryStringParameters: unlessEmpty(Object.fromEntries(call.query)) ?? null,
    multiValueQueryStringParameters: unlessEmpty(grouped(call.query)) ?? null,
    requestContext: {
      accountId: call.live.account,
      apiId: call.live.apiId,
      authorizer: authorizerV1(call.authorization),
      domainName: call.domainName,
      domainPrefix: call.domainName.split(".")[0],
      extendedRequestId: call.requestId,
      httpMethod: call.method,
      identity: {
        accessKey: iam["accessKey"] ?? null,
        accountId: iam["accountId"] ?? null,
        caller: iam["callerId"] ?? null,
        cognitoAuthenticationProvider: null,
        cognitoAuthenticationType: null,
        cognitoIdentityId: null,
        cognitoIdentityPoolId: null,
        principalOrgId: null,
        sourceIp: call.sourceIp,
        user: iam["userId"] ?? null,
        userAgent: header(call, "user-agent") ?? null,
        userArn: iam["userArn"] ?? null,
      },
      path: call.rawPath,
      protocol: call.protocol,
      requestId: call.requestId,
      requestTime: clfTime(call.time),
      requestTimeEpoch: call.time,
      resourceId: call.route.body.RouteKey ?? null,
      resourcePath: resource,
      stage: call.live.name,
    },
    pathParameters: unlessEmpty(call.pathParameters) ?? null,
    stageVariables: unlessEmpty(call.live.stage.StageVariables) ?? null,
  };
}

/** What a function is invoked with. */
export function functionEvent(call: RoutedCall, version: string | undefined): object {
  const { body, isBase64Encoded } = encodeBody(call);
  if (version === "1.0") return { ...requestV1(call), body: call.body.length === 0 ? null : body, isBase64Encoded };
  const event = requestV2(call);
  return call.body.length === 0 ? { ...event, isBase64Encoded: false } : { ...event, body, isBase64Encoded };
}
