/** Who acts. `arn` and `userId` are as STS GetCallerIdentity reports them. */
export interface Principal {
  readonly type: "root" | "user" | "assumed-role" | "federated-user" | "service" | "anonymous";
  readonly account: string;
  readonly arn: string;
  readonly userId: string;
  /** The access key id of the session that acts, where it is one: its own policies and tags are found by it. */
  readonly session?: string;
  /** The AWS service that acts as this principal by itself, and the ARN it does so for: `events.amazonaws.com` for a rule, `codepipeline.amazonaws.com` for a pipeline. */
  readonly via?: { readonly service: string; readonly source: string };
}

export interface Credentials {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  readonly sessionToken?: string;
  /** Wall-clock ms: clients compare it with their own clocks (clock.md, rule 6). */
  readonly expiration?: number;
}

/** A key as it is known to IAM and STS. */
export interface KnownKey extends Credentials {
  readonly principal: Principal;
  readonly active: boolean;
}

export interface AuthorizationRequest {
  readonly principal: Principal;
  /** e.g. `s3:GetObject`. */
  readonly action: string;
  readonly resource: string;
  /** Condition keys and their values. */
  readonly conditions: Readonly<Record<string, readonly string[]>>;
  /** The policy of the resource, of the same account as the principal; `decide` heeds it, `judge` does not need it. */
  readonly policy?: string | undefined;
}

export interface AuthorizationDecision {
  readonly allowed: boolean;
  /** The statement that decided, or why none did. */
  readonly reason: string;
}

/** What narrows or describes a session beside the role or user behind it. */
export interface SessionOptions {
  /** Wall seconds until it expires. */
  readonly seconds: number;
  /** Session policies: the permissions are what these and the identity's own policies both allow. */
  readonly policies?: readonly string[];
  /** Managed policies that act as session policies, by ARN. */
  readonly policyArns?: readonly string[];
  /** Session tags, `aws:PrincipalTag/<key>`. */
  readonly tags?: Readonly<Record<string, string>>;
  readonly transitiveTagKeys?: readonly string[];
  readonly sourceIdentity?: string;
}

export interface RoleSession extends SessionOptions {
  readonly account: string;
  readonly roleArn: string;
  readonly sessionName: string;
}

/**
 * What one policy says of one request: `none` when no statement of it matches, `delegate` when it allows the caller's
 * account and not the caller by name, so that the caller's own policies have to allow it as well.
 */
export type Judgement = "allow" | "delegate" | "deny" | "none";

/** What the gateway, Lambda and CloudFormation need of IAM and STS; the services give it, the composition root wires it. */
export interface Identity {
  /** The key behind an access key id; undefined when nobody issued it. */
  find(accessKeyId: string): KnownKey | undefined;
  /** Temporary credentials of a role, for a workload that runs as it. No trust policy is asked: the caller has decided. */
  issue(request: RoleSession): Credentials;
  /** Temporary credentials that act as the principal itself: GetSessionToken, GetFederationToken. */
  issueAs(principal: Principal, options: SessionOptions): Credentials;
  /** What the policy of a resource (a role's trust, a key's, a bucket's) says of a request; its `Principal` is compared too. */
  judge(policy: string, request: AuthorizationRequest): Judgement;
  /** What is wrong with a policy document, in IAM's words; undefined when it may stand. `resource` policies name principals. */
  problemOf(policy: string, use: "identity" | "resource"): string | undefined;
  /** The decision that IAM would take. In `audit` a denial is recorded and the call goes on. */
  decide(request: AuthorizationRequest): AuthorizationDecision;
  /** Who a service-specific credential is of: user name and password that IAM made for one service, e.g. `codecommit.amazonaws.com`. */
  signIn?(service: string, userName: string, password: string): Principal | undefined;
  /** Notes that a request signed with the key was let in. Kept in memory and stored now and then, off the request's path. */
  used?(accessKeyId: string, service: string, region: string): void;
}

/** The account's own root, which stands for `test`/`test` and for 12-digit access keys. */
export function rootPrincipal(account: string): Principal {
  return { type: "root", account, arn: `arn:aws:iam::${account}:root`, userId: account };
}

/** Where requests go that name no account of their own, and the account of `test`. */
export const DEFAULT_ACCOUNT = "000000000000";
/** Of requests that name none. */
export const DEFAULT_REGION = "us-east-1";

/** The keys that work without being made, with the secret `test`: `test` itself, and an account's number, which stands for its root. */
export function builtInKey(accessKeyId: string): KnownKey | undefined {
  const account = accessKeyId === "test" ? DEFAULT_ACCOUNT : /^\d{12}$/.test(accessKeyId) ? accessKeyId : undefined;
  if (account === undefined) return undefined;
  return { accessKeyId, secretAccessKey: "test", principal: rootPrincipal(account), active: true };
}

/** What an integration is told of a caller who signed; API Gateway and function URLs tell it alike. */
export function callerFacts(principal: Principal) {
  return {
    accountId: principal.account,
    callerId: principal.userId,
    cognitoIdentity: null,
    principalOrgId: null,
    userArn: principal.arn,
    userId: principal.userId,
  };
}

/** An AWS service that acts on its own, e.g. `events.amazonaws.com`. */
export function servicePrincipal(account: string, host: string): Principal {
  return { type: "service", account, arn: host, userId: host };
}
