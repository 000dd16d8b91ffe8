import { join } from "node:path";
import type { Clock } from "../../kernel/clock.ts";
import type { AgentDriver } from "./driver.ts";
import { mappedDriver } from "./mapped.ts";
import { namespaceDriver, rightsHere } from "./namespace.ts";

/** Set to `mapped`, it leaves instances without namespaces where they could have them. */
const CHOICE = "ORRERY_INSTANCES";

/** The best way that this machine allows: asked for by booting an instance. */
export async function chooseDriver(clock: Clock, dataDir: string, folder: string): Promise<AgentDriver> {
  if (process.env[CHOICE] === "mapped") return mappedDriver(clock);
  const rights = await rightsHere(clock, dataDir, join(folder, "probe"));
  return rights === undefined ? mappedDriver(clock) : namespaceDriver(clock, dataDir, rights);
}
