import { request as httpRequest } from "node:http";
import { request as httpsRequest } from "node:https";
import { buffer } from "node:stream/consumers";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { startCloud, type TestCloud } from "../../../test/support/cloud.ts";
import { ensureCertificate } from "../../gateway/certificate.ts";

/** An API as the CDK writes it: named stage with its own deployment, functions in both payload formats, a guard, events. */
const CODE = `exports.handler = async (event) => {
  const path = event.rawPath ?? event.path;
  if (path.endsWith("/binary")) return { statusCode: 200, headers: { "content-type": "image/png" }, body: Buffer.from([137, 80, 0, 255]).toString("base64"), isBase64Encoded: true };
  if (path.endsWith("/many")) return { statusCode: 200, multiValueHeaders: { "set-cookie": ["a=1", "b=2"], "x-n": ["1", "2"] }, body: "many" };
  if (path.endsWith("/fail")) throw new Error("no");
  return { statusCode: 200, headers: { "content-type": "application/json" }, body: JSON.stringify(event) };
};`;
const GUARD = `exports.handler = async (event) => {
  const allow = event.identitySource[0] === "yes";
  const Resource = event.routeArn.replace(/[^/]+$/, "*");
  return { principalId: "ana", context: { plan: "gold", n: 3 }, policyDocument: { Version: "2012-10-17", Statement: [{ Action: "execute-api:Invoke", Effect: allow ? "Allow" : "Deny", Resource }] } };
};`;
const FORMAT = JSON.stringify({
  route: "$context.routeKey",
  status: "$context.status",
  plan: "$context.authorizer.plan",
  error: "$context.error.message",
});

const trust = (service: string): object => ({
  Version: "2012-10-17",
  Statement: [{ Effect: "Allow", Principal: { Service: service }, Action: "sts:AssumeRole" }],
});
const lambda = (ZipFile: string): object => ({
  Type: "AWS::Lambda::Function",
  Properties: { Runtime: "nodejs22.x", Handler: "index.handler", Role: { "Fn::GetAtt": ["Role", "Arn"] }, Code: { ZipFile } },
});
const permission = (name: string): object => ({
  Type: "AWS::Lambda::Permission",
  Properties: { Action: "lambda:InvokeFunction", FunctionName: { Ref: name }, Principal: "apigateway.amazonaws.com" },
});
const Ref = (name: string): object => ({ Ref: name });
const ApiId = Ref("Api");
const integration = (properties: object): object => ({
  Type: "AWS::ApiGatewayV2::Integration",
  Properties: { ApiId, IntegrationType: "AWS_PROXY", ...properties },
});
const route = (RouteKey: string, target: string, more: object = {}): object => ({
  Type: "AWS::ApiGatewayV2::Route",
  Properties: { ApiId, RouteKey, Target: { "Fn::Sub": `integrations/\${${target}}` }, ...more },
});
const template = {
  Resources: {
    Role: { Type: "AWS::IAM::Role", Properties: { AssumeRolePolicyDocument: trust("lambda.amazonaws.com") } },
    EventsRole: { Type: "AWS::IAM::Role", Properties: { AssumeRolePolicyDocument: trust("apigateway.amazonaws.com") } },
    Echo: lambda(CODE),
    Guard: lambda(GUARD),
    EchoPermission: permission("Echo"),
    GuardPermission: permission("Guard"),
    Log: { Type: "AWS::Logs::LogGroup", Properties: { LogGroupName: "access" } },
    Api: { Type: "AWS::ApiGatewayV2::Api", Properties: { Name: "api", ProtocolType: "HTTP" } },
    Authorizer: {
      Type: "AWS::ApiGatewayV2::Authorizer",
      Properties: {
        ApiId,
        Name: "guard",
        AuthorizerType: "REQUEST",
        AuthorizerPayloadFormatVersion: "2.0",
        EnableSimpleResponses: false,
        AuthorizerResultTtlInSeconds: "300",
        IdentitySource: ["$request.header.Authorization"],
        AuthorizerUri: {
          "Fn::Join": [
            "",
            ["arn:aws:apigateway:us-east-1:lambda:path/2015-03-31/functions/", { "Fn::GetAtt": ["Guard", "Arn"] }, "/invocations"],
          ],
        },
      },
    },
    One: integration({ IntegrationUri: { "Fn::GetAtt": ["Echo", "Arn"] }, PayloadFormatVersion: "1.0" }),
    Two: integration({ IntegrationUri: { "Fn::GetAtt": ["Echo", "Arn"] }, PayloadFormatVersion: "2.0" }),
    Events: integration({
      IntegrationSubtype: "EventBridge-PutEvents",
      PayloadFormatVersion: "1.0",
      CredentialsArn: { "Fn::GetAtt": ["EventsRole", "Arn"] },
      RequestParameters: {
        Source: "web",
        DetailType: "$request.querystring.kind",
        Detail: "$request.body",
        Resources: "$request.body.resources",
      },
    }),
    OneRoute: route("ANY /one/{rest+}", "One"),
    TwoRoute: route("$default", "Two"),
    GuardedRoute: route("GET /guarded/{id}", "Two", { AuthorizationType: "CUSTOM", AuthorizerId: Ref("Authorizer") }),
    EventsRoute: route("POST /events", "Events"),
    Deployment: {
      Type: "AWS::ApiGatewayV2::Deployment",
      DependsOn: ["OneRoute", "TwoRoute", "GuardedRoute", "EventsRoute"],
      Properties: { ApiId, Description: "by hand" },
    },
    Prod: {
      Type: "AWS::ApiGatewayV2::Stage",
      Properties: {
        ApiId,
        StageName: "prod",
        DeploymentId: Ref("Deployment"),
        StageVariables: { colour: "red" },
        AccessLogSettings: { DestinationArn: { "Fn::GetAtt": ["Log", "Arn"] }, Format: FORMAT },
      },
    },
    Default: { Type: "AWS::ApiGatewayV2::Stage", Properties: { ApiId, StageName: "$default", AutoDeploy: true } },
  },
  Outputs: { Id: { Value: ApiId }, Authorizer: { Value: Ref("Authorizer") } },
};

