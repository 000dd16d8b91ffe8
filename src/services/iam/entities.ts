import type { Context } from "../../aws/context.ts";
import { AwsException } from "../../aws/exception.ts";
import { decodeToken, encodeToken } from "../../aws/paging.ts";
import { invalidate } from "./cache.ts";
import { type EntityRow, entities, type Kind, tags } from "./store.ts";

/** Prefixes of unique ids: https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_identifiers.html */
const ID_PREFIX: Readonly<Record<Kind, string>> = {
  user: "AIDA",
  role: "AROA",
  group: "AGPA",
  "instance-profile": "AIPA",
  policy: "ANPA",
};

export interface RoleBody {
  readonly trust: string;
  readonly description?: string;
  /** Seconds. */
  readonly maxSession: number;
  /** The service that a service-linked role belongs to. */
  readonly linkedTo?: string;
  readonly lastUsed?: number;
  readonly lastUsedRegion?: string;
}

export interface PolicyBody {
  readonly description?: string;
  readonly defaultVersion: number;
  readonly nextVersion: number;
  readonly updated: number;
}

/** What only one kind has; users, groups and instance profiles have nothing more. */
export type Body = RoleBody | PolicyBody | Readonly<Record<never, never>>;

export interface Tag {
  readonly Key: string | undefined;
  readonly Value: string | undefined;
}

export function roleBody(row: EntityRow): RoleBody {
  return JSON.parse(row.body) as RoleBody;
}

export function policyBody(row: EntityRow): PolicyBody {
  return JSON.parse(row.body) as PolicyBody;
}

export function arnOf(row: Pick<EntityRow, "account" | "kind" | "path" | "name">): string {
  return `arn:aws:iam::${row.account}:${row.kind}${row.path}${row.name}`;
}

export interface NewEntity {
  readonly kind: Kind;
  readonly name: string;
  readonly path: string;
  readonly boundary?: string | undefined;
  readonly body: Body;
  readonly tags?: readonly Tag[] | undefined;
}

/** Stores a new entity with its tags, in one transaction with its event. @throws EntityAlreadyExists, InvalidInput */
export function create(ctx: Context, entity: NewEntity): EntityRow {
  return ctx.tx(() => {
    if (ctx.get(entities.byName, entity) !== undefined)
      throw new AwsException("EntityAlreadyExistsException", existsText(entity.kind, entity.name));
    const id = `${ID_PREFIX[entity.kind]}${ctx.cloud.ids.upper(17)}`;
    const { kind, name, path } = entity;
    const row = { id, kind, name, path, created: ctx.now, boundary: entity.boundary ?? null, body: JSON.stringify(entity.body) };
    ctx.run(entities.insert, row);
    putTags(ctx, id, entity.tags ?? []);
    const stored = { ...row, account: ctx.account };
    ctx.claim(kind === "policy" ? arnOf(stored) : name);
    changed(ctx, `${kind} created`, stored);
    return stored;
  });
}

/** @throws NoSuchEntity with AWS's text for the kind */
export function find(ctx: Context, kind: Kind, name: string): EntityRow {
  const row = ctx.get(entities.byName, { kind, name });
  if (row === undefined) throw new AwsException("NoSuchEntityException", missingText(kind, name));
  return row;
}

/** Stores changes; `body` is merged into what is there. */
export function update(
  ctx: Context,
  row: EntityRow,
  change: Partial<Pick<EntityRow, "name" | "path" | "boundary">> & { readonly body?: Partial<RoleBody & PolicyBody> },
): EntityRow {
  const body = change.body === undefined ? row.body : JSON.stringify({ ...(JSON.parse(row.body) as object), ...change.body });
  const next: EntityRow = { ...row, ...change, body };
  ctx.tx(() => {
    ctx.run(entities.update, { id: next.id, name: next.name, path: next.path, boundary: next.boundary, body: next.body });
    changed(ctx, `${row.kind} updated`, next);
  });
  return next;
}

export function remove(ctx: Context, row: EntityRow): void {
  ctx.tx(() => {
    ctx.run(entities.remove, { id: row.id });
    changed(ctx, `${row.kind} deleted`, row);
  });
}

/** Every change of IAM ends here: the event, and what was compiled from the old state is forgotten. */
export function changed(ctx: Context, type: string, row: EntityRow, detail: Readonly<Record<string, unknown>> = {}): void {
  ctx.emit({ source: "aws.iam", type, resources: [arnOf(row)], detail: { name: row.name, ...detail } });
  invalidate(ctx.cloud);
}

