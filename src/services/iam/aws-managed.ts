import { createHash } from "node:crypto";
import type { ManagedEntry } from "./aws-managed/entry.ts";
import { general } from "./aws-managed/general.ts";
import { serviceRoles } from "./aws-managed/service-roles.ts";
import { services } from "./aws-managed/services.ts";

/** A policy that AWS maintains: the same in every account, and nobody can change it. */
export interface AwsManagedPolicy {
  readonly name: string;
  readonly path: string;
  readonly arn: string;
  readonly id: string;
  readonly description: string;
  /** The default version, e.g. `v3`; AWS's earlier ones are not kept here. */
  readonly version: string;
  /** Ms since the epoch: AWS's own date, not one of this cloud's clock. */
  readonly created: number;
  readonly document: string;
}

/**
 * What AWS documents in https://docs.aws.amazon.com/aws-managed-policy/latest/reference/, for the policies that templates
 * attach most.
 */
const documents: readonly ManagedEntry[] = [...general, ...serviceRoles, ...services];

let byArn: ReadonlyMap<string, AwsManagedPolicy> | undefined;

/** Undefined for those that are not here; IAM then answers NoSuchEntity, as AWS does for a policy that does not exist. */
export function managedPolicy(arn: string): AwsManagedPolicy | undefined {
  if (!arn.startsWith("arn:aws:iam::aws:policy/")) return undefined;
  byArn ??= new Map(documents.map(expand).map((policy) => [policy.arn, policy]));
  return byArn.get(arn);
}

export function managedPolicies(): AwsManagedPolicy[] {
  managedPolicy("arn:aws:iam::aws:policy/");
  return [...(byArn?.values() ?? [])];
}

function expand(entry: ManagedEntry): AwsManagedPolicy {
  const path = entry.path ?? "/";
  const arn = `arn:aws:iam::aws:policy${path}${entry.name}`;
  const digest = createHash("sha256").update(arn).digest();
  const id = [...digest.subarray(0, 17)].map((byte) => "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567"[byte & 31]).join("");
  const document = JSON.stringify({ Version: "2012-10-17", Statement: entry.statements }, undefined, 2);
  const { name, description, version, created } = entry;
  return { name, path, arn, id: `ANPA${id}`, description, version, created: Date.parse(created), document };
}
