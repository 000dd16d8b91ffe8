import { parseArn } from "../../aws/arn.ts";
import type { Cloud } from "../../aws/context.ts";
import { AwsException } from "../../aws/exception.ts";
import type {
  AuthorizationDecision,
  AuthorizationRequest,
  Credentials,
  Identity,
  Judgement,
  KnownKey,
  Principal,
  SessionOptions,
} from "../../aws/identity.ts";
import { messageOf } from "../../kernel/errors.ts";
import { newAccessKeyId, newSecret } from "./access-keys.ts";
import { cachedFacts, cachedKey } from "./cache.ts";
import { arnOf } from "./entities.ts";
import { type Caller, type Decision, type EvaluationRequest, evaluate, judgePolicy, type PrincipalPolicies } from "./evaluate.ts";
import { type PolicyDocument, parsePolicy } from "./policy.ts";
import { EVERYTHING, type Facts, readFacts } from "./principals.ts";
import { signIn } from "./service-credentials.ts";
import { entities, keys, type SessionRow, sessions } from "./store.ts";
import { noteUse } from "./usage.ts";

/** Sessions that expired are kept for a day, so that their use is answered with ExpiredToken and not with an unknown key. */
const KEEP_EXPIRED_MS = 86_400_000;

/** What IAM and STS know of keys, sessions and permissions, for the gateway and for services that start workloads. */
export function identityOf(cloud: Cloud): Identity {
  return {
    find: (accessKeyId) => cachedKey(cloud, accessKeyId, () => readKey(cloud, accessKeyId)),
    issue: ({ account, roleArn, sessionName, ...options }) => {
      const role = findRole(cloud, roleArn);
      if (role === undefined) {
        throw new AwsException("AccessDenied", `User: ${account} is not authorized to perform: sts:AssumeRole on resource: ${roleArn}`, {
          status: 403,
        });
      }
      const arn = `arn:aws:sts::${role.account}:assumed-role/${role.name}/${sessionName}`;
      return store(cloud, { type: "assumed-role", account: role.account, arn, userId: `${role.id}:${sessionName}` }, role.id, options);
    },
    issueAs: (principal, options) => {
      const [entity = ""] = principal.userId.split(":");
      return store(cloud, principal, principal.type === "root" ? null : ownerOf(cloud, principal, entity), options);
    },
    judge: (policy, request) => judgePolicy(resourcePolicy(policy), toEvaluation(cloud, request)),
    problemOf: (policy, use) => {
      try {
        parsePolicy(policy, use);
        return undefined;
      } catch (error) {
        return messageOf(error);
      }
    },
    decide: (request) => decide(cloud, request),
    signIn: (service, userName, password) => signIn(cloud, service, userName, password),
    used: (accessKeyId, service, region) => noteUse(cloud, accessKeyId, { service, region }),
  };
}

/** Texts of policies to what they say; pure, so one for all clouds. */
const parsed = new Map<string, PolicyDocument>();
const MOST_PARSED = 500;

/** @throws PolicyProblem */
function resourcePolicy(text: string): PolicyDocument {
  let document = parsed.get(text);
  if (document === undefined) {
    document = parsePolicy(text, "resource");
    if (parsed.size >= MOST_PARSED) parsed.clear();
    parsed.set(text, document);
  }
  return document;
}

function findRole(cloud: Cloud, roleArn: string) {
  const arn = parseArn(roleArn);
  if (arn?.service !== "iam" || !arn.resource.startsWith("role/")) return undefined;
  const role = cloud.store.get(entities.inAccount, { owner: arn.account, kind: "role", name: arn.resource.split("/").at(-1) ?? "" });
  return role !== undefined && arnOf(role) === roleArn ? role : undefined;
}

/** A federated user has the permissions of the user who asked for the session. */
function ownerOf(cloud: Cloud, principal: Principal, entity: string): string | null {
  if (principal.type !== "federated-user") return entity;
  const user = cloud.store.get(entities.byId, { id: entity });
  return user?.id ?? null;
}

function store(cloud: Cloud, principal: Principal, entityId: string | null, options: SessionOptions): Credentials {
  const { seconds, ...kept } = options;
  const id = newAccessKeyId(cloud.ids, "ASIA", principal.account);
  const secret = newSecret(cloud.ids);
  const token = `IQoJb3JpZ2luX2Vj${Buffer.from(cloud.ids.bytes(192)).toString("base64")}`;
  const wall = cloud.clock.wall();
  // Whole seconds: what a client is told is what is held against it.
  const expires = Math.floor(wall / 1000) * 1000 + seconds * 1000;
  cloud.store.tx(() => {
    cloud.store.run(sessions.prune, { before: wall - KEEP_EXPIRED_MS });
    cloud.store.run(sessions.insert, {
      id,
      owner: principal.account,
      secret,
      token,
      expires,
      principal: JSON.stringify(principal),
      entity_id: entityId,
      options: JSON.stringify(kept),
    });
  });
  return { accessKeyId: id, secretAccessKey: secret, sessionToken: token, expiration: expires };
}

