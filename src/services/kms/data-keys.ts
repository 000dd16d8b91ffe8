import { randomBytes } from "node:crypto";
import type { DataKeyPairSpec, DataKeySpec } from "@aws-sdk/client-kms";
import type { Context } from "../../aws/context.ts";
import { AwsException, notImplemented } from "../../aws/exception.ts";
import type { Operations } from "../../aws/service.ts";
import { encryptWith, refuseRecipient } from "./encryption.ts";
import type { EncryptionContext } from "./envelope.ts";
import { keyArn, stopDryRun, usableKey } from "./find.ts";
import { newMaterial, publicKeyOf } from "./material.ts";
import { SPECS } from "./specs.ts";
import type { KeyRow } from "./store.ts";

interface DataKeyInput {
  readonly KeyId?: string | undefined;
  readonly KeySpec?: DataKeySpec | undefined;
  readonly NumberOfBytes?: number | undefined;
  readonly EncryptionContext?: EncryptionContext | undefined;
  readonly DryRun?: boolean | undefined;
}

/** Data keys are wrapped by symmetric keys alone. @throws InvalidKeyUsageException */
function wrappingKey(ctx: Context, keyId: string | undefined, operation: string): KeyRow {
  const row = usableKey(ctx, keyId, "ENCRYPT_DECRYPT", operation);
  if (row.spec !== "SYMMETRIC_DEFAULT") {
    throw new AwsException("InvalidKeyUsageException", `${keyArn(row)} key spec is ${row.spec} which is not valid for ${operation}.`);
  }
  return row;
}

function dataKey(ctx: Context, input: DataKeyInput, operation: string) {
  const row = wrappingKey(ctx, input.KeyId, operation);
  if ((input.KeySpec === undefined) === (input.NumberOfBytes === undefined)) {
    throw new AwsException("ValidationException", "Please specify either number of bytes or key spec.", { status: 400 });
  }
  stopDryRun(input);
  const plaintext = randomBytes(input.NumberOfBytes ?? (input.KeySpec === "AES_128" ? 16 : 32));
  const { blob, materialId } = encryptWith(ctx, row, plaintext, { context: input.EncryptionContext });
  return { plaintext, answer: { CiphertextBlob: blob, KeyId: keyArn(row), KeyMaterialId: materialId } };
}

interface PairInput {
  readonly KeyId?: string | undefined;
  readonly KeyPairSpec?: DataKeyPairSpec | undefined;
  readonly EncryptionContext?: EncryptionContext | undefined;
  readonly DryRun?: boolean | undefined;
}

async function dataKeyPair(ctx: Context, input: PairInput, operation: string) {
  const spec = input.KeyPairSpec ?? "RSA_2048";
  if (SPECS[spec] === undefined) throw notImplemented("kms", operation, `KeyPairSpec ${spec}`);
  const row = wrappingKey(ctx, input.KeyId, operation);
  stopDryRun(input);
  const plaintext = await newMaterial(spec);
  const { blob, materialId } = encryptWith(ctx, row, plaintext, { context: input.EncryptionContext });
  const answer = {
    PrivateKeyCiphertextBlob: blob,
    PublicKey: publicKeyOf(plaintext),
    KeyId: keyArn(row),
    KeyPairSpec: spec,
    KeyMaterialId: materialId,
  };
  return { plaintext, answer };
}

export const dataKeyOperations = {
  GenerateDataKey: (input, ctx) => {
    refuseRecipient("GenerateDataKey", input);
    const { plaintext, answer } = dataKey(ctx, input, "GenerateDataKey");
    return { ...answer, Plaintext: plaintext };
  },

  GenerateDataKeyWithoutPlaintext: (input, ctx) => {
    const sized = input.KeySpec === undefined && input.NumberOfBytes === undefined ? { ...input, KeySpec: "AES_256" as const } : input;
    return dataKey(ctx, sized, "GenerateDataKeyWithoutPlaintext").answer;
  },

  GenerateDataKeyPair: async (input, ctx) => {
    refuseRecipient("GenerateDataKeyPair", input);
    const { plaintext, answer } = await dataKeyPair(ctx, input, "GenerateDataKeyPair");
    return { ...answer, PrivateKeyPlaintext: plaintext };
  },

  GenerateDataKeyPairWithoutPlaintext: async (input, ctx) => (await dataKeyPair(ctx, input, "GenerateDataKeyPairWithoutPlaintext")).answer,

  GenerateRandom: (input) => {
    refuseRecipient("GenerateRandom", input);
    if (input.CustomKeyStoreId !== undefined) throw notImplemented("kms", "GenerateRandom", "CustomKeyStoreId");
    if (input.NumberOfBytes === undefined) {
      throw new AwsException("ValidationException", "NumberOfBytes is required.", { status: 400 });
    }
    return { Plaintext: randomBytes(input.NumberOfBytes) };
  },
} satisfies Operations<"kms">;
