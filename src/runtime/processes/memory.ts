import { readdirSync, readFileSync } from "node:fs";

const KB_PER_MB = 1024;

/**
 * Resident memory now and at its highest, in MB, of a process with all that it started; undefined where the system has no
 * /proc or it is gone. The highest is its own alone, or the sum of now where that is more.
 */
export function memoryOf(pid: number): { readonly now: number; readonly peak: number } | undefined {
  const own = statusOf(pid);
  if (own === undefined) return undefined;
  const now = own.now + childrenOf(pid).reduce((sum, child) => sum + (memoryOf(child)?.now ?? 0), 0);
  return { now, peak: Math.max(own.peak, now) };
}

function statusOf(pid: number): { readonly now: number; readonly peak: number } | undefined {
  try {
    const status = readFileSync(`/proc/${pid}/status`, "utf8");
    const kilobytes = (name: string): number => Number(new RegExp(`^${name}:\\s+(\\d+) kB`, "m").exec(status)?.[1] ?? 0);
    return { now: kilobytes("VmRSS") / KB_PER_MB, peak: kilobytes("VmHWM") / KB_PER_MB };
  } catch {
    return undefined;
  }
}

/** Those that its main thread started, where the kernel tells. */
function childrenOf(pid: number): number[] {
  try {
    return readFileSync(`/proc/${pid}/task/${pid}/children`, "utf8")
      .trim()
      .split(" ")
      .filter((text) => text !== "")
      .map(Number);
  } catch {
    return [];
  }
}

/** When a process began, in the kernel's ticks: with the pid, it tells a process from another that got its number later. */
export function startOf(pid: number): string | undefined {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, "utf8");
    // The name in parentheses may hold spaces; the fields after it do not. Field 22 is the start time.
    return stat.slice(stat.lastIndexOf(")") + 2).split(" ")[19];
  } catch {
    return undefined;
  }
}

/** Ends a process and all that it started. */
export function killGroup(pid: number): void {
  try {
    process.kill(-pid, "SIGKILL");
  } catch {
    // It is gone already.
  }
}

/** Names in a folder; none when there is no folder. */
export function namesIn(folder: string): string[] {
  try {
    return readdirSync(folder);
  } catch {
    return [];
  }
}
