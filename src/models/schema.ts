import { NormalizedSchema } from "@smithy/core/schema";
import type { $SchemaRef, StaticErrorSchema, StaticOperationSchema, StaticStructureSchema } from "@smithy/types";

/** A schema of the SDK, ready to be asked. */
export type Schema = NormalizedSchema;
export type SchemaRef = $SchemaRef;
export type StructureTuple = StaticStructureSchema | StaticErrorSchema;
export type OperationTuple = StaticOperationSchema;
export type Values = Record<string, unknown>;

/** Traits of the schemas that this server reads; keys and meanings are Smithy's. */
export interface Traits {
  /** Method, URI pattern, status. */
  readonly http?: readonly [string, string, number];
  readonly httpLabel?: 1;
  readonly httpQuery?: string;
  readonly httpQueryParams?: 1;
  readonly httpHeader?: string;
  readonly httpPrefixHeaders?: string;
  readonly httpPayload?: 1;
  readonly httpResponseCode?: 1;
  readonly httpError?: number;
  readonly error?: "client" | "server";
  /** Code and status in the query protocol. */
  readonly awsQueryError?: readonly [string, number];
  readonly ec2QueryName?: string;
  readonly jsonName?: string;
  readonly mediaType?: string;
  readonly xmlName?: string;
  readonly xmlAttribute?: 1;
  readonly xmlFlattened?: 1;
  /** Prefix (may be empty) and URI. */
  readonly xmlNamespace?: readonly [string, string];
  readonly eventHeader?: 1;
  readonly eventPayload?: 1;
  readonly streaming?: 1;
  readonly sensitive?: 1;
}

/** Kinds of schema tuples, by their first element. */
export const KIND = { operation: 9, error: -3, structure: 3, union: 4 } as const;

/** Simple schemas, which stand for themselves. Timestamps come in four formats. */
export const SIMPLE = { string: 0, timestamp: 4, dateTime: 5, httpDate: 6, epochSeconds: 7 } as const;

/** Never pass `[ref, traits]` pairs: the SDK caches traits on the pair and would change them; take members from `members`. */
export function schemaOf(ref: SchemaRef): Schema {
  return NormalizedSchema.of(ref);
}

/** Own traits and those of the member through which the schema was reached. */
export function traitsOf(schema: Schema): Traits {
  return schema.getMergedTraits() as Traits;
}

export function memberTraitsOf(schema: Schema): Traits {
  return schema.getMemberTraits() as Traits;
}

/** Members of a structure or union in the model's order; none for other schemas. */
export function members(schema: Schema): [string, Schema][] {
  return schema.isStructSchema() ? [...schema.structIterator()] : [];
}

/** The tuple behind a structure, union or error. */
export function tupleOf(schema: Schema): StructureTuple | undefined {
  const tuple: unknown = schema.getSchema();
  return Array.isArray(tuple) && typeof tuple[0] === "number" && Array.isArray(tuple[4]) ? (tuple as StructureTuple) : undefined;
}

/** The leading members are the required ones; how many is the tuple's last element. */
export function requiredCount(schema: Schema): number {
  return tupleOf(schema)?.[6] ?? 0;
}

/** A structure that has only some members of another one; undefined when none is left. */
export function pickMembers(schema: Schema, wanted: ReadonlySet<string>): Schema | undefined {
  const tuple = tupleOf(schema);
  if (tuple === undefined) return undefined;
  const kept = tuple[4].flatMap((name, index) => {
    const ref = tuple[5][index];
    return wanted.has(name) && ref !== undefined ? [{ name, ref }] : [];
  });
  if (kept.length === 0) return undefined;
  return structure({ name: tuple[2], namespace: tuple[1], traits: tuple[3], members: kept });
}

export interface NewStructure {
  readonly name: string;
  readonly namespace: string;
  readonly traits?: StructureTuple[3];
  readonly members: readonly { readonly name: string; readonly ref: SchemaRef }[];
}

export function structure(shape: NewStructure): Schema {
  const names = shape.members.map(({ name }) => name);
  const refs = shape.members.map(({ ref }) => ref);
  const tuple: StaticStructureSchema = [KIND.structure, shape.namespace, shape.name, shape.traits ?? 0, names, refs];
  return NormalizedSchema.of(tuple);
}
