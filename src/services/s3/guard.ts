import type { Context } from "../../aws/context.ts";
import { notImplemented } from "../../aws/exception.ts";
import type { Operations } from "../../aws/service.ts";
import { admitAnonymous, hideAbsence } from "./anonymous.ts";
import { checkDocument, takesDocument } from "./document-digest.ts";
import { allowOrigin } from "./preflight.ts";

type Values = Readonly<Record<string, unknown>>;
type Handler = (input: Values, ctx: Context) => Promise<object> | object;

/** Members that change what an operation does, and that none of them does here. */
const REFUSED = [
  "ChecksumMD5",
  "ChecksumSHA512",
  "ChecksumXXHASH128",
  "ChecksumXXHASH3",
  "ChecksumXXHASH64",
  "CopySourceSSECustomerAlgorithm",
  "CopySourceSSECustomerKey",
  "CopySourceSSECustomerKeyMD5",
  "MFA",
  "SSECustomerAlgorithm",
  "SSECustomerKey",
  "SSECustomerKeyMD5",
  "SSEKMSEncryptionContext",
  "Token",
] as const;

/**
 * What all operations share: members that none of them honours are refused, unsigned requests need a public bucket,
 * browsers' pages get their headers, and an XML body keeps what its checksum promised.
 */
export function guarded<T extends Operations<"s3">>(operations: T): T {
  const entries = Object.entries(operations as unknown as Readonly<Record<string, Handler>>);
  return Object.fromEntries(entries.map(([name, handler]) => [name, guard(name, handler)])) as unknown as T;
}

function guard(name: string, handler: Handler): Handler {
  const direct = `s3:${name}`;
  const hasDocument = takesDocument(name);
  return (input, ctx) => {
    for (const member of REFUSED) if (input[member] !== undefined) throw notImplemented("s3", name, member);
    const { request } = ctx;
    if (request?.operation !== direct) return handler(input, ctx);
    const bucket = typeof input["Bucket"] === "string" ? input["Bucket"] : undefined;
    if (bucket !== undefined && request.headers["origin"] !== undefined) allowOrigin(ctx, bucket);
    if (ctx.principal.type === "anonymous") return asAnonymous(name, handler, input, ctx);
    return hasDocument ? checkDocument(ctx, name, input).then(() => handler(input, ctx)) : handler(input, ctx);
  };
}

async function asAnonymous(name: string, handler: Handler, input: Values, ctx: Context): Promise<object> {
  admitAnonymous(ctx, name, input);
  try {
    if (takesDocument(name)) await checkDocument(ctx, name, input);
    return await handler(input, ctx);
  } catch (error) {
    throw hideAbsence(ctx, String(input["Bucket"]), error);
  }
}
