import { constants, createHmac, createPublicKey, diffieHellman, type KeyObject, sign, timingSafeEqual, verify } from "node:crypto";
import type { KeySpec, KeyUsageType, MacAlgorithmSpec, SigningAlgorithmSpec } from "@aws-sdk/client-kms";
import type { Context } from "../../aws/context.ts";
import { AwsException, notImplemented } from "../../aws/exception.ts";
import type { Operations } from "../../aws/service.ts";
import { signEcdsa, signPkcs1, signPss, verifyEcdsa, verifyPkcs1, verifyPss } from "./digest-signing.ts";
import { refuseRecipient } from "./encryption.ts";
import { findKey, keyArn, notPendingDeletion, stopDryRun, usableKey } from "./find.ts";
import { privateKeyOf, publicKeyOf } from "./material.ts";
import { algorithmsOf, secretBytes } from "./specs.ts";
import { type KeyRow, materials } from "./store.ts";

const MAX_RAW_BYTES = 4096;
const DIGEST_BYTES: Readonly<Record<string, number>> = { sha256: 32, sha384: 48, sha512: 64 };

interface SignRequest {
  readonly KeyId?: string | undefined;
  readonly Message?: Uint8Array | undefined;
  readonly MessageType?: string | undefined;
  readonly SigningAlgorithm?: SigningAlgorithmSpec | undefined;
  readonly DryRun?: boolean | undefined;
}

interface Prepared {
  readonly row: KeyRow;
  readonly key: KeyObject;
  readonly algorithm: SigningAlgorithmSpec;
  readonly message: Uint8Array;
  readonly digest: boolean;
  readonly hash: string;
}

function secretOf(ctx: Context, row: KeyRow): Uint8Array {
  const material = ctx.get(materials.current, { id: row.id });
  if (material === undefined) throw new AwsException("KMSInternalException", `${keyArn(row)} has no key material`);
  return material.bytes;
}

function prepare(ctx: Context, input: SignRequest, operation: string): Prepared {
  const { SigningAlgorithm: algorithm = "ECDSA_SHA_256", Message: message = new Uint8Array(), MessageType: type = "RAW" } = input;
  if (algorithm === "ED25519_PH_SHA_512" || type === "EXTERNAL_MU") throw notImplemented("kms", operation, algorithm);
  const row = usableKey(ctx, input.KeyId, "SIGN_VERIFY", operation);
  if (algorithmsOf(row.spec, row.usage).SigningAlgorithms?.includes(algorithm) !== true) {
    throw new AwsException("InvalidKeyUsageException", `Algorithm ${algorithm} is incompatible with key spec ${row.spec}.`);
  }
  const hash = `sha${algorithm.slice(-3)}`;
  const digest = type === "DIGEST";
  if (digest && message.length !== DIGEST_BYTES[hash]) {
    throw new AwsException("ValidationException", `Digest is invalid length for algorithm ${algorithm}.`, { status: 400 });
  }
  if (digest && row.spec === "ECC_NIST_EDWARDS25519") {
    throw new AwsException("ValidationException", `MessageType DIGEST is not supported for algorithm ${algorithm}.`, { status: 400 });
  }
  if (!digest && message.length > MAX_RAW_BYTES) {
    throw new AwsException(
      "ValidationException",
      `Message of ${message.length} bytes is over ${MAX_RAW_BYTES}: hash it and use MessageType DIGEST`,
      {
        status: 400,
      },
    );
  }
  stopDryRun(input);
  return { row, key: privateKeyOf(secretOf(ctx, row)), algorithm, message, digest, hash };
}

/** How Node is told of the algorithm for messages that it hashes itself. */
function options({ key, algorithm }: Prepared) {
  if (!algorithm.startsWith("RSASSA_PSS")) return key;
  return { key, padding: constants.RSA_PKCS1_PSS_PADDING, saltLength: constants.RSA_PSS_SALTLEN_DIGEST };
}

function signatureOf(prepared: Prepared): Uint8Array {
  const { key, hash, message, algorithm } = prepared;
  if (algorithm === "ED25519_SHA_512") return sign(null, message, key);
  if (!prepared.digest) return sign(hash, message, options(prepared));
  if (algorithm.startsWith("ECDSA")) return signEcdsa(key, message);
  return algorithm.startsWith("RSASSA_PSS") ? signPss(key, hash, message) : signPkcs1(key, hash, message);
}

