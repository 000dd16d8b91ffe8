import { readdirSync, readFileSync } from "node:fs";

/**
 * Ends what functions started and let go of: processes in a session of their own, which their group's end does not reach.
 * They are known by their function's folder, which stands in the variables that they inherited. Linux.
 */
export function endStrays(folders: readonly string[]): void {
  if (folders.length === 0 || process.platform !== "linux") return;
  const marks = folders.map((folder) => `=${folder}/`);
  for (const name of readdirSync("/proc")) {
    if (!/^\d+$/.test(name) || Number(name) === process.pid) continue;
    const variables = variablesOf(name);
    if (marks.some((mark) => variables.includes(mark))) end(Number(name));
  }
}

/** Empty for processes that are gone, and for those of other users. */
function variablesOf(pid: string): string {
  try {
    return readFileSync(`/proc/${pid}/environ`, "latin1");
  } catch {
    return "";
  }
}

function end(pid: number): void {
  try {
    process.kill(pid, "SIGKILL");
  } catch {
    // It is gone already.
  }
}
