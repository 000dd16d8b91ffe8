import { hash } from "node:crypto";
import { fault } from "./errors.ts";

interface Statement {
  readonly Type: string;
  readonly NumberOfApprovalsNeeded: number;
  readonly ApprovalPoolMembers?: readonly string[];
}

export interface RuleContent {
  readonly Version: string;
  readonly DestinationReferences?: readonly string[];
  readonly Statements: readonly Statement[];
}

export function sha256(content: string): string {
  return hash("sha256", content, "hex");
}

/** https://docs.aws.amazon.com/codecommit/latest/userguide/how-to-create-template.html; undefined for what is no rule. */
export function parseRule(content: string): RuleContent | undefined {
  let rule: unknown;
  try {
    rule = JSON.parse(content);
  } catch {
    return undefined;
  }
  const { Version, Statements, DestinationReferences } = (rule ?? {}) as Partial<RuleContent>;
  if (Version !== "2018-11-08" || !Array.isArray(Statements) || Statements.length === 0) return undefined;
  if (DestinationReferences !== undefined && !Array.isArray(DestinationReferences)) return undefined;
  return Statements.every(isStatement) ? (rule as RuleContent) : undefined;
}

function isStatement(value: unknown): boolean {
  const { Type, NumberOfApprovalsNeeded: needed, ApprovalPoolMembers: pool } = (value ?? {}) as Partial<Statement>;
  if (Type !== "Approvers" || !Number.isInteger(needed) || Number(needed) < 1) return false;
  return pool === undefined || (Array.isArray(pool) && pool.every((member) => typeof member === "string"));
}

/** True when enough of those who approved are in the pool of each statement. */
export function isSatisfied(content: string, approvers: readonly string[]): boolean {
  const rule = parseRule(content);
  return (
    rule?.Statements.every(({ NumberOfApprovalsNeeded, ApprovalPoolMembers: pool }) => {
      const counted =
        pool === undefined || pool.length === 0 ? approvers : approvers.filter((arn) => pool.some((member) => isMember(member, arn)));
      return counted.length >= NumberOfApprovalsNeeded;
    }) ?? false
  );
}

/**
 * A member of a pool is an ARN, or `CodeCommitApprovers:<account>:<name>` for IAM users and federated users of that name, both
 * with wildcards; sessions of roles are `role/session`, which only a wildcard reaches.
 */
function isMember(member: string, arn: string): boolean {
  const [, account, name] = /^CodeCommitApprovers:(\d{12}):(.+)$/.exec(member) ?? [];
  if (account === undefined || name === undefined) return matches(member, arn);
  const [, , , , own, ...resource] = arn.split(":");
  const who = resource.join(":").replace(/^(?:user|federated-user|assumed-role)\//, "");
  return own === account && matches(name, who);
}

function matches(pattern: string, text: string): boolean {
  const expression = pattern.replaceAll(/[.+?^${}()|[\]\\]/g, "\\$&").replaceAll("*", ".*");
  return new RegExp(`^${expression}$`).test(text);
}

/** True for pull requests into one of the template's branches, and into any where it names none. */
export function appliesTo(content: string, destinationReference: string): boolean {
  const references = parseRule(content)?.DestinationReferences ?? [];
  return references.length === 0 || references.some((reference) => matches(reference, destinationReference));
}

/** @throws the exception of that name */
export function checkRule(content: string | undefined, name: string): string {
  if (content !== undefined && parseRule(content) !== undefined) return content;
  throw fault(name, "The content for the approval rule is not valid.");
}