let cloud: TestCloud;
let id: string;
let base: string;
beforeAll(async () => {
  cloud = await startCloud();
  await cloud.ctx.call("cloudformation", "CreateStack", {
    StackName: "web",
    TemplateBody: JSON.stringify(template),
    Capabilities: ["CAPABILITY_IAM"],
  });
  await cloud.cloud.clock.advance(120_000);
  const { Stacks: [stack] = [] } = await cloud.ctx.call("cloudformation", "DescribeStacks", { StackName: "web" });
  expect(`${stack?.StackStatus} ${stack?.StackStatusReason ?? ""}`.trim()).toBe("CREATE_COMPLETE");
  id = stack?.Outputs?.find(({ OutputKey }) => OutputKey === "Id")?.OutputValue ?? "";
  base = `${cloud.endpoint}/_apigw/${id}`;
});
afterAll(() => cloud.stop());

type Seen = Record<string, unknown> & { readonly requestContext: Record<string, unknown> };
const seen = async (path: string, init: RequestInit = {}): Promise<Seen> => (await (await fetch(`${base}${path}`, init)).json()) as Seen;

describe("functions behind an API", () => {
  // documented: https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-develop-integrations-lambda.html
  it("get format 1.0 with all values of headers and parameters, and binary bodies in base64", async () => {
    const event = await seen("/prod/one/a/b?x=1&x=2", {
      method: "POST",
      headers: { "content-type": "application/octet-stream", cookie: "c=1; d=2" },
      body: new Uint8Array([0, 255, 1]),
    });
    expect(event).toMatchObject({
      version: "1.0",
      resource: "/one/{rest+}",
      httpMethod: "POST",
      queryStringParameters: { x: "2" },
      multiValueQueryStringParameters: { x: ["1", "2"] },
      multiValueHeaders: { cookie: ["c=1; d=2"] },
      pathParameters: { rest: "a/b" },
      stageVariables: { colour: "red" },
      body: "AP8B",
      isBase64Encoded: true,
      requestContext: { stage: "prod", resourcePath: "/one/{rest+}", identity: { sourceIp: "127.0.0.1" } },
    });
  });

  // documented: https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-develop-integrations-lambda.html
  it("get format 2.0 with joined values, and cookies by themselves", async () => {
    const event = await seen("/prod/any?x=1&x=2", { headers: { cookie: "c=1; d=2" } });
    expect(event).toMatchObject({ version: "2.0", rawPath: "/prod/any", cookies: ["c=1", "d=2"], queryStringParameters: { x: "1,2" } });
    expect(event["headers"]).not.toHaveProperty("cookie");
    expect(event).not.toHaveProperty("body");
  });

  // documented: https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-develop-integrations-lambda.html
  it("answer with bytes, and with many values of one header", async () => {
    const binary = await fetch(`${base}/prod/binary`);
    expect(binary.headers.get("content-type")).toBe("image/png");
    expect([...new Uint8Array(await binary.arrayBuffer())]).toEqual([137, 80, 0, 255]);
    const many = await fetch(`${base}/prod/one/many`);
    expect(many.headers.getSetCookie()).toEqual(["a=1", "b=2"]);
    expect(many.headers.get("x-n")).toBe("1, 2");
  });
});

