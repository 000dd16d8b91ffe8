import { constants, privateDecrypt, publicEncrypt } from "node:crypto";
import type { EncryptionAlgorithmSpec } from "@aws-sdk/client-kms";
import type { Context } from "../../aws/context.ts";
import { AwsException, notImplemented } from "../../aws/exception.ts";
import type { Operations } from "../../aws/service.ts";
import { type EncryptionContext, open, readEnvelope, seal } from "./envelope.ts";
import { findKey, keyArn, stopDryRun, usableKey } from "./find.ts";
import { privateKeyOf } from "./material.ts";
import { algorithmsOf } from "./specs.ts";
import { type KeyRow, materials } from "./store.ts";

type Algorithm = EncryptionAlgorithmSpec | undefined;

/** @throws InvalidKeyUsageException when the key does not know the algorithm */
function checkAlgorithm(row: KeyRow, algorithm: Algorithm): EncryptionAlgorithmSpec {
  const chosen = algorithm ?? "SYMMETRIC_DEFAULT";
  if (algorithmsOf(row.spec, row.usage).EncryptionAlgorithms?.includes(chosen) !== true) {
    throw new AwsException("InvalidKeyUsageException", `Algorithm ${chosen} is incompatible with key spec ${row.spec}.`);
  }
  return chosen;
}

function padding(algorithm: EncryptionAlgorithmSpec) {
  return { padding: constants.RSA_PKCS1_OAEP_PADDING, oaepHash: algorithm === "RSAES_OAEP_SHA_1" ? "sha1" : "sha256" };
}

interface Encryption {
  readonly context?: EncryptionContext | undefined;
  readonly algorithm?: Algorithm;
}

/** Encrypts under the key's newest material. */
export function encryptWith(
  ctx: Context,
  row: KeyRow,
  plaintext: Uint8Array,
  { context = {}, algorithm = "SYMMETRIC_DEFAULT" }: Encryption,
): { readonly blob: Uint8Array; readonly materialId: string } {
  const material = ctx.get(materials.current, { id: row.id });
  if (material === undefined) throw new AwsException("KMSInternalException", `${keyArn(row)} has no key material`);
  if (algorithm === "SYMMETRIC_DEFAULT") {
    const origin = { keyArn: keyArn(row), generation: material.number };
    return { blob: seal(material.bytes, origin, plaintext, context), materialId: material.id };
  }
  if (Object.keys(context).length > 0) {
    throw new AwsException("ValidationException", "EncryptionContext is not supported for asymmetric keys", { status: 400 });
  }
  try {
    return { blob: publicEncrypt({ key: privateKeyOf(material.bytes), ...padding(algorithm) }, plaintext), materialId: material.id };
  } catch (error) {
    const text = `Algorithm ${algorithm} and key spec ${row.spec} cannot encrypt data larger than the modulus allows.`;
    throw new AwsException("ValidationException", text, { status: 400, cause: error });
  }
}

interface Decryption {
  readonly blob: Uint8Array;
  readonly keyId: string | undefined;
  readonly context: EncryptionContext;
  readonly algorithm: Algorithm;
  readonly operation: string;
}

function invalid(): AwsException {
  // AWS says nothing in this exception, so that nobody learns which part was wrong.
  return new AwsException("InvalidCiphertextException", "");
}

/** @throws InvalidCiphertextException, IncorrectKeyException, AccessDeniedException for a ciphertext of a key that is not here */
function decryptWith(ctx: Context, request: Decryption): { row: KeyRow; plaintext: Uint8Array; materialId: string } {
  if (request.algorithm !== undefined && request.algorithm !== "SYMMETRIC_DEFAULT") return decryptRsa(ctx, request, request.algorithm);
  const envelope = readEnvelope(request.blob);
  if (envelope === undefined) throw invalid();
  const row = keyOfCiphertext(ctx, envelope.keyArn);
  if (request.keyId !== undefined && findKey(ctx, request.keyId).id !== row.id) {
    throw new AwsException("IncorrectKeyException", "The key ID in the request does not identify a CMK that can perform this operation.");
  }
  usableKey(ctx, keyArn(row), "ENCRYPT_DECRYPT", request.operation);
  const material = ctx.get(materials.get, { id: row.id, number: envelope.generation });
  const plaintext = material === undefined ? undefined : open(material.bytes, envelope, request.context);
  if (plaintext === undefined || material === undefined) throw invalid();
  return { row, plaintext, materialId: material.id };
}

