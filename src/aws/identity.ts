/** Who acts. `arn` and `userId` are as STS GetCallerIdentity reports them. */
export interface Principal {
  readonly type: "root" | "user" | "assumed-role" | "service" | "anonymous";
  readonly account: string;
  readonly arn: string;
  readonly userId: string;
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
}

export interface AuthorizationDecision {
  readonly allowed: boolean;
  /** The statement that decided, or why none did. */
  readonly reason: string;
}

/** What the gateway, Lambda and CloudFormation need of IAM and STS; the services give it, the composition root wires it. */
export interface Identity {
  /** The key behind an access key id; undefined when nobody issued it. */
  find(accessKeyId: string): KnownKey | undefined;
  /** Temporary credentials of a role, for a workload that runs as it. No trust policy is asked: the caller has decided. */
  issue(request: { account: string; roleArn: string; sessionName: string; seconds: number }): Credentials;
  /** The decision that IAM would take. In `audit` a denial is recorded and the call goes on. */
  decide(request: AuthorizationRequest): AuthorizationDecision;
}

/** The account's own root, which stands for `test`/`test` and for 12-digit access keys. */
export function rootPrincipal(account: string): Principal {
  return { type: "root", account, arn: `arn:aws:iam::${account}:root`, userId: account };
}

/** An AWS service that acts on its own, e.g. `events.amazonaws.com`. */
export function servicePrincipal(account: string, host: string): Principal {
  return { type: "service", account, arn: host, userId: host };
}
