import { isIP } from "node:net";
import { type Identifiers, whole } from "./identifier.ts";

const block = (begin: string, end = begin): RegExp => new RegExp(`-----BEGIN ${begin}-----[\\s\\S]*?(?:-----END ${end}-----|$)`, "g");

/**
 * Credentials, devices and what is personal anywhere.
 * https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/protect-sensitive-log-data-types-credentials.html
 */
export const GENERAL: Identifiers = {
  AwsSecretKey: {
    pattern: /(?<![A-Za-z0-9/+=])[A-Za-z0-9/+]{40}(?![A-Za-z0-9/+=])/g,
    keywords: ["aws_secret_access_key", "credentials", "secret access key", "secret key", "set-awscredential"],
  },
  OpenSshPrivateKey: { pattern: block("OPENSSH PRIVATE KEY") },
  PgpPrivateKey: { pattern: block("PGP PRIVATE KEY BLOCK") },
  PkcsPrivateKey: { pattern: block("(?:RSA |DSA |EC |ENCRYPTED )?PRIVATE KEY", "(?:RSA |DSA |EC |ENCRYPTED )?PRIVATE KEY") },
  PuttyPrivateKey: { pattern: /PuTTY-User-Key-File-[23]:[\s\S]*?(?:Private-MAC: ?[0-9a-f]+|$)/g },
  IpAddress: {
    pattern:
      /(?<![\w.:])(?:\d{1,3}(?:\.\d{1,3}){3}|(?=[0-9a-fA-F:.]*:[0-9a-fA-F:.]*:)[0-9a-fA-F:]+(?:\d{1,3}(?:\.\d{1,3}){3})?)(?![\w:]|\.\d)/g,
    check: (text) => isIP(text) !== 0,
  },
  EmailAddress: {
    pattern:
      /(?<![A-Za-z0-9._%+-])[A-Za-z0-9_%+-]+(?:\.[A-Za-z0-9_%+-]+)*@(?:[A-Za-z0-9](?:[A-Za-z0-9-]*[A-Za-z0-9])?\.)+[A-Za-z]{2,}(?![A-Za-z0-9-])/g,
  },
  LatLong: {
    pattern: /(?<![\w.])-?(?:[0-8]?\d|90)\.\d{3,}\s*,\s*-?(?:1[0-7]\d|180|\d{1,2})\.\d{3,}(?![\w.])/g,
    keywords: ["coordinate", "coordinates", "lat long", "latitude longitude", "location", "position"],
  },
  VehicleIdentificationNumber: {
    pattern: whole("[A-HJ-NPR-Z0-9]{13}[0-9]{4}"),
    keywords: [
      "fahrgestellnummer",
      "niv",
      "numarul de identificare",
      "numarul seriei de sasiu",
      "serie sasiu",
      "numer vin",
      "número de identificação do veículo",
      "número de identificación de automóviles",
      "numéro d'identification du véhicule",
      "vehicle identification number",
      "vin",
      "vin numeris",
    ],
    check: (text) => /[A-Z]/.test(text),
  },
};
