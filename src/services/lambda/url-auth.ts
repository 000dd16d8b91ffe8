import type { IncomingMessage } from "node:http";
import type { Cloud } from "../../aws/context.ts";
import { type Principal, rootPrincipal } from "../../aws/identity.ts";
import { canonicalRequest, parseAmzDate, type Scope, sameSignature, sha256Hex, signature, stringToSign } from "../../aws/sigv4.ts";

const AUTHORIZATION =
  /^AWS4-HMAC-SHA256 Credential=([^/]+)\/(\d{8})\/([^/]+)\/([^/]+)\/aws4_request, ?SignedHeaders=([^,]+), ?Signature=([0-9a-f]{64})$/;
/** https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-troubleshooting.html: five minutes. */
const SKEW_MS = 5 * 60_000;

interface Signed {
  /** Path and query as they were sent. */
  readonly path: string;
  readonly host: string;
  readonly body: Buffer;
}

/** Who signed a request to a function URL; undefined when nobody did, or not well. */
export function signerOf(cloud: Cloud, request: IncomingMessage, signed: Signed): Principal | undefined {
  const [, accessKeyId = "", date = "", region = "", service = "", names = "", given = ""] =
    AUTHORIZATION.exec(request.headers.authorization ?? "") ?? [];
  const amzDate = String(request.headers["x-amz-date"] ?? "");
  const at = parseAmzDate(amzDate);
  const key = keyOf(cloud, accessKeyId);
  if (key === undefined || service !== "lambda" || at === undefined) return undefined;
  if (Math.abs(cloud.clock.wall() - at) > SKEW_MS) return undefined;
  if (key.sessionToken !== undefined && request.headers["x-amz-security-token"] !== key.sessionToken) return undefined;
  const [path = "/", query = ""] = (request.url ?? "/").split("?", 2);
  const scope: Scope = { date, region, service };
  const canonical = canonicalRequest(
    {
      method: request.method ?? "GET",
      path,
      query: [...new URLSearchParams(query)],
      headers: names.split(";").map((name) => [name, name === "host" ? signed.host : String(request.headers[name] ?? "")] as const),
      payloadHash: String(request.headers["x-amz-content-sha256"] ?? sha256Hex(signed.body)),
    },
    service,
  );
  if (!sameSignature(signature(key.secret, scope, stringToSign(canonical, amzDate, scope)), given)) return undefined;
  return key.principal;
}

interface Key {
  readonly principal: Principal;
  readonly secret: string;
  readonly sessionToken?: string;
}

/** Keys that IAM and STS issued, and the built-in ones: `test`, and an account's number. */
function keyOf(cloud: Cloud, accessKeyId: string): Key | undefined {
  const known = cloud.identity.find(accessKeyId);
  if (known !== undefined) {
    if (!known.active || (known.expiration !== undefined && known.expiration < cloud.clock.wall())) return undefined;
    const token = known.sessionToken === undefined ? {} : { sessionToken: known.sessionToken };
    return { principal: known.principal, secret: known.secretAccessKey, ...token };
  }
  if (accessKeyId === "test") return { principal: rootPrincipal("000000000000"), secret: "test" };
  return /^\d{12}$/.test(accessKeyId) ? { principal: rootPrincipal(accessKeyId), secret: "test" } : undefined;
}
