import { createHash, createPublicKey, privateDecrypt, verify } from "node:crypto";
import {
  CancelKeyDeletionCommand,
  CreateAliasCommand,
  CreateGrantCommand,
  CreateKeyCommand,
  DecryptCommand,
  DeleteAliasCommand,
  DescribeKeyCommand,
  DisableKeyCommand,
  EnableKeyCommand,
  EnableKeyRotationCommand,
  EncryptCommand,
  GenerateDataKeyCommand,
  GenerateDataKeyPairCommand,
  GenerateDataKeyWithoutPlaintextCommand,
  GenerateMacCommand,
  GetKeyPolicyCommand,
  GetKeyRotationStatusCommand,
  GetPublicKeyCommand,
  type KeySpec,
  KMSClient,
  ListAliasesCommand,
  ListGrantsCommand,
  ListKeyRotationsCommand,
  ListKeysCommand,
  PutKeyPolicyCommand,
  ReEncryptCommand,
  RetireGrantCommand,
  RevokeGrantCommand,
  RotateKeyOnDemandCommand,
  ScheduleKeyDeletionCommand,
  SignCommand,
  type SigningAlgorithmSpec,
  VerifyCommand,
  VerifyMacCommand,
} from "@aws-sdk/client-kms";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { ACCOUNT, REGION, startCloud, type TestCloud } from "../../../test/support/cloud.ts";

let cloud: TestCloud;
let kms: KMSClient;
const DAY = 86_400_000;
const text = new TextEncoder().encode("attack at dawn");

beforeAll(async () => {
  cloud = await startCloud();
  kms = new KMSClient(cloud.clientConfig);
});
beforeEach(() => cloud.reset());
afterAll(() => cloud.stop());

async function makeKey(
  KeySpec: KeySpec = "SYMMETRIC_DEFAULT",
  KeyUsage: "ENCRYPT_DECRYPT" | "SIGN_VERIFY" | "GENERATE_VERIFY_MAC" = "ENCRYPT_DECRYPT",
) {
  const { KeyMetadata } = await kms.send(new CreateKeyCommand({ KeySpec, KeyUsage }));
  return { id: KeyMetadata?.KeyId ?? "", arn: KeyMetadata?.Arn ?? "" };
}

describe("Encrypt and Decrypt", () => {
  // documented: https://docs.aws.amazon.com/kms/latest/APIReference/API_Decrypt.html
  it("give the plaintext back without being told the key, and only with the same encryption context", async () => {
    const { arn, id } = await makeKey();
    const context = { app: "chat", stage: "dev" };
    const sealed = await kms.send(new EncryptCommand({ KeyId: id, Plaintext: text, EncryptionContext: context }));
    expect(sealed).toMatchObject({ KeyId: arn, EncryptionAlgorithm: "SYMMETRIC_DEFAULT" });
    expect(Buffer.from(sealed.CiphertextBlob ?? []).includes(Buffer.from(text))).toBe(false);
    const CiphertextBlob = sealed.CiphertextBlob;
    const back = await kms.send(new DecryptCommand({ CiphertextBlob, EncryptionContext: { stage: "dev", app: "chat" } }));
    expect(back.KeyId).toBe(arn);
    expect(Buffer.from(back.Plaintext ?? [])).toEqual(Buffer.from(text));
    await expect(kms.send(new DecryptCommand({ CiphertextBlob }))).rejects.toMatchObject({ name: "InvalidCiphertextException" });
    const tampered = Uint8Array.from(CiphertextBlob ?? []);
    tampered[tampered.length - 1] = (tampered.at(-1) ?? 0) ^ 1;
    const command = new DecryptCommand({ CiphertextBlob: tampered, EncryptionContext: context });
    await expect(kms.send(command)).rejects.toMatchObject({ name: "InvalidCiphertextException" });
  });

  // documented: https://docs.aws.amazon.com/kms/latest/APIReference/API_Decrypt.html#API_Decrypt_Errors
  it("refuse a key that is not the one of the ciphertext", async () => {
    const [one, two] = [await makeKey(), await makeKey()];
    const { CiphertextBlob } = await kms.send(new EncryptCommand({ KeyId: one.id, Plaintext: text }));
    await expect(kms.send(new DecryptCommand({ CiphertextBlob, KeyId: two.id }))).rejects.toMatchObject({ name: "IncorrectKeyException" });
    await expect(kms.send(new DecryptCommand({ CiphertextBlob, KeyId: one.arn }))).resolves.toBeDefined();
    const moved = await kms.send(new ReEncryptCommand({ CiphertextBlob, DestinationKeyId: two.id }));
    expect(moved).toMatchObject({ SourceKeyId: one.arn, KeyId: two.arn });
    const back = await kms.send(new DecryptCommand({ CiphertextBlob: moved.CiphertextBlob, KeyId: two.id }));
    expect(Buffer.from(back.Plaintext ?? [])).toEqual(Buffer.from(text));
  });

  // documented: https://docs.aws.amazon.com/kms/latest/developerguide/asymmetric-key-specs.html#key-spec-rsa
  it.each(["RSAES_OAEP_SHA_1", "RSAES_OAEP_SHA_256"] as const)("work with RSA and %s", async (EncryptionAlgorithm) => {
    const { id } = await makeKey("RSA_2048");
    const { CiphertextBlob } = await kms.send(new EncryptCommand({ KeyId: id, Plaintext: text, EncryptionAlgorithm }));
    const back = await kms.send(new DecryptCommand({ KeyId: id, CiphertextBlob, EncryptionAlgorithm }));
    expect(Buffer.from(back.Plaintext ?? [])).toEqual(Buffer.from(text));
    const wrong = kms.send(new EncryptCommand({ KeyId: id, Plaintext: text }));
    await expect(wrong).rejects.toMatchObject({ name: "InvalidKeyUsageException" });
  });

  // documented: https://docs.aws.amazon.com/kms/latest/developerguide/testing-permissions.html
  it("say in a dry run that they would have worked", async () => {
    const { id } = await makeKey();
    const command = new EncryptCommand({ KeyId: id, Plaintext: text, DryRun: true });
    await expect(kms.send(command)).rejects.toMatchObject({ name: "DryRunOperationException" });
  });
});

