import { createHash } from "node:crypto";
import type { Context } from "../../aws/context.ts";
import { type KeyRow, keys, materials } from "./store.ts";

export interface NewKey {
  readonly spec: string;
  readonly usage: string;
  readonly description: string;
  readonly policy: string;
  readonly manager: KeyRow["manager"];
}

export interface NewMaterial {
  /** Which generation of its key it is, from 1. */
  readonly number: number;
  readonly bytes: Uint8Array;
  readonly rotation: "AUTOMATIC" | "ON_DEMAND" | null;
}

export function recordKey(ctx: Context, type: string, row: KeyRow, detail: Readonly<Record<string, unknown>> = {}): void {
  const arn = `arn:aws:kms:${row.region}:${row.account}:key/${row.id}`;
  ctx.emit({ source: "aws.kms", type, resources: [arn], detail: { "key-id": row.id, ...detail } });
}

/** Stores a key with its first material; inside the caller's transaction. */
export function insertKey(ctx: Context, key: NewKey, material: Uint8Array): KeyRow {
  const id = ctx.cloud.ids.uuid();
  const row = { id, created: ctx.now, state: "Enabled" as const, deletion: null, rotation_days: null, next_rotation: null, ...key };
  ctx.run(keys.insert, row);
  insertMaterial(ctx, id, { number: 1, bytes: material, rotation: null });
  // AWS's own keys come into being on the way to something else, which is what the claim is for.
  if (key.manager === "CUSTOMER") ctx.claim(id);
  const stored: KeyRow = { ...row, account: ctx.account, region: ctx.region };
  recordKey(ctx, "key created", stored, { spec: key.spec, usage: key.usage });
  return stored;
}

/** Material ids are 64 hexadecimal digits, as AWS's; they say nothing of the secret. */
export function insertMaterial(ctx: Context, keyId: string, material: NewMaterial): void {
  const id = createHash("sha256").update(`${keyId}/${material.number}`).digest("hex");
  ctx.run(materials.insert, { ...material, key_id: keyId, id, created: ctx.now });
}
