import { existsSync, mkdirSync, symlinkSync } from "node:fs";
import { delimiter, dirname, join } from "node:path";
import type { EnvironmentSpec } from "./driver.ts";
import { optMount, pythonPath, SETPRIV } from "./host.ts";

/** A program and its arguments, with the whole of its environment. */
export interface Launch {
  readonly command: string;
  readonly args: readonly string[];
  readonly variables: Record<string, string>;
}

export interface Places {
  /** `host:port` of the environment's Runtime API. */
  readonly api: string;
  /** The environment's own folder for `/tmp`. */
  readonly tmpDir: string;
  /** A `node_modules` folder with what Lambda's Node.js runtimes bring. */
  readonly modulesDir: string;
}

const BOOTSTRAP = join(import.meta.dirname, "bootstrap");
const SYSTEM_PATH = ["/usr/local/bin", "/usr/bin", "/bin"];
/** The file descriptor that log messages are framed on. */
export const LOG_FD = 3;
/** Part of the memory that V8 may use for its heap; the rest is the process around it. */
const HEAP_SHARE = 0.9;
const SMALLEST_HEAP_MB = 64;
/** Each half of the young generation: left alone it grows by the machine's memory, not by the function's. */
const YOUNG_SHARE = 0.05;

/**
 * How a runtime is started. Nothing of the host's environment gets in: the variables are the owner's and those of
 * https://docs.aws.amazon.com/lambda/latest/dg/configuration-envvars.html, with this machine's paths.
 */
export function launchOf(spec: EnvironmentSpec, host: Readonly<Record<string, string>>, places: Places): Launch {
  const opt = spec.optDir;
  const variables: Record<string, string> = {
    LANG: "en_US.UTF-8",
    TZ: ":UTC",
    PATH: [...SYSTEM_PATH, ...(opt === undefined ? [] : [join(opt, "bin")])].join(delimiter),
    LD_LIBRARY_PATH: [spec.codeDir, join(spec.codeDir, "lib"), ...(opt === undefined ? [] : [join(opt, "lib")])].join(delimiter),
    HOME: places.tmpDir,
    TMPDIR: places.tmpDir,
    ...host,
    LAMBDA_TASK_ROOT: spec.codeDir,
    LAMBDA_RUNTIME_DIR: BOOTSTRAP,
    AWS_LAMBDA_RUNTIME_API: places.api,
    _HANDLER: spec.handler,
    _LAMBDA_TELEMETRY_LOG_FD: String(LOG_FD),
  };
  const start = spec.language === "node" ? nodeLaunch(spec, places, variables) : pythonLaunch(spec, variables);
  // Set-user-id programs give a function no more rights than the server has.
  const guard = SETPRIV === undefined ? [] : [SETPRIV, "--no-new-privs"];
  const mount = opt === undefined ? undefined : optMount([start.command, spec.codeDir, opt, BOOTSTRAP, places.modulesDir]);
  const [command = "", ...args] = [...(mount === undefined ? [] : [...mount, opt ?? ""]), ...guard, start.command, ...start.args];
  return { ...start, command, args };
}

function nodeLaunch(spec: EnvironmentSpec, places: Places, variables: Record<string, string>): Launch {
  const opt = spec.optDir;
  const layered =
    opt === undefined ? [] : [join(opt, "nodejs", `node${majorOf(variables)}`, "node_modules"), join(opt, "nodejs/node_modules")];
  variables["NODE_PATH"] = [...layered, places.modulesDir, ...(variables["NODE_PATH"] ? [variables["NODE_PATH"]] : [])].join(delimiter);
  variables["_ORRERY_MODULES"] = dirname(places.modulesDir);
  const heap = Math.max(SMALLEST_HEAP_MB, Math.floor(spec.memoryMb * HEAP_SHARE));
  const young = Math.max(1, Math.floor(spec.memoryMb * YOUNG_SHARE));
  const args = [`--max-old-space-size=${heap}`, `--max-semi-space-size=${young}`, "--no-warnings", join(BOOTSTRAP, "node.mjs")];
  return { command: process.execPath, args, variables };
}

function pythonLaunch(spec: EnvironmentSpec, variables: Record<string, string>): Launch {
  const opt = spec.optDir;
  const version = /python(\d+\.\d+)/.exec(variables["AWS_EXECUTION_ENV"] ?? "")?.[1] ?? "3";
  const layered = opt === undefined ? [] : [join(opt, "python"), join(opt, `python/lib/python${version}/site-packages`)];
  variables["PYTHONPATH"] = [spec.codeDir, ...layered, ...(variables["PYTHONPATH"] ? [variables["PYTHONPATH"]] : [])].join(delimiter);
  variables["PYTHONDONTWRITEBYTECODE"] = "1";
  variables["PYTHONUNBUFFERED"] = "1";
  variables["PYTHONIOENCODING"] = "utf-8";
  return { command: pythonPath(), args: [join(BOOTSTRAP, "python.py")], variables };
}

function majorOf(variables: Readonly<Record<string, string>>): string {
  return /nodejs(\d+)/.exec(variables["AWS_EXECUTION_ENV"] ?? "")?.[1] ?? "24";
}

/** A `node_modules` folder that shows the given scopes of another one, and nothing else of it. */
export function exposeModules(target: string, from: string, scopes: readonly string[]): void {
  mkdirSync(target, { recursive: true });
  for (const scope of scopes) {
    const link = join(target, scope);
    if (!existsSync(link) && existsSync(join(from, scope))) symlinkSync(join(from, scope), link);
  }
}
