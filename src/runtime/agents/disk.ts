import { chmodSync, existsSync, rmSync } from "node:fs";
import { join } from "node:path";
import { namesIn } from "../processes/memory.ts";

/** Forgets an instance's disk; nothing may run on it. */
export function removeDisk(folder: string): void {
  for (const closed of ["", ...namesIn(join(folder, "work"))].map((name) => join(folder, "work", name, "work"))) {
    // Folders of an overlay's own are closed to all but root.
    if (existsSync(closed)) chmodSync(closed, 0o700);
  }
  rmSync(folder, { recursive: true, force: true });
}
