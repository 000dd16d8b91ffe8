import type { Cloud } from "../../aws/context.ts";
import { messageOf } from "../../kernel/errors.ts";
import { type Authorization, gatewayAnswer, type RoutedCall } from "./call.ts";
import { functionReference, type Invocation, invokeFunction } from "./functions.ts";
import type { AuthorizerBody } from "./parts.ts";
import { requestV1, requestV2 } from "./payload.ts";
import { type AuthorizableCall, forbidden, identityValue, unauthorized, type Verdict } from "./verdict.ts";

/** What an authorizer's function said, before it is held against one route. */
interface Decision {
  readonly simple: boolean | undefined;
  readonly policy: string | undefined;
  readonly authorization: Authorization;
}

interface Kept {
  readonly decision: Decision;
  /** Virtual ms. */
  readonly until: number;
}

/** Results by `<api>|<stage>|<authorizer>|<identity values>`, for as long as the authorizer's TTL says. */
const decisions = new WeakMap<Cloud, Map<string, Kept>>();
const MOST_KEPT = 10_000;

export function forgetDecisions(cloud: Cloud, prefix: string): void {
  for (const key of decisions.get(cloud)?.keys() ?? []) if (key.startsWith(prefix)) decisions.get(cloud)?.delete(key);
}

/** https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-lambda-authorizer.html */
export async function authorizeLambda(call: AuthorizableCall): Promise<Verdict> {
  const { authorizer } = call.route;
  if (authorizer === undefined) return failed("the route's authorizer is gone");
  const values: string[] = [];
  for (const source of authorizer.IdentitySource ?? []) {
    const value = identityValue(call, source);
    if (value === undefined || value === "") return unauthorized();
    values.push(value);
  }
  const ttl = (authorizer.AuthorizerResultTtlInSeconds ?? 0) * 1_000;
  const key = `${call.live.apiId}|${call.live.name}|${authorizer.AuthorizerId}|${JSON.stringify(values)}`;
  const kept = ttl > 0 ? decisions.get(call.ctx.cloud)?.get(key) : undefined;
  if (kept !== undefined && kept.until > call.ctx.now) return judge(call, kept.decision);
  let result: Invocation;
  try {
    result = await ask(call, authorizer, values);
  } catch (error) {
    return failed(messageOf(error));
  }
  // Throwing exactly "Unauthorized" is the documented way for a function to have the client told 401.
  if (result.functionError !== undefined || isUnauthorized(result.payload))
    return isUnauthorized(result.payload) ? unauthorized() : failed(result.payload);
  const decision = readDecision(result.payload, authorizer);
  if (decision === undefined) return failed("the authorizer's answer has not the format that API Gateway expects");
  if (ttl > 0) keep(call.ctx.cloud, key, { decision, until: call.ctx.now + ttl });
  return judge(call, decision);
}

function keep(cloud: Cloud, key: string, kept: Kept): void {
  const all = decisions.get(cloud) ?? new Map<string, Kept>();
  if (all.size >= MOST_KEPT) all.clear();
  all.set(key, kept);
  decisions.set(cloud, all);
}

function failed(error: string): Verdict {
  return { refused: gatewayAnswer(500, "Internal Server Error", "AUTHORIZER_FAILURE", { error }) };
}

function isUnauthorized(payload: string): boolean {
  return /"errorMessage"\s*:\s*"Unauthorized"/.test(payload);
}

function arnOf(call: AuthorizableCall): string {
  const { live } = call;
  const base = `arn:aws:execute-api:${live.region}:${live.account}:${live.apiId}/${live.name}`;
  return call.route.body.RouteKey === "$default" ? `${base}/$default` : `${base}/${call.method}${call.path}`;
}

function ask(call: AuthorizableCall, authorizer: AuthorizerBody, values: readonly string[]): Promise<Invocation> {
  const target = functionReference(authorizer.AuthorizerUri, call.live.stage.StageVariables);
  if (target === undefined) return Promise.resolve({ payload: "null", functionError: "InvalidUri" });
  const routed: RoutedCall = { ...call, authorization: { kind: "none" } };
  const old = authorizer.AuthorizerPayloadFormatVersion === "1.0";
  const identity = values.join(",");
  const event = old
    ? { ...requestV1(routed), type: "REQUEST", methodArn: arnOf(call), identitySource: identity, authorizationToken: identity }
    : { ...requestV2(routed), type: "REQUEST", routeArn: arnOf(call), identitySource: values.length === 0 ? null : values };
  const { live } = call;
  const source = `arn:aws:execute-api:${live.region}:${live.account}:${live.apiId}/authorizers/${authorizer.AuthorizerId}`;
  return invokeFunction(call.ctx, target, event, { credentials: authorizer.AuthorizerCredentialsArn, sources: [source] });
}

function readDecision(payload: string, authorizer: AuthorizerBody): Decision | undefined {
  let result: Record<string, unknown>;
  try {
    result = JSON.parse(payload) as Record<string, unknown>;
    if (typeof result !== "object" || result === null) return undefined;
  } catch {
    return undefined;
  }
  const context = (typeof result["context"] === "object" ? result["context"] : undefined) ?? {};
  const principalId = result["principalId"] === undefined ? undefined : String(result["principalId"]);
  const authorization: Authorization = { kind: "lambda", context: context as Record<string, unknown>, principalId };
  if (authorizer.EnableSimpleResponses === true) {
    const simple = result["isAuthorized"];
    return typeof simple === "boolean" ? { simple, policy: undefined, authorization } : undefined;
  }
  const document = result["policyDocument"] as { Version?: string; Statement?: object | object[] } | undefined;
  if (document?.Statement === undefined) return undefined;
  const Statement = [document.Statement].flat().map((statement) => ({ ...statement, Principal: "*" }));
  return { simple: undefined, policy: JSON.stringify({ Version: document.Version ?? "2012-10-17", Statement }), authorization };
}

function judge(call: AuthorizableCall, { simple, policy, authorization }: Decision): Verdict {
  if (simple !== undefined) return simple ? { granted: authorization } : forbidden();
  const request = { principal: call.ctx.principal, action: "execute-api:Invoke", resource: arnOf(call), conditions: {} };
  const verdict = call.ctx.cloud.identity.judge(policy ?? "", request);
  return verdict === "allow" || verdict === "delegate" ? { granted: authorization } : forbidden();
}
