import type { AwsException } from "../../aws/exception.ts";
import { type ErrorModel, errorNamed, type ServiceModel } from "../../models/model.ts";
import { type Schema, SIMPLE, structure, tupleOf, type Values } from "../../models/schema.ts";

/** What the encoders need to know of an exception. */
export interface ErrorFacts {
  readonly model: ErrorModel | undefined;
  /** Shape name. */
  readonly name: string;
  readonly status: number;
  readonly sender: boolean;
  readonly queryCode: string;
  readonly queryStatus: number;
  /** Members, the message among them under the name that the schema gives it. */
  readonly values: Values;
}

/** Common errors have one name in JSON and another in the query protocol, which former query services still tell. */
const QUERY_CODES: Readonly<Record<string, string>> = {
  ExpiredTokenException: "ExpiredToken",
  IncompleteSignatureException: "IncompleteSignature",
  InvalidSignatureException: "SignatureDoesNotMatch",
  MissingAuthenticationTokenException: "MissingAuthenticationToken",
  SerializationException: "MalformedInput",
  UnrecognizedClientException: "InvalidClientTokenId",
  UnknownOperationException: "InvalidAction",
  ValidationException: "ValidationError",
};

export function factsOf(service: ServiceModel | undefined, error: AwsException): ErrorFacts {
  const model = service === undefined ? undefined : errorNamed(service, error.code);
  const status = model?.status ?? error.status ?? (model?.fault === "server" ? 500 : 400);
  return {
    model,
    name: model?.name ?? error.code,
    status,
    sender: status < 500,
    queryCode: model?.queryCode ?? QUERY_CODES[error.code] ?? error.code,
    queryStatus: model?.queryStatus ?? status,
    values: { [model?.messageMember ?? "message"]: error.message, ...error.members },
  };
}

/** Errors that no schema has carry a message alone. */
const unmodelled = structure({ name: "Error", namespace: "orrery", members: [{ name: "message", ref: SIMPLE.string }] });

export function schemaOfError(facts: ErrorFacts): Schema {
  return facts.model?.schema ?? unmodelled;
}

const typed = new WeakMap<Schema, Schema>();

/** The error's schema with `__type` as its first member, as the RPC protocols send it. */
export function typedSchemaOfError(facts: ErrorFacts): Schema {
  const schema = schemaOfError(facts);
  let result = typed.get(schema);
  if (result === undefined) {
    const tuple = tupleOf(schema);
    const names = tuple?.[4] ?? [];
    const refs = tuple?.[5] ?? [];
    result = structure({
      name: facts.name,
      namespace: tuple?.[1] ?? "orrery",
      members: [{ name: "__type", ref: SIMPLE.string }, ...names.map((name, index) => ({ name, ref: refs[index] ?? SIMPLE.string }))],
    });
    typed.set(schema, result);
  }
  return result;
}

/** `x-amzn-query-error`, by which clients of former query services learn the old code. */
export function queryErrorHeader(facts: ErrorFacts): string {
  return `${facts.queryCode};${facts.sender ? "Sender" : "Receiver"}`;
}
