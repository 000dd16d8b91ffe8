import { type Answer, type Authorization, type Call, gatewayAnswer, header, queryValue } from "./call.ts";
import type { LiveRoute } from "./live.ts";
import { contextVariable } from "./variables.ts";

/** Either what was found out about the caller, or the answer that ends the call. */
export type Verdict = { readonly granted: Authorization } | { readonly refused: Answer };

export type AuthorizableCall = Call & { readonly route: LiveRoute; readonly pathParameters: Readonly<Record<string, string>> };

export const unauthorized = (more: Partial<Answer> = {}): Verdict => ({
  refused: gatewayAnswer(401, "Unauthorized", "UNAUTHORIZED", more),
});
export const forbidden = (): Verdict => ({ refused: gatewayAnswer(403, "Forbidden", "ACCESS_DENIED") });

/** The value that an identity source points at. */
export function identityValue(call: AuthorizableCall, source: string): string | undefined {
  const [, place, name = ""] = /^\$(request\.header|request\.querystring|context|stageVariables)\.(.+)$/.exec(source) ?? [];
  if (place === "request.header") return header(call, name);
  if (place === "request.querystring") return queryValue(call, name);
  if (place === "stageVariables") return call.live.stage.StageVariables?.[name];
  return place === "context" ? contextVariable(call, name) : undefined;
}
