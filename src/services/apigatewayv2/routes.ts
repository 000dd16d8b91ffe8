import type { Context } from "../../aws/context.ts";
import { AwsException } from "../../aws/exception.ts";
import type { Operations } from "../../aws/service.ts";
import { autoDeploy } from "./deployments.ts";
import {
  allParts,
  badRequest,
  emitChange,
  findApi,
  findPart,
  given,
  listed,
  pageOfParts,
  type RouteBody,
  removePart,
  savePart,
} from "./parts.ts";
import { parseRouteKey } from "./routing.ts";

function check(ctx: Context, apiId: string, body: RouteBody): void {
  const { RouteKey = "", Target, AuthorizationType = "NONE", AuthorizerId } = body;
  if (parseRouteKey(RouteKey) === undefined) {
    throw badRequest(
      `The provided route key is not formatted properly for HTTP protocol. Format should be "<HTTP METHOD> /<RESOURCE PATH>" or "$default"`,
    );
  }
  for (const member of [
    "ApiKeyRequired",
    "ModelSelectionExpression",
    "RequestModels",
    "RequestParameters",
    "RouteResponseSelectionExpression",
  ]) {
    const value = (body as Record<string, unknown>)[member];
    if (value !== undefined && value !== false) throw badRequest(`${member} is supported only for WebSocket APIs`);
  }
  if (allParts(ctx, "route", apiId).some((route) => route.RouteKey === RouteKey && route.RouteId !== body.RouteId)) {
    throw new AwsException("ConflictException", `Route with key ${RouteKey} already exists for this API`);
  }
  const integration = /^integrations\/(.+)$/.exec(Target ?? "")?.[1];
  if (Target !== undefined) {
    if (integration === undefined) throw badRequest(`Invalid target specified ${Target}: use integrations/<integration id>`);
    findPart(ctx, "integration", apiId, integration);
  }
  const needs = AuthorizationType === "JWT" ? "JWT" : AuthorizationType === "CUSTOM" ? "REQUEST" : undefined;
  if (needs === undefined) return;
  if (AuthorizerId === undefined) throw badRequest(`AuthorizerId is required for authorization type ${AuthorizationType}`);
  if (findPart(ctx, "authorizer", apiId, AuthorizerId).AuthorizerType !== needs) {
    throw badRequest(`Authorizer ${AuthorizerId} is not of the type that ${AuthorizationType} needs`);
  }
}

/** Within the caller's transaction; returns the new id. */
export function makeRoute(ctx: Context, apiId: string, body: RouteBody): string {
  const RouteId = ctx.cloud.ids.alphanumeric(7);
  savePart(ctx, "route", apiId, { ApiKeyRequired: false, AuthorizationType: "NONE", ...body, RouteId });
  return RouteId;
}

export const routes = {
  CreateRoute: (input, ctx) => {
    const { ApiId = "" } = findApi(ctx, input.ApiId);
    const body = given(input, "ApiId") as RouteBody;
    check(ctx, ApiId, body);
    return ctx.tx(() => {
      const id = makeRoute(ctx, ApiId, body);
      ctx.claim(id);
      autoDeploy(ctx, ApiId);
      emitChange(ctx, "Route Created", ApiId, `/routes/${id}`);
      return findPart(ctx, "route", ApiId, id);
    });
  },

  UpdateRoute: (input, ctx) => {
    const body: RouteBody = { ...findPart(ctx, "route", input.ApiId, input.RouteId), ...(given(input, "ApiId") as Partial<RouteBody>) };
    check(ctx, input.ApiId ?? "", body);
    const { AuthorizerId: _, AuthorizationScopes: __, ...open } = body;
    const kept: RouteBody = body.AuthorizationType === "NONE" ? open : body;
    return ctx.tx(() => {
      savePart(ctx, "route", input.ApiId ?? "", kept);
      autoDeploy(ctx, input.ApiId ?? "");
      emitChange(ctx, "Route Updated", input.ApiId ?? "", `/routes/${input.RouteId}`);
      return kept;
    });
  },

  DeleteRoute: (input, ctx) => {
    ctx.tx(() => {
      removePart(ctx, "route", input.ApiId, input.RouteId);
      autoDeploy(ctx, input.ApiId ?? "");
      emitChange(ctx, "Route Deleted", input.ApiId ?? "", `/routes/${input.RouteId}`);
    });
    return {};
  },

  GetRoute: (input, ctx) => findPart(ctx, "route", input.ApiId, input.RouteId),

  GetRoutes: (input, ctx) => {
    const { items, nextToken } = pageOfParts(ctx, "route", input);
    return listed(items, nextToken);
  },
} satisfies Operations<"apigatewayv2">;
