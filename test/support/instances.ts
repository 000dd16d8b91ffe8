import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Clock } from "../../src/kernel/clock.ts";
import { chooseDriver } from "../../src/runtime/agents/index.ts";

/**
 * True where instances have a disk of their own. Elsewhere their scripts see this machine's: tests whose scripts write to
 * absolute paths are for the former alone.
 */
export async function haveDisks(): Promise<boolean> {
  const folder = mkdtempSync(join(tmpdir(), "orrery-probe-"));
  const clock = new Clock();
  try {
    return (await chooseDriver(clock, folder, folder)).kind === "namespace";
  } finally {
    clock.close();
    rmSync(folder, { recursive: true, force: true });
  }
}
