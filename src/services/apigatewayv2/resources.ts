import type { Context } from "../../aws/context.ts";
import { AwsException, notImplemented } from "../../aws/exception.ts";
import {
  deleted,
  type Properties,
  type ResourceRequest,
  type ResourceState,
  type ResourceType,
  type ResourceUpdate,
} from "../../aws/resource.ts";
import { resourceTags } from "../../aws/tags.ts";

type Call = Context["call"];
type Members = Record<string, unknown>;

const BOOLEANS = new Set([
  "AllowCredentials",
  "ApiKeyRequired",
  "AutoDeploy",
  "DataTraceEnabled",
  "DetailedMetricsEnabled",
  "DisableExecuteApiEndpoint",
  "DisableSchemaValidation",
  "EnableSimpleResponses",
]);
const NUMBERS = new Set(["AuthorizerResultTtlInSeconds", "MaxAge", "ThrottlingBurstLimit", "ThrottlingRateLimit", "TimeoutInMillis"]);

/** Template values as the API types them. */
function typed(value: unknown, name = ""): unknown {
  if (Array.isArray(value)) return value.map((item) => typed(item));
  if (typeof value === "object" && value !== null) {
    return Object.fromEntries(Object.entries(value).map(([key, member]) => [key, typed(member, key)]));
  }
  if (BOOLEANS.has(name)) return String(value) === "true";
  if (NUMBERS.has(name)) return Number(value);
  return value;
}

function members(properties: Properties, ...without: string[]): Members {
  const kept = Object.entries(properties).filter(([name, value]) => value !== undefined && value !== null && !without.includes(name));
  return typed(Object.fromEntries(kept)) as Members;
}

/** Calls by name with members that the schema of the operation has by the same names. */
async function run(ctx: Context, operation: string, input: Members): Promise<Members> {
  const call = ctx.call.bind(ctx) as unknown as (service: string, operation: string, input: object) => Promise<object>;
  return (await call("apigatewayv2" satisfies Parameters<Call>[0], operation, input)) as Members;
}

/** Entries that an update must take away: their value is what the API reads as "none". */
function cleared(previous: unknown, next: unknown, none: unknown): Members {
  const gone = Object.keys((previous ?? {}) as Members).filter((key) => !Object.hasOwn((next ?? {}) as Members, key));
  return { ...Object.fromEntries(gone.map((key) => [key, none])), ...(next as Members | undefined) };
}

/** https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-apigatewayv2-api.html */
const api: ResourceType = {
  create: async (ctx, request) => {
    for (const name of ["Body", "BodyS3Location"]) {
      if (request.properties[name] !== undefined) throw notImplemented("apigatewayv2", "ImportApi", `AWS::ApiGatewayV2::Api ${name}`);
    }
    const input = { ...members(request.properties, "BasePath", "FailOnWarnings"), Tags: resourceTags(request) };
    return apiState(ctx, ctx.claimed() ?? String((await run(ctx, "CreateApi", input))["ApiId"]));
  },
  update: async (ctx, { physicalId: ApiId, properties, previous }) => {
    const quick = ["Target", "RouteKey", "CredentialsArn"];
    const changed = quick.find((name) => JSON.stringify(properties[name]) !== JSON.stringify(previous[name]));
    if (changed !== undefined) throw notImplemented("apigatewayv2", "UpdateApi", `AWS::ApiGatewayV2::Api ${changed}`);
    const input = members(properties, ...quick, "BasePath", "FailOnWarnings", "Tags", "ProtocolType", "Body", "BodyS3Location");
    await run(ctx, "UpdateApi", { Description: "", ...input, ApiId });
    if (previous["CorsConfiguration"] !== undefined && properties["CorsConfiguration"] === undefined) {
      await run(ctx, "DeleteCorsConfiguration", { ApiId });
    }
    return apiState(ctx, ApiId);
  },
  delete: (ctx, { physicalId: ApiId }) => deleted("NotFoundException", run(ctx, "DeleteApi", { ApiId })),
  read: async (ctx, ApiId) => {
    try {
      const { ApiId: _, ApiEndpoint: __, CreatedDate: ___, ...found } = await run(ctx, "GetApi", { ApiId });
      return found;
    } catch (error) {
      if (error instanceof AwsException && error.code === "NotFoundException") return undefined;
      throw error;
    }
  },
};

async function apiState(ctx: Context, ApiId: string): Promise<ResourceState> {
  const { ApiEndpoint } = await run(ctx, "GetApi", { ApiId });
  return { physicalId: ApiId, attributes: { ApiId, ApiEndpoint } };
}