describe("data keys", () => {
  // documented: https://docs.aws.amazon.com/kms/latest/APIReference/API_GenerateDataKey.html
  it("come in the clear and wrapped", async () => {
    const { id } = await makeKey();
    const made = await kms.send(new GenerateDataKeyCommand({ KeyId: id, KeySpec: "AES_256", EncryptionContext: { a: "b" } }));
    expect(made.Plaintext).toHaveLength(32);
    const back = await kms.send(new DecryptCommand({ CiphertextBlob: made.CiphertextBlob, EncryptionContext: { a: "b" } }));
    expect(Buffer.from(back.Plaintext ?? [])).toEqual(Buffer.from(made.Plaintext ?? []));
    const blind = await kms.send(new GenerateDataKeyWithoutPlaintextCommand({ KeyId: id, NumberOfBytes: 7 }));
    expect(blind).not.toHaveProperty("Plaintext");
    expect((await kms.send(new DecryptCommand({ CiphertextBlob: blind.CiphertextBlob }))).Plaintext).toHaveLength(7);
  });

  // documented: https://docs.aws.amazon.com/kms/latest/APIReference/API_GenerateDataKeyPair.html
  it("come as pairs whose halves fit", async () => {
    const { id } = await makeKey();
    const pair = await kms.send(new GenerateDataKeyPairCommand({ KeyId: id, KeyPairSpec: "RSA_2048" }));
    const publicKey = createPublicKey({ key: Buffer.from(pair.PublicKey ?? []), format: "der", type: "spki" });
    const opened = await kms.send(new DecryptCommand({ CiphertextBlob: pair.PrivateKeyCiphertextBlob }));
    expect(Buffer.from(opened.Plaintext ?? [])).toEqual(Buffer.from(pair.PrivateKeyPlaintext ?? []));
    const { publicEncrypt } = await import("node:crypto");
    const key = { key: Buffer.from(pair.PrivateKeyPlaintext ?? []), format: "der", type: "pkcs8" } as const;
    expect(privateDecrypt(key, publicEncrypt(publicKey, text))).toEqual(Buffer.from(text));
  });
});

