import { AwsException } from "../../aws/exception.ts";
import type { Operations } from "../../aws/service.ts";
import { forgetDecisions } from "./authorize-lambda.ts";
import { autoDeploy } from "./deployments.ts";
import {
  type AuthorizerBody,
  allParts,
  badRequest,
  emitChange,
  findApi,
  findPart,
  given,
  listed,
  pageOfParts,
  removePart,
  savePart,
} from "./parts.ts";

function check(body: AuthorizerBody): void {
  const sources = body.IdentitySource ?? [];
  const expression =
    body.AuthorizerType === "JWT"
      ? /^\$request\.(header|querystring)\.[^\s]+$/
      : /^\$(request\.(header|querystring)|context|stageVariables)\.[^\s]+$/;
  const wrong = sources.find((source) => !expression.test(source));
  if (wrong !== undefined)
    throw badRequest(
      `Invalid mapping expression specified: Validation Result: warnings : [], errors : [Invalid mapping expression specified: ${wrong}]`,
    );
  if (body.AuthorizerType === "JWT") {
    if (sources.length !== 1) throw badRequest("JWT authorizers need exactly one identity source");
    const { Issuer, Audience = [] } = body.JwtConfiguration ?? {};
    if (Issuer === undefined || !/^https?:\/\//.test(Issuer))
      throw badRequest(`Invalid issuer: ${Issuer ?? "none"}. Issuer must have a valid URL`);
    if (Audience.length === 0) throw badRequest("Audience list must have at least 1 item for JWT Authorizer");
    return;
  }
  if (!/:lambda:path\/2015-03-31\/functions\/arn:.+\/invocations$/.test(body.AuthorizerUri ?? "")) {
    throw badRequest(
      `Invalid Authorizer URI: ${body.AuthorizerUri ?? "none"}. Authorizer URI should be a valid API Gateway ARN that represents a Lambda function invocation.`,
    );
  }
  const version = body.AuthorizerPayloadFormatVersion;
  if (version !== "1.0" && version !== "2.0")
    throw badRequest("AuthorizerPayloadFormatVersion is a required parameter for HTTP APIs: 1.0 or 2.0");
  if (body.EnableSimpleResponses === true && version !== "2.0")
    throw badRequest("EnableSimpleResponses is supported only for payload format version 2.0");
  if ((body.AuthorizerResultTtlInSeconds ?? 0) > 0 && sources.length === 0) {
    throw badRequest("Caching needs at least one identity source");
  }
}

export const authorizers = {
  CreateAuthorizer: (input, ctx) => {
    const { ApiId = "" } = findApi(ctx, input.ApiId);
    const AuthorizerId = ctx.cloud.ids.alphanumeric(6);
    const body = { ...(given(input, "ApiId") as AuthorizerBody), AuthorizerId };
    check(body);
    return ctx.tx(() => {
      savePart(ctx, "authorizer", ApiId, body);
      ctx.claim(AuthorizerId);
      autoDeploy(ctx, ApiId);
      emitChange(ctx, "Authorizer Created", ApiId, `/authorizers/${AuthorizerId}`);
      return body;
    });
  },

  UpdateAuthorizer: (input, ctx) => {
    const old = findPart(ctx, "authorizer", input.ApiId, input.AuthorizerId);
    const body: AuthorizerBody = { ...old, ...(given(input, "ApiId") as Partial<AuthorizerBody>) };
    check(body);
    return ctx.tx(() => {
      savePart(ctx, "authorizer", input.ApiId ?? "", body);
      autoDeploy(ctx, input.ApiId ?? "");
      emitChange(ctx, "Authorizer Updated", input.ApiId ?? "", `/authorizers/${input.AuthorizerId}`);
      return body;
    });
  },

  DeleteAuthorizer: (input, ctx) => {
    findPart(ctx, "authorizer", input.ApiId, input.AuthorizerId);
    const user = allParts(ctx, "route", input.ApiId ?? "").find(({ AuthorizerId }) => AuthorizerId === input.AuthorizerId);
    if (user !== undefined) {
      throw new AwsException(
        "ConflictException",
        `Cannot delete Authorizer ${input.AuthorizerId}. It is referenced in route: ${user.RouteKey}`,
      );
    }
    ctx.tx(() => {
      removePart(ctx, "authorizer", input.ApiId, input.AuthorizerId);
      autoDeploy(ctx, input.ApiId ?? "");
      emitChange(ctx, "Authorizer Deleted", input.ApiId ?? "", `/authorizers/${input.AuthorizerId}`);
    });
    return {};
  },

  GetAuthorizer: (input, ctx) => findPart(ctx, "authorizer", input.ApiId, input.AuthorizerId),

  GetAuthorizers: (input, ctx) => {
    const { items, nextToken } = pageOfParts(ctx, "authorizer", input);
    return listed(items, nextToken);
  },

  ResetAuthorizersCache: (input, ctx) => {
    findPart(ctx, "stage", input.ApiId, input.StageName);
    forgetDecisions(ctx.cloud, `${input.ApiId}|${input.StageName}|`);
    return {};
  },
} satisfies Operations<"apigatewayv2">;
