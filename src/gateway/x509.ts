import { type KeyObject, randomBytes, sign } from "node:crypto";

/**
 * Just enough of DER and X.509 to write certificates with ECDSA keys, which Node can read but not write.
 * https://www.rfc-editor.org/rfc/rfc5280 and https://www.rfc-editor.org/rfc/rfc5758
 */
export interface CertificateRequest {
  readonly subject: string;
  readonly issuer: string;
  /** DER of the subject's public key (`spki`). */
  readonly publicKey: KeyObject;
  readonly signingKey: KeyObject;
  /** Wall-clock ms. */
  readonly notBefore: number;
  readonly notAfter: number;
  /** A certificate authority, or the names and addresses of a server. */
  readonly use:
    | { readonly kind: "ca" }
    | { readonly kind: "server"; readonly names: readonly string[]; readonly addresses: readonly Uint8Array[] };
}

const OID = {
  ecdsaWithSha256: "1.2.840.10045.4.3.2",
  commonName: "2.5.4.3",
  organization: "2.5.4.10",
  keyUsage: "2.5.29.15",
  subjectAltName: "2.5.29.17",
  basicConstraints: "2.5.29.19",
  extendedKeyUsage: "2.5.29.37",
  serverAuth: "1.3.6.1.5.5.7.3.1",
} as const;

const ORGANIZATION = "Orrery";

function der(tag: number, ...contents: readonly Uint8Array[]): Buffer {
  const body = Buffer.concat(contents);
  if (body.length < 0x80) return Buffer.concat([Buffer.from([tag, body.length]), body]);
  const length = Buffer.from(body.length.toString(16).padStart(body.length > 0xff ? 4 : 2, "0"), "hex");
  return Buffer.concat([Buffer.from([tag, 0x80 | length.length]), length, body]);
}

const sequence = (...parts: readonly Uint8Array[]): Buffer => der(0x30, ...parts);
const set = (...parts: readonly Uint8Array[]): Buffer => der(0x31, ...parts);
const octets = (bytes: Uint8Array): Buffer => der(0x04, bytes);
const bits = (bytes: Uint8Array, unused = 0): Buffer => der(0x03, Buffer.from([unused]), bytes);
const utf8 = (text: string): Buffer => der(0x0c, Buffer.from(text, "utf8"));
const TRUE = Buffer.from([0x01, 0x01, 0xff]);

function oid(dotted: string): Buffer {
  const [first = 0, second = 0, ...rest] = dotted.split(".").map(Number);
  const bytes = [first * 40 + second];
  for (const part of rest) {
    const groups = [part & 0x7f];
    for (let left = part >>> 7; left > 0; left >>>= 7) groups.unshift((left & 0x7f) | 0x80);
    bytes.push(...groups);
  }
  return der(0x06, Buffer.from(bytes));
}

/** Positive: a leading bit that is set would make it negative. */
function integer(bytes: Uint8Array): Buffer {
  return der(0x02, (bytes[0] ?? 0) & 0x80 ? Buffer.concat([Buffer.from([0]), bytes]) : bytes);
}

/** UTCTime until 2049, as RFC 5280 wants it. */
function time(ms: number): Buffer {
  const text = new Date(ms).toISOString().replaceAll(/[-:T]|\.\d{3}/g, "");
  return text < "2050" ? der(0x17, Buffer.from(text.slice(2))) : der(0x18, Buffer.from(text));
}

function name(commonName: string): Buffer {
  const attribute = (type: string, value: string): Buffer => set(sequence(oid(type), utf8(value)));
  return sequence(attribute(OID.organization, ORGANIZATION), attribute(OID.commonName, commonName));
}

function extension(type: string, value: Uint8Array, critical: boolean): Buffer {
  return critical ? sequence(oid(type), TRUE, octets(value)) : sequence(oid(type), octets(value));
}

function extensionsOf(use: CertificateRequest["use"]): Buffer {
  if (use.kind === "ca") {
    // keyCertSign and cRLSign.
    const usage = extension(OID.keyUsage, bits(Buffer.from([0x06]), 1), true);
    return sequence(extension(OID.basicConstraints, sequence(TRUE), true), usage);
  }
  const names = use.names.map((text) => der(0x82, Buffer.from(text, "ascii")));
  const addresses = use.addresses.map((bytes) => der(0x87, bytes));
  return sequence(
    extension(OID.basicConstraints, sequence(), true),
    // digitalSignature
    extension(OID.keyUsage, bits(Buffer.from([0x80]), 7), true),
    extension(OID.extendedKeyUsage, sequence(oid(OID.serverAuth)), false),
    extension(OID.subjectAltName, sequence(...names, ...addresses), false),
  );
}

/** A signed certificate, as PEM. */
export function writeCertificate(request: CertificateRequest): string {
  const algorithm = sequence(oid(OID.ecdsaWithSha256));
  const toBeSigned = sequence(
    der(0xa0, integer(Buffer.from([2]))),
    integer(randomBytes(16)),
    algorithm,
    name(request.issuer),
    sequence(time(request.notBefore), time(request.notAfter)),
    name(request.subject),
    request.publicKey.export({ type: "spki", format: "der" }),
    der(0xa3, extensionsOf(request.use)),
  );
  const certificate = sequence(toBeSigned, algorithm, bits(sign("sha256", toBeSigned, request.signingKey)));
  const lines = certificate.toString("base64").match(/.{1,64}/g) ?? [];
  return `-----BEGIN CERTIFICATE-----\n${lines.join("\n")}\n-----END CERTIFICATE-----\n`;
}
