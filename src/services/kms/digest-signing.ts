import {
  constants,
  createECDH,
  createHash,
  type KeyObject,
  privateEncrypt,
  publicDecrypt,
  randomBytes,
  timingSafeEqual,
} from "node:crypto";

/*
 * Signing what was hashed already (`MessageType: DIGEST`). OpenSSL as Node gives it always hashes by itself, so the steps
 * around the key operation are here: RSA's two paddings (RFC 8017) and ECDSA's arithmetic (FIPS 186-5).
 */

/** DER prefix of a DigestInfo, by hash: RFC 8017, section 9.2. */
const DIGEST_INFO: Readonly<Record<string, string>> = {
  sha256: "3031300d060960864801650304020105000420",
  sha384: "3041300d060960864801650304020205000430",
  sha512: "3051300d060960864801650304020305000440",
};

/** @returns the signature of a digest with RSASSA-PKCS1-v1_5 */
export function signPkcs1(key: KeyObject, hash: string, digest: Uint8Array): Uint8Array {
  const info = Buffer.concat([Buffer.from(DIGEST_INFO[hash] ?? "", "hex"), digest]);
  return privateEncrypt({ key, padding: constants.RSA_PKCS1_PADDING }, info);
}

export function verifyPkcs1(key: KeyObject, hash: string, digest: Uint8Array, signature: Uint8Array): boolean {
  const expected = Buffer.concat([Buffer.from(DIGEST_INFO[hash] ?? "", "hex"), digest]);
  const found = recovered(key, signature, constants.RSA_PKCS1_PADDING);
  return found !== undefined && found.length === expected.length && timingSafeEqual(found, expected);
}

function recovered(key: KeyObject, signature: Uint8Array, padding: number): Buffer | undefined {
  try {
    return publicDecrypt({ key, padding }, signature);
  } catch {
    return undefined;
  }
}

/** Mask generation function 1: RFC 8017, appendix B.2.1. */
function mask(seed: Uint8Array, length: number, hash: string): Buffer {
  const blocks: Buffer[] = [];
  for (let counter = 0, made = 0; made < length; counter++) {
    const suffix = Buffer.alloc(4);
    suffix.writeUInt32BE(counter);
    const block = createHash(hash).update(seed).update(suffix).digest();
    blocks.push(block);
    made += block.length;
  }
  return Buffer.concat(blocks).subarray(0, length);
}

function pssHash(hash: string, digest: Uint8Array, salt: Uint8Array): Buffer {
  return createHash(hash).update(Buffer.alloc(8)).update(digest).update(salt).digest();
}

function xor(a: Uint8Array, b: Uint8Array): Buffer {
  return Buffer.from(a.map((byte, i) => byte ^ (b[i] ?? 0)));
}

/** RSASSA-PSS with a salt as long as the hash, as KMS makes it: RFC 8017, section 9.1.1. The modulus is a whole number of bytes. */
export function signPss(key: KeyObject, hash: string, digest: Uint8Array): Uint8Array {
  const length = (key.asymmetricKeyDetails?.modulusLength ?? 2048) / 8;
  const salt = randomBytes(digest.length);
  const h = pssHash(hash, digest, salt);
  const block = Buffer.alloc(length - h.length - 1);
  block.writeUInt8(1, block.length - salt.length - 1);
  salt.copy(block, block.length - salt.length);
  const masked = xor(block, mask(h, block.length, hash));
  masked.writeUInt8(masked.readUInt8(0) & 0x7f, 0);
  return privateEncrypt({ key, padding: constants.RSA_NO_PADDING }, Buffer.concat([masked, h, Buffer.from([0xbc])]));
}

export function verifyPss(key: KeyObject, hash: string, digest: Uint8Array, signature: Uint8Array): boolean {
  const encoded = recovered(key, signature, constants.RSA_NO_PADDING);
  if (encoded === undefined || encoded.at(-1) !== 0xbc) return false;
  const h = encoded.subarray(encoded.length - digest.length - 1, -1);
  const masked = encoded.subarray(0, encoded.length - digest.length - 1);
  const block = xor(masked, mask(h, masked.length, hash));
  block.writeUInt8(block.readUInt8(0) & 0x7f, 0);
  const start = block.length - digest.length;
  if (block.at(start - 1) !== 1 || block.subarray(0, start - 1).some((byte) => byte !== 0)) return false;
  return timingSafeEqual(pssHash(hash, digest, block.subarray(start)), h);
}

/** Orders of the curves' groups, by OpenSSL's name: SEC 2, version 2. */
const ORDERS: Readonly<Record<string, bigint>> = {
  prime256v1: 0xffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551n,
  secp256k1: 0xfffffffffffffffffffffffffffffffebaaedce6af48a03bbfd25e8cd0364141n,
  secp384r1: 0xffffffffffffffffffffffffffffffffffffffffffffffffc7634d81f4372ddf581a0db248b0a77aecec196accc52973n,
  secp521r1:
    0x1fffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffa51868783bf2f966b7fcc0148f709a5d03bb5c9b8899c47aebb6fb71e91386409n,
};

