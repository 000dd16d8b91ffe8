import { generateKeyPairSync, type KeyObject, sign } from "node:crypto";
import { createServer, request as httpRequest, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import {
  ApiGatewayV2Client,
  CreateApiCommand,
  type CreateApiCommandInput,
  CreateAuthorizerCommand,
  CreateDeploymentCommand,
  CreateIntegrationCommand,
  CreateRouteCommand,
  type CreateRouteCommandInput,
  CreateStageCommand,
  DeleteRouteCommand,
  UpdateApiCommand,
} from "@aws-sdk/client-apigatewayv2";
import { AddPermissionCommand, CreateFunctionCommand, LambdaClient } from "@aws-sdk/client-lambda";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { startCloud, type TestCloud } from "../../../test/support/cloud.ts";
import { sign as signRequest } from "../../aws/sigv4.ts";
import { writeZip } from "../../runtime/processes/zip.ts";

let cloud: TestCloud;
let client: ApiGatewayV2Client;
let backend: Server;
let backendUrl: string;
const keys = generateKeyPairSync("rsa", { modulusLength: 2048 });

beforeAll(async () => {
  cloud = await startCloud();
  client = new ApiGatewayV2Client(cloud.clientConfig);
  backend = createServer((request, response) => {
    response.setHeader("content-type", "application/json");
    if (request.url === "/.well-known/openid-configuration") {
      response.end(JSON.stringify({ issuer: backendUrl, jwks_uri: `${backendUrl}/keys` }));
    } else if (request.url === "/keys") {
      response.end(JSON.stringify({ keys: [{ ...keys.publicKey.export({ format: "jwk" }), kid: "k1", alg: "RS256", use: "sig" }] }));
    } else {
      const chunks: Buffer[] = [];
      request.on("data", (chunk: Buffer) => chunks.push(chunk));
      request.on("end", () => {
        response.statusCode = 203;
        response.setHeader("x-backend", "yes");
        response.end(
          JSON.stringify({ method: request.method, url: request.url, headers: request.headers, body: Buffer.concat(chunks).toString() }),
        );
      });
    }
  });
  await new Promise<void>((resolve) => backend.listen(0, "127.0.0.1", resolve));
  backendUrl = `http://127.0.0.1:${(backend.address() as AddressInfo).port}`;
});
afterAll(async () => {
  backend.close();
  await cloud.stop();
});

interface Made {
  readonly apiId: string;
  readonly url: string;
}

async function makeApi(more: Partial<CreateApiCommandInput> = {}): Promise<Made> {
  const { ApiId = "", ApiEndpoint = "" } = await client.send(new CreateApiCommand({ Name: "api", ProtocolType: "HTTP", ...more }));
  return { apiId: ApiId, url: ApiEndpoint };
}

/** An API with a backend behind some routes and a `$default` stage that deploys by itself. */
async function makeProxy(routes: Partial<CreateRouteCommandInput>[], more: Partial<CreateApiCommandInput> = {}): Promise<Made> {
  const made = await makeApi(more);
  const ApiId = made.apiId;
  await client.send(new CreateStageCommand({ ApiId, StageName: "$default", AutoDeploy: true }));
  const { IntegrationId } = await client.send(
    new CreateIntegrationCommand({
      ApiId,
      IntegrationType: "HTTP_PROXY",
      IntegrationMethod: "ANY",
      IntegrationUri: `${backendUrl}/{proxy}`,
    }),
  );
  for (const route of routes)
    await client.send(new CreateRouteCommand({ ApiId, RouteKey: "", ...route, Target: `integrations/${IntegrationId}` }));
  return made;
}

const seen = async (response: Response): Promise<Record<string, unknown>> => (await response.json()) as Record<string, unknown>;

describe("HTTP integrations", () => {
  // documented: https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-develop-integrations-http.html
  it("pass request and answer on, path variables filled in", async () => {
    const { url } = await makeProxy([{ RouteKey: "ANY /x/{proxy+}" }]);
    const response = await fetch(`${url}/x/a/b?q=1&q=2`, { method: "POST", body: "hi", headers: { "x-mine": "m" } });
    expect(response.status).toBe(203);
    expect(response.headers.get("x-backend")).toBe("yes");
    expect(response.headers.get("apigw-requestid")).toBeTruthy();
    expect(await seen(response)).toMatchObject({ method: "POST", url: "/a/b?q=1&q=2", body: "hi", headers: { "x-mine": "m" } });
  });

  // documented: https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-parameter-mapping.html
  it("see what the mappings make of the request, and clients what they make of the answer", async () => {
    const { apiId: ApiId, url } = await makeApi();
    await client.send(new CreateStageCommand({ ApiId, StageName: "$default", AutoDeploy: true, StageVariables: { who: "me" } }));
    const { IntegrationId } = await client.send(
      new CreateIntegrationCommand({
        ApiId,
        IntegrationType: "HTTP_PROXY",
        IntegrationMethod: "ANY",
        IntegrationUri: backendUrl,
        RequestParameters: {
          // biome-ignore lint/suspicious/noTemplateCurlyInString: the mapping's own syntax
          "overwrite:path": "/made/${request.path.id}",
          "append:header.x-who": "$stageVariables.who",
          "remove:header.x-gone": "''",
          "append:querystring.b": "$request.body.name",
        },
        ResponseParameters: { "203": { "overwrite:statuscode": "201", "append:header.x-from": "$response.header.x-backend" } },
      }),
    );
    await client.send(new CreateRouteCommand({ ApiId, RouteKey: "POST /p/{id}", Target: `integrations/${IntegrationId}` }));
    const response = await fetch(`${url}/p/7?a=1`, { method: "POST", body: '{"name":"n"}', headers: { "x-gone": "x" } });
    expect(response.status).toBe(201);
    expect(response.headers.get("x-from")).toBe("yes");
    const got = await seen(response);
    expect(got).toMatchObject({ url: "/made/7?a=1&b=n", headers: { "x-who": "me" } });
    expect(got["headers"]).not.toHaveProperty("x-gone");
  });

  // assumed: an endpoint that cannot be reached is an internal error to clients
  it("that cannot be reached answer 500", async () => {
    const { url } = await makeApi({ Target: "http://127.0.0.1:9" });
    const response = await fetch(`${url}/`);
    expect([response.status, await response.text()]).toEqual([500, '{"message":"Internal Server Error"}']);
  });
});

/** A request with a Host header of its own, which fetch does not allow. */
function getByHost(host: string, path: string): Promise<{ status: number; body: string }> {
  return new Promise((resolve, reject) => {
    const request = httpRequest({ port: cloud.port, host: "127.0.0.1", path, headers: { host } }, (response) => {
      const chunks: Buffer[] = [];
      response.on("data", (chunk: Buffer) => chunks.push(chunk));
      response.on("end", () => resolve({ status: response.statusCode ?? 0, body: Buffer.concat(chunks).toString() }));
    });
    request.on("error", reject);
    request.end();
  });
}

describe("limits", () => {
  // documented: https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-quotas.html
  it("a body over 10 MB is refused", async () => {
    const { url } = await makeApi({ Target: backendUrl });
    const response = await fetch(url, { method: "POST", body: Buffer.alloc(10 * 1024 * 1024 + 1) });
    expect([response.status, await response.text()]).toEqual([413, '{"message":"Request Entity Too Large"}']);
  });

  // documented: https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-develop-routes.html
  it("a path without a route is not found", async () => {
    const { url } = await makeProxy([{ RouteKey: "GET /a" }]);
    const response = await fetch(`${url}/b`);
    expect([response.status, response.headers.get("content-type"), await response.text()]).toEqual([
      404,
      "application/json",
      '{"message":"Not Found"}',
    ]);
  });

  // assumed: an integration that takes too long is "Service Unavailable"
  it("an integration that takes too long is given up", async () => {
    const { apiId: ApiId, url } = await makeApi();
    await client.send(new CreateStageCommand({ ApiId, StageName: "$default", AutoDeploy: true }));
    const silent = createServer(() => undefined);
    await new Promise<void>((resolve) => silent.listen(0, "127.0.0.1", resolve));
    const IntegrationUri = `http://127.0.0.1:${(silent.address() as AddressInfo).port}`;
    const { IntegrationId } = await client.send(
      new CreateIntegrationCommand({ ApiId, IntegrationType: "HTTP_PROXY", IntegrationMethod: "GET", IntegrationUri, TimeoutInMillis: 50 }),
    );
    await client.send(new CreateRouteCommand({ ApiId, RouteKey: "$default", Target: `integrations/${IntegrationId}` }));
    const response = await fetch(url);
    expect([response.status, await response.text()]).toEqual([503, '{"message":"Service Unavailable"}']);
    silent.closeAllConnections();
    silent.close();
  });
});

describe("service integrations", () => {
  // documented: https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-develop-integrations-aws-services-reference.html
  it("send a message with what the request brings", async () => {
    const { apiId: ApiId, url } = await makeApi();
    await client.send(new CreateStageCommand({ ApiId, StageName: "$default", AutoDeploy: true }));
    const { QueueUrl = "" } = await cloud.ctx.call("sqs", "CreateQueue", { QueueName: "from-api" });
    const { IntegrationId } = await client.send(
      new CreateIntegrationCommand({
        ApiId,
        IntegrationType: "AWS_PROXY",
        IntegrationSubtype: "SQS-SendMessage",
        CredentialsArn: "arn:aws:iam::000000000000:role/sender",
        PayloadFormatVersion: "1.0",
        RequestParameters: { QueueUrl, MessageBody: "$request.body.text" },
      }),
    );
    await client.send(new CreateRouteCommand({ ApiId, RouteKey: "POST /send", Target: `integrations/${IntegrationId}` }));
    expect((await fetch(`${url}/send`, { method: "POST", body: '{"text":"hello"}' })).status).toBe(200);
    const { Messages = [] } = await cloud.ctx.call("sqs", "ReceiveMessage", { QueueUrl });
    expect(Messages.map(({ Body }) => Body)).toEqual(["hello"]);
  });
});

describe("stages", () => {
  // documented: https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-stages.html
  it("serve what was deployed to them, under their name", async () => {
    const { apiId: ApiId, url } = await makeApi();
    const { IntegrationId } = await client.send(
      new CreateIntegrationCommand({ ApiId, IntegrationType: "HTTP_PROXY", IntegrationMethod: "GET", IntegrationUri: `${backendUrl}/b` }),
    );
    const { RouteId } = await client.send(new CreateRouteCommand({ ApiId, RouteKey: "GET /a", Target: `integrations/${IntegrationId}` }));
    await client.send(new CreateStageCommand({ ApiId, StageName: "dev" }));
    expect((await fetch(`${url}/dev/a`)).status).toBe(404);
    await client.send(new CreateDeploymentCommand({ ApiId, StageName: "dev" }));
    expect((await fetch(`${url}/dev/a`)).status).toBe(203);
    await client.send(new DeleteRouteCommand({ ApiId, RouteId }));
    expect((await fetch(`${url}/dev/a`)).status).toBe(203);
    expect((await fetch(`${url}/a`)).status).toBe(404);
  });

  // documented: https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-publish.html
  it("are reached by the API's host names", async () => {
    const { apiId } = await makeProxy([{ RouteKey: "GET /{proxy+}" }]);
    expect(await getByHost(`${apiId}.execute-api.us-east-1.localhost:${cloud.port}`, "/a")).toMatchObject({ status: 203 });
    expect(await getByHost(`${apiId}.execute-api.us-east-1.amazonaws.com`, "/a")).toMatchObject({ status: 203 });
    expect(await getByHost("aaaaaaaaaa.execute-api.us-east-1.amazonaws.com", "/a")).toEqual({
      status: 404,
      body: '{"message":"Not Found"}',
    });
  });

  // documented: https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-throttling.html
  it("throttle by the token bucket of their settings", async () => {
    const { apiId: ApiId, url } = await makeApi({ Target: backendUrl });
    const DefaultRouteSettings = { ThrottlingBurstLimit: 2, ThrottlingRateLimit: 1 };
    await client.send(new CreateStageCommand({ ApiId, StageName: "slow", AutoDeploy: true, DefaultRouteSettings }));
    const statuses = async (): Promise<number[]> =>
      [await fetch(`${url}/slow/`), await fetch(`${url}/slow/`), await fetch(`${url}/slow/`)].map(({ status }) => status);
    expect(await statuses()).toEqual([203, 203, 429]);
    await cloud.cloud.clock.advance(1_000);
    const again = await fetch(`${url}/slow/`);
    expect(again.status).toBe(203);
    expect(await (await fetch(`${url}/slow/`)).text()).toBe('{"message":"Too Many Requests"}');
  });

  // documented: https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-logging.html
  it("write access logs and metrics", async () => {
    const { apiId: ApiId, url } = await makeApi({ Target: backendUrl });
    await cloud.ctx.call("cloudwatch-logs", "CreateLogGroup", { logGroupName: "access" });
    const DestinationArn = "arn:aws:logs:us-east-1:000000000000:log-group:access";
    const AccessLogSettings = { DestinationArn, Format: "$context.httpMethod $context.routeKey $context.status $context.authorizer.error" };
    await client.send(new CreateStageCommand({ ApiId, StageName: "logged", AutoDeploy: true, AccessLogSettings }));
    await fetch(`${url}/logged/x`);
    await cloud.cloud.clock.idle();
    const { events = [] } = await cloud.ctx.call("cloudwatch-logs", "FilterLogEvents", { logGroupName: "access" });
    expect(events.map(({ message }) => message)).toEqual(["GET $default 203 -"]);
  });
});

describe("CORS", () => {
  const CorsConfiguration = { AllowOrigins: ["https://www.example.com"], AllowMethods: ["GET"], AllowHeaders: ["x-a"], MaxAge: 300 };
  const preflight = (url: string, origin: string, method = "GET") =>
    fetch(`${url}/x`, { method: "OPTIONS", headers: { origin, "access-control-request-method": method } });

  // documented: https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-cors.html
  it("answers preflights by itself and puts its headers on answers", async () => {
    const { apiId: ApiId, url } = await makeProxy([{ RouteKey: "GET /{proxy+}" }], { CorsConfiguration });
    const allowed = await preflight(url, "https://www.example.com");
    expect(allowed.status).toBe(204);
    expect(Object.fromEntries(allowed.headers)).toMatchObject({
      "access-control-allow-origin": "https://www.example.com",
      "access-control-allow-methods": "GET",
      "access-control-allow-headers": "x-a",
      "access-control-max-age": "300",
    });
    expect((await preflight(url, "https://evil.example.com")).headers.get("access-control-allow-origin")).toBeNull();
    const answer = await fetch(`${url}/x`, { headers: { origin: "https://www.example.com" } });
    expect(answer.headers.get("access-control-allow-origin")).toBe("https://www.example.com");
    await client.send(new UpdateApiCommand({ ApiId, CorsConfiguration: { AllowOrigins: ["*"], AllowMethods: ["*"] } }));
    expect((await preflight(url, "https://any.example.com", "PUT")).headers.get("access-control-allow-origin")).toBe("*");
  });
});

const part = (value: object): string => Buffer.from(JSON.stringify(value)).toString("base64url");

function token(claims: object, key: KeyObject = keys.privateKey): string {
  const text = `${part({ alg: "RS256", kid: "k1", typ: "JWT" })}.${part(claims)}`;
  return `${text}.${sign("sha256", Buffer.from(text), key).toString("base64url")}`;
}

describe("JWT authorizers", () => {
  // documented: https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-jwt-authorizer.html
  it("let in whoever has a valid token with a wanted scope", async () => {
    const { apiId: ApiId, url } = await makeProxy([]);
    const { AuthorizerId } = await client.send(
      new CreateAuthorizerCommand({
        ApiId,
        Name: "jwt",
        AuthorizerType: "JWT",
        IdentitySource: ["$request.header.Authorization"],
        JwtConfiguration: { Issuer: backendUrl, Audience: ["me"] },
      }),
    );
    const { IntegrationId } = await client.send(
      new CreateIntegrationCommand({ ApiId, IntegrationType: "HTTP_PROXY", IntegrationMethod: "ANY", IntegrationUri: backendUrl }),
    );
    const route = { ApiId, RouteKey: "GET /jwt", AuthorizationType: "JWT" as const, AuthorizerId, AuthorizationScopes: ["read"] };
    await client.send(new CreateRouteCommand({ ...route, Target: `integrations/${IntegrationId}` }));
    const exp = Math.floor(Date.now() / 1_000) + 600;
    const claims = { iss: backendUrl, aud: "me", exp, scope: "read write" };
    const get = async (bearer?: string): Promise<[number, string]> => {
      const response = await fetch(`${url}/jwt`, bearer === undefined ? {} : { headers: { authorization: `Bearer ${bearer}` } });
      return [response.status, response.status === 203 ? "" : await response.text()];
    };
    const unauthorized = [401, '{"message":"Unauthorized"}'];
    expect(await get()).toEqual(unauthorized);
    expect(await get(token(claims))).toEqual([203, ""]);
    expect(await get(token({ ...claims, aud: "other" }))).toEqual(unauthorized);
    expect(await get(token({ ...claims, exp: exp - 1_200 }))).toEqual(unauthorized);
    expect(await get(token({ ...claims, iss: "https://other.example.com" }))).toEqual(unauthorized);
    expect(await get(token(claims, generateKeyPairSync("rsa", { modulusLength: 2048 }).privateKey))).toEqual(unauthorized);
    expect(await get(`${part({ alg: "none", kid: "k1" })}.${part(claims)}.`)).toEqual(unauthorized);
    expect(await get("nonsense")).toEqual(unauthorized);
    expect(await get(token({ ...claims, scope: "write" }))).toEqual([403, '{"message":"Forbidden"}']);
  });
});

describe("AWS_IAM", () => {
  // documented: https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-access-control-iam.html
  it("keeps out whoever has not signed", async () => {
    const { url } = await makeProxy([{ RouteKey: "GET /{proxy+}", AuthorizationType: "AWS_IAM" }]);
    const response = await fetch(`${url}/a`);
    expect([response.status, await response.text()]).toEqual([403, '{"message":"Forbidden"}']);
  });

  it("lets in whoever has", async () => {
    const { url } = await makeProxy([{ RouteKey: "GET /{proxy+}", AuthorizationType: "AWS_IAM" }]);
    const target = new URL(`${url}/a?q=1`);
    const credentials = { accessKeyId: "test", secretAccessKey: "test" };
    const signed = (secretAccessKey: string) =>
      signRequest({
        method: "GET",
        url: target,
        headers: {},
        body: "",
        credentials: { ...credentials, secretAccessKey },
        region: "us-east-1",
        service: "execute-api",
        now: Date.now(),
      });
    expect((await fetch(target, { headers: signed("test") })).status).toBe(203);
    expect((await fetch(target, { headers: signed("wrong") })).status).toBe(403);
  });

  // documented: https://docs.aws.amazon.com/IAM/latest/UserGuide/id_credentials_access-keys.html: an inactive key cannot be used
  it("keeps out a key that was made inactive", async () => {
    const { url } = await makeProxy([{ RouteKey: "GET /{proxy+}", AuthorizationType: "AWS_IAM" }]);
    const { ctx } = cloud;
    await ctx.call("iam", "CreateUser", { UserName: "caller" });
    const PolicyDocument = JSON.stringify({
      Version: "2012-10-17",
      Statement: [{ Effect: "Allow", Action: "execute-api:Invoke", Resource: "*" }],
    });
    await ctx.call("iam", "PutUserPolicy", { UserName: "caller", PolicyName: "p", PolicyDocument });
    const { AccessKey } = await ctx.call("iam", "CreateAccessKey", { UserName: "caller" });
    const credentials = { accessKeyId: AccessKey?.AccessKeyId ?? "", secretAccessKey: AccessKey?.SecretAccessKey ?? "" };
    const where = { method: "GET", url: `${url}/a`, headers: {}, body: "", region: "us-east-1", service: "execute-api" };
    const status = async (): Promise<number> =>
      (await fetch(where.url, { headers: signRequest({ ...where, credentials, now: Date.now() }) })).status;
    expect(await status()).toBe(203);
    await ctx.call("iam", "UpdateAccessKey", { UserName: "caller", AccessKeyId: credentials.accessKeyId, Status: "Inactive" });
    expect(await status()).toBe(403);
  });
});

describe("Lambda integrations", () => {
  let functions: LambdaClient;
  const arn = (name: string): string => `arn:aws:lambda:us-east-1:000000000000:function:${name}`;

  async function makeFunction(name: string, source: string, permitted = true): Promise<void> {
    await functions.send(
      new CreateFunctionCommand({
        FunctionName: name,
        Role: "arn:aws:iam::000000000000:role/api-functions",
        Runtime: "nodejs24.x",
        Handler: "index.handler",
        Code: { ZipFile: writeZip({ "index.js": source }) },
      }),
    );
    await cloud.cloud.clock.idle();
    if (!permitted) return;
    const SourceArn = "arn:aws:execute-api:us-east-1:000000000000:*";
    const permission = { Action: "lambda:InvokeFunction", Principal: "apigateway.amazonaws.com", SourceArn };
    await functions.send(new AddPermissionCommand({ FunctionName: name, StatementId: "api", ...permission }));
  }

  beforeAll(async () => {
    functions = new LambdaClient(cloud.clientConfig);
    const Statement = [{ Effect: "Allow", Principal: { Service: "lambda.amazonaws.com" }, Action: "sts:AssumeRole" }];
    const AssumeRolePolicyDocument = JSON.stringify({ Version: "2012-10-17", Statement });
    await cloud.ctx.call("iam", "CreateRole", { RoleName: "api-functions", AssumeRolePolicyDocument });
    await makeFunction("echo", "exports.handler = async (event) => event;");
    await makeFunction("closed", "exports.handler = async () => 'in';", false);
    await makeFunction("broken", "exports.handler = async () => { throw new Error('no'); };");
    await makeFunction(
      "page",
      "exports.handler = async () => ({ statusCode: 404, headers: { 'content-type': 'text/html' }, cookies: ['a=1'], body: '<p>' });",
    );
    await makeFunction(
      "guard",
      "let calls = 0; exports.handler = async (event) => ({ isAuthorized: event.identitySource[0] === 'let me in', context: { calls: ++calls } });",
    );
  });

  // documented: https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-develop-integrations-lambda.html
  it("get the request in format 2.0 by quick create", async () => {
    const { apiId, url } = await makeApi({ Target: arn("echo") });
    const response = await fetch(`${url}/a%20b?x=1&x=2&y=%26`, {
      method: "POST",
      body: '{"a":1}',
      headers: { "content-type": "application/json", cookie: "c=1; d=2", "X-Mine": "m" },
    });
    expect(response.status).toBe(200);
    expect(await response.json()).toMatchObject({
      version: "2.0",
      routeKey: "$default",
      rawPath: "/a b",
      rawQueryString: "x=1&x=2&y=%26",
      cookies: ["c=1", "d=2"],
      headers: { "x-mine": "m", "content-type": "application/json" },
      queryStringParameters: { x: "1,2", y: "&" },
      requestContext: { apiId, accountId: "000000000000", stage: "$default", http: { method: "POST", path: "/a b", protocol: "HTTP/1.1" } },
      body: '{"a":1}',
      isBase64Encoded: false,
    });
  });

  // documented: https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-develop-integrations-lambda.html
  it("say status, headers and cookies", async () => {
    const { url } = await makeApi({ Target: arn("page") });
    const response = await fetch(url);
    expect([response.status, response.headers.get("content-type"), response.headers.get("set-cookie"), await response.text()]).toEqual([
      404,
      "text/html",
      "a=1",
      "<p>",
    ]);
  });

  // documented: https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-troubleshooting-lambda.html
  it.each(["closed", "broken", "missing"])("answer 500 when the function is %s", async (name) => {
    const { url } = await makeApi({ Target: arn(name) });
    const response = await fetch(url);
    expect([response.status, await response.text()]).toEqual([500, '{"message":"Internal Server Error"}']);
  });

  // documented: https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-lambda-authorizer.html
  it("are guarded by a Lambda authorizer whose answers are kept for its TTL", async () => {
    const { apiId: ApiId, url } = await makeApi();
    await client.send(new CreateStageCommand({ ApiId, StageName: "$default", AutoDeploy: true }));
    const { AuthorizerId } = await client.send(
      new CreateAuthorizerCommand({
        ApiId,
        Name: "guard",
        AuthorizerType: "REQUEST",
        IdentitySource: ["$request.header.Authorization"],
        AuthorizerUri: `arn:aws:apigateway:us-east-1:lambda:path/2015-03-31/functions/${arn("guard")}/invocations`,
        AuthorizerPayloadFormatVersion: "2.0",
        EnableSimpleResponses: true,
        AuthorizerResultTtlInSeconds: 60,
      }),
    );
    const { IntegrationId } = await client.send(
      new CreateIntegrationCommand({ ApiId, IntegrationType: "AWS_PROXY", IntegrationUri: arn("echo"), PayloadFormatVersion: "2.0" }),
    );
    const route = { ApiId, RouteKey: "GET /g", AuthorizationType: "CUSTOM", AuthorizerId } as const;
    await client.send(new CreateRouteCommand({ ...route, Target: `integrations/${IntegrationId}` }));
    const get = (authorization?: string) => fetch(`${url}/g`, authorization === undefined ? {} : { headers: { authorization } });
    const calls = async () =>
      ((await (await get("let me in")).json()) as { requestContext: { authorizer: { lambda: { calls: number } } } }).requestContext
        .authorizer.lambda.calls;
    expect((await get()).status).toBe(401);
    expect((await get("please")).status).toBe(403);
    const first = await calls();
    expect(await calls()).toBe(first);
    await cloud.cloud.clock.advance(61_000);
    expect(await calls()).toBe(first + 1);
  });
});