describe("Sign and Verify", () => {
  const cases: [KeySpec, SigningAlgorithmSpec, string][] = [
    ["RSA_2048", "RSASSA_PKCS1_V1_5_SHA_256", "sha256"],
    ["RSA_2048", "RSASSA_PSS_SHA_384", "sha384"],
    ["ECC_NIST_P256", "ECDSA_SHA_256", "sha256"],
    ["ECC_NIST_P384", "ECDSA_SHA_384", "sha384"],
    ["ECC_NIST_P521", "ECDSA_SHA_512", "sha512"],
    ["ECC_SECG_P256K1", "ECDSA_SHA_256", "sha256"],
  ];

  // documented: https://docs.aws.amazon.com/kms/latest/APIReference/API_Sign.html: RAW and DIGEST of one message are interchangeable
  it.each(cases)("agree on a message and its digest with %s and %s", async (spec, SigningAlgorithm, hash) => {
    const { id } = await makeKey(spec, "SIGN_VERIFY");
    const digest = createHash(hash).update(text).digest();
    const raw = await kms.send(new SignCommand({ KeyId: id, Message: text, SigningAlgorithm }));
    const hashed = await kms.send(new SignCommand({ KeyId: id, Message: digest, MessageType: "DIGEST", SigningAlgorithm }));
    for (const { Signature } of [raw, hashed]) {
      const request = { KeyId: id, Signature, SigningAlgorithm };
      expect(await kms.send(new VerifyCommand({ ...request, Message: text }))).toMatchObject({ SignatureValid: true });
      expect(await kms.send(new VerifyCommand({ ...request, Message: digest, MessageType: "DIGEST" }))).toMatchObject({
        SignatureValid: true,
      });
      const other = createHash(hash).update("attack at dusk").digest();
      const wrong = new VerifyCommand({ ...request, Message: other, MessageType: "DIGEST" });
      await expect(kms.send(wrong)).rejects.toMatchObject({ name: "KMSInvalidSignatureException" });
    }
  });

  // documented: https://docs.aws.amazon.com/kms/latest/developerguide/offline-operations.html#key-spec-ecc-offline
  it("can be checked outside of KMS with the public key", async () => {
    const { id, arn } = await makeKey("ECC_NIST_P256", "SIGN_VERIFY");
    const answer = await kms.send(new GetPublicKeyCommand({ KeyId: id }));
    expect(answer).toMatchObject({ KeyId: arn, KeySpec: "ECC_NIST_P256", SigningAlgorithms: ["ECDSA_SHA_256"] });
    const publicKey = createPublicKey({ key: Buffer.from(answer.PublicKey ?? []), format: "der", type: "spki" });
    const { Signature } = await kms.send(new SignCommand({ KeyId: id, Message: text, SigningAlgorithm: "ECDSA_SHA_256" }));
    expect(verify("sha256", text, publicKey, Signature ?? new Uint8Array())).toBe(true);
  });

  // documented: https://docs.aws.amazon.com/kms/latest/APIReference/API_VerifyMac.html
  it("have their HMAC counterpart", async () => {
    const { id } = await makeKey("HMAC_256", "GENERATE_VERIFY_MAC");
    const { Mac } = await kms.send(new GenerateMacCommand({ KeyId: id, Message: text, MacAlgorithm: "HMAC_SHA_256" }));
    const request = { KeyId: id, MacAlgorithm: "HMAC_SHA_256", Mac } as const;
    expect(await kms.send(new VerifyMacCommand({ ...request, Message: text }))).toMatchObject({ MacValid: true });
    const wrong = new VerifyMacCommand({ ...request, Message: new TextEncoder().encode("x") });
    await expect(kms.send(wrong)).rejects.toMatchObject({ name: "KMSInvalidMacException" });
  });

  // documented: https://docs.aws.amazon.com/kms/latest/APIReference/API_Sign.html#API_Sign_Errors
  it("refuse a key of another usage", async () => {
    const { id, arn } = await makeKey();
    const command = new SignCommand({ KeyId: id, Message: text, SigningAlgorithm: "ECDSA_SHA_256" });
    const message = `${arn} key usage is ENCRYPT_DECRYPT which is not valid for Sign.`;
    await expect(kms.send(command)).rejects.toMatchObject({ name: "InvalidKeyUsageException", message });
  });
});

