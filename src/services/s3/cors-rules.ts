import type { CORSRule } from "@aws-sdk/client-s3";

/** What a browser says of the request that it makes, or is about to make. */
export interface CorsRequest {
  readonly origin: string;
  readonly method: string;
  /** `Access-Control-Request-Headers`, in lower case. */
  readonly headers: readonly string[];
}

/** The answer of browsers' caches depends on these: https://docs.aws.amazon.com/AmazonS3/latest/API/RESTOPTIONSobject.html */
const VARY = "Origin, Access-Control-Request-Headers, Access-Control-Request-Method";

export function requestedHeaders(text: string | undefined): string[] {
  const names = (text ?? "").split(",").map((name) => name.trim().toLowerCase());
  return names.filter((name) => name !== "");
}

/** One star stands for any text. */
function matches(pattern: string, text: string): boolean {
  const star = pattern.indexOf("*");
  if (star < 0) return pattern === text;
  const [before, after] = [pattern.slice(0, star), pattern.slice(star + 1)];
  return text.length >= before.length + after.length && text.startsWith(before) && text.endsWith(after);
}

/**
 * The headers that the first matching rule gives; undefined when none matches.
 * https://docs.aws.amazon.com/AmazonS3/latest/userguide/cors.html: "Amazon S3 uses the first CORSRule rule that matches"
 */
export function corsHeaders(rules: readonly CORSRule[], { origin, method, headers }: CorsRequest): Record<string, string> | undefined {
  for (const rule of rules) {
    const allowed = rule.AllowedOrigins?.find((pattern) => matches(pattern, origin));
    if (allowed === undefined || rule.AllowedMethods?.includes(method) !== true) continue;
    const patterns = (rule.AllowedHeaders ?? []).map((pattern) => pattern.toLowerCase());
    if (!headers.every((name) => patterns.some((pattern) => matches(pattern, name)))) continue;
    return {
      "access-control-allow-origin": allowed === "*" ? "*" : origin,
      "access-control-allow-methods": rule.AllowedMethods.join(", "),
      ...(allowed === "*" ? {} : { "access-control-allow-credentials": "true" }),
      ...(headers.length === 0 ? {} : { "access-control-allow-headers": headers.join(", ") }),
      ...(rule.ExposeHeaders === undefined || rule.ExposeHeaders.length === 0
        ? {}
        : { "access-control-expose-headers": rule.ExposeHeaders.join(", ") }),
      ...(rule.MaxAgeSeconds === undefined ? {} : { "access-control-max-age": String(rule.MaxAgeSeconds) }),
      vary: VARY,
    };
  }
  return undefined;
}
