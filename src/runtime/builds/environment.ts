import { mkdirSync } from "node:fs";
import { delimiter, join } from "node:path";
import type { SandboxSpec } from "./driver.ts";

const SYSTEM_PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";

/**
 * Names of variables of the server's own environment that builds may see, divided by commas: for what a machine needs to
 * reach its package registry, such as `NPM_CONFIG_REGISTRY,PIP_INDEX_URL,HTTPS_PROXY`.
 */
const LET_THROUGH = "ORRERY_BUILD_ENV";
/** Files of certificates that this machine trusts: no secrets, and without them no download passes where TLS is inspected. */
const TRUST = [
  "NODE_EXTRA_CA_CERTS",
  "SSL_CERT_FILE",
  "SSL_CERT_DIR",
  "CURL_CA_BUNDLE",
  "REQUESTS_CA_BUNDLE",
  "GIT_SSL_CAINFO",
  "PIP_CERT",
];

/** The whole environment of a build's processes: tools of the host's PATH, folders of its own, and its variables. */
export function sandboxVariables(spec: SandboxSpec): Record<string, string> {
  const home = join(spec.folder, "home");
  const tmp = join(spec.folder, "tmp");
  for (const folder of [home, tmp]) mkdirSync(folder, { recursive: true, mode: 0o700 });
  return {
    LANG: "C.UTF-8",
    TZ: "UTC",
    USER: "root",
    LOGNAME: "root",
    CI: "true",
    ...letThrough(),
    PATH: [...(spec.path ?? []), process.env["PATH"] ?? SYSTEM_PATH].join(delimiter),
    HOME: home,
    TMPDIR: tmp,
    // The host's own settings of these tools are not the build's.
    NPM_CONFIG_UPDATE_NOTIFIER: "false",
    GIT_CONFIG_NOSYSTEM: "1",
    GIT_TERMINAL_PROMPT: "0",
    ...spec.variables,
  };
}

function letThrough(): Record<string, string> {
  const names = [...TRUST, ...(process.env[LET_THROUGH] ?? "").split(",").map((name) => name.trim())];
  return Object.fromEntries(
    names.flatMap((name) => (name === "" || process.env[name] === undefined ? [] : [[name, process.env[name] ?? ""]])),
  );
}
