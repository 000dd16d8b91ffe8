import { alarms } from "./alarms.ts";
import { builds } from "./builds.ts";
import { canaries } from "./canary.ts";
import { pushes } from "./push.ts";
import { scale } from "./scale.ts";

/** Runs one part in a process of its own, whose memory and CPU are the part's alone. */
const parts: Record<string, () => Promise<unknown>> = {
  alarms,
  builds,
  canaries,
  pushes,
  scale: () => scale(Number(process.argv[3] ?? 1)),
};
const part = parts[process.argv[2] ?? ""];
if (part === undefined) throw new RangeError(`one of ${Object.keys(parts).join(", ")}`);
console.log(JSON.stringify(await part()));