function isSignature(prepared: Prepared, signature: Uint8Array): boolean {
  const { key, hash, message, algorithm } = prepared;
  if (algorithm === "ED25519_SHA_512") return verify(null, message, key, signature);
  if (!prepared.digest) return verify(hash, message, options(prepared), signature);
  if (algorithm.startsWith("ECDSA")) return verifyEcdsa(key, message, signature);
  return algorithm.startsWith("RSASSA_PSS") ? verifyPss(key, hash, message, signature) : verifyPkcs1(key, hash, message, signature);
}

function mac(
  ctx: Context,
  input: Omit<SignRequest, "SigningAlgorithm"> & { readonly MacAlgorithm?: MacAlgorithmSpec | undefined },
  operation: string,
) {
  const row = usableKey(ctx, input.KeyId, "GENERATE_VERIFY_MAC", operation);
  const algorithm = input.MacAlgorithm ?? "HMAC_SHA_256";
  if (algorithmsOf(row.spec, row.usage).MacAlgorithms?.includes(algorithm) !== true) {
    throw new AwsException("InvalidKeyUsageException", `Algorithm ${algorithm} is incompatible with key spec ${row.spec}.`);
  }
  stopDryRun(input);
  const hash = `sha${algorithm.slice(-3)}`;
  return {
    row,
    algorithm,
    value: createHmac(hash, secretOf(ctx, row))
      .update(input.Message ?? new Uint8Array())
      .digest(),
  };
}

export const signingOperations = {
  Sign: (input, ctx) => {
    const prepared = prepare(ctx, input, "Sign");
    return { KeyId: keyArn(prepared.row), Signature: signatureOf(prepared), SigningAlgorithm: prepared.algorithm };
  },

  Verify: (input, ctx) => {
    const prepared = prepare(ctx, input, "Verify");
    if (!isSignature(prepared, input.Signature ?? new Uint8Array())) throw new AwsException("KMSInvalidSignatureException", "");
    return { KeyId: keyArn(prepared.row), SignatureValid: true, SigningAlgorithm: prepared.algorithm };
  },

  GenerateMac: (input, ctx) => {
    const { row, algorithm, value } = mac(ctx, input, "GenerateMac");
    return { Mac: value, MacAlgorithm: algorithm, KeyId: keyArn(row) };
  },

  VerifyMac: (input, ctx) => {
    const { row, algorithm, value } = mac(ctx, input, "VerifyMac");
    const given = input.Mac ?? new Uint8Array();
    if (given.length !== value.length || !timingSafeEqual(given, value)) throw new AwsException("KMSInvalidMacException", "");
    return { KeyId: keyArn(row), MacValid: true, MacAlgorithm: algorithm };
  },

  GetPublicKey: (input, ctx) => {
    const row = notPendingDeletion(findKey(ctx, input.KeyId));
    if (secretBytes(row.spec) !== undefined) {
      throw new AwsException(
        "UnsupportedOperationException",
        `${keyArn(row)} key spec is ${row.spec} which is not valid for GetPublicKey.`,
      );
    }
    if (row.state === "Disabled") throw new AwsException("DisabledException", `${keyArn(row)} is disabled.`);
    return {
      KeyId: keyArn(row),
      PublicKey: publicKeyOf(secretOf(ctx, row)),
      CustomerMasterKeySpec: row.spec as "RSA_2048",
      KeySpec: row.spec as KeySpec,
      KeyUsage: row.usage as KeyUsageType,
      ...algorithmsOf(row.spec, row.usage),
    };
  },

  DeriveSharedSecret: (input, ctx) => {
    refuseRecipient("DeriveSharedSecret", input);
    const row = usableKey(ctx, input.KeyId, "KEY_AGREEMENT", "DeriveSharedSecret");
    stopDryRun(input);
    try {
      const publicKey = createPublicKey({ key: Buffer.from(input.PublicKey ?? new Uint8Array()), format: "der", type: "spki" });
      const SharedSecret = diffieHellman({ privateKey: privateKeyOf(secretOf(ctx, row)), publicKey });
      return { KeyId: keyArn(row), SharedSecret, KeyAgreementAlgorithm: "ECDH", KeyOrigin: "AWS_KMS" };
    } catch (error) {
      throw new AwsException("ValidationException", "The public key is not a DER-encoded key of the same curve.", {
        status: 400,
        cause: error,
      });
    }
  },
} satisfies Operations<"kms">;
