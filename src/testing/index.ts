import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DEFAULT_ACCOUNT, DEFAULT_REGION } from "../aws/identity.ts";
import { duration } from "../kernel/durations.ts";
import { OrreryError } from "../kernel/errors.ts";
import { startOrrery as startServer } from "../main.ts";
import { why } from "../rehearsal/why.ts";
import { scriptActions } from "../services/codepipeline/index.ts";
import type { FaultSpec, StartOptions, TestCloud } from "./api.ts";

export type { ActionOutcome, ActionOutcomes, FaultSpec, StartOptions, TestClock, TestCloud, TimelineEvent } from "./api.ts";

const CREDENTIALS = { accessKeyId: "test", secretAccessKey: "test" };

/** Starts a cloud in this process, on a free port of the loopback interface. */
export async function startOrrery(options: StartOptions = {}): Promise<TestCloud> {
  const dataDir = options.dataDir ?? mkdtempSync(join(tmpdir(), "orrery-test-"));
  const server = await startServer({
    dataDir,
    port: 0,
    clockMode: { mode: options.clock ?? "hold" },
    logLevel: "error",
    ...(options.startAt === undefined ? {} : { clockStart: options.startAt }),
    ...(options.seed === undefined ? {} : { seed: options.seed }),
  });
  const { cloud, endpoint } = server;
  const stop = async (): Promise<void> => {
    await server.stop();
    if (options.dataDir === undefined) rmSync(dataDir, { recursive: true, force: true });
  };
  return {
    endpoint,
    region: DEFAULT_REGION,
    account: DEFAULT_ACCOUNT,
    clientConfig: { endpoint, region: DEFAULT_REGION, credentials: CREDENTIALS },
    env: {
      AWS_ENDPOINT_URL: endpoint,
      AWS_REGION: DEFAULT_REGION,
      AWS_DEFAULT_REGION: DEFAULT_REGION,
      AWS_ACCESS_KEY_ID: CREDENTIALS.accessKeyId,
      AWS_SECRET_ACCESS_KEY: CREDENTIALS.secretAccessKey,
    },
    clock: {
      now: () => cloud.clock.now(),
      advance: async (by) => cloud.clock.advance(milliseconds(by)),
      next: () => cloud.clock.next(),
      idle: () => cloud.clock.idle(),
    },
    scriptActions: (script) => scriptActions(cloud, script),
    inject: (fault) => cloud.faults.put({ ...fault, percent: fault.percent ?? 100, where: fault.where ?? {}, effect: effectOf(fault) }),
    heal: (id) => void cloud.faults.remove(id),
    timeline: (filter = {}) => cloud.timeline.read({ ...filter, limit: Number.MAX_SAFE_INTEGER }),
    why: (of) => why(cloud.timeline, of),
    reset: () => server.reset(),
    stop,
    [Symbol.asyncDispose]: stop,
  };
}

function effectOf({ error, delayMs }: FaultSpec) {
  const { code = "", message = "a fault was injected", status = 500 } = error ?? {};
  return { ...(error === undefined ? {} : { error: { code, message, status } }), ...(delayMs === undefined ? {} : { delayMs }) };
}

function milliseconds(by: string | number): number {
  const ms = typeof by === "number" ? by : duration(by);
  if (ms === undefined) throw new OrreryError("UsageError", `"${String(by)}" is not a duration: write 90s, 5m, 1h30m or 7d`);
  return ms;
}
