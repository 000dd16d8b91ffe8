import { generateKeyPairSync, X509Certificate } from "node:crypto";
import { existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { Clock } from "../kernel/clock.ts";
import { writeCertificate } from "./x509.ts";

export interface Certificate {
  /** What clients must trust. */
  readonly caPem: string;
  /** The server's certificate, followed by the authority's. */
  readonly certPem: string;
  readonly keyPem: string;
}

const DAY_MS = 86_400_000;
/** Clients refuse server certificates that live longer than 825 days. */
const LIFE_DAYS = 800;
const RENEW_DAYS = 30;

/** Every name under which clients of this machine reach the server; wildcards cover one label only. */
const NAMES = [
  "localhost",
  "*.localhost",
  "s3.localhost",
  "*.s3.localhost",
  "*.s3.us-east-1.localhost",
  "*.execute-api.localhost",
  "*.execute-api.us-east-1.localhost",
  "*.lambda-url.us-east-1.localhost",
  // For clients that are sent here with an address of their own (curl --connect-to) and keep AWS's names.
  "*.execute-api.us-east-1.amazonaws.com",
  "*.lambda-url.us-east-1.on.aws",
  "host.docker.internal",
];
const ADDRESSES = [Buffer.from([127, 0, 0, 1]), Buffer.from([...new Array<number>(15).fill(0), 1])];

/**
 * The certificate of a data folder: made at the first call, kept in `<dataDir>/tls`, and made anew shortly before it
 * expires. The authority's key is thrown away once it has signed, so that trusting it trusts this one server only.
 */
export async function ensureCertificate(dataDir: string): Promise<Certificate> {
  const folder = join(dataDir, "tls");
  const file = join(folder, "certificate.json");
  const wall = new Clock().wall();
  if (existsSync(file)) {
    const kept = JSON.parse(readFileSync(file, "utf8")) as Certificate;
    if (isGood(new X509Certificate(kept.certPem), wall)) return kept;
  }
  const made = makeCertificate(wall);
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  const temporary = `${file}.${process.pid}`;
  writeFileSync(temporary, JSON.stringify(made), { mode: 0o600 });
  renameSync(temporary, file);
  return made;
}

function isGood(certificate: X509Certificate, wall: number): boolean {
  const names = new Set((certificate.subjectAltName ?? "").split(", "));
  return Date.parse(certificate.validTo) > wall + RENEW_DAYS * DAY_MS && NAMES.every((name) => names.has(`DNS:${name}`));
}

function makeCertificate(wall: number): Certificate {
  const authority = generateKeyPairSync("ec", { namedCurve: "P-256" });
  const server = generateKeyPairSync("ec", { namedCurve: "P-256" });
  const issuer = `Orrery local authority ${new Date(wall).toISOString()}`;
  // A clock that is a little behind must not find it in the future.
  const validity = { notBefore: wall - DAY_MS, notAfter: wall + LIFE_DAYS * DAY_MS };
  const common = { issuer, signingKey: authority.privateKey, ...validity };
  const caPem = writeCertificate({ ...common, subject: issuer, publicKey: authority.publicKey, use: { kind: "ca" } });
  const use = { kind: "server", names: NAMES, addresses: ADDRESSES } as const;
  const certPem = writeCertificate({ ...common, subject: "localhost", publicKey: server.publicKey, use });
  return { caPem, certPem: certPem + caPem, keyPem: String(server.privateKey.export({ type: "pkcs8", format: "pem" })) };
}
