import { accessSync, constants, existsSync } from "node:fs";
import { delimiter, dirname, join } from "node:path";

/** Settings that win over every file: what a repository or a user has configured must not change how Orrery's git behaves. */
const SETTINGS: readonly (readonly [string, string])[] = [
  ["core.hooksPath", "/dev/null"],
  ["core.attributesFile", "/dev/null"],
  ["core.excludesFile", "/dev/null"],
  ["core.fsmonitor", "false"],
  ["core.quotePath", "false"],
  // Objects are never swept away: a commit that no branch names any more is still named by an execution or a pull request.
  ["gc.auto", "0"],
  ["receive.autogc", "false"],
  ["maintenance.auto", "false"],
  ["receive.maxInputSize", String(2 * 1024 * 1024 * 1024)],
  ["uploadpack.allowAnySHA1InWant", "true"],
  ["uploadpack.allowFilter", "true"],
  ["safe.directory", "*"],
  ["init.defaultBranch", "main"],
  ["advice.detachedHead", "false"],
  ["credential.helper", ""],
  ["user.useConfigOnly", "false"],
];
const SYSTEM_PATH = ["/usr/local/bin", "/usr/bin", "/bin"];

/** The git of the server's PATH; `git` alone when there is none, so that starting it says what is missing. */
export function gitProgram(): string {
  const names = (process.env["PATH"] ?? "").split(delimiter).map((folder) => join(folder, "git"));
  return names.find(isExecutable) ?? "git";
}

function isExecutable(file: string): boolean {
  if (!existsSync(file)) return false;
  try {
    accessSync(file, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}

/** All variables of a git process. Nothing of the host's environment, git settings, hooks or credentials is among them. */
export function gitEnvironment(more: Readonly<Record<string, string>> = {}): Record<string, string> {
  const variables: Record<string, string> = {
    PATH: [...new Set([dirname(gitProgram()), ...SYSTEM_PATH])].join(delimiter),
    HOME: "/nonexistent",
    LANG: "C.UTF-8",
    LC_ALL: "C.UTF-8",
    TZ: "UTC",
    GIT_CONFIG_NOSYSTEM: "1",
    GIT_CONFIG_GLOBAL: "/dev/null",
    GIT_ATTR_NOSYSTEM: "1",
    GIT_TERMINAL_PROMPT: "0",
    GIT_CONFIG_COUNT: String(SETTINGS.length),
  };
  for (const [index, [key, value]] of SETTINGS.entries()) {
    variables[`GIT_CONFIG_KEY_${index}`] = key;
    variables[`GIT_CONFIG_VALUE_${index}`] = value;
  }
  return { ...variables, ...more };
}
