import type { Cors } from "@aws-sdk/client-apigatewayv2";
import type { Context } from "../../aws/context.ts";
import { notImplemented } from "../../aws/exception.ts";
import { pageOf } from "../../aws/paging.ts";
import type { Operations } from "../../aws/service.ts";
import { forgetApi } from "./cache.ts";
import { autoDeploy, makeStage } from "./deployments.ts";
import { makeIntegration } from "./integrations.ts";
import { type ApiBody, badRequest, emitChange, findApi, given, listed, nowText, readPage, saveApi, withDates } from "./parts.ts";
import { makeRoute } from "./routes.ts";
import { deleteApi, insertApi, selectApis } from "./store.ts";

/** Where the API answers on this machine; its host names do too (see serve.ts). */
function apiEndpoint(ctx: Context, apiId: string): string {
  return `${ctx.cloud.endpoint}/_apigw/${apiId}`;
}

function toApi(ctx: Context, body: ApiBody) {
  return { ...withDates(body), ApiEndpoint: apiEndpoint(ctx, body.ApiId ?? "") };
}

function checkCors(cors: Cors | undefined): void {
  if (cors?.AllowCredentials !== true) return;
  if (cors.AllowOrigins?.includes("*")) throw badRequest("allow-credentials is not supported when allow-origin is *");
}

function refuse(operation: string, input: object): void {
  const values = input as Readonly<Record<string, unknown>>;
  if (values["ProtocolType"] === "WEBSOCKET") throw notImplemented("apigatewayv2", operation, "ProtocolType WEBSOCKET");
  for (const member of ["ApiKeySelectionExpression", "DisableSchemaValidation"]) {
    if (values[member] !== undefined && values[member] !== false) throw badRequest(`${member} is supported only for WebSocket APIs`);
  }
}

const isUrl = (target: string): boolean => /^https?:/.test(target);

/** Quick create: an integration, a route to it and a `$default` stage that deploys by itself. */
function quickCreate(ctx: Context, apiId: string, input: { Target: string; RouteKey?: string; CredentialsArn?: string }): void {
  const { Target: uri, CredentialsArn } = input;
  const IntegrationId = makeIntegration(ctx, apiId, {
    ApiGatewayManaged: true,
    IntegrationType: isUrl(uri) ? "HTTP_PROXY" : "AWS_PROXY",
    IntegrationMethod: isUrl(uri) ? "ANY" : "POST",
    IntegrationUri: uri,
    PayloadFormatVersion: isUrl(uri) ? "1.0" : "2.0",
    ...(CredentialsArn === undefined ? {} : { CredentialsArn }),
  });
  const RouteKey = input.RouteKey ?? "$default";
  makeRoute(ctx, apiId, { ApiGatewayManaged: true, RouteKey, Target: `integrations/${IntegrationId}` });
  makeStage(ctx, apiId, { StageName: "$default", ApiGatewayManaged: true, AutoDeploy: true });
}

export const apis = {
  CreateApi: (input, ctx) => {
    refuse("CreateApi", input);
    checkCors(input.CorsConfiguration);
    if (input.Target === undefined && (input.RouteKey !== undefined || input.CredentialsArn !== undefined)) {
      throw badRequest("RouteKey and CredentialsArn are supported only together with Target");
    }
    const { Target, RouteKey, CredentialsArn } = input;
    const ApiId = ctx.cloud.ids.alphanumeric(10);
    const body: ApiBody = {
      RouteSelectionExpression: "$request.method $request.path",
      ApiKeySelectionExpression: "$request.header.x-api-key",
      DisableExecuteApiEndpoint: false,
      IpAddressType: "ipv4",
      Tags: {},
      ...given(input, "Target", "RouteKey", "CredentialsArn", "DisableSchemaValidation"),
      Name: input.Name ?? "",
      ApiId,
      CreatedDate: nowText(ctx),
    } as ApiBody;
    if (body.RouteSelectionExpression?.replace(/[{}]/g, "") !== "$request.method $request.path") {
      throw badRequest("HTTP APIs route by method and path: RouteSelectionExpression must be $request.method $request.path");
    }
    return ctx.tx(() => {
      ctx.run(insertApi, { id: ApiId, body: JSON.stringify(body) });
      ctx.claim(ApiId);
      emitChange(ctx, "API Created", ApiId);
      if (Target !== undefined)
        quickCreate(ctx, ApiId, { Target, ...given({ RouteKey, CredentialsArn }) } as Parameters<typeof quickCreate>[2]);
      return toApi(ctx, body);
    });
  },

  UpdateApi: (input, ctx) => {
    refuse("UpdateApi", input);
    checkCors(input.CorsConfiguration);
    for (const member of ["Target", "RouteKey", "CredentialsArn"] as const) {
      if (input[member] !== undefined) throw notImplemented("apigatewayv2", "UpdateApi", `${member} (quick create)`);
    }
    const body = { ...findApi(ctx, input.ApiId), ...given(input, "DisableSchemaValidation") } as ApiBody;
    return ctx.tx(() => {
      saveApi(ctx, body);
      autoDeploy(ctx, body.ApiId ?? "");
      emitChange(ctx, "API Updated", body.ApiId ?? "");
      return toApi(ctx, body);
    });
  },

  DeleteApi: (input, ctx) => {
    const { ApiId = "" } = findApi(ctx, input.ApiId);
    ctx.tx(() => {
      ctx.run(deleteApi, { id: ApiId });
      forgetApi(ctx.cloud, ApiId);
      emitChange(ctx, "API Deleted", ApiId);
    });
    return {};
  },

  GetApi: (input, ctx) => toApi(ctx, findApi(ctx, input.ApiId)),

  GetApis: (input, ctx) => {
    const { after, limit } = readPage(input);
    const { items, nextToken } = pageOf(ctx.all(selectApis, { after, limit: limit + 1 }), limit, (row) => [row.id]);
    return listed(
      items.map((row) => toApi(ctx, JSON.parse(row.body) as ApiBody)),
      nextToken,
    );
  },

  DeleteCorsConfiguration: (input, ctx) => {
    const { CorsConfiguration: _, ...rest } = findApi(ctx, input.ApiId);
    ctx.tx(() => {
      saveApi(ctx, rest as ApiBody);
      emitChange(ctx, "API Updated", rest.ApiId ?? "");
    });
    return {};
  },
} satisfies Operations<"apigatewayv2">;
