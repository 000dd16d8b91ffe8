import type { Cloud } from "../../aws/context.ts";
import { AwsException } from "../../aws/exception.ts";
import { builtInKey, DEFAULT_ACCOUNT, DEFAULT_REGION, type KnownKey, type Principal, rootPrincipal } from "../../aws/identity.ts";
import { amzDateOf, parseAmzDate } from "../../aws/sigv4.ts";
import type { ClaimedCredential, Credential, CredentialV2 } from "../credential.ts";
import type { Exchange } from "../exchange.ts";
import { type AuthStyle, authError, authStyleOf } from "./auth-errors.ts";
import type { Routed } from "./route.ts";
import { type Checked, verifySignature } from "./signature.ts";
import { verifySignatureV2 } from "./signature-v2.ts";

/** Who asks, and where. */
export interface Caller {
  readonly account: string;
  readonly region: string;
  readonly principal: Principal;
  readonly accessKeyId: string | undefined;
}

/** Links that SNS sends to endpoints, which models do not mark: https://docs.aws.amazon.com/sns/latest/api/API_ConfirmSubscription.html */
const PROVEN_BY_TOKEN: ReadonlySet<string> = new Set(["sns:ConfirmSubscription", "sns:Unsubscribe"]);
const MOST_SKEW_MS = 15 * 60 * 1000;
/** https://docs.aws.amazon.com/AmazonS3/latest/API/sigv4-query-string-auth.html: seven days. */
const MOST_EXPIRES_S = 604_800;

/**
 * The principal behind a request. With `auth` off nothing is checked: the access key still chooses the account.
 * @throws AwsException in the words of the service's protocol
 */
export async function identify(
  { cloud, auth }: { readonly cloud: Cloud; readonly auth: "on" | "off" },
  exchange: Exchange,
  claimed: ClaimedCredential,
  target: Routed,
): Promise<Caller> {
  if (auth === "off") return trust(cloud, claimed);
  const { meta } = target.service;
  const style = authStyleOf(meta.id, target.protocolName);
  if (claimed.kind === "none") {
    // Whether anybody may read a bucket is its policy's business; operations such as AssumeRoleWithWebIdentity carry their own proof.
    if (style === "s3" || meta.unsigned.includes(target.operation.name) || PROVEN_BY_TOKEN.has(`${meta.id}:${target.operation.name}`)) {
      return anonymous();
    }
    throw authError(style, "missingToken");
  }
  if (claimed.kind === "malformed") throw malformed(style, claimed.reason, exchange);
  if (claimed.kind === "foreign") throw authError(style, "unsupported");
  if (claimed.kind === "presigned-v2") return identifyV2(cloud, style, exchange, claimed.credential);
  const { credential } = claimed;
  const key = findKey(cloud, credential.accessKeyId);
  if (key === undefined || !key.active) throw authError(style, "unknownKey", undefined, s3Members(style, credential));
  checkToken(cloud, style, credential, key);
  if (!meta.signingNames.includes(credential.service)) {
    throw authError(style, "mismatch", `Credential should be scoped to correct service: '${meta.signingNames[0]}'. `);
  }
  const time = checkTime(cloud, style, credential, exchange);
  const checked: Checked = { credential, secret: key.secretAccessKey, amzDate: time, style };
  await verifySignature(exchange, checked);
  cloud.identity.used?.(credential.accessKeyId, credential.service, regionOf(credential));
  return { account: key.principal.account, region: regionOf(credential), principal: key.principal, accessKeyId: credential.accessKeyId };
}

function identifyV2(cloud: Cloud, style: AuthStyle, exchange: Exchange, credential: CredentialV2): Caller {
  if (style !== "s3") throw authError(style, "unsupported");
  const { accessKeyId } = credential;
  const key = findKey(cloud, accessKeyId);
  if (key === undefined || !key.active) throw authError(style, "unknownKey", undefined, { AWSAccessKeyId: accessKeyId });
  checkToken(cloud, style, credential, key);
  verifySignatureV2(exchange, credential, key.secretAccessKey, cloud.clock.wall());
  cloud.identity.used?.(accessKeyId, "s3", DEFAULT_REGION);
  return { account: key.principal.account, region: DEFAULT_REGION, principal: key.principal, accessKeyId };
}

function trust(cloud: Cloud, claimed: ClaimedCredential): Caller {
  if (claimed.kind !== "signed" && claimed.kind !== "presigned-v2") return { ...anonymous(), principal: rootPrincipal(DEFAULT_ACCOUNT) };
  const { accessKeyId } = claimed.credential;
  const account = /^\d{12}$/.test(accessKeyId) ? accessKeyId : DEFAULT_ACCOUNT;
  const principal = cloud.identity.find(accessKeyId)?.principal ?? rootPrincipal(account);
  const region = claimed.kind === "signed" ? regionOf(claimed.credential) : DEFAULT_REGION;
  return { account: principal.account, region, principal, accessKeyId };
}

function anonymous(): Caller {
  const principal: Principal = { type: "anonymous", account: DEFAULT_ACCOUNT, arn: "anonymous", userId: "anonymous" };
  return { account: DEFAULT_ACCOUNT, region: DEFAULT_REGION, principal, accessKeyId: undefined };
}

/** SigV4a signs for all regions with `*`; global services are signed as `us-east-1` anyway. */
function regionOf({ region }: Credential): string {
  return region === "*" || region === "aws-global" ? DEFAULT_REGION : region;
}