describe("key states", () => {
  // documented: https://docs.aws.amazon.com/kms/latest/developerguide/key-state.html
  it("keep a disabled key from being used, and not from being described", async () => {
    const { id } = await makeKey();
    const { CiphertextBlob } = await kms.send(new EncryptCommand({ KeyId: id, Plaintext: text }));
    await kms.send(new DisableKeyCommand({ KeyId: id }));
    const refusal = { name: "DisabledException" };
    await expect(kms.send(new DecryptCommand({ CiphertextBlob }))).rejects.toMatchObject(refusal);
    expect((await kms.send(new DescribeKeyCommand({ KeyId: id }))).KeyMetadata).toMatchObject({ KeyState: "Disabled", Enabled: false });
    await kms.send(new EnableKeyCommand({ KeyId: id }));
    await expect(kms.send(new DecryptCommand({ CiphertextBlob }))).resolves.toBeDefined();
  });

  // assumed: texts as AWS's clients report them
  it("are told in AWS's words", async () => {
    const { id, arn } = await makeKey();
    const use = () => kms.send(new EncryptCommand({ KeyId: id, Plaintext: text }));
    await kms.send(new DisableKeyCommand({ KeyId: id }));
    await expect(use()).rejects.toMatchObject({ message: `${arn} is disabled.` });
    await kms.send(new ScheduleKeyDeletionCommand({ KeyId: id, PendingWindowInDays: 7 }));
    await expect(use()).rejects.toMatchObject({ message: `${arn} is pending deletion.` });
    await cloud.cloud.clock.advance(7 * DAY);
    await expect(use()).rejects.toMatchObject({ message: `Key '${arn}' does not exist` });
  });

  // documented: https://docs.aws.amazon.com/kms/latest/APIReference/API_ScheduleKeyDeletion.html
  it("delete a key at the end of its waiting period, unless that was cancelled", async () => {
    const [kept, gone] = [await makeKey(), await makeKey()];
    for (const { id } of [kept, gone]) await kms.send(new ScheduleKeyDeletionCommand({ KeyId: id, PendingWindowInDays: 7 }));
    const use = new EncryptCommand({ KeyId: kept.id, Plaintext: text });
    await expect(kms.send(use)).rejects.toMatchObject({ name: "KMSInvalidStateException" });
    await kms.send(new CancelKeyDeletionCommand({ KeyId: kept.id }));
    await cloud.cloud.clock.advance(7 * DAY);
    expect((await kms.send(new DescribeKeyCommand({ KeyId: kept.id }))).KeyMetadata?.KeyState).toBe("Disabled");
    const missing = { name: "NotFoundException" };
    await expect(kms.send(new DescribeKeyCommand({ KeyId: gone.id }))).rejects.toMatchObject(missing);
    const short = new ScheduleKeyDeletionCommand({ KeyId: kept.id, PendingWindowInDays: 6 });
    await expect(kms.send(short)).rejects.toMatchObject({ name: "ValidationException" });
  });
});

describe("rotation", () => {
  // documented: https://docs.aws.amazon.com/kms/latest/developerguide/rotate-keys.html
  it("makes new material on time and on demand, and old ciphertexts stay readable", async () => {
    const { id } = await makeKey();
    const { CiphertextBlob } = await kms.send(new EncryptCommand({ KeyId: id, Plaintext: text }));
    await kms.send(new EnableKeyRotationCommand({ KeyId: id, RotationPeriodInDays: 90 }));
    await kms.send(new RotateKeyOnDemandCommand({ KeyId: id }));
    await cloud.cloud.clock.advance(181 * DAY);
    const { Rotations } = await kms.send(new ListKeyRotationsCommand({ KeyId: id }));
    expect(Rotations?.map(({ RotationType }) => RotationType)).toEqual(["ON_DEMAND", "AUTOMATIC", "AUTOMATIC"]);
    expect(await kms.send(new GetKeyRotationStatusCommand({ KeyId: id }))).toMatchObject({
      KeyRotationEnabled: true,
      RotationPeriodInDays: 90,
    });
    const back = await kms.send(new DecryptCommand({ CiphertextBlob }));
    expect(Buffer.from(back.Plaintext ?? [])).toEqual(Buffer.from(text));
  });
});

