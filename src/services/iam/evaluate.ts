import { arnLike, type ContextKeys, conditionHolds, like } from "./conditions.ts";
import type { PolicyDocument, Principals, Statement } from "./policy.ts";

/** One policy with the name that a decision refers to it by. */
export interface SourcedPolicy {
  readonly id: string;
  readonly source: "user" | "group" | "role" | "aws-managed" | "user-managed" | "resource" | "none";
  readonly document: PolicyDocument;
}

/** All that speaks about one principal. An undefined list does not limit; an empty one allows nothing. */
export interface PrincipalPolicies {
  readonly identity: readonly SourcedPolicy[];
  readonly boundary?: readonly SourcedPolicy[] | undefined;
  readonly session?: readonly SourcedPolicy[] | undefined;
}

export interface EvaluationRequest {
  /** e.g. `s3:GetObject`; compared without regard to case. */
  readonly action: string;
  readonly resource: string;
  readonly context: ContextKeys;
  /** Who asks, for the `Principal` element of policies on resources. */
  readonly caller?: Caller | undefined;
}

export interface Caller {
  readonly account: string;
  /** Every name the caller answers to: its own ARN, for a session also its role's, its unique id. */
  readonly names: readonly string[];
  /** Set for AWS services. */
  readonly service?: string | undefined;
}

export interface Match {
  readonly policy: SourcedPolicy;
  readonly statement: Statement;
}

export interface Decision {
  readonly decision: "allowed" | "explicitDeny" | "implicitDeny";
  /** The statements that allowed or denied. */
  readonly matches: readonly Match[];
  /** What kept an otherwise allowed request from being allowed. */
  readonly limitedBy?: "boundary" | "session";
}

/**
 * AWS's order within one account: a denial anywhere wins; then the policy on the resource may allow a principal by itself;
 * else the identity policies have to, and the boundary and the session's policies, where there are any, too.
 * https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_evaluation-logic.html
 */
export function evaluate(policies: PrincipalPolicies, request: EvaluationRequest, resource?: readonly SourcedPolicy[]): Decision {
  const groups = [policies.identity, policies.boundary ?? [], policies.session ?? []];
  const onResource = resource === undefined ? [] : matching(resource, request, true);
  const found = groups.map((group) => matching(group, request, false));
  const denials = [...found.flat(), ...onResource].filter(({ statement }) => statement.effect === "Deny");
  if (denials.length > 0) return { decision: "explicitDeny", matches: denials };
  if (onResource.length > 0) return { decision: "allowed", matches: onResource };
  const [identity = [], boundary = [], session = []] = found;
  if (identity.length === 0) return { decision: "implicitDeny", matches: [] };
  if (policies.boundary !== undefined && boundary.length === 0) return { decision: "implicitDeny", matches: [], limitedBy: "boundary" };
  if (policies.session !== undefined && session.length === 0) return { decision: "implicitDeny", matches: [], limitedBy: "session" };
  return { decision: "allowed", matches: identity };
}

/**
 * What a resource's own policy says by itself. `delegate` when it names the caller's account and not the caller: then it is
 * for the caller's own policies to allow. https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_principal.html
 */
export function judgePolicy(policy: PolicyDocument, request: EvaluationRequest): "allow" | "delegate" | "deny" | "none" {
  const found = policy.statements.filter((statement) => applies(policy, statement, request, true));
  if (found.some(({ effect }) => effect === "Deny")) return "deny";
  if (found.length === 0) return "none";
  return found.some((statement) => namesDirectly(statement, request.caller)) ? "allow" : "delegate";
}

function namesDirectly({ principal }: Statement, caller: Caller | undefined): boolean {
  if (caller === undefined || principal === undefined) return false;
  if (caller.service !== undefined || principal["*"] !== undefined) return true;
  return (principal["AWS"] ?? []).some((name) => name === "*" || caller.names.includes(name));
}

function matching(policies: readonly SourcedPolicy[], request: EvaluationRequest, withPrincipal: boolean): Match[] {
  const matches: Match[] = [];
  for (const policy of policies) {
    for (const statement of policy.document.statements) {
      if (applies(policy.document, statement, request, withPrincipal)) matches.push({ policy, statement });
    }
  }
  return matches;
}

function applies(document: PolicyDocument, statement: Statement, request: EvaluationRequest, withPrincipal: boolean): boolean {
  if (withPrincipal && !principalMatches(statement, request.caller)) return false;
  const action = (pattern: string): boolean => like(request.action, pattern, true);
  if (statement.actions !== undefined && !statement.actions.some(action)) return false;
  if (statement.notActions?.some(action) === true) return false;
  const replace = (text: string): string | undefined => (document.variables ? substitute(text, request.context) : text);
  const resource = (pattern: string): boolean => {
    const replaced = replace(pattern);
    return replaced !== undefined && resourceMatches(request.resource, replaced);
  };
  if (statement.resources !== undefined && !statement.resources.some(resource)) return false;
  if (statement.notResources?.some(resource) === true) return false;
  return statement.conditions.every((condition) => conditionHolds(condition, request.context, replace));
}

/** A star does not reach over a colon, except in patterns that stop before the sixth part. */
function resourceMatches(resource: string, pattern: string): boolean {
  if (pattern === "*") return true;
  if (resource === "*") return false;
  return pattern.split(":").length < 6 ? like(resource, pattern) : arnLike(resource, pattern);
}

function principalMatches(statement: Statement, caller: Caller | undefined): boolean {
  if (caller === undefined) return false;
  if (statement.principal !== undefined) return isNamed(statement.principal, caller);
  return statement.notPrincipal !== undefined && !isNamed(statement.notPrincipal, caller);
}

/** https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_principal.html */
function isNamed(principals: Principals, caller: Caller): boolean {
  if (principals["*"] !== undefined) return true;
  if (caller.service !== undefined) return principals["Service"]?.includes(caller.service) ?? false;
  return (principals["AWS"] ?? []).some((name) => {
    if (name === "*") return true;
    if (name === caller.account || name === `arn:aws:iam::${caller.account}:root`) return true;
    return caller.names.includes(name);
  });
}

/**
 * Replaces `${key}` and `${key, 'default'}`; undefined when a key without default is not in the request, which makes the
 * whole element match nothing. https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_variables.html
 */
export function substitute(text: string, context: ContextKeys): string | undefined {
  if (!text.includes("${")) return text;
  let missing = false;
  const result = text.replace(/\$\{([^}]*)\}/g, (_, inside: string) => {
    if (inside === "*" || inside === "?" || inside === "$") return literal(inside);
    const [, key = "", fallback] = /^\s*([^,]*?)\s*(?:,\s*'([^']*)'\s*)?$/.exec(inside) ?? [];
    const [value] = context.get(key.toLowerCase()) ?? [];
    if (value === undefined && fallback === undefined) missing = true;
    return literal(value ?? fallback ?? "");
  });
  return missing ? undefined : result;
}

/** Marks the characters that `like` must take literally. */
function literal(text: string): string {
  return text.replace(/[*?]/g, "\uE000$&");
}
