import { OrreryError } from "../kernel/errors.ts";

export interface Certificate {
  readonly caPem: string;
  readonly certPem: string;
  readonly keyPem: string;
}

export function ensureCertificate(dataDir: string): Promise<Certificate> {
  return Promise.reject(new OrreryError("GeneratedCodeMissing", `no certificate in ${dataDir}`));
}
