import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { OrreryError } from "../kernel/errors.ts";
import { type Binding, inputBindings, outputBindings } from "./bindings.ts";
import { generatedDir } from "./generated.ts";
import { type Route, routeOf } from "./routes.ts";
import {
  KIND,
  type OperationTuple,
  pickMembers,
  type Schema,
  type StructureTuple,
  schemaOf,
  type Traits,
  traitsOf,
  tupleOf,
} from "./schema.ts";
import { type ServiceMeta, serviceMetas } from "./services.ts";

export interface OperationModel {
  readonly name: string;
  readonly input: Schema;
  readonly output: Schema;
  /** Present when the operation has an HTTP binding of its own. */
  readonly http: HttpModel | undefined;
  /** The member that is an event stream, if any. */
  readonly eventStream: string | undefined;
}

export interface HttpModel {
  readonly method: string;
  readonly uri: string;
  readonly status: number;
  readonly input: readonly Binding[];
  readonly output: readonly Binding[];
  readonly inputPayload: Binding | undefined;
  readonly outputPayload: Binding | undefined;
  readonly outputStatus: Binding | undefined;
  /** The members that travel in a document; undefined when there are none. */
  readonly inputBody: Schema | undefined;
  readonly outputBody: Schema | undefined;
}

export interface ErrorModel {
  readonly name: string;
  readonly schema: Schema;
  /** What the schema calls the message: `message` or `Message`. */
  readonly messageMember: string;
  /** Undefined when the schema leaves it open. */
  readonly status: number | undefined;
  readonly fault: "client" | "server";
  readonly queryCode: string;
  readonly queryStatus: number | undefined;
}

export interface ServiceModel {
  readonly meta: ServiceMeta;
  readonly operations: ReadonlyMap<string, OperationModel>;
  /** By method, the most specific first. */
  readonly routes: ReadonlyMap<string, readonly Route[]>;
  /** By shape name; `errorNamed` also knows query codes. */
  readonly errors: ReadonlyMap<string, ErrorModel>;
  readonly errorsByQueryCode: ReadonlyMap<string, ErrorModel>;
}

const models = new Map<string, Promise<ServiceModel>>();

/**
 * Schemas of a service, loaded at its first use and kept.
 * @throws OrreryError GeneratedCodeMissing
 */
export function loadModel(id: string): Promise<ServiceModel> {
  let model = models.get(id);
  if (model === undefined) {
    model = build(id);
    models.set(id, model);
  }
  return model;
}

/** The modelled error behind a shape name or a query code. */
export function errorNamed(model: ServiceModel, code: string): ErrorModel | undefined {
  return model.errors.get(code) ?? model.errorsByQueryCode.get(code);
}

async function build(id: string): Promise<ServiceModel> {
  const meta = serviceMetas()[id];
  if (meta === undefined) throw new OrreryError("GeneratedCodeMissing", `no schemas for "${id}": run 'npm run build'`);
  const exports = (await import(pathToFileURL(join(generatedDir(), "schemas", `${id}.mjs`)).href)) as Record<string, unknown>;
  const operations = new Map<string, OperationModel>();
  const errors = new Map<string, ErrorModel>();
  const errorsByQueryCode = new Map<string, ErrorModel>();
  for (const schema of Object.values(exports)) {
    if (!Array.isArray(schema)) continue;
    if (schema[0] === KIND.operation) operations.set(String(schema[2]), operationOf(schema as OperationTuple));
    else if (schema[0] === KIND.error && !String(schema[1]).startsWith("smithy.ts")) {
      const error = errorOf(schema as StructureTuple);
      errors.set(error.name, error);
      if (!errorsByQueryCode.has(error.queryCode)) errorsByQueryCode.set(error.queryCode, error);
    }
  }
  return { meta, operations, routes: routesOf(meta, operations), errors, errorsByQueryCode };
}

function operationOf(tuple: OperationTuple): OperationModel {
  const input = schemaOf(tuple[4]);
  const output = schemaOf(tuple[5]);
  const traits = (typeof tuple[3] === "object" ? tuple[3] : {}) as Traits;
  const eventStream = output.isStructSchema() ? output.getEventStreamMember() || undefined : undefined;
  return { name: tuple[2], input, output, http: traits.http === undefined ? undefined : httpOf(traits.http, input, output), eventStream };
}

function httpOf([method, uri, status]: readonly [string, string, number], inputSchema: Schema, outputSchema: Schema): HttpModel {
  const input = inputBindings(inputSchema);
  const output = outputBindings(outputSchema);
  const inputPayload = input.find(({ kind }) => kind === "payload");
  const outputPayload = output.find(({ kind }) => kind === "payload");
  return {
    method,
    uri,
    status,
    input,
    output,
    inputPayload,
    outputPayload,
    outputStatus: output.find(({ kind }) => kind === "status"),
    inputBody: inputPayload === undefined ? documentOf(inputSchema, input) : undefined,
    outputBody: outputPayload === undefined ? documentOf(outputSchema, output) : undefined,
  };
}

function documentOf(schema: Schema, bindings: readonly Binding[]): Schema | undefined {
  return pickMembers(schema, new Set(bindings.filter(({ kind }) => kind === "body").map(({ name }) => name)));
}

function errorOf(tuple: StructureTuple): ErrorModel {
  const schema = schemaOf(tuple);
  const traits = traitsOf(schema);
  const fault = traits.error ?? "client";
  return {
    name: tuple[2],
    schema,
    messageMember: tupleOf(schema)?.[4].find((name) => name.toLowerCase() === "message") ?? "message",
    status: traits.httpError,
    fault,
    queryCode: traits.awsQueryError?.[0] ?? tuple[2],
    queryStatus: traits.awsQueryError?.[1],
  };
}

function routesOf(meta: ServiceMeta, operations: ReadonlyMap<string, OperationModel>): Map<string, Route[]> {
  const routes = new Map<string, Route[]>();
  for (const operation of operations.values()) {
    if (operation.http === undefined) continue;
    const list = routes.get(operation.http.method) ?? [];
    list.push(routeOf(operation, operation.http, meta.id === "s3"));
    routes.set(operation.http.method, list);
  }
  for (const list of routes.values()) list.sort((a, b) => b.score - a.score);
  return routes;
}
