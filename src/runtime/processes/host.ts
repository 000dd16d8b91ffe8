import { execFileSync } from "node:child_process";
import { existsSync, realpathSync } from "node:fs";
import { delimiter, join } from "node:path";

/** What this machine has. Asked once in the life of the process: none of it changes under a server that runs. */
interface Host {
  python?: string;
  optMount?: readonly string[] | false;
}

const host: Host = {};
const FALLBACK_PATH = ["/usr/local/bin", "/usr/bin", "/bin"];
const PROBE_MS = 5_000;

/** `setpriv`, where the system has it. */
export const SETPRIV = ["/usr/bin/setpriv", "/bin/setpriv"].find((path) => process.platform === "linux" && existsSync(path));

/** The interpreter behind the first `python3` of the server's PATH: version managers put a slow script of that name there. */
export function pythonPath(): string {
  host.python ??= findPython();
  return host.python;
}

function findPython(): string {
  const folders = (process.env["PATH"] ?? "").split(delimiter).filter((folder) => folder !== "");
  const first = [...folders, ...FALLBACK_PATH].map((folder) => join(folder, "python3")).find((path) => existsSync(path)) ?? "python3";
  try {
    const found = execFileSync(first, ["-c", "import sys; print(sys.executable)"], { encoding: "utf8", timeout: PROBE_MS }).trim();
    return found === "" ? first : found;
  } catch {
    return first;
  }
}

/**
 * The command that gives a process a view of the disk in which `/opt` is a folder of its own, to be followed by that folder,
 * the program and its arguments; undefined where the system does not allow it, or keeps in `/opt` what the process needs.
 */
export function optMount(needed: readonly string[]): readonly string[] | undefined {
  if (process.platform !== "linux" || needed.some((path) => realPath(path).startsWith("/opt/"))) return undefined;
  host.optMount ??= findOptMount() ?? false;
  return host.optMount === false ? undefined : host.optMount;
}

function findOptMount(): readonly string[] | undefined {
  const script = 'mount --bind "$0" /opt && exec "$@"';
  for (const options of [["--mount"], ["--user", "--map-root-user", "--mount"]]) {
    const command = ["unshare", ...options, "sh", "-c", script];
    try {
      execFileSync("unshare", [...command.slice(1), "/", "true"], { stdio: "ignore", timeout: PROBE_MS });
      return command;
    } catch {
      // Not allowed here; the next way may be.
    }
  }
  return undefined;
}

function realPath(path: string): string {
  try {
    return realpathSync(path);
  } catch {
    return path;
  }
}