// documented: https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-lambda-authorizer.html
it("an authorizer's policy lets in, keeps out, is kept for what it covers, and its context goes to the function", async () => {
  const ask = (path: string, authorization?: string) =>
    fetch(`${base}/prod/guarded/${path}`, authorization === undefined ? {} : { headers: { authorization } });
  expect((await ask("1")).status).toBe(401);
  expect((await ask("1", "no")).status).toBe(403);
  const event = await seen("/prod/guarded/1", { headers: { authorization: "yes" } });
  expect(event.requestContext["authorizer"]).toEqual({ lambda: { plan: "gold", n: 3 } });
  expect((await ask("2", "yes")).status).toBe(200);
});

// documented: https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-develop-integrations-aws-services-reference.html
it("an EventBridge-PutEvents integration puts the request on the bus", async () => {
  const { ctx } = cloud;
  await ctx.call("cloudwatch-logs", "CreateLogGroup", { logGroupName: "/aws/events/web" });
  await ctx.call("eventbridge", "PutRule", { Name: "web", EventPattern: '{"source":["web"]}' });
  await ctx.call("eventbridge", "PutTargets", { Rule: "web", Targets: [{ Id: "1", Arn: ctx.arn("logs", "log-group:/aws/events/web") }] });
  const response = await fetch(`${base}/prod/events?kind=Sold`, { method: "POST", body: '{"n":1,"resources":["arn:x"]}' });
  expect(await response.json()).toMatchObject({ FailedEntryCount: 0, Entries: [{ EventId: expect.any(String) as string }] });
  await cloud.cloud.clock.idle();
  const { events = [] } = await ctx.call("cloudwatch-logs", "FilterLogEvents", { logGroupName: "/aws/events/web" });
  expect(events.map(({ message = "" }) => JSON.parse(message) as unknown)).toMatchObject([
    { source: "web", "detail-type": "Sold", resources: ["arn:x"], detail: { n: 1 } },
  ]);
});

/** By the API's host name, at the server's own address. */
function byHost(scheme: "http" | "https", path: string, ca?: string): Promise<{ status: number | undefined; event: Seen }> {
  const host = `${id}.execute-api.us-east-1.amazonaws.com`;
  const { hostname, port } = new URL(cloud.endpoint);
  const options = { hostname, port, path, headers: { host }, ...(ca === undefined ? {} : { ca, servername: host }) };
  return new Promise((resolve, reject) => {
    const asked = (scheme === "https" ? httpsRequest : httpRequest)(options, async (response) => {
      resolve({ status: response.statusCode, event: JSON.parse((await buffer(response)).toString()) as Seen });
    });
    asked.on("error", reject).end();
  });
}

// documented: https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-publish.html
it("AWS's host name reaches both stages, by HTTP and by HTTPS whose certificate names it", async () => {
  const { caPem } = await ensureCertificate(cloud.cloud.dataDir);
  for (const [scheme, ca] of [
    ["http", undefined],
    ["https", caPem],
  ] as const) {
    const domainName = `${id}.execute-api.us-east-1.amazonaws.com`;
    const named = await byHost(scheme, "/prod/x", ca);
    expect(named).toMatchObject({
      status: 200,
      event: { rawPath: "/prod/x", requestContext: { stage: "prod", domainName, domainPrefix: id } },
    });
    expect(named.event["headers"]).toMatchObject({ "x-forwarded-proto": scheme });
    expect(await byHost(scheme, "/x", ca)).toMatchObject({ event: { rawPath: "/x", requestContext: { stage: "$default" } } });
  }
});

