import type { Cloud } from "../../aws/context.ts";
import type { Principal, SessionOptions } from "../../aws/identity.ts";
import { managedPolicy } from "./aws-managed.ts";
import { arnOf, policyBody } from "./entities.ts";
import type { PrincipalPolicies, SourcedPolicy } from "./evaluate.ts";
import { parsePolicy } from "./policy.ts";
import { attachments, type EntityRow, entities, inline, members, sessions, tags, versions } from "./store.ts";

/** All that evaluation needs to know of a principal. */
export interface Facts {
  readonly policies: PrincipalPolicies;
  /** The names by which policies may call it; the last one is its ARN as an IAM entity. */
  readonly names: readonly string[];
  /** Its own tags, and over them those of the session. */
  readonly tags: readonly { readonly key: string; readonly value: string }[];
}

export const EVERYTHING: SourcedPolicy = {
  id: "root",
  source: "none",
  document: parsePolicy('{"Version":"2012-10-17","Statement":{"Effect":"Allow","Action":"*","Resource":"*"}}', "identity"),
};

export function readFacts(cloud: Cloud, principal: Principal): Facts {
  const session = principal.session === undefined ? undefined : cloud.store.get(sessions.get, { id: principal.session });
  const entity = cloud.store.get(entities.byId, { id: session?.entity_id ?? principal.userId.split(":")[0] ?? "" });
  const options = session === undefined ? undefined : (JSON.parse(session.options) as Omit<SessionOptions, "seconds">);
  const own = entity === undefined ? undefined : arnOf(entity);
  const federated = principal.type === "federated-user";
  return {
    policies: { ...entityPolicies(cloud, principal, entity), session: sessionPolicies(cloud, options, federated) },
    names: own === undefined || federated ? [principal.arn] : [principal.arn, own],
    tags: [
      ...(entity === undefined ? [] : cloud.store.all(tags.of, { id: entity.id })),
      ...Object.entries(options?.tags ?? {}).map(([key, value]) => ({ key, value })),
    ],
  };
}

function entityPolicies(cloud: Cloud, principal: Principal, entity: EntityRow | undefined): PrincipalPolicies {
  if (entity !== undefined) return policiesOfEntity(cloud, entity);
  const ofRoot = principal.type === "root" || (principal.type === "federated-user" && principal.session !== undefined);
  return { identity: ofRoot ? [EVERYTHING] : [] };
}

/** The policies of a user, role or group as they stand, those of a user's groups included. */
export function policiesOfEntity(cloud: Cloud, entity: EntityRow): PrincipalPolicies {
  const groups = entity.kind === "user" ? cloud.store.all(members.containers, { id: entity.id }) : [];
  const identity = [entity, ...groups].flatMap((holder) => [...inlineOf(cloud, holder), ...attachedOf(cloud, holder)]);
  if (entity.boundary === null) return { identity };
  const boundary = readPolicy(cloud, entity.boundary);
  return { identity, boundary: boundary === undefined ? [] : [boundary] };
}

function inlineOf(cloud: Cloud, holder: EntityRow): SourcedPolicy[] {
  const source = holder.kind === "user" || holder.kind === "group" ? holder.kind : "role";
  return cloud.store
    .all(inline.of, { id: holder.id })
    .map(({ name, document }) => ({ id: `${source}_${holder.name}_${name}`, source, document: parsePolicy(document, "identity") }));
}

function attachedOf(cloud: Cloud, holder: EntityRow): SourcedPolicy[] {
  return cloud.store
    .all(attachments.of, { id: holder.id })
    .map(({ policy_arn }) => readPolicy(cloud, policy_arn))
    .filter((policy) => policy !== undefined);
}

/** The default version of a managed policy; undefined when there is no such policy. */
function readPolicy(cloud: Cloud, arn: string): SourcedPolicy | undefined {
  const aws = managedPolicy(arn);
  if (aws !== undefined) return { id: aws.name, source: "aws-managed", document: parsePolicy(aws.document, "identity") };
  const row = policyByArn(cloud, arn);
  const version = row === undefined ? undefined : cloud.store.get(versions.get, { id: row.id, number: policyBody(row).defaultVersion });
  return row === undefined || version === undefined
    ? undefined
    : { id: row.name, source: "user-managed", document: parsePolicy(version.document, "identity") };
}

export function policyByArn(cloud: Cloud, arn: string): EntityRow | undefined {
  const [, , service, , owner = "", resource = ""] = arn.split(":");
  if (service !== "iam" || !resource.startsWith("policy/")) return undefined;
  const row = cloud.store.get(entities.inAccount, { owner, kind: "policy", name: resource.split("/").at(-1) ?? "" });
  return row !== undefined && arnOf(row) === arn ? row : undefined;
}

/** A federated session without policies has no permissions at all; a role's without any is not limited. */
function sessionPolicies(
  cloud: Cloud,
  options: Omit<SessionOptions, "seconds"> | undefined,
  federated: boolean,
): SourcedPolicy[] | undefined {
  const texts = options?.policies ?? [];
  const arns = options?.policyArns ?? [];
  if (texts.length + arns.length === 0) return federated ? [] : undefined;
  const documents = texts.map((text, i) => ({
    id: `session-policy-${i + 1}`,
    source: "none" as const,
    document: parsePolicy(text, "identity"),
  }));
  return [...documents, ...arns.map((arn) => readPolicy(cloud, arn)).filter((policy) => policy !== undefined)];
}
