import type { IncomingMessage } from "node:http";
import type { UrlCors } from "./records.ts";

export function isPreflight(request: IncomingMessage): boolean {
  return request.method === "OPTIONS" && request.headers["access-control-request-method"] !== undefined;
}

/** https://docs.aws.amazon.com/lambda/latest/dg/urls-configuration.html#urls-cors: the configuration wins over the function's own headers. */
export function corsHeaders(cors: UrlCors | undefined, origin: string | undefined): Record<string, string> {
  if (cors === undefined || origin === undefined) return {};
  const allowed = cors.AllowOrigins ?? [];
  if (!allowed.some((one) => one === "*" || matchesOrigin(one, origin))) return {};
  const list = (name: string, values: readonly string[] | undefined): Record<string, string> =>
    values === undefined || values.length === 0 ? {} : { [name]: values.join(",") };
  return {
    "access-control-allow-origin": allowed.includes("*") && cors.AllowCredentials !== true ? "*" : origin,
    vary: "Origin",
    ...(cors.AllowCredentials === true ? { "access-control-allow-credentials": "true" } : {}),
    ...list("access-control-allow-headers", cors.AllowHeaders),
    ...list("access-control-allow-methods", cors.AllowMethods),
    ...list("access-control-expose-headers", cors.ExposeHeaders),
    ...(cors.MaxAge === undefined ? {} : { "access-control-max-age": String(cors.MaxAge) }),
  };
}

/** An origin, or one with `*` for the first label of its host. */
function matchesOrigin(pattern: string, origin: string): boolean {
  if (pattern === origin) return true;
  const [before, after] = pattern.split("*", 2);
  return after !== undefined && origin.startsWith(before ?? "") && origin.endsWith(after);
}
