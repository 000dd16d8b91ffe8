import { closeSync, openSync, readFileSync, rmSync, writeSync } from "node:fs";
import { join } from "node:path";
import { OrreryError } from "./errors.ts";

/**
 * Takes a data folder for this process, by a file that names its pid; returns what gives it back. A file whose process
 * is gone (a kill -9) is taken over.
 * @throws OrreryError DataFolderInUse
 */
export function lockFolder(dataDir: string): () => void {
  const file = join(dataDir, "orrery.pid");
  for (let attempt = 0; ; attempt++) {
    try {
      const handle = openSync(file, "wx", 0o600);
      writeSync(handle, String(process.pid));
      closeSync(handle);
      return () => rmSync(file, { force: true });
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== "EEXIST") throw error;
    }
    const holder = Number.parseInt(readFileSync(file, "utf8"), 10);
    if (attempt > 0 || (holder !== process.pid && isOrrery(holder))) {
      throw new OrreryError(
        "DataFolderInUse",
        `process ${holder} is using ${dataDir}: stop it with 'orrery down', or choose another folder with --data`,
      );
    }
    if (holder === process.pid) throw new OrreryError("DataFolderInUse", `this process is already using ${dataDir}`);
    rmSync(file, { force: true });
  }
}

function isOrrery(pid: number): boolean {
  if (!Number.isInteger(pid) || pid <= 0) return false;
  try {
    process.kill(pid, 0);
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === "EPERM";
  }
  // Pids are used again: after a reboot the number in an old file may be anybody's.
  try {
    return /node/.test(readFileSync(`/proc/${pid}/cmdline`, "utf8"));
  } catch {
    return true;
  }
}
