import type { Cloud } from "../../aws/context.ts";
import { builtInKey, type KnownKey, type Principal } from "../../aws/identity.ts";
import { parseAmzDate, type Scope, sameSignature, signature, stringToSign } from "../../aws/sigv4.ts";

/** What git sends as user and password. */
export interface GitCredentials {
  readonly user: string;
  readonly password: string;
}

/** What was signed: everything but the region, which only the host may tell. */
export interface GitTarget {
  /** As the client sent it, with its port. */
  readonly host: string;
  /** `/v1/repos/<name>`, percent-encoded as it came. */
  readonly path: string;
}

const PASSWORD = /^(\d{8}T\d{6})Z([0-9a-f]{64})$/;
/** The credential helper's passwords are good for so long: https://docs.aws.amazon.com/codecommit/latest/userguide/auth-and-access-control.html */
const MOST_SKEW_MS = 15 * 60_000;
const HOST = /^(?:vpce-.+\.)?git-codecommit(?:-fips)?\.([a-z0-9-]+)\./;

/** From an `Authorization: Basic` header. */
export function credentialsOf(header: string | undefined): GitCredentials | undefined {
  const encoded = /^Basic (.+)$/i.exec(header ?? "")?.[1];
  if (encoded === undefined) return undefined;
  const text = Buffer.from(encoded, "base64").toString("utf8");
  const colon = text.indexOf(":");
  return colon < 0 ? undefined : { user: text.slice(0, colon), password: text.slice(colon + 1) };
}

/** The region in a host such as `git-codecommit.eu-west-1.amazonaws.com`. */
export function regionOf(host: string): string | undefined {
  return HOST.exec(host)?.[1];
}

/**
 * Who signs in, for a repository in the region: with a signature as `aws codecommit credential-helper` and
 * git-remote-codecommit make it, with an IAM service-specific credential, or with a built-in key and its secret as they are.
 */
export function signIn(cloud: Cloud, credentials: GitCredentials, target: GitTarget, region: string): Principal | undefined {
  const { user, password } = credentials;
  const [, time, given] = PASSWORD.exec(password) ?? [];
  if (time !== undefined && given !== undefined) return signer(cloud, user, { time, given, region, target });
  const builtIn = builtInKey(user);
  if (builtIn !== undefined && builtIn.secretAccessKey === password) return builtIn.principal;
  return cloud.identity.signIn?.("codecommit.amazonaws.com", user, password);
}

/** The account that credentials claim to be of, before they are checked: where to look for the repository. */
export function claimedAccount(cloud: Cloud, { user, password }: GitCredentials): string | undefined {
  const key = keyOf(cloud, user.split("%", 1)[0] ?? "");
  if (key !== undefined) return key.principal.account;
  return cloud.identity.signIn?.("codecommit.amazonaws.com", user, password)?.account;
}

function keyOf(cloud: Cloud, accessKeyId: string): KnownKey | undefined {
  return builtInKey(accessKeyId) ?? cloud.identity.find(accessKeyId);
}

interface Signed {
  /** `YYYYMMDDTHHMMSS`, without the Z that the password has: so it goes into what is signed. */
  readonly time: string;
  readonly given: string;
  readonly region: string;
  readonly target: GitTarget;
}

function signer(cloud: Cloud, user: string, signed: Signed): Principal | undefined {
  const [accessKeyId = "", ...rest] = user.split("%");
  const token = rest.join("%");
  const key = keyOf(cloud, accessKeyId);
  if (key === undefined || !isGood(cloud, key, token)) return undefined;
  const at = parseAmzDate(`${signed.time}Z`);
  if (at === undefined || Math.abs(cloud.clock.wall() - at) > MOST_SKEW_MS) return undefined;
  const scope: Scope = { date: signed.time.slice(0, 8), region: signed.region, service: "codecommit" };
  for (const host of hostsOf(signed)) {
    const canonical = `GIT\n${signed.target.path}\n\nhost:${host}\n\nhost\n`;
    if (sameSignature(signature(key.secretAccessKey, scope, stringToSign(canonical, signed.time, scope)), signed.given))
      return key.principal;
  }
  return undefined;
}

/** The AWS CLI signs the host without its port, git-remote-codecommit with it; and either may sign AWS's own name and be led here. */
function hostsOf({ target, region }: Signed): string[] {
  return [target.host.replace(/:\d+$/, ""), target.host, `git-codecommit.${region}.amazonaws.com`];
}

function isGood(cloud: Cloud, key: KnownKey, token: string): boolean {
  if (!key.active || (key.expiration !== undefined && key.expiration <= cloud.clock.wall())) return false;
  return key.sessionToken === undefined || key.sessionToken === token;
}