describe("aliases", () => {
  // documented: https://docs.aws.amazon.com/kms/latest/developerguide/kms-alias.html
  it("stand for their key, once each", async () => {
    const { id, arn } = await makeKey();
    await kms.send(new CreateAliasCommand({ AliasName: "alias/app", TargetKeyId: id }));
    expect((await kms.send(new DescribeKeyCommand({ KeyId: "alias/app" }))).KeyMetadata?.Arn).toBe(arn);
    const again = kms.send(new CreateAliasCommand({ AliasName: "alias/app", TargetKeyId: id }));
    const message = `An alias with the name arn:aws:kms:${REGION}:${ACCOUNT}:alias/app already exists`;
    await expect(again).rejects.toMatchObject({ name: "AlreadyExistsException", message });
    expect((await kms.send(new ListAliasesCommand({ KeyId: id }))).Aliases).toMatchObject([{ AliasName: "alias/app", TargetKeyId: id }]);
    await kms.send(new DeleteAliasCommand({ AliasName: "alias/app" }));
    await expect(kms.send(new DescribeKeyCommand({ KeyId: "alias/app" }))).rejects.toMatchObject({ name: "NotFoundException" });
  });

  // documented: https://docs.aws.amazon.com/kms/latest/developerguide/concepts.html#aws-managed-cmk
  it("of AWS's own keys bring the key into being, and nobody may delete it", async () => {
    const { KeyMetadata } = await kms.send(new DescribeKeyCommand({ KeyId: "alias/aws/s3" }));
    expect(KeyMetadata).toMatchObject({ KeyManager: "AWS", KeyState: "Enabled" });
    expect((await kms.send(new DescribeKeyCommand({ KeyId: "alias/aws/s3" }))).KeyMetadata?.KeyId).toBe(KeyMetadata?.KeyId);
    const command = new ScheduleKeyDeletionCommand({ KeyId: KeyMetadata?.KeyId });
    await expect(kms.send(command)).rejects.toMatchObject({ name: "AccessDeniedException" });
  });
});

describe("policies, grants and lists", () => {
  // documented: https://docs.aws.amazon.com/kms/latest/APIReference/API_PutKeyPolicy.html
  it("keep the caller from locking itself out of the key", async () => {
    const { id } = await makeKey();
    const { Policy = "{}" } = await kms.send(new GetKeyPolicyCommand({ KeyId: id }));
    expect(JSON.parse(Policy)).toMatchObject({ Id: "key-default-1", Statement: [{ Action: "kms:*" }] });
    const locked = Policy.replace("kms:*", "kms:Encrypt");
    const command = new PutKeyPolicyCommand({ KeyId: id, Policy: locked });
    await expect(kms.send(command)).rejects.toMatchObject({ name: "MalformedPolicyDocumentException" });
    await kms.send(new PutKeyPolicyCommand({ KeyId: id, Policy: locked, BypassPolicyLockoutSafetyCheck: true }));
    expect((await kms.send(new GetKeyPolicyCommand({ KeyId: id }))).Policy).toBe(locked);
  });

  // documented: https://docs.aws.amazon.com/kms/latest/APIReference/API_CreateGrant.html
  it("give the same grant for the same request under one name, until it is retired or revoked", async () => {
    const { id } = await makeKey();
    const grant = { KeyId: id, GranteePrincipal: `arn:aws:iam::${ACCOUNT}:role/x`, Operations: ["Decrypt" as const], Name: "n" };
    const first = await kms.send(new CreateGrantCommand(grant));
    expect((await kms.send(new CreateGrantCommand(grant))).GrantId).toBe(first.GrantId);
    const other = await kms.send(new CreateGrantCommand({ ...grant, Operations: ["Encrypt"] }));
    expect((await kms.send(new ListGrantsCommand({ KeyId: id }))).Grants).toHaveLength(2);
    await kms.send(new RetireGrantCommand({ GrantToken: first.GrantToken }));
    await kms.send(new RevokeGrantCommand({ KeyId: id, GrantId: other.GrantId }));
    expect((await kms.send(new ListGrantsCommand({ KeyId: id }))).Grants).toEqual([]);
  });

  // documented: https://docs.aws.amazon.com/kms/latest/APIReference/API_ListKeys.html
  it("page through keys by marker", async () => {
    const made = new Set<string>();
    for (let i = 0; i < 5; i++) made.add((await makeKey()).id);
    const seen = new Set<string>();
    let Marker: string | undefined;
    do {
      const answer = await kms.send(new ListKeysCommand({ Limit: 2, ...(Marker === undefined ? {} : { Marker }) }));
      for (const { KeyId = "" } of answer.Keys ?? []) seen.add(KeyId);
      Marker = answer.NextMarker;
    } while (Marker !== undefined);
    expect(seen).toEqual(made);
  });
});
