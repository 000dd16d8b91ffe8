import { readdirSync, readFileSync } from "node:fs";

const KB_PER_MB = 1024;

/** Resident memory of a process now and at its highest, in MB; undefined where the system has no /proc or it is gone. */
export function memoryOf(pid: number): { readonly now: number; readonly peak: number } | undefined {
  try {
    const status = readFileSync(`/proc/${pid}/status`, "utf8");
    const kilobytes = (name: string): number => Number(new RegExp(`^${name}:\\s+(\\d+) kB`, "m").exec(status)?.[1] ?? 0);
    return { now: kilobytes("VmRSS") / KB_PER_MB, peak: kilobytes("VmHWM") / KB_PER_MB };
  } catch {
    return undefined;
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
