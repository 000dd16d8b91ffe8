import { linkSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { OrreryError } from "./errors.ts";

/** A file that changes hands this often while it is looked at belongs to processes that are starting now. */
const MOST_ATTEMPTS = 5;

/**
 * Takes a data folder for this process, by a file that names it; returns what gives it back. A file whose process is
 * gone (a kill -9) is taken over. The file appears with its content, so that nobody takes one that is being written for
 * a dead process's.
 * @throws OrreryError DataFolderInUse
 */
export function lockFolder(dataDir: string): () => void {
  const file = join(dataDir, "orrery.pid");
  // A number may come back, and in a container it is the same at each start; number and start together do not.
  const own = `${process.pid} ${performance.timeOrigin}`;
  for (let attempt = 0; attempt < MOST_ATTEMPTS; attempt++) {
    if (create(file, own)) return () => giveBack(file, own);
    const holder = read(file);
    if (holder === own) throw new OrreryError("DataFolderInUse", `this process is already using ${dataDir}`);
    const pid = Number.parseInt(holder ?? "", 10);
    if (pid !== process.pid && isOrrery(pid)) throw inUse(dataDir, `process ${pid}`);
    if (holder !== undefined) moveAway(file, holder);
  }
  throw inUse(dataDir, "another process");
}

function inUse(dataDir: string, who: string): OrreryError {
  return new OrreryError("DataFolderInUse", `${who} is using ${dataDir}: stop it with 'orrery down', or choose another folder with --data`);
}

/** False when there is one. */
function create(file: string, text: string): boolean {
  const draft = `${file}.${process.pid}`;
  writeFileSync(draft, text, { mode: 0o600 });
  try {
    linkSync(draft, file);
    return true;
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === "EEXIST") return false;
    return createWithoutLink(file, text);
  } finally {
    rmSync(draft, { force: true });
  }
}

/** On a disk that has no hard links, such as some that containers share with their host. */
function createWithoutLink(file: string, text: string): boolean {
  try {
    writeFileSync(file, text, { mode: 0o600, flag: "wx" });
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "EEXIST") return false;
    throw error;
  }
}

function read(file: string): string | undefined {
  try {
    return readFileSync(file, "utf8");
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return undefined;
    throw error;
  }
}

/** Removes a dead process's file, and nothing that another process has put in its place meanwhile. */
function moveAway(file: string, expected: string): void {
  const aside = `${file}.${process.pid}.old`;
  try {
    renameSync(file, aside);
  } catch {
    // Another process was faster; who it is shows at the next look.
    return;
  }
  if (read(aside) !== expected) renameSync(aside, file);
  rmSync(aside, { force: true });
}

function giveBack(file: string, own: string): void {
  if (read(file) === own) rmSync(file, { force: true });
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
