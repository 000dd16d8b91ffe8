import {
  ApiGatewayV2Client,
  CreateApiCommand,
  CreateDeploymentCommand,
  CreateIntegrationCommand,
  CreateRouteCommand,
  CreateStageCommand,
  DeleteApiCommand,
  DeleteCorsConfigurationCommand,
  DeleteDeploymentCommand,
  DeleteIntegrationCommand,
  GetApiCommand,
  GetApisCommand,
  GetDeploymentsCommand,
  GetIntegrationsCommand,
  GetRoutesCommand,
  GetStagesCommand,
  GetTagsCommand,
  TagResourceCommand,
  UntagResourceCommand,
  UpdateIntegrationCommand,
  UpdateRouteCommand,
  UpdateStageCommand,
} from "@aws-sdk/client-apigatewayv2";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { startCloud, type TestCloud } from "../../../test/support/cloud.ts";

let cloud: TestCloud;
let client: ApiGatewayV2Client;
beforeAll(async () => {
  cloud = await startCloud();
  client = new ApiGatewayV2Client(cloud.clientConfig);
});
beforeEach(() => cloud.reset());
afterAll(() => cloud.stop());

const refusal = (work: Promise<unknown>): Promise<string> =>
  work.then(
    () => "accepted",
    (error: Error) => `${error.name}: ${error.message}`,
  );

async function makeApi(): Promise<string> {
  const { ApiId = "" } = await client.send(new CreateApiCommand({ Name: "api", ProtocolType: "HTTP" }));
  return ApiId;
}

async function makeIntegration(ApiId: string): Promise<string> {
  const input = { ApiId, IntegrationType: "HTTP_PROXY", IntegrationMethod: "GET", IntegrationUri: "http://127.0.0.1:9/" } as const;
  return (await client.send(new CreateIntegrationCommand(input))).IntegrationId ?? "";
}

describe("APIs", () => {
  // documented: https://docs.aws.amazon.com/apigatewayv2/latest/api-reference/apis.html
  it("are made, listed in pages, tagged and deleted with all they have", async () => {
    const [first, second] = [await makeApi(), await makeApi()].sort();
    const page = await client.send(new GetApisCommand({ MaxResults: "1" }));
    expect(page.Items?.map(({ ApiId }) => ApiId)).toEqual([first]);
    const rest = await client.send(new GetApisCommand({ NextToken: page.NextToken }));
    expect(rest.Items?.map(({ ApiId }) => ApiId)).toEqual([second]);
    const ResourceArn = `arn:aws:apigateway:us-east-1::/apis/${first}`;
    await client.send(new TagResourceCommand({ ResourceArn, Tags: { a: "1", b: "2" } }));
    await client.send(new UntagResourceCommand({ ResourceArn, TagKeys: ["a"] }));
    expect((await client.send(new GetTagsCommand({ ResourceArn }))).Tags).toEqual({ b: "2" });
    await makeIntegration(first ?? "");
    await client.send(new DeleteApiCommand({ ApiId: first }));
    expect(await refusal(client.send(new GetApiCommand({ ApiId: first })))).toBe(
      `NotFoundException: Invalid API identifier specified ${first}`,
    );
    expect(await refusal(client.send(new GetIntegrationsCommand({ ApiId: first })))).toContain("NotFoundException");
  });

  // documented: https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-develop.html#http-api-examples
  it("come whole with quick create", async () => {
    const Target = "arn:aws:lambda:us-east-1:000000000000:function:f";
    const { ApiId } = await client.send(new CreateApiCommand({ Name: "quick", ProtocolType: "HTTP", Target, RouteKey: "GET /a" }));
    expect((await client.send(new GetRoutesCommand({ ApiId }))).Items).toMatchObject([{ RouteKey: "GET /a", ApiGatewayManaged: true }]);
    expect((await client.send(new GetIntegrationsCommand({ ApiId }))).Items).toMatchObject([
      { IntegrationType: "AWS_PROXY", IntegrationUri: Target, PayloadFormatVersion: "2.0" },
    ]);
    expect((await client.send(new GetStagesCommand({ ApiId }))).Items).toMatchObject([{ StageName: "$default", AutoDeploy: true }]);
  });

  // documented: https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-cors.html
  it("have a CORS configuration that can be taken away", async () => {
    const CorsConfiguration = { AllowOrigins: ["*"], AllowCredentials: true };
    expect(await refusal(client.send(new CreateApiCommand({ Name: "c", ProtocolType: "HTTP", CorsConfiguration })))).toContain(
      "BadRequestException",
    );
    const { ApiId } = await client.send(
      new CreateApiCommand({ Name: "c", ProtocolType: "HTTP", CorsConfiguration: { AllowOrigins: ["*"] } }),
    );
    await client.send(new DeleteCorsConfigurationCommand({ ApiId }));
    expect((await client.send(new GetApiCommand({ ApiId }))).CorsConfiguration).toBeUndefined();
  });

  // assumed: Orrery has no WebSocket APIs, and says so
  it("of WebSockets are refused honestly", async () => {
    expect(await refusal(client.send(new CreateApiCommand({ Name: "ws", ProtocolType: "WEBSOCKET" })))).toContain("ProtocolType WEBSOCKET");
  });
});