// documented: https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-metrics.html
it("metrics and access logs tell what happened", async () => {
  const { ctx } = cloud;
  const before = await sums();
  expect((await fetch(`${base}/prod/fail`)).status).toBe(500);
  expect((await fetch(`${base}/prod/guarded/3`)).status).toBe(401);
  expect((await fetch(`${base}/prod/fine`)).status).toBe(200);
  await cloud.cloud.clock.idle();
  const after = await sums();
  const difference = Object.fromEntries(Object.entries(after).map(([name, value]) => [name, value - (before[name] ?? 0)]));
  expect(difference).toMatchObject({ Count: 3, "4xx": 1, "5xx": 1 });
  expect(after["Latency"]).toBeGreaterThan(0);
  const { events = [] } = await ctx.call("cloudwatch-logs", "FilterLogEvents", { logGroupName: "access" });
  expect(events.slice(-3).map(({ message = "" }) => JSON.parse(message) as unknown)).toEqual([
    { route: "$default", status: "500", plan: "-", error: "Internal Server Error" },
    { route: "GET /guarded/{id}", status: "401", plan: "-", error: "Unauthorized" },
    { route: "$default", status: "200", plan: "-", error: "-" },
  ]);
  expect(events.map(({ message }) => message)).toContainEqual(expect.stringContaining('"plan":"gold"'));
});

async function sums(): Promise<Record<string, number>> {
  const now = cloud.cloud.clock.now();
  const names = ["Count", "4xx", "5xx", "Latency"];
  const { MetricDataResults = [] } = await cloud.ctx.call("cloudwatch", "GetMetricData", {
    StartTime: new Date(now - 3_600_000),
    EndTime: new Date(now + 60_000),
    MetricDataQueries: names.map((MetricName, i) => ({
      Id: `m${i}`,
      MetricStat: {
        Metric: {
          Namespace: "AWS/ApiGateway",
          MetricName,
          Dimensions: [
            { Name: "ApiId", Value: id },
            { Name: "Stage", Value: "prod" },
          ],
        },
        Period: 86_400,
        Stat: "Sum",
      },
    })),
  });
  return Object.fromEntries(
    MetricDataResults.map(({ Values }, i) => [names[i] ?? "", (Values ?? []).reduce((sum, value) => sum + value, 0)]),
  );
}

// documented: https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-apigatewayv2-deployment.html
it("a stack's deployment keeps what it was made of, and all of it goes with the stack", async () => {
  const { ctx } = cloud;
  const { Items = [] } = await ctx.call("apigatewayv2", "GetDeployments", { ApiId: id });
  expect(Items.map(({ Description }) => Description)).toContain("by hand");
  const { Items: authorizers = [] } = await ctx.call("apigatewayv2", "GetAuthorizers", { ApiId: id });
  expect(authorizers).toMatchObject([
    { Name: "guard", AuthorizerType: "REQUEST", AuthorizerResultTtlInSeconds: 300, EnableSimpleResponses: false },
  ]);
  const { Items: [integrated] = [] } = await ctx.call("apigatewayv2", "GetIntegrations", { ApiId: id });
  const { RouteId } = await ctx.call("apigatewayv2", "CreateRoute", {
    ApiId: id,
    RouteKey: "GET /new",
    Target: `integrations/${integrated?.IntegrationId}`,
  });
  expect((await seen("/prod/new")).requestContext["routeKey"]).toBe("$default");
  // Else it would keep the stack's integration.
  await ctx.call("apigatewayv2", "DeleteRoute", { ApiId: id, RouteId });
  await ctx.call("cloudformation", "DeleteStack", { StackName: "web" });
  await cloud.cloud.clock.advance(120_000);
  expect((await fetch(`${base}/prod/x`)).status).toBe(404);
  expect((await ctx.call("apigatewayv2", "GetApis", {})).Items).toEqual([]);
});
