import type { Context } from "../../aws/context.ts";
import { AwsException, notImplemented } from "../../aws/exception.ts";
import type { Operations } from "../../aws/service.ts";
import { autoDeploy } from "./deployments.ts";
import { checkMapping } from "./mapping.ts";
import {
  allParts,
  badRequest,
  emitChange,
  findApi,
  findPart,
  given,
  type IntegrationBody,
  listed,
  pageOfParts,
  removePart,
  savePart,
} from "./parts.ts";

const SUBTYPES: readonly string[] = ["EventBridge-PutEvents", "SQS-SendMessage"];

/** HTTP APIs have proxy integrations alone: https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-develop-integrations.html */
function check(operation: string, body: IntegrationBody): void {
  if (body.ConnectionType === "VPC_LINK") throw notImplemented("apigatewayv2", operation, "ConnectionType VPC_LINK");
  if (body.TlsConfig !== undefined) throw notImplemented("apigatewayv2", operation, "TlsConfig");
  if (body.IntegrationType !== "AWS_PROXY" && body.IntegrationType !== "HTTP_PROXY") {
    throw badRequest("HTTP APIs support only AWS_PROXY and HTTP_PROXY integrations");
  }
  if (body.IntegrationSubtype === undefined && body.IntegrationUri === undefined) throw badRequest("IntegrationUri is required");
  if (body.IntegrationType === "HTTP_PROXY" && !/^https?:\/\//.test(body.IntegrationUri ?? "")) {
    throw badRequest(`Invalid HTTP endpoint specified for URI ${body.IntegrationUri}`);
  }
  if (body.IntegrationSubtype !== undefined) {
    if (!SUBTYPES.includes(body.IntegrationSubtype))
      throw notImplemented("apigatewayv2", operation, `IntegrationSubtype ${body.IntegrationSubtype}`);
    if (body.CredentialsArn === undefined) throw badRequest("CredentialsArn is required for service integrations");
  }
  if (body.PayloadFormatVersion !== "1.0" && body.PayloadFormatVersion !== "2.0") {
    throw badRequest("PayloadFormatVersion is a required parameter for integration: 1.0 or 2.0");
  }
  if (body.IntegrationType === "HTTP_PROXY" && body.PayloadFormatVersion !== "1.0") {
    throw badRequest("HTTP_PROXY integrations support only PayloadFormatVersion 1.0");
  }
  if (body.RequestTemplates !== undefined || body.PassthroughBehavior !== undefined || body.ContentHandlingStrategy !== undefined) {
    throw badRequest("RequestTemplates, PassthroughBehavior and ContentHandlingStrategy are supported only for WebSocket APIs");
  }
  if (body.IntegrationSubtype === undefined) checkMapping(body.RequestParameters, body.ResponseParameters);
}

/** Within the caller's transaction; returns the new id. */
export function makeIntegration(ctx: Context, apiId: string, body: IntegrationBody): string {
  const id = ctx.cloud.ids.alphanumeric(7);
  savePart(ctx, "integration", apiId, { ConnectionType: "INTERNET", TimeoutInMillis: 30_000, ...body, IntegrationId: id });
  return id;
}

/** An empty value takes a mapping away. http-api-parameter-mapping.html */
function merged<T>(old: Record<string, T> | undefined, changed: Record<string, T> | undefined, isEmpty: (value: T) => boolean) {
  return Object.fromEntries(Object.entries({ ...old, ...changed }).filter(([, value]) => !isEmpty(value)));
}

export const integrations = {
  CreateIntegration: (input, ctx) => {
    const { ApiId = "" } = findApi(ctx, input.ApiId);
    const PayloadFormatVersion = input.PayloadFormatVersion ?? (input.IntegrationType === "HTTP_PROXY" ? "1.0" : undefined);
    const body = given({ ...input, PayloadFormatVersion }, "ApiId") as IntegrationBody;
    check("CreateIntegration", { ...body, PayloadFormatVersion: body.PayloadFormatVersion ?? "1.0" });
    return ctx.tx(() => {
      const id = makeIntegration(ctx, ApiId, { ...body, PayloadFormatVersion: body.PayloadFormatVersion ?? "1.0" });
      ctx.claim(id);
      autoDeploy(ctx, ApiId);
      emitChange(ctx, "Integration Created", ApiId, `/integrations/${id}`);
      return findPart(ctx, "integration", ApiId, id);
    });
  },

  UpdateIntegration: (input, ctx) => {
    const old = findPart(ctx, "integration", input.ApiId, input.IntegrationId);
    const body = { ...old, ...(given(input, "ApiId") as IntegrationBody) } as Record<string, unknown> & IntegrationBody;
    const RequestParameters = merged(old.RequestParameters, input.RequestParameters, (value) => value === "");
    const ResponseParameters = merged(old.ResponseParameters, input.ResponseParameters, (value) => Object.keys(value).length === 0);
    const changed: IntegrationBody = {
      ...body,
      ...(input.RequestParameters === undefined ? {} : { RequestParameters }),
      ...(input.ResponseParameters === undefined ? {} : { ResponseParameters }),
    };
    check("UpdateIntegration", changed);
    return ctx.tx(() => {
      savePart(ctx, "integration", input.ApiId ?? "", changed);
      autoDeploy(ctx, input.ApiId ?? "");
      emitChange(ctx, "Integration Updated", input.ApiId ?? "", `/integrations/${input.IntegrationId}`);
      return changed;
    });
  },

  DeleteIntegration: (input, ctx) => {
    findPart(ctx, "integration", input.ApiId, input.IntegrationId);
    const target = `integrations/${input.IntegrationId}`;
    const route = allParts(ctx, "route", input.ApiId ?? "").find(({ Target }) => Target === target);
    if (route !== undefined) {
      const users = `The following routes are attached: ${route.RouteKey}`;
      throw new AwsException("ConflictException", `Cannot delete Integration ${input.IntegrationId}. ${users}`);
    }
    ctx.tx(() => {
      removePart(ctx, "integration", input.ApiId, input.IntegrationId);
      autoDeploy(ctx, input.ApiId ?? "");
      emitChange(ctx, "Integration Deleted", input.ApiId ?? "", `/integrations/${input.IntegrationId}`);
    });
    return {};
  },

  GetIntegration: (input, ctx) => findPart(ctx, "integration", input.ApiId, input.IntegrationId),

  GetIntegrations: (input, ctx) => {
    const { items, nextToken } = pageOfParts(ctx, "integration", input);
    return listed(items, nextToken);
  },
} satisfies Operations<"apigatewayv2">;
