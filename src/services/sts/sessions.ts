import type { Context } from "../../aws/context.ts";
import { AwsException, notImplemented } from "../../aws/exception.ts";
import type { Credentials, Principal } from "../../aws/identity.ts";
import type { Operations } from "../../aws/service.ts";
import { tagsOfList } from "../../aws/tags.ts";

const HALF_DAY = 43_200;
const HOUR = 3600;
/** https://docs.aws.amazon.com/STS/latest/APIReference/API_AssumeRole.html: the packed policies and tags share one quota. */
const PACKED_QUOTA = 4096;
const MAX_POLICY_ARNS = 10;

interface PolicyInput {
  readonly Policy?: string | undefined;
  readonly PolicyArns?: readonly { readonly arn?: string | undefined }[] | undefined;
}

interface SessionPolicies {
  readonly policies?: readonly string[];
  readonly policyArns?: readonly string[];
}

/** The session policies of a request. @throws MalformedPolicyDocument, ValidationError */
export function sessionInput(ctx: Context, input: PolicyInput): SessionPolicies {
  const arns = (input.PolicyArns ?? []).map(({ arn = "" }) => arn);
  if (arns.length > MAX_POLICY_ARNS) {
    throw new AwsException("ValidationError", `1 validation error detected: at most ${MAX_POLICY_ARNS} policy ARNs may be given`, {
      status: 400,
    });
  }
  if (input.Policy !== undefined) checkSessionPolicy(ctx, input.Policy);
  return {
    ...(input.Policy === undefined ? {} : { policies: [input.Policy] }),
    ...(arns.length === 0 ? {} : { policyArns: arns }),
  };
}

function checkSessionPolicy(ctx: Context, policy: string): void {
  const problem = ctx.cloud.identity.problemOf(policy, "identity");
  if (problem !== undefined) throw new AwsException("MalformedPolicyDocumentException", problem);
}

export function packedSize(session: SessionPolicies, tags: Readonly<Record<string, string>> = {}): { PackedPolicySize?: number } {
  const characters = JSON.stringify([session.policies ?? [], session.policyArns ?? [], tags]).length - "[[],[],{}]".length;
  if (characters <= 0) return {};
  const percent = Math.ceil((characters / PACKED_QUOTA) * 100);
  if (percent > 100) {
    throw new AwsException(
      "PackedPolicyTooLargeException",
      `PackedPolicySize is ${percent}% of the allowed size: shorten the session policies or tags`,
    );
  }
  return { PackedPolicySize: percent };
}

export function credentialsShape(credentials: Credentials) {
  return {
    AccessKeyId: credentials.accessKeyId,
    SecretAccessKey: credentials.secretAccessKey,
    SessionToken: credentials.sessionToken ?? "",
    Expiration: new Date(credentials.expiration ?? 0),
  };
}

/** The root's sessions last an hour at most, a user's 12 by default. */
function secondsFor(principal: Principal, asked: number | undefined): number {
  if (principal.type === "root") return Math.min(asked ?? HOUR, HOUR);
  return asked ?? HALF_DAY;
}

/** Only long-term keys may ask. */
function requireLongTerm(ctx: Context, operation: string): void {
  if (ctx.principal.session !== undefined || (ctx.principal.type !== "user" && ctx.principal.type !== "root")) {
    throw new AwsException("AccessDenied", `Cannot call ${operation} with session credentials`, { status: 403 });
  }
}

export const sessionOperations = {
  GetSessionToken: (input, ctx) => {
    if (input.SerialNumber !== undefined || input.TokenCode !== undefined) {
      throw notImplemented("sts", "GetSessionToken", "SerialNumber and TokenCode");
    }
    requireLongTerm(ctx, "GetSessionToken");
    const seconds = secondsFor(ctx.principal, input.DurationSeconds);
    return { Credentials: credentialsShape(ctx.cloud.identity.issueAs(ctx.principal, { seconds })) };
  },

  GetFederationToken: (input, ctx) => {
    requireLongTerm(ctx, "GetFederationToken");
    const name = input.Name ?? "";
    const session = sessionInput(ctx, input);
    const tags = tagsOfList(input.Tags);
    const arn = `arn:aws:sts::${ctx.account}:federated-user/${name}`;
    const principal: Principal = { type: "federated-user", account: ctx.account, arn, userId: `${ctx.principal.userId}:${name}` };
    const seconds = secondsFor(ctx.principal, input.DurationSeconds);
    const credentials = ctx.cloud.identity.issueAs(principal, { seconds, ...session, tags });
    return {
      Credentials: credentialsShape(credentials),
      FederatedUser: { FederatedUserId: `${ctx.account}:${name}`, Arn: arn },
      ...packedSize(session, tags),
    };
  },
} satisfies Operations<"sts">;
