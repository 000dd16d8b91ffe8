import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { startCloud, type TestCloud } from "../../../test/support/cloud.ts";

let cloud: TestCloud;
beforeAll(async () => {
  cloud = await startCloud();
});
afterAll(() => cloud.stop());

async function settled(StackName: string): Promise<{ status: string | undefined; outputs: Record<string, string> }> {
  await cloud.cloud.clock.advance(120_000);
  const { Stacks: [stack] = [] } = await cloud.ctx.call("cloudformation", "DescribeStacks", { StackName });
  const outputs = Object.fromEntries((stack?.Outputs ?? []).map(({ OutputKey = "", OutputValue = "" }) => [OutputKey, OutputValue]));
  return { status: `${stack?.StackStatus} ${stack?.StackStatusReason ?? ""}`.trim(), outputs };
}

const template = (allowed: string): string =>
  JSON.stringify({
    Resources: {
      Api: {
        Type: "AWS::ApiGatewayV2::Api",
        Properties: {
          Name: "http",
          ProtocolType: "HTTP",
          CorsConfiguration: { AllowOrigins: [allowed], AllowMethods: ["*"], MaxAge: "60" },
        },
      },
      Stage: {
        Type: "AWS::ApiGatewayV2::Stage",
        Properties: {
          ApiId: { Ref: "Api" },
          StageName: "$default",
          AutoDeploy: "true",
          DefaultRouteSettings: { ThrottlingBurstLimit: "5", ThrottlingRateLimit: 2 },
        },
      },
      Integration: {
        Type: "AWS::ApiGatewayV2::Integration",
        Properties: {
          ApiId: { Ref: "Api" },
          IntegrationType: "HTTP_PROXY",
          IntegrationMethod: "GET",
          IntegrationUri: "http://127.0.0.1:9/",
          PayloadFormatVersion: "1.0",
          TimeoutInMillis: "1000",
          ResponseParameters: { "500": { ResponseParameters: [{ Destination: "overwrite:statuscode", Source: "418" }] } },
        },
      },
      Route: {
        Type: "AWS::ApiGatewayV2::Route",
        Properties: {
          ApiId: { Ref: "Api" },
          RouteKey: "GET /tea",
          Target: { "Fn::Join": ["/", ["integrations", { Ref: "Integration" }]] },
        },
      },
    },
    Outputs: { Endpoint: { Value: { "Fn::GetAtt": ["Api", "ApiEndpoint"] } }, Id: { Value: { Ref: "Api" } } },
  });

describe("stacks", () => {
  // documented: https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/AWS_ApiGatewayV2.html
  it("make, change and delete an HTTP API", async () => {
    await cloud.ctx.call("cloudformation", "CreateStack", { StackName: "api", TemplateBody: template("https://a.example.com") });
    const made = await settled("api");
    expect(made.status).toBe("CREATE_COMPLETE");
    const { Endpoint = "", Id = "" } = made.outputs;
    expect((await fetch(`${Endpoint}/tea`)).status).toBe(418);
    await cloud.ctx.call("cloudformation", "UpdateStack", { StackName: "api", TemplateBody: template("https://b.example.com") });
    expect((await settled("api")).status).toBe("UPDATE_COMPLETE");
    const api = await cloud.ctx.call("apigatewayv2", "GetApi", { ApiId: Id });
    expect(api.CorsConfiguration).toEqual({ AllowOrigins: ["https://b.example.com"], AllowMethods: ["*"], MaxAge: 60 });
    await cloud.ctx.call("cloudformation", "DeleteStack", { StackName: "api" });
    await cloud.cloud.clock.advance(120_000);
    expect((await cloud.ctx.call("apigatewayv2", "GetApis", {})).Items).toEqual([]);
  });
});