function findKey(cloud: Cloud, accessKeyId: string): KnownKey | undefined {
  return builtInKey(accessKeyId) ?? cloud.identity.find(accessKeyId);
}

function malformed(style: AuthStyle, reason: string, exchange: Exchange): AwsException {
  if (style !== "s3") return authError(style, "incomplete", reason);
  const presigned = exchange.headers.authorization === undefined;
  if (presigned) return new AwsException("AuthorizationQueryParametersError", reason, { status: 400 });
  return authError(style, "incomplete", `The authorization header is malformed; ${reason}`);
}

function checkToken(cloud: Cloud, style: AuthStyle, credential: Credential | CredentialV2, key: KnownKey): void {
  // Long-lived keys have no token, and AWS refuses one that comes with them; `test` clients often send a made-up one.
  if (key.sessionToken !== undefined && credential.sessionToken !== key.sessionToken) throw authError(style, "badToken");
  if (key.expiration !== undefined && key.expiration <= cloud.clock.wall()) throw authError(style, "expiredToken");
}

/** The request's own time, `YYYYMMDDTHHMMSSZ`. */
function checkTime(cloud: Cloud, style: AuthStyle, credential: Credential, exchange: Exchange): string {
  const { amzDate } = credential;
  const signed = amzDate === undefined ? undefined : parseAmzDate(amzDate);
  if (amzDate === undefined || signed === undefined) {
    if (style === "s3")
      throw new AwsException("AccessDenied", "AWS authentication requires a valid Date or x-amz-date header", { status: 403 });
    throw authError(style, "incomplete", `Authorization header requires existence of either a 'X-Amz-Date' or a 'Date' header.`);
  }
  if (!amzDate.startsWith(credential.date)) {
    const text = `Date in Credential scope does not match YYYYMMDD from ISO-8601 version of date from HTTP: '${credential.date}' != '${amzDate.slice(0, 8)}', from '${amzDate}'.`;
    throw style === "s3"
      ? authError(style, "incomplete", `The authorization header is malformed; ${text}`)
      : authError(style, "mismatch", text);
  }
  const wall = cloud.clock.wall();
  if (credential.presigned) checkExpiry(style, credential, signed, wall);
  else if (Math.abs(wall - signed) > MOST_SKEW_MS) throw skewed(style, { amzDate, signed, wall }, exchange);
  return amzDate;
}

interface Times {
  readonly amzDate: string;
  /** The same in ms. */
  readonly signed: number;
  readonly wall: number;
}

function skewed(style: AuthStyle, { amzDate, signed, wall }: Times, exchange: Exchange): AwsException {
  if (style === "s3") {
    return authError(style, "expiredSignature", undefined, {
      RequestTime: exchange.header("x-amz-date") ?? amzDate,
      ServerTime: new Date(wall).toISOString(),
      MaxAllowedSkewMilliseconds: MOST_SKEW_MS,
    });
  }
  const now = amzDateOf(wall);
  const text =
    signed < wall
      ? `Signature expired: ${amzDate} is now earlier than ${amzDateOf(wall - MOST_SKEW_MS)} (${now} - 15 min.)`
      : `Signature not yet current: ${amzDate} is still later than ${amzDateOf(wall + MOST_SKEW_MS)} (${now} + 15 min.)`;
  return authError(style, "expiredSignature", text);
}

function checkExpiry(style: AuthStyle, credential: Credential, signed: number, wall: number): void {
  // Other services than S3 take presigned requests without an expiry, for the time of the usual skew.
  const seconds = credential.expires === undefined ? MOST_SKEW_MS / 1000 : Number(credential.expires);
  const invalid = expiryProblem(credential, style);
  if (invalid !== undefined) throw new AwsException("AuthorizationQueryParametersError", invalid, { status: 400 });
  if (signed - wall > MOST_SKEW_MS) {
    throw style === "s3"
      ? new AwsException("AccessDenied", "Request is not valid yet", { status: 403 })
      : authError(
          style,
          "expiredSignature",
          `Signature not yet current: ${credential.amzDate ?? ""} is still later than ${amzDateOf(wall)}`,
        );
  }
  const end = signed + seconds * 1000;
  if (wall <= end) return;
  if (style !== "s3")
    throw authError(style, "expiredSignature", `Signature expired: ${amzDateOf(end)} is now earlier than ${amzDateOf(wall)}`);
  const times = {
    "X-Amz-Expires": seconds,
    Expires: new Date(end).toISOString().replace(".000Z", "Z"),
    ServerTime: new Date(wall).toISOString(),
  };
  throw new AwsException("AccessDenied", "Request has expired", { status: 403, members: times });
}

function expiryProblem({ expires }: Credential, style: AuthStyle): string | undefined {
  if (style !== "s3" && expires === undefined) return undefined;
  const seconds = Number(expires);
  if (expires === undefined || expires === "" || !Number.isInteger(seconds)) return "X-Amz-Expires should be a number";
  if (seconds < 0) return "X-Amz-Expires must be non-negative";
  return seconds > MOST_EXPIRES_S
    ? "X-Amz-Expires must be less than a week (in seconds); that is, the given X-Amz-Expires must be less than 604800 seconds"
    : undefined;
}

function s3Members(style: AuthStyle, credential: Credential): Record<string, unknown> {
  return style === "s3" ? { AWSAccessKeyId: credential.accessKeyId } : {};
}
