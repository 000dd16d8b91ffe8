import type { Context } from "../../aws/context.ts";
import { AwsException } from "../../aws/exception.ts";
import {
  deleteVersion,
  fillVersion,
  insertVersion,
  type SecretRow,
  selectVersion,
  selectVersions,
  touchSecret,
  updateStages,
  type VersionRow,
} from "./store.ts";

const MAX_BYTES = 65_536;
/** Versions without a label go when there are more than this. */
const MAX_VERSIONS = 100;

/** A value as it is stored. */
export interface Payload {
  readonly kind: "string" | "binary";
  readonly ciphertext: string;
}

interface Plain {
  readonly SecretString?: string | undefined;
  readonly SecretBinary?: Uint8Array | undefined;
}

export const stagesOf = (row: VersionRow): string[] => JSON.parse(row.stages) as string[];

/** Encrypts what a request carries; undefined when it carries nothing. The context is AWS's: https://docs.aws.amazon.com/secretsmanager/latest/userguide/security-encryption.html */
export async function encrypt(ctx: Context, arn: string, keyId: string | undefined, plain: Plain): Promise<Payload | undefined> {
  const { SecretString: text, SecretBinary: bytes } = plain;
  if (text !== undefined && bytes !== undefined) {
    throw new AwsException(
      "InvalidParameterException",
      "You can't specify both a binary secret value and a string secret value in the same secret.",
    );
  }
  if (text === undefined && bytes === undefined) return undefined;
  const value = bytes ?? Buffer.from(text ?? "");
  if (value.length > MAX_BYTES)
    throw new AwsException("InvalidParameterException", `The secret value must not be longer than ${MAX_BYTES} bytes.`);
  // KMS encrypts up to 4 KiB at once; larger values go in pieces.
  const pieces: string[] = [];
  for (let from = 0; from < value.length; from += 4_096) {
    const { CiphertextBlob } = await ctx.call("kms", "Encrypt", {
      KeyId: keyId ?? "alias/aws/secretsmanager",
      Plaintext: value.subarray(from, from + 4_096),
      EncryptionContext: { SecretARN: arn },
    });
    pieces.push(Buffer.from(CiphertextBlob ?? []).toString("base64"));
  }
  return { kind: bytes === undefined ? "string" : "binary", ciphertext: pieces.join(" ") };
}

/** The clear bytes of a version. */
export async function decrypt(ctx: Context, row: VersionRow): Promise<Buffer> {
  const pieces: Uint8Array[] = [];
  for (const piece of row.value.split(" ").filter((text) => text !== "")) {
    const { Plaintext } = await ctx.call("kms", "Decrypt", {
      CiphertextBlob: Buffer.from(piece, "base64"),
      EncryptionContext: { SecretARN: row.secret },
    });
    pieces.push(Plaintext ?? new Uint8Array());
  }
  return Buffer.concat(pieces);
}

/**
 * True when the token's version has the value already, so that the request is a repetition.
 * @throws AwsException ResourceExistsException when it has another value
 */
export async function replay(ctx: Context, secret: SecretRow, token: string, plain: Plain): Promise<boolean> {
  const row = ctx.get(selectVersion, { secret: secret.arn, id: token });
  if (row === undefined || row.value === "") return false;
  const wanted = Buffer.from(plain.SecretBinary ?? Buffer.from(plain.SecretString ?? ""));
  if ((await decrypt(ctx, row)).equals(wanted)) return true;
  throw new AwsException(
    "ResourceExistsException",
    "You provided a ClientRequestToken that matches an existing version, but with another value: versions can't be changed.",
    { status: 400 },
  );
}

interface NewVersion {
  readonly payload: Payload;
  readonly token: string | undefined;
  readonly stages: readonly string[];
}

/** Adds a version with its labels, which other versions lose; answers its id. Inside a transaction. */
export function addVersion(ctx: Context, secret: string, { payload, token, stages }: NewVersion): string {
  const id = token ?? ctx.cloud.ids.uuid();
  const row = { secret, id, kind: payload.kind, value: payload.ciphertext, stages: "[]", now: ctx.now };
  // The first version is always the current one.
  const first = ctx.all(selectVersions, { secret }).length === 0;
  // A rotation made it empty.
  if (ctx.get(selectVersion, { secret, id }) === undefined) ctx.run(insertVersion, row);
  else ctx.run(fillVersion, { secret, id, kind: payload.kind, value: payload.ciphertext });
  for (const stage of new Set(first ? [...stages, "AWSCURRENT"] : stages)) moveStage(ctx, secret, stage, id);
  ctx.run(touchSecret, { arn: secret, now: ctx.now });
  dropDeprecated(ctx, secret);
  return id;
}

/** Gives a label to a version. The one that was current becomes the previous one. */
export function moveStage(ctx: Context, secret: string, stage: string, to: string | undefined): void {
  for (const row of ctx.all(selectVersions, { secret })) {
    const has = stagesOf(row);
    if (row.id === to) {
      if (!has.includes(stage)) save(ctx, row, [...has, stage]);
    } else if (has.includes(stage)) {
      save(
        ctx,
        row,
        has.filter((label) => label !== stage),
      );
      if (stage === "AWSCURRENT" && to !== undefined) moveStage(ctx, secret, "AWSPREVIOUS", row.id);
    }
  }
  if (stage !== "AWSCURRENT" || to === undefined) return;
  // What is current is no longer the previous one.
  const current = ctx.get(selectVersion, { secret, id: to });
  if (current !== undefined && stagesOf(current).includes("AWSPREVIOUS")) {
    save(
      ctx,
      current,
      stagesOf(current).filter((label) => label !== "AWSPREVIOUS"),
    );
  }
}

function save(ctx: Context, row: VersionRow, stages: readonly string[]): void {
  ctx.run(updateStages, { secret: row.secret, id: row.id, stages: JSON.stringify(stages) });
}

function dropDeprecated(ctx: Context, secret: string): void {
  const rows = ctx.all(selectVersions, { secret });
  const deprecated = rows.filter((row) => stagesOf(row).length === 0);
  for (const row of deprecated.slice(0, Math.max(0, rows.length - MAX_VERSIONS))) ctx.run(deleteVersion, { secret, id: row.id });
}