function keyOfCiphertext(ctx: Context, arn: string): KeyRow {
  try {
    return findKey(ctx, arn);
  } catch (error) {
    throw new AwsException(
      "AccessDeniedException",
      "The ciphertext refers to a customer master key that does not exist, does not exist in this region, or you are not allowed to access.",
      { status: 400, cause: error },
    );
  }
}

function decryptRsa(ctx: Context, { blob, keyId, operation }: Decryption, algorithm: EncryptionAlgorithmSpec) {
  if (keyId === undefined) {
    throw new AwsException("ValidationException", "KeyId is required when the ciphertext was encrypted under an asymmetric key", {
      status: 400,
    });
  }
  const row = usableKey(ctx, keyId, "ENCRYPT_DECRYPT", operation);
  checkAlgorithm(row, algorithm);
  const material = ctx.get(materials.current, { id: row.id });
  if (material === undefined) throw invalid();
  try {
    const plaintext: Uint8Array = privateDecrypt({ key: privateKeyOf(material.bytes), ...padding(algorithm) }, blob);
    return { row, plaintext, materialId: material.id };
  } catch {
    throw invalid();
  }
}

/** Refuses what only Nitro enclaves use. */
export function refuseRecipient(operation: string, input: { readonly Recipient?: unknown }): void {
  if (input.Recipient !== undefined) throw notImplemented("kms", operation, "Recipient");
}

export const encryptionOperations = {
  Encrypt: (input, ctx) => {
    const row = usableKey(ctx, input.KeyId, "ENCRYPT_DECRYPT", "Encrypt");
    const algorithm = checkAlgorithm(row, input.EncryptionAlgorithm);
    stopDryRun(input);
    const { blob } = encryptWith(ctx, row, input.Plaintext ?? new Uint8Array(), { context: input.EncryptionContext, algorithm });
    return { CiphertextBlob: blob, KeyId: keyArn(row), EncryptionAlgorithm: algorithm };
  },

  Decrypt: (input, ctx) => {
    refuseRecipient("Decrypt", input);
    if ((input.DryRunModifiers ?? []).length > 0) throw notImplemented("kms", "Decrypt", "DryRunModifiers");
    const { row, plaintext, materialId } = decryptWith(ctx, {
      blob: input.CiphertextBlob ?? new Uint8Array(),
      keyId: input.KeyId,
      context: input.EncryptionContext ?? {},
      algorithm: input.EncryptionAlgorithm,
      operation: "Decrypt",
    });
    stopDryRun(input);
    const algorithm = input.EncryptionAlgorithm ?? "SYMMETRIC_DEFAULT";
    return {
      KeyId: keyArn(row),
      Plaintext: plaintext,
      EncryptionAlgorithm: algorithm,
      ...(algorithm === "SYMMETRIC_DEFAULT" ? { KeyMaterialId: materialId } : {}),
    };
  },

  ReEncrypt: (input, ctx) => {
    if ((input.DryRunModifiers ?? []).length > 0) throw notImplemented("kms", "ReEncrypt", "DryRunModifiers");
    const source = decryptWith(ctx, {
      blob: input.CiphertextBlob ?? new Uint8Array(),
      keyId: input.SourceKeyId,
      context: input.SourceEncryptionContext ?? {},
      algorithm: input.SourceEncryptionAlgorithm,
      operation: "ReEncrypt",
    });
    const target = usableKey(ctx, input.DestinationKeyId, "ENCRYPT_DECRYPT", "ReEncrypt");
    const algorithm = checkAlgorithm(target, input.DestinationEncryptionAlgorithm);
    stopDryRun(input);
    const { blob, materialId } = encryptWith(ctx, target, source.plaintext, { context: input.DestinationEncryptionContext, algorithm });
    const from = input.SourceEncryptionAlgorithm ?? "SYMMETRIC_DEFAULT";
    return {
      CiphertextBlob: blob,
      SourceKeyId: keyArn(source.row),
      KeyId: keyArn(target),
      SourceEncryptionAlgorithm: from,
      DestinationEncryptionAlgorithm: algorithm,
      ...(from === "SYMMETRIC_DEFAULT" ? { SourceKeyMaterialId: source.materialId } : {}),
      ...(algorithm === "SYMMETRIC_DEFAULT" ? { DestinationKeyMaterialId: materialId } : {}),
    };
  },
} satisfies Operations<"kms">;
