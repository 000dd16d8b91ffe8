import { join } from "node:path";
import type { Cloud } from "../../aws/context.ts";
import { OrreryError } from "../../kernel/errors.ts";
import { packageRoot } from "../../kernel/package.ts";
import { Folders } from "../../runtime/processes/folders.ts";
import { ProcessDriver } from "../../runtime/processes/pool.ts";
import { LogShipper } from "./log-shipper.ts";
import { MetricShipper } from "./metric-shipper.ts";

/** What a running cloud keeps in memory for its functions: processes, counts of what runs now, and data on its way out. */
export interface Workshop {
  readonly driver: ProcessDriver;
  readonly folders: Folders;
  readonly logs: LogShipper;
  readonly metrics: MetricShipper;
  /** Invocations under way, by `account/region/function`, and by `account/region` for all of them. */
  readonly running: Map<string, number>;
}

const workshops = new WeakMap<Cloud, Workshop>();

/** Called once at start. Processes that an earlier server left behind are ended here. */
export function openWorkshop(cloud: Cloud): void {
  const root = join(cloud.dataDir, "lambda");
  const driver = new ProcessDriver({
    clock: cloud.clock,
    folder: join(root, "processes"),
    modules: { from: join(packageRoot(), "node_modules"), scopes: ["@aws-sdk", "@smithy"] },
  });
  const workshop: Workshop = {
    driver,
    folders: new Folders(join(root, "code")),
    logs: new LogShipper(cloud),
    metrics: new MetricShipper(cloud),
    running: new Map(),
  };
  workshops.set(cloud, workshop);
  cloud.lifecycle.onStop("functions", () => driver.stop());
  cloud.lifecycle.onReset(() => driver.endAll());
}

export function workshopOf(cloud: Cloud): Workshop {
  const workshop = workshops.get(cloud);
  if (workshop === undefined) throw new OrreryError("ServiceMiswired", "functions were used before the Lambda service was started");
  return workshop;
}