function readKey(cloud: Cloud, id: string): KnownKey | undefined {
  if (id.startsWith("ASIA")) {
    const row = cloud.store.get(sessions.get, { id });
    return row === undefined ? undefined : fromSession(row);
  }
  const key = cloud.store.get(keys.get, { id });
  const user = key === undefined ? undefined : cloud.store.get(entities.byId, { id: key.user_id });
  if (key === undefined || user === undefined) return undefined;
  const principal: Principal = { type: "user", account: key.account, arn: arnOf(user), userId: user.id };
  return { accessKeyId: key.id, secretAccessKey: key.secret, principal, active: key.status === "Active" };
}

function fromSession(row: SessionRow): KnownKey {
  return {
    accessKeyId: row.id,
    secretAccessKey: row.secret,
    sessionToken: row.token,
    expiration: row.expires,
    principal: { ...(JSON.parse(row.principal) as Principal), session: row.id },
    active: true,
  };
}

function decide(cloud: Cloud, request: AuthorizationRequest): AuthorizationDecision {
  const { principal } = request;
  if (principal.type === "root" && principal.session === undefined)
    return { allowed: true, reason: "the account's root may do everything" };
  if (principal.type === "service") return { allowed: true, reason: "an AWS service acts under its own authority" };
  if (principal.type === "anonymous") return { allowed: false, reason: "nobody is signed in" };
  const { policies } = factsOf(cloud, principal);
  const evaluation = toEvaluation(cloud, request);
  const own = evaluate(policies, evaluation);
  const said = request.policy === undefined ? "none" : judgeSafely(cloud, request.policy, evaluation);
  if (said === "deny") return { allowed: false, reason: "an explicit deny of the resource's policy" };
  if (said !== "allow" || own.decision !== "implicitDeny") return explain(own, policies);
  // Who is allowed as a role stays within the role's boundary and its session's policies; who is allowed as a user does not.
  const limits = principal.type === "user" ? {} : policies;
  return explain(evaluate({ ...limits, identity: [EVERYTHING] }, evaluation), policies);
}

/** A policy that cannot be read says nothing: a request must not fail for it. */
function judgeSafely(cloud: Cloud, policy: string, evaluation: EvaluationRequest): Judgement {
  try {
    return judgePolicy(resourcePolicy(policy), evaluation);
  } catch (error) {
    cloud.log.warn("the policy of a resource cannot be read", { resource: evaluation.resource, reason: messageOf(error) });
    return "none";
  }
}

function factsOf(cloud: Cloud, principal: Principal): Facts {
  return cachedFacts(cloud, principal.session ?? principal.userId, () => readFacts(cloud, principal));
}

function explain({ decision, matches, limitedBy }: Decision, policies: PrincipalPolicies): AuthorizationDecision {
  const [match] = matches;
  const where =
    match === undefined ? "" : ` (${match.policy.id}${match.statement.sid === undefined ? "" : `, statement ${match.statement.sid}`})`;
  if (decision === "allowed") return { allowed: true, reason: `allowed by a policy${where}` };
  if (decision === "explicitDeny") return { allowed: false, reason: `an explicit deny${where}` };
  if (limitedBy === "boundary") return { allowed: false, reason: "no permissions boundary allows the action" };
  if (limitedBy === "session") return { allowed: false, reason: "no session policy allows the action" };
  return { allowed: false, reason: `no identity-based policy allows the action (${policies.identity.length} asked)` };
}

function toEvaluation(cloud: Cloud, request: AuthorizationRequest): EvaluationRequest {
  const { principal } = request;
  const { names, tags } = factsOf(cloud, principal);
  const context = new Map<string, readonly string[]>();
  const add = (key: string, ...values: string[]): void => void context.set(key.toLowerCase(), values);
  // What the caller of `decide` says comes first: the keys that follow are for IAM alone to say.
  for (const [key, values] of Object.entries(request.conditions)) add(key, ...values);
  // Wall time, as for the expiry of credentials: the dates of policies are those of clients.
  const wall = cloud.clock.wall();
  add("aws:CurrentTime", new Date(wall).toISOString());
  add("aws:EpochTime", String(Math.floor(wall / 1000)));
  add("aws:PrincipalAccount", principal.account);
  add("aws:PrincipalType", principalType(principal));
  add("aws:userid", principal.userId);
  add("aws:PrincipalIsAWSService", String(principal.type === "service"));
  if (principal.type !== "service" && principal.type !== "anonymous") add("aws:PrincipalArn", names.at(-1) ?? principal.arn);
  if (principal.type === "user") add("aws:username", principal.arn.split("/").at(-1) ?? "");
  if (principal.type === "service") add("aws:PrincipalServiceName", principal.arn);
  const resource = parseArn(request.resource);
  if (resource !== undefined && resource.account !== "") add("aws:ResourceAccount", resource.account);
  for (const { key, value } of tags) add(`aws:PrincipalTag/${key}`, value);
  return { action: request.action, resource: request.resource, context, caller: callerOf(principal, names) };
}

function callerOf(principal: Principal, names: readonly string[]): Caller {
  const service = principal.type === "service" ? principal.arn : undefined;
  return { account: principal.account, names: [...names, principal.userId, principal.userId.split(":")[0] ?? ""], service };
}

/** https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_condition-keys.html#condition-keys-principaltype */
function principalType(principal: Principal): string {
  const names = { root: "Account", user: "User", "assumed-role": "AssumedRole", "federated-user": "FederatedUser", service: "Service" };
  return principal.type === "anonymous" ? "Anonymous" : names[principal.type];
}
