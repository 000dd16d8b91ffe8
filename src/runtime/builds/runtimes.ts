import { BuildspecError } from "./buildspec-read.ts";
import type { Sandbox } from "./driver.ts";

/** How each of CodeBuild's runtimes tells its version. https://docs.aws.amazon.com/codebuild/latest/userguide/available-runtimes.html */
const PROBES: Readonly<Record<string, string>> = {
  nodejs: "node --version",
  python: "python3 --version",
  java: "java -version",
  golang: "go version",
  ruby: "ruby --version",
  php: "php --version",
  dotnet: "dotnet --version",
  docker: "docker --version",
};

/**
 * Answers `runtime-versions`: what is asked for in CodeBuild's words, and what of it this machine has. Another version than
 * the one asked for is used and named; a runtime that is not installed at all fails the build.
 * @throws BuildspecError
 */
export async function selectRuntimes(
  versions: Readonly<Record<string, string>>,
  sandbox: Sandbox,
  log: (line: string) => void,
): Promise<void> {
  for (const [runtime, asked] of Object.entries(versions)) {
    const probe = PROBES[runtime];
    if (probe === undefined) {
      throw new BuildspecError(
        `Unknown runtime named '${runtime}'. This build image has the following runtimes: ${Object.keys(PROBES).join(", ")}`,
      );
    }
    const version = asked.includes("$") ? await sandbox.evaluate(`printf %s "${asked}"`) : asked;
    log(`Selecting '${runtime}' runtime version '${version}' based on manual selections...`);
    const found = await sandbox.evaluate(`{ command -v ${probe.split(" ")[0]} && ${probe} 2>&1; } | head -n 2`);
    const [path, told] = found.split("\n");
    if (path === undefined || path === "")
      throw new BuildspecError(`Runtime '${runtime}' is not installed on this machine: builds run with its tools`);
    const installed = /\d+(?:\.\d+)*/.exec(told ?? "")?.[0] ?? "of unknown version";
    log(
      fits(version, installed)
        ? `Using ${runtime} ${installed} of this machine (${path})`
        : `Using ${runtime} ${installed} of this machine (${path}): version ${version} is not installed here`,
    );
  }
}

/** `20`, `20.x`, `3.12`, `corretto17` and `latest` against `20.11.1`. */
export function fits(asked: string, installed: string): boolean {
  if (asked === "latest") return true;
  const digits = /\d+(?:\.\d+)*/.exec(asked)?.[0];
  return digits !== undefined && (installed === digits || installed.startsWith(`${digits}.`));
}
