import type { Cloud } from "../../aws/context.ts";
import { copyObjects, refsAreCurrent, refsComeFromRows } from "../../runtime/git/copies.ts";
import { heal } from "./healing.ts";

const OWNER = "codecommit";

export async function start(cloud: Cloud): Promise<void> {
  const align = async (refsFromRows: boolean): Promise<void> => {
    await heal(cloud, refsFromRows);
    if (refsFromRows) refsAreCurrent(cloud.dataDir, OWNER);
  };
  cloud.lifecycle.onCopy(copyObjects);
  cloud.lifecycle.onReset(() => align(true));
  await align(refsComeFromRows(cloud.dataDir, OWNER));
}
