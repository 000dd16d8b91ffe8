import { rm } from "node:fs/promises";
import type { Cloud, Context } from "../../../aws/context.ts";
import type { Sandbox, SandboxSpec } from "../../../runtime/builds/driver.ts";
import type { BuildLog } from "../log.ts";

/** A sandbox whose environment is there. */
export interface LiveSandbox {
  readonly sandbox: Sandbox;
  readonly spec: SandboxSpec;
  readonly log: BuildLog;
  /** Ends its time-out in wall time. */
  readonly cancel: () => void;
  /** Takes the lines of the command under way. */
  sink: ((line: string) => void) | undefined;
}

interface Yard {
  /** By ARN. */
  readonly live: Map<string, LiveSandbox>;
  readonly provisioning: Map<string, Promise<void>>;
}

const yards = new WeakMap<Cloud, Yard>();

/** What of a cloud's sandboxes is in memory: empty after a restart, whatever the rows say. */
export function yardOf(cloud: Cloud): Yard {
  let yard = yards.get(cloud);
  if (yard === undefined) {
    const made: Yard = { live: new Map(), provisioning: new Map() };
    const closeAll = async (): Promise<void> => {
      await Promise.all([...made.live.keys()].map((arn) => close(made, arn)));
    };
    cloud.lifecycle.onStop("sandboxes", closeAll);
    cloud.lifecycle.onReset(closeAll);
    yards.set(cloud, made);
    yard = made;
  }
  return yard;
}

async function close({ live }: Yard, arn: string): Promise<void> {
  const one = live.get(arn);
  if (one === undefined) return;
  live.delete(arn);
  one.cancel();
  await one.sandbox.close();
  await one.log.flush();
  await rm(one.spec.folder, { recursive: true, force: true, maxRetries: 3 });
}

/** Ends the processes of a sandbox and takes its folder away. */
export async function closeSandbox(ctx: Context, arn: string): Promise<void> {
  await close(yardOf(ctx.cloud), arn);
}
