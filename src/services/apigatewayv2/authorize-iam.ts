import { rootPrincipal } from "../../aws/identity.ts";
import { canonicalRequest, parseAmzDate, sameSignature, sha256Hex, signature, stringToSign } from "../../aws/sigv4.ts";
import { header } from "./call.ts";
import { type AuthorizableCall, forbidden, type Verdict } from "./verdict.ts";

const SKEW_MS = 5 * 60 * 1_000;

/**
 * Signature Version 4 for the service `execute-api`, then `execute-api:Invoke` by the caller's policies.
 * https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-access-control-iam.html
 */
export function authorizeIam(call: AuthorizableCall): Verdict {
  const { cloud } = call.ctx;
  const claim =
    /^AWS4-HMAC-SHA256 Credential=([^/,]+)\/(\d{8})\/([^/,]+)\/([^/,]+)\/aws4_request,\s*SignedHeaders=([^,]+),\s*Signature=([0-9a-f]{64})$/.exec(
      header(call, "authorization") ?? "",
    );
  if (claim === null) return forbidden();
  const [, accessKeyId = "", date = "", region = "", service = "", signedHeaders = "", given = ""] = claim;
  const key = cloud.identity.find(accessKeyId) ?? builtIn(accessKeyId);
  const amzDate = header(call, "x-amz-date") ?? "";
  const signedAt = parseAmzDate(amzDate);
  if (key === undefined || signedAt === undefined || Math.abs(cloud.clock.wall() - signedAt) > SKEW_MS) return forbidden();
  if (service !== "execute-api" || region !== call.live.region) return forbidden();
  if (key.sessionToken !== undefined && key.sessionToken !== header(call, "x-amz-security-token")) return forbidden();
  const request = {
    method: call.method,
    path: call.wirePath,
    query: call.query,
    headers: signedHeaders.split(";").map((name): [string, string] => [name, header(call, name) ?? ""]),
    payloadHash: header(call, "x-amz-content-sha256") ?? sha256Hex(call.body),
  };
  if (request.payloadHash !== "UNSIGNED-PAYLOAD" && request.payloadHash !== sha256Hex(call.body)) return forbidden();
  const scope = { date, region, service };
  const expected = signature(key.secretAccessKey, scope, stringToSign(canonicalRequest(request, service), amzDate, scope));
  if (!sameSignature(expected, given)) return forbidden();
  const { principal } = key;
  const resource = `arn:aws:execute-api:${call.live.region}:${call.live.account}:${call.live.apiId}/${call.live.name}/${call.method}${call.path}`;
  if (!cloud.identity.decide({ principal, action: "execute-api:Invoke", resource, conditions: {} }).allowed) return forbidden();
  const iam = {
    accessKey: accessKeyId,
    accountId: principal.account,
    callerId: principal.userId,
    cognitoIdentity: null,
    principalOrgId: null,
    userArn: principal.arn,
    userId: principal.userId,
  };
  return { granted: { kind: "iam", iam } };
}

/** The keys that always work: `test`, and a 12-digit account number that stands for its root. The secret is `test` or the id. */
function builtIn(accessKeyId: string) {
  const account = accessKeyId === "test" ? "000000000000" : /^\d{12}$/.test(accessKeyId) ? accessKeyId : undefined;
  if (account === undefined) return undefined;
  return { accessKeyId, secretAccessKey: "test", principal: rootPrincipal(account), active: true, sessionToken: undefined };
}
