import { createPrivateKey, createPublicKey, generateKeyPair, type KeyObject, randomBytes } from "node:crypto";
import { promisify } from "node:util";
import { CURVES, secretBytes } from "./specs.ts";

const generate = promisify(generateKeyPair);

/**
 * New key material from the system's generator, never from the cloud's seed: secret bytes, or the PKCS #8 form of a private key.
 * Keys are real, so a seed must not make them guessable.
 */
export async function newMaterial(spec: string): Promise<Uint8Array> {
  const length = secretBytes(spec);
  if (length !== undefined) return randomBytes(length);
  const { privateKey } = await generatePair(spec);
  return privateKey.export({ type: "pkcs8", format: "der" });
}

async function generatePair(spec: string): Promise<{ privateKey: KeyObject; publicKey: KeyObject }> {
  if (spec === "ECC_NIST_EDWARDS25519") return generate("ed25519");
  const namedCurve = CURVES[spec];
  if (namedCurve !== undefined) return generate("ec", { namedCurve });
  return generate("rsa", { modulusLength: Number(spec.slice("RSA_".length)) });
}

export function privateKeyOf(material: Uint8Array): KeyObject {
  return createPrivateKey({ key: Buffer.from(material), format: "der", type: "pkcs8" });
}

/** The public half in DER SubjectPublicKeyInfo, as GetPublicKey answers it. */
export function publicKeyOf(material: Uint8Array): Uint8Array {
  return createPublicKey(privateKeyOf(material)).export({ type: "spki", format: "der" });
}