describe("routes and integrations", () => {
  // documented: https://docs.aws.amazon.com/apigatewayv2/latest/api-reference/apis-apiid-routes.html
  it("are checked", async () => {
    const ApiId = await makeApi();
    const Target = `integrations/${await makeIntegration(ApiId)}`;
    await client.send(new CreateRouteCommand({ ApiId, RouteKey: "GET /a", Target }));
    expect(await refusal(client.send(new CreateRouteCommand({ ApiId, RouteKey: "GET /a", Target })))).toBe(
      "ConflictException: Route with key GET /a already exists for this API",
    );
    expect(await refusal(client.send(new CreateRouteCommand({ ApiId, RouteKey: "a" })))).toContain(
      "BadRequestException: The provided route key is not",
    );
    expect(await refusal(client.send(new CreateRouteCommand({ ApiId, RouteKey: "GET /b", Target: "integrations/none" })))).toContain(
      "NotFoundException",
    );
    const jwt = { ApiId, RouteKey: "GET /c", AuthorizationType: "JWT" } as const;
    expect(await refusal(client.send(new CreateRouteCommand(jwt)))).toContain("AuthorizerId is required");
    expect(await refusal(client.send(new CreateIntegrationCommand({ ApiId, IntegrationType: "MOCK" })))).toContain("BadRequestException");
    expect(await refusal(client.send(new DeleteIntegrationCommand({ ApiId, IntegrationId: Target.slice(13) })))).toContain(
      "ConflictException",
    );
  });

  // documented: https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-parameter-mapping.html
  it("lose mappings that are set to nothing", async () => {
    const ApiId = await makeApi();
    const IntegrationId = await makeIntegration(ApiId);
    const RequestParameters = { "append:header.a": "1", "append:header.b": "2" };
    await client.send(new UpdateIntegrationCommand({ ApiId, IntegrationId, RequestParameters }));
    const changed = await client.send(new UpdateIntegrationCommand({ ApiId, IntegrationId, RequestParameters: { "append:header.a": "" } }));
    expect(changed.RequestParameters).toEqual({ "append:header.b": "2" });
    const reserved = { "append:header.Authorization": "x" };
    expect(await refusal(client.send(new UpdateIntegrationCommand({ ApiId, IntegrationId, RequestParameters: reserved })))).toContain(
      "restricted",
    );
  });
});

describe("stages and deployments", () => {
  // documented: https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-stages.html
  it("follow each other by themselves or by hand", async () => {
    const ApiId = await makeApi();
    const Target = `integrations/${await makeIntegration(ApiId)}`;
    expect(await refusal(client.send(new CreateDeploymentCommand({ ApiId })))).toContain("no routes exist");
    const { RouteId } = await client.send(new CreateRouteCommand({ ApiId, RouteKey: "GET /a", Target }));
    const { DeploymentId } = await client.send(new CreateDeploymentCommand({ ApiId }));
    await client.send(new CreateStageCommand({ ApiId, StageName: "dev", DeploymentId, StageVariables: { a: "1" } }));
    await client.send(new CreateStageCommand({ ApiId, StageName: "$default", AutoDeploy: true }));
    await client.send(new UpdateRouteCommand({ ApiId, RouteId, RouteKey: "GET /b" }));
    const { Items: stages = [] } = await client.send(new GetStagesCommand({ ApiId }));
    expect(stages.map(({ StageName }) => StageName)).toEqual(["$default", "dev"]);
    expect(stages[1]?.DeploymentId).toBe(DeploymentId);
    expect(stages[0]?.DeploymentId).not.toBe(DeploymentId);
    expect((await client.send(new GetDeploymentsCommand({ ApiId }))).Items).toHaveLength(2);
    expect(await refusal(client.send(new DeleteDeploymentCommand({ ApiId, DeploymentId })))).toContain("BadRequestException");
    const manual = { ApiId, StageName: "$default", DeploymentId };
    expect(await refusal(client.send(new UpdateStageCommand(manual)))).toContain("AutoDeploy");
    expect(
      (await client.send(new UpdateStageCommand({ ApiId, StageName: "dev", StageVariables: { a: "", b: "2" } }))).StageVariables,
    ).toEqual({ b: "2" });
    expect(await refusal(client.send(new CreateStageCommand({ ApiId, StageName: "dev" })))).toContain("ConflictException");
  });
});
