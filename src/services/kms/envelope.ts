import { createCipheriv, createDecipheriv, randomBytes } from "node:crypto";

const VERSION = 1;
const IV_BYTES = 12;
const TAG_BYTES = 16;

/** What a symmetric ciphertext was made with. */
export interface Origin {
  readonly keyArn: string;
  /** Of the key's material. */
  readonly generation: number;
}

/** What a symmetric ciphertext says of itself, so that Decrypt needs no key id. */
export interface Envelope extends Origin {
  readonly iv: Uint8Array;
  readonly tag: Uint8Array;
  readonly sealed: Uint8Array;
}

export type EncryptionContext = Readonly<Record<string, string>>;

/** The context as additional authenticated data, the same for every order of its keys. */
function authenticated(header: Uint8Array, context: EncryptionContext): Buffer {
  const sorted = Object.entries(context).sort(([a], [b]) => (a < b ? -1 : 1));
  return Buffer.concat([header, Buffer.from(JSON.stringify(sorted))]);
}

function headerOf({ keyArn, generation }: Origin): Buffer {
  const arn = Buffer.from(keyArn);
  const header = Buffer.alloc(5);
  header.writeUInt8(VERSION, 0);
  header.writeUInt16BE(arn.length, 1);
  header.writeUInt16BE(generation, 3);
  return Buffer.concat([header, arn]);
}

/** AES-256-GCM; the key's ARN and generation go in the clear, and are authenticated with the context. */
export function seal(key: Uint8Array, origin: Origin, plaintext: Uint8Array, context: EncryptionContext): Uint8Array {
  const iv = randomBytes(IV_BYTES);
  const header = headerOf(origin);
  const cipher = createCipheriv("aes-256-gcm", key, iv);
  cipher.setAAD(authenticated(header, context));
  const sealed = Buffer.concat([cipher.update(plaintext), cipher.final()]);
  return Buffer.concat([header, iv, cipher.getAuthTag(), sealed]);
}

/** Undefined for bytes that no `seal` made. */
export function readEnvelope(blob: Uint8Array): Envelope | undefined {
  const bytes = Buffer.from(blob.buffer, blob.byteOffset, blob.byteLength);
  if (bytes.length < 5 || bytes.readUInt8(0) !== VERSION) return undefined;
  const start = 5 + bytes.readUInt16BE(1);
  if (bytes.length < start + IV_BYTES + TAG_BYTES) return undefined;
  return {
    keyArn: bytes.toString("utf8", 5, start),
    generation: bytes.readUInt16BE(3),
    iv: bytes.subarray(start, start + IV_BYTES),
    tag: bytes.subarray(start + IV_BYTES, start + IV_BYTES + TAG_BYTES),
    sealed: bytes.subarray(start + IV_BYTES + TAG_BYTES),
  };
}

/** Undefined when the ciphertext, its header or the context is not what was sealed. */
export function open(key: Uint8Array, envelope: Envelope, context: EncryptionContext): Uint8Array | undefined {
  const decipher = createDecipheriv("aes-256-gcm", key, envelope.iv, { authTagLength: TAG_BYTES });
  decipher.setAAD(authenticated(headerOf(envelope), context));
  decipher.setAuthTag(envelope.tag);
  try {
    return Buffer.concat([decipher.update(envelope.sealed), decipher.final()]);
  } catch {
    return undefined;
  }
}
