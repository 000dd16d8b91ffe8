import type { Cors } from "@aws-sdk/client-apigatewayv2";

type Headers = (readonly [string, string])[];

/** `https://*` stands for every origin of that scheme. http-api-cors.html */
function allowedOrigin(cors: Cors, origin: string): string | undefined {
  for (const allowed of cors.AllowOrigins ?? []) {
    if (allowed === "*") return cors.AllowCredentials === true ? origin : "*";
    if (allowed.toLowerCase() === origin.toLowerCase()) return origin;
    if (/^https?:\/\/\*$/.test(allowed) && origin.startsWith(allowed.slice(0, -1))) return origin;
  }
  return undefined;
}

function contains(list: readonly string[] | undefined, wanted: string): boolean {
  return (list ?? []).some((item) => item === "*" || item.toLowerCase() === wanted.toLowerCase());
}

/** What a preflight is answered with, beside the status 204; nothing when origin, method or headers are not allowed. */
export function preflightHeaders(cors: Cors, origin: string, method: string, requested: string | undefined): Headers {
  const allowed = allowedOrigin(cors, origin);
  const headers = (requested ?? "").split(",").map((name) => name.trim());
  if (allowed === undefined || !contains(cors.AllowMethods, method)) return [];
  if (!headers.every((name) => name === "" || contains(cors.AllowHeaders, name))) return [];
  const answer: Headers = [["access-control-allow-origin", allowed]];
  if (cors.AllowMethods?.length) answer.push(["access-control-allow-methods", cors.AllowMethods.join(",")]);
  if (cors.AllowHeaders?.length) answer.push(["access-control-allow-headers", cors.AllowHeaders.join(",")]);
  if (cors.AllowCredentials === true) answer.push(["access-control-allow-credentials", "true"]);
  if (cors.ExposeHeaders?.length) answer.push(["access-control-expose-headers", cors.ExposeHeaders.join(",")]);
  if (cors.MaxAge !== undefined) answer.push(["access-control-max-age", String(cors.MaxAge)]);
  return answer;
}

/** The configured headers take the place of those that the integration gave. */
export function withCors(cors: Cors, origin: string | undefined, headers: readonly (readonly [string, string])[]): Headers {
  const others = headers.filter(([name]) => !name.toLowerCase().startsWith("access-control-"));
  const allowed = origin === undefined ? undefined : allowedOrigin(cors, origin);
  if (allowed === undefined) return others;
  others.push(["access-control-allow-origin", allowed]);
  if (allowed !== "*") others.push(["vary", "Origin"]);
  if (cors.AllowCredentials === true) others.push(["access-control-allow-credentials", "true"]);
  if (cors.ExposeHeaders?.length) others.push(["access-control-expose-headers", cors.ExposeHeaders.join(",")]);
  return others;
}
