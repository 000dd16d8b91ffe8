import type {
  EncryptionAlgorithmSpec,
  KeyAgreementAlgorithmSpec,
  KeySpec,
  KeyUsageType,
  MacAlgorithmSpec,
  SigningAlgorithmSpec,
} from "@aws-sdk/client-kms";

type Algorithms = {
  readonly EncryptionAlgorithms?: EncryptionAlgorithmSpec[];
  readonly SigningAlgorithms?: SigningAlgorithmSpec[];
  readonly MacAlgorithms?: MacAlgorithmSpec[];
  readonly KeyAgreementAlgorithms?: KeyAgreementAlgorithmSpec[];
};

const RSA_ENCRYPTION: EncryptionAlgorithmSpec[] = ["RSAES_OAEP_SHA_1", "RSAES_OAEP_SHA_256"];
const RSA_SIGNING: SigningAlgorithmSpec[] = [
  "RSASSA_PKCS1_V1_5_SHA_256",
  "RSASSA_PKCS1_V1_5_SHA_384",
  "RSASSA_PKCS1_V1_5_SHA_512",
  "RSASSA_PSS_SHA_256",
  "RSASSA_PSS_SHA_384",
  "RSASSA_PSS_SHA_512",
];

const rsa = { ENCRYPT_DECRYPT: { EncryptionAlgorithms: RSA_ENCRYPTION }, SIGN_VERIFY: { SigningAlgorithms: RSA_SIGNING } };

function curve(signing: SigningAlgorithmSpec, agreement: boolean) {
  const signs = { SIGN_VERIFY: { SigningAlgorithms: [signing] } };
  return agreement ? { ...signs, KEY_AGREEMENT: { KeyAgreementAlgorithms: ["ECDH" as const] } } : signs;
}

function hmac(algorithm: MacAlgorithmSpec) {
  return { GENERATE_VERIFY_MAC: { MacAlgorithms: [algorithm] } };
}

/**
 * Which usages a key of each spec may have, and which algorithms go with them.
 * https://docs.aws.amazon.com/kms/latest/developerguide/symm-asymm-choose-key-spec.html
 */
export const SPECS: Readonly<Partial<Record<KeySpec, Readonly<Partial<Record<KeyUsageType, Algorithms>>>>>> = {
  SYMMETRIC_DEFAULT: { ENCRYPT_DECRYPT: { EncryptionAlgorithms: ["SYMMETRIC_DEFAULT"] } },
  RSA_2048: rsa,
  RSA_3072: rsa,
  RSA_4096: rsa,
  ECC_NIST_P256: curve("ECDSA_SHA_256", true),
  ECC_NIST_P384: curve("ECDSA_SHA_384", true),
  ECC_NIST_P521: curve("ECDSA_SHA_512", true),
  ECC_SECG_P256K1: curve("ECDSA_SHA_256", false),
  ECC_NIST_EDWARDS25519: curve("ED25519_SHA_512", false),
  HMAC_224: hmac("HMAC_SHA_224"),
  HMAC_256: hmac("HMAC_SHA_256"),
  HMAC_384: hmac("HMAC_SHA_384"),
  HMAC_512: hmac("HMAC_SHA_512"),
};

/** The algorithms of a key; empty for a pair of spec and usage that does not exist. */
export function algorithmsOf(spec: string, usage: string): Algorithms {
  return SPECS[spec as KeySpec]?.[usage as KeyUsageType] ?? {};
}

/** OpenSSL's names of the curves. */
export const CURVES: Readonly<Record<string, string>> = {
  ECC_NIST_P256: "P-256",
  ECC_NIST_P384: "P-384",
  ECC_NIST_P521: "P-521",
  ECC_SECG_P256K1: "secp256k1",
};

const HMAC_BYTES: Readonly<Record<string, number>> = { HMAC_224: 28, HMAC_256: 32, HMAC_384: 48, HMAC_512: 64 };

/** Length of the secret of symmetric and HMAC keys; undefined for asymmetric ones. */
export function secretBytes(spec: string): number | undefined {
  return spec === "SYMMETRIC_DEFAULT" ? 32 : HMAC_BYTES[spec];
}