interface PartType {
  readonly noun: "Route" | "Integration" | "Authorizer" | "Deployment" | "Stage";
  /** The member that names it; also its Fn::GetAtt. */
  readonly id: string;
  /** Members of the create and update calls. */
  input(request: ResourceRequest): Members;
  /** What an update takes away. */
  clear?(request: ResourceUpdate): Members;
  after?(ctx: Context, request: ResourceUpdate): Promise<void>;
}

/** The parts of an API are all made, changed and deleted in the same way. */
function part({ noun, id, input, clear, after }: PartType): ResourceType {
  const state = (physicalId: string): ResourceState => ({ physicalId, attributes: { [id]: physicalId } });
  return {
    create: async (ctx, request) => state(ctx.claimed() ?? String((await run(ctx, `Create${noun}`, input(request)))[id])),
    update: async (ctx, request) => {
      await run(ctx, `Update${noun}`, { ...input(request), ...clear?.(request), [id]: request.physicalId });
      await after?.(ctx, request);
      return state(request.physicalId);
    },
    delete: (ctx, { physicalId, properties }) =>
      deleted("NotFoundException", run(ctx, `Delete${noun}`, { ApiId: properties["ApiId"], [id]: physicalId })),
  };
}

interface ResponseMapping {
  readonly ResponseParameters?: readonly { readonly Destination: string; readonly Source: string }[];
}

/** Templates list destinations and sources where the API has a map. */
function responseParameters(value: unknown): Record<string, Record<string, string>> {
  return Object.fromEntries(
    Object.entries((value ?? {}) as Record<string, ResponseMapping>).map(([status, mapping]) => [
      status,
      Object.fromEntries((mapping.ResponseParameters ?? []).map(({ Destination, Source }) => [Destination, Source])),
    ]),
  );
}

const integration = part({
  noun: "Integration",
  id: "IntegrationId",
  input: ({ properties }) => ({
    ...members(properties, "ResponseParameters"),
    ...(properties["ResponseParameters"] === undefined ? {} : { ResponseParameters: responseParameters(properties["ResponseParameters"]) }),
  }),
  clear: ({ properties, previous }) => ({
    RequestParameters: cleared(previous["RequestParameters"], properties["RequestParameters"], ""),
    ResponseParameters: cleared(previous["ResponseParameters"], responseParameters(properties["ResponseParameters"]), {}),
  }),
});

const route = part({
  noun: "Route",
  id: "RouteId",
  input: ({ properties }) => members(properties),
  clear: ({ properties, previous }) => ({
    ...(properties["AuthorizationType"] === undefined && previous["AuthorizationType"] !== undefined ? { AuthorizationType: "NONE" } : {}),
    ...(properties["AuthorizationScopes"] === undefined && previous["AuthorizationScopes"] !== undefined
      ? { AuthorizationScopes: [] }
      : {}),
  }),
});

const stage = part({
  noun: "Stage",
  id: "StageName",
  input: (request) => ({
    ...members(request.properties, "AccessPolicyId", "Tags"),
    ...("physicalId" in request ? {} : { Tags: resourceTags(request) }),
  }),
  clear: ({ properties, previous }) => ({ StageVariables: cleared(previous["StageVariables"], properties["StageVariables"], "") }),
  after: async (ctx, { physicalId: StageName, properties, previous }) => {
    const reference = { ApiId: properties["ApiId"], StageName };
    if (previous["AccessLogSettings"] !== undefined && properties["AccessLogSettings"] === undefined) {
      await run(ctx, "DeleteAccessLogSettings", reference);
    }
    const kept = Object.keys((properties["RouteSettings"] ?? {}) as Members);
    for (const RouteKey of Object.keys((previous["RouteSettings"] ?? {}) as Members)) {
      if (!kept.includes(RouteKey)) await run(ctx, "DeleteRouteSettings", { ...reference, RouteKey });
    }
  },
});

export const resources = {
  "AWS::ApiGatewayV2::Api": api,
  "AWS::ApiGatewayV2::Route": route,
  "AWS::ApiGatewayV2::Integration": integration,
  "AWS::ApiGatewayV2::Stage": stage,
  "AWS::ApiGatewayV2::Deployment": part({ noun: "Deployment", id: "DeploymentId", input: ({ properties }) => members(properties) }),
  "AWS::ApiGatewayV2::Authorizer": part({ noun: "Authorizer", id: "AuthorizerId", input: ({ properties }) => members(properties) }),
} satisfies Record<string, ResourceType>;