interface EcKey {
  readonly curve: string;
  readonly order: bigint;
  readonly secret: bigint;
}

function ecKey(key: KeyObject): EcKey {
  const jwk = key.export({ format: "jwk" });
  const curve = key.asymmetricKeyDetails?.namedCurve ?? "";
  return { curve, order: ORDERS[curve] ?? 0n, secret: toInteger(Buffer.from(jwk.d ?? "", "base64url")) };
}

/** The digest as a number, cut to the bits of the order. */
function reduced(digest: Uint8Array, order: bigint): bigint {
  const excess = digest.length * 8 - order.toString(2).length;
  return excess > 0 ? toInteger(digest) >> BigInt(excess) : toInteger(digest);
}

/** The x coordinate of `scalar` times the generator; OpenSSL multiplies. */
function xOf({ curve, order }: EcKey, scalar: bigint): bigint {
  const size = Math.ceil(order.toString(16).length / 2);
  const ecdh = createECDH(curve);
  ecdh.setPrivateKey(Buffer.from(scalar.toString(16).padStart(size * 2, "0"), "hex"));
  const point = ecdh.getPublicKey();
  return toInteger(point.subarray(1, 1 + (point.length - 1) / 2));
}

/** ECDSA over a digest; DER, as KMS answers. */
export function signEcdsa(key: KeyObject, digest: Uint8Array): Uint8Array {
  const ec = ecKey(key);
  const { order, secret } = ec;
  const z = reduced(digest, order);
  for (;;) {
    // Eight bytes more than the order has make the remainder as good as uniform.
    const k = (toInteger(randomBytes(Math.ceil(order.toString(16).length / 2) + 8)) % (order - 1n)) + 1n;
    const r = xOf(ec, k) % order;
    const s = (inverse(k, order) * (z + r * secret)) % order;
    if (r !== 0n && s !== 0n) return derSequence(r, s);
  }
}

/** Uses the private key in the place of the public one, which makes the sum of two points one multiplication. */
export function verifyEcdsa(key: KeyObject, digest: Uint8Array, signature: Uint8Array): boolean {
  const ec = ecKey(key);
  const { order, secret } = ec;
  const [r = 0n, s = 0n] = readSequence(signature) ?? [];
  if (r <= 0n || r >= order || s <= 0n || s >= order) return false;
  const w = inverse(s, order);
  const scalar = (reduced(digest, order) * w + r * w * secret) % order;
  return scalar !== 0n && xOf(ec, scalar) % order === r;
}

function inverse(value: bigint, modulus: bigint): bigint {
  let [a, b, x, y] = [value % modulus, modulus, 1n, 0n];
  while (a > 1n) {
    const quotient = b / a;
    [a, b] = [b % a, a];
    [x, y] = [y - quotient * x, x];
  }
  return ((x % modulus) + modulus) % modulus;
}

function toInteger(bytes: Uint8Array): bigint {
  return bytes.length === 0 ? 0n : BigInt(`0x${Buffer.from(bytes).toString("hex")}`);
}

function derInteger(value: bigint): Buffer {
  const hex = value.toString(16);
  const bytes = Buffer.from(hex.length % 2 === 0 ? hex : `0${hex}`, "hex");
  const body = (bytes.at(0) ?? 0) >= 0x80 ? Buffer.concat([Buffer.alloc(1), bytes]) : bytes;
  return Buffer.concat([Buffer.from([0x02, body.length]), body]);
}

function derSequence(r: bigint, s: bigint): Buffer {
  const body = Buffer.concat([derInteger(r), derInteger(s)]);
  const head = body.length < 0x80 ? [0x30, body.length] : [0x30, 0x81, body.length];
  return Buffer.concat([Buffer.from(head), body]);
}

function readSequence(signature: Uint8Array): [bigint, bigint] | undefined {
  const bytes = Buffer.from(signature);
  let at = bytes.at(1) === 0x81 ? 3 : 2;
  if (bytes.at(0) !== 0x30 || bytes.at(at - 1) !== bytes.length - at) return undefined;
  const integers: bigint[] = [];
  while (at < bytes.length) {
    const length = bytes.at(at + 1) ?? 0;
    if (bytes.at(at) !== 0x02 || length === 0 || at + 2 + length > bytes.length) return undefined;
    integers.push(toInteger(bytes.subarray(at + 2, at + 2 + length)));
    at += 2 + length;
  }
  const [r, s, ...more] = integers;
  return r === undefined || s === undefined || more.length > 0 ? undefined : [r, s];
}
