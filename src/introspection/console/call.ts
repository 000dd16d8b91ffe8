import { type Cloud, Context } from "../../aws/context.ts";
import { AwsException } from "../../aws/exception.ts";
import { rootPrincipal } from "../../aws/identity.ts";
import { loadModel } from "../../models/model.ts";
import { members, type Schema, type Values } from "../../models/schema.ts";
import { serviceMetas } from "../../models/services.ts";

const ACCOUNT = "000000000000";
/** Of a stream that an operation answers with; a page shows no more of an object. */
const MOST_STREAM_BYTES = 1024 * 1024;

/**
 * Calls an operation as a client would, as the root of the account: instants of its JSON become dates, blobs are in base64 both ways.
 * @throws AwsException what the operation answers, or UnknownOperation
 */
export async function call(
  cloud: Cloud,
  region: string,
  [service = "", operation = ""]: readonly string[],
  body: Values,
): Promise<unknown> {
  const unknown = new AwsException("UnknownOperation", `there is no ${service} ${operation}`, { status: 404 });
  if (serviceMetas()[service] === undefined) throw unknown;
  const model = await loadModel(service);
  const known = model.operations.get(operation);
  if (known === undefined) throw unknown;
  const ctx = new Context(cloud, { account: ACCOUNT, region, principal: rootPrincipal(ACCOUNT) });
  const input = given(known.input, body) as Values;
  // The services' ids are not known to types here: what comes is checked against the schema.
  const caller = ctx as unknown as { call(service: string, operation: string, input: Values): Promise<Values> };
  return await told(await caller.call(service, operation, input));
}

function given(schema: Schema, value: unknown): unknown {
  if (value === null || value === undefined) return undefined;
  if (schema.isTimestampSchema()) return new Date(value as string | number);
  if (schema.isBlobSchema()) return Buffer.from(String(value), "base64");
  if (schema.isListSchema() && Array.isArray(value)) return value.map((item) => given(schema.getValueSchema(), item));
  if (typeof value !== "object" || Array.isArray(value)) return value;
  const entries = Object.entries(value);
  if (schema.isMapSchema()) return Object.fromEntries(entries.map(([key, item]) => [key, given(schema.getValueSchema(), item)]));
  if (!schema.isStructSchema()) return value;
  const known = new Map(members(schema));
  return Object.fromEntries(
    entries.map(([name, item]) => {
      const member = known.get(name);
      if (member === undefined) throw new AwsException("UnknownMember", `there is no member ${name}`, { status: 400 });
      return [name, given(member, item)];
    }),
  );
}

async function told(value: unknown): Promise<unknown> {
  if (value instanceof Uint8Array) return Buffer.from(value).toString("base64");
  if (value instanceof Date || value === null || typeof value !== "object") return typeof value === "bigint" ? Number(value) : value;
  if (Symbol.asyncIterator in value) return await firstBytes(value as AsyncIterable<Uint8Array>);
  if (value instanceof Set) return [...value];
  if (Array.isArray(value)) return await Promise.all(value.map(told));
  return Object.fromEntries(await Promise.all(Object.entries(value).map(async ([key, item]) => [key, await told(item)] as const)));
}

/** In base64; the rest of a longer stream is left. */
async function firstBytes(stream: AsyncIterable<Uint8Array>): Promise<string> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of stream) {
    chunks.push(Buffer.from(chunk));
    size += chunk.length;
    if (size >= MOST_STREAM_BYTES) break;
  }
  return Buffer.concat(chunks).subarray(0, MOST_STREAM_BYTES).toString("base64");
}
