import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Context } from "../../src/aws/context.ts";
import { rootPrincipal } from "../../src/aws/identity.ts";
import type { Orrery, OrreryOptions } from "../../src/compose.ts";
import { startOrrery } from "../../src/main.ts";

export const ACCOUNT = "000000000000";
export const REGION = "us-east-1";

/** What every SDK client of a test is made with. */
export interface ClientConfig {
  readonly endpoint: string;
  readonly region: string;
  readonly credentials: { readonly accessKeyId: string; readonly secretAccessKey: string };
  readonly maxAttempts: number;
}

export interface TestCloud extends Orrery {
  readonly clientConfig: ClientConfig;
  /** What AWS's command line and boto3 need to reach it; nothing else of the host's AWS settings. */
  readonly env: Record<string, string>;
  /** The account's root in the default region, for in-process calls. */
  readonly ctx: Context;
}

/**
 * A whole cloud on a free port, in a folder of its own that `stop` removes; with `dataDir` it stays, to be started again.
 * The clock stands still (`hold`) unless `clockMode` says otherwise: what is due at once happens at once, the rest when
 * the test advances it.
 */
export async function startCloud(options: Partial<OrreryOptions> = {}): Promise<TestCloud> {
  const own = options.dataDir === undefined;
  const dataDir = options.dataDir ?? mkdtempSync(join(tmpdir(), "orrery-test-"));
  const orrery = await startOrrery({ port: 0, clockMode: { mode: "hold" }, logLevel: "error", ...options, dataDir });
  const credentials = { accessKeyId: "test", secretAccessKey: "test" };
  return Object.assign(Object.create(orrery) as Orrery, {
    clientConfig: { endpoint: orrery.endpoint, region: REGION, credentials, maxAttempts: 1 },
    env: {
      PATH: process.env["PATH"] ?? "",
      HOME: dataDir,
      AWS_ENDPOINT_URL: orrery.endpoint,
      AWS_ACCESS_KEY_ID: "test",
      AWS_SECRET_ACCESS_KEY: "test",
      AWS_DEFAULT_REGION: REGION,
      AWS_REGION: REGION,
      AWS_PAGER: "",
      AWS_MAX_ATTEMPTS: "1",
    },
    ctx: new Context(orrery.cloud, { account: ACCOUNT, region: REGION, principal: rootPrincipal(ACCOUNT) }),
    cloud: orrery.cloud,
    snapshots: orrery.snapshots,
    reset: () => orrery.reset(),
    stop: async () => {
      await orrery.stop();
      if (own) rmSync(dataDir, { recursive: true, force: true });
    },
  });
}