/** At most 50 tags; keys differ by more than their case. https://docs.aws.amazon.com/IAM/latest/UserGuide/id_tags.html */
export function putTags(ctx: Context, entityId: string, list: readonly Tag[]): void {
  const seen = new Set<string>();
  for (const { Key = "", Value = "" } of list) {
    if (seen.has(Key.toLowerCase())) {
      throw new AwsException("InvalidInputException", "Duplicate tag keys found. Please note that Tag keys are case insensitive.");
    }
    if (/^aws:/i.test(Key)) {
      throw new AwsException("InvalidInputException", "Tag keys that begin with aws: are reserved for AWS use.");
    }
    seen.add(Key.toLowerCase());
    ctx.run(tags.put, { entity_id: entityId, key: Key, value: Value });
  }
  if (ctx.all(tags.of, { id: entityId }).length > 50) {
    throw new AwsException("LimitExceededException", "The number of tags has reached the maximum limit: 50");
  }
}

export function tagsOf(ctx: Context, entityId: string): { Key: string; Value: string }[] {
  return ctx.all(tags.of, { id: entityId }).map(({ key, value }) => ({ Key: key, Value: value }));
}

/** The `Tags` member: there only when there are any, as in AWS's answers. */
export function tagMember(ctx: Context, entityId: string): { Tags?: { Key: string; Value: string }[] } {
  const list = tagsOf(ctx, entityId);
  return list.length === 0 ? {} : { Tags: list };
}

export function boundaryMember(row: EntityRow): {
  PermissionsBoundary?: { PermissionsBoundaryType: "PermissionsBoundaryPolicy"; PermissionsBoundaryArn: string };
} {
  if (row.boundary === null) return {};
  return { PermissionsBoundary: { PermissionsBoundaryType: "PermissionsBoundaryPolicy", PermissionsBoundaryArn: row.boundary } };
}

export interface PageInput {
  readonly Marker?: string | undefined;
  readonly MaxItems?: number | undefined;
}

/** Name after which the page begins; "" for the first. @throws InvalidInput for a marker that is not ours */
export function afterMarker(marker: string | undefined): string {
  if (marker === undefined) return "";
  const [after] = decodeToken(marker) ?? [];
  if (typeof after !== "string") throw new AwsException("ValidationError", `Invalid Marker.`, { status: 400 });
  return after;
}

/** Cuts a list that is sorted by `keyOf` into the page asked for. */
export function page<T>(items: readonly T[], input: PageInput, keyOf: (item: T) => string): { items: T[]; tail: PageTail } {
  const after = afterMarker(input.Marker);
  const rest = after === "" ? items : items.slice(items.findIndex((item) => keyOf(item) === after) + 1);
  return cut(rest, input, keyOf);
}

export type PageTail = { IsTruncated: boolean; Marker?: string };

export function cut<T>(rest: readonly T[], input: PageInput, keyOf: (item: T) => string): { items: T[]; tail: PageTail } {
  const limit = input.MaxItems ?? 100;
  const items = rest.slice(0, limit);
  const last = items.at(-1);
  if (rest.length <= limit || last === undefined) return { items, tail: { IsTruncated: false } };
  return { items, tail: { IsTruncated: true, Marker: encodeToken([keyOf(last)]) } };
}

/** One page of entities of a kind under a path, in order of name. */
export function list(
  ctx: Context,
  kind: Kind,
  input: PageInput & { readonly PathPrefix?: string | undefined },
): { items: EntityRow[]; tail: PageTail } {
  const limit = (input.MaxItems ?? 100) + 1;
  const rows = ctx.all(entities.page, { kind, prefix: input.PathPrefix ?? "/", after: afterMarker(input.Marker), limit });
  return cut(rows, input, (row) => row.name);
}

/** Policy documents travel percent-encoded as RFC 3986 asks, which is more than encodeURIComponent does. */
export function encodeDocument(document: string): string {
  return encodeURIComponent(document).replace(/[!'()*]/g, (character) => `%${character.charCodeAt(0).toString(16).toUpperCase()}`);
}

function existsText(kind: Kind, name: string): string {
  if (kind === "policy") return `A policy called ${name} already exists. Duplicate names are not allowed.`;
  if (kind === "instance-profile") return `Instance Profile ${name} already exists.`;
  return `${kind[0]?.toUpperCase()}${kind.slice(1)} with name ${name} already exists.`;
}

function missingText(kind: Kind, name: string): string {
  if (kind === "instance-profile") return `Instance Profile ${name} cannot be found.`;
  return `The ${kind} with name ${name} cannot be found.`;
}
