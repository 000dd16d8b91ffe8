import { constants, cpSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { basename, dirname, join, resolve } from "node:path";
import { parseEnv } from "node:util";
import type { Command } from "commander";
import { Clock } from "../../src/kernel/clock.ts";
import { OrreryError } from "../../src/kernel/errors.ts";
import { type Buildspec, parseBuildspec } from "../../src/runtime/builds/buildspec.ts";
import { BuildspecError } from "../../src/runtime/builds/buildspec-read.ts";
import type { Sandbox } from "../../src/runtime/builds/driver.ts";
import { findFiles } from "../../src/runtime/builds/globs.ts";
import { containerPhase, type Interruption, runCommands } from "../../src/runtime/builds/phases.ts";
import { ProcessBuildDriver } from "../../src/runtime/builds/processes.ts";
import { installPrograms } from "../../src/runtime/builds/programs.ts";
import { selectRuntimes } from "../../src/runtime/builds/runtimes.ts";
import { endpointOf } from "../client.ts";
import { fail, print } from "../print.ts";
import { addBuildShell } from "./build-shell.ts";
import { variablesFor } from "./env.ts";

interface BuildOptions {
  readonly buildspec?: string;
  readonly envFile?: string;
  readonly env: readonly string[];
  readonly artifacts?: string;
  readonly source: readonly string[];
  readonly image: string;
  readonly inPlace?: boolean;
  readonly cloud?: boolean;
  readonly region: string;
}

const MEMORY_MB = 16 * 1_024;
const CPUS = 64;
const MINUTE_MS = 60_000;
const EXIT_FAILED = 1;

const collect = (value: string, before: readonly string[]): string[] => [...before, value];

/** Runs a buildspec as a build would, on a folder as it is: no server, no project, no commit. */
export function addBuild(program: Command): void {
  const build = program
    .command("build")
    // `build shell` has options of its own, and some of the same names.
    .enablePositionalOptions()
    .description("run a folder's buildspec here, without a project: what CodeBuild would do with it")
    .argument("[dir]", "the source folder", ".")
    .option("-b, --buildspec <file>", "buildspec, relative to the folder (default: buildspec.yml)")
    .option("-e, --env-file <file>", "lines NAME=value")
    .option("--env <NAME=value>", "a variable; may be repeated", collect, [])
    .option("-a, --artifacts <dir>", "folder that the artifacts are copied to")
    .option("-s, --source <name:dir>", "a secondary source; may be repeated", collect, [])
    .option("-i, --image <image>", "decides what sh is, as on CodeBuild", "aws/codebuild/standard:7.0")
    .option("-m, --in-place", "run in the folder itself, not in a copy of it")
    .option("-c, --cloud", "point AWS clients, parameters and secrets at the running Orrery")
    .option("--region <name>", "region of --cloud", "us-east-1")
    .addHelpText("after", "\nExit codes: 0 the build succeeded, 1 it failed.\nExample:\n  orrery build . --env STAGE=dev --artifacts out")
    .action(async (dir: string, options: BuildOptions) => {
      process.exitCode = (await runBuild(resolve(dir), options)) ? 0 : EXIT_FAILED;
    });
  addBuildShell(build);
}

async function runBuild(dir: string, options: BuildOptions): Promise<boolean> {
  if (statSync(dir, { throwIfNoEntry: false })?.isDirectory() !== true) throw new OrreryError("UsageError", `${dir} is no folder`);
  const buildspec = readBuildspec(dir, options.buildspec);
  const folder = mkdtempSync(join(tmpdir(), "orrery-build-"));
  try {
    const source = options.inPlace === true ? dir : copied(dir, join(folder, "src"));
    return await runIn(folder, source, buildspec, { ...options, name: basename(dir) });
  } finally {
    rmSync(folder, { recursive: true, force: true, maxRetries: 3 });
  }
}

function readBuildspec(dir: string, name = "buildspec.yml"): Buildspec {
  const path = resolve(dir, name);
  if (!existsSync(path)) throw new OrreryError("UsageError", `YAML_FILE_ERROR: stat ${path}: no such file or directory`);
  try {
    return parseBuildspec(readFileSync(path, "utf8"));
  } catch (error) {
    throw error instanceof BuildspecError ? new OrreryError("UsageError", `YAML_FILE_ERROR: ${error.message}`, { cause: error }) : error;
  }
}

/** A copy that shares the disk's blocks where it can; what the build changes stays in it. */
function copied(from: string, to: string): string {
  cpSync(from, to, { recursive: true, verbatimSymlinks: true, mode: constants.COPYFILE_FICLONE });
  return to;
}

async function runIn(
  folder: string,
  source: string,
  buildspec: Buildspec,
  options: BuildOptions & { readonly name: string },
): Promise<boolean> {
  const clock = new Clock();
  let interruption: Interruption | undefined;
  const log = (line: string): void =>
    print(`[Container] ${new Date(clock.now()).toISOString().slice(0, 23).replace("T", " ").replaceAll("-", "/")}000 ${line}`);
  const sandbox = new ProcessBuildDriver(clock).open({
    folder,
    directory: source,
    variables: await variablesOf(source, buildspec, options, clock),
    shell: buildspec.env.shell === "bash" ? "bash" : /amazonlinux|amazon-linux/.test(options.image) ? "sh-bash" : "sh",
    memoryMb: MEMORY_MB,
    cpus: CPUS,
    path: [installPrograms(join(folder, "programs"))],
    output: (line) => written(line),
  });
  const stop = (): void => {
    interruption = "STOPPED";
    void sandbox.close();
  };
  process.once("SIGINT", stop);
  process.once("SIGTERM", stop);
  try {
    await selectRuntimes(buildspec.phases.install?.runtimeVersions ?? {}, sandbox, log);
    const result = await runCommands(buildspec, sandbox, {
      log,
      begin: () => undefined,
      end: (phase, { status, contexts }) => {
        log(`Phase complete: ${containerPhase(phase)} State: ${status}`);
        log(`Phase context status code: ${contexts[0]?.statusCode ?? ""} Message: ${contexts[0]?.message ?? ""}`);
      },
      interrupted: () => interruption,
    });
    const kept =
      result.reachedBuild && interruption === undefined ? await keepArtifacts(source, buildspec, options.artifacts, sandbox) : true;
    return result.status === "SUCCEEDED" && kept;
  } catch (error) {
    if (!(error instanceof BuildspecError)) throw error;
    fail(`YAML_FILE_ERROR: ${error.message}`);
    return false;
  } finally {
    process.off("SIGINT", stop);
    process.off("SIGTERM", stop);
    await sandbox.close();
    clock.close();
  }
}

/** The commands wait while a terminal or a pipe takes no more. */
function written(line: string): Promise<void> | undefined {
  if (process.stdout.write(`${line}\n`)) return undefined;
  return new Promise((resolve) => process.stdout.once("drain", resolve));
}

async function variablesOf(source: string, buildspec: Buildspec, options: BuildOptions & { readonly name: string }, clock: Clock) {
  const secondary = options.source.map((text) => {
    const at = text.indexOf(":");
    if (at < 1) throw new OrreryError("UsageError", `--source ${text}: give it as name:dir`);
    return [`CODEBUILD_SRC_DIR_${text.slice(0, at)}`, resolve(text.slice(at + 1))];
  });
  const region = options.region;
  const cloud = options.cloud === true ? variablesFor(endpointOf({}), region) : { AWS_REGION: region, AWS_DEFAULT_REGION: region };
  const id = `${options.name}:local`;
  return {
    ...buildspec.env.variables,
    ...(await storedVariables(buildspec, options)),
    ...(options.envFile === undefined ? {} : (parseEnv(readFileSync(options.envFile, "utf8")) as Record<string, string>)),
    ...Object.fromEntries(
      options.env.map((text) => [text.split("=")[0] ?? text, text.includes("=") ? text.slice(text.indexOf("=") + 1) : ""]),
    ),
    ...cloud,
    ...Object.fromEntries(secondary),
    CODEBUILD_BUILD_ARN: `arn:aws:codebuild:${region}:000000000000:build/${id}`,
    CODEBUILD_BUILD_ID: id,
    CODEBUILD_BUILD_IMAGE: options.image,
    CODEBUILD_BUILD_NUMBER: "1",
    CODEBUILD_BUILD_SUCCEEDING: "1",
    CODEBUILD_CI: "true",
    CODEBUILD_INITIATOR: "orrery build",
    CODEBUILD_SRC_DIR: source,
    CODEBUILD_START_TIME: String(Math.floor(clock.now() / MINUTE_MS) * MINUTE_MS),
  };
}

/** Parameters and secrets are those of the running Orrery; without it they cannot be had. */
async function storedVariables({ env }: Buildspec, options: BuildOptions): Promise<Record<string, string>> {
  const parameters = Object.entries(env.parameterStore);
  const secrets = Object.entries(env.secretsManager);
  if (parameters.length + secrets.length === 0) return {};
  if (options.cloud !== true) {
    throw new OrreryError(
      "UsageError",
      "the buildspec takes variables from parameters or secrets: add --cloud to take them from the running Orrery",
    );
  }
  const config = { endpoint: endpointOf({}), region: options.region, credentials: { accessKeyId: "test", secretAccessKey: "test" } };
  const { GetParameterCommand, SSMClient } = await import("@aws-sdk/client-ssm");
  const { GetSecretValueCommand, SecretsManagerClient } = await import("@aws-sdk/client-secrets-manager");
  const values: Record<string, string> = {};
  for (const [name, Name] of parameters) {
    values[name] = (await new SSMClient(config).send(new GetParameterCommand({ Name, WithDecryption: true }))).Parameter?.Value ?? "";
  }
  for (const [name, reference] of secrets) {
    const parts = reference.split(":");
    const at = reference.startsWith("arn:") ? 7 : 1;
    const [key = "", stage = "", version = ""] = parts.slice(at);
    const ask = {
      SecretId: parts.slice(0, at).join(":"),
      ...(stage === "" ? {} : { VersionStage: stage }),
      ...(version === "" ? {} : { VersionId: version }),
    };
    const text = (await new SecretsManagerClient(config).send(new GetSecretValueCommand(ask))).SecretString ?? "";
    values[name] = key === "" ? text : String((JSON.parse(text) as Record<string, unknown>)[key] ?? "");
  }
  return values;
}

async function keepArtifacts(source: string, buildspec: Buildspec, target: string | undefined, sandbox: Sandbox): Promise<boolean> {
  const section = buildspec.artifacts;
  if (section === undefined || target === undefined) return true;
  const all = [
    { section, folder: target },
    ...Object.entries(section.secondary).map(([name, one]) => ({ section: one, folder: join(target, name) })),
  ].filter(({ section: { files } }) => files.length > 0);
  for (const { section: one, folder } of all) {
    const files = findFiles(source, one);
    if (files === undefined || files.length === 0) {
      fail(`CLIENT_ERROR: no matching ${files === undefined ? "base directory path" : "artifact paths"} found`);
      return false;
    }
    const name = one.name === undefined ? "" : await sandbox.evaluate(`printf %s "${one.name.replaceAll('"', '\\"')}"`);
    for (const file of files) {
      const to = join(resolve(folder), name, file.name);
      mkdirSync(dirname(to), { recursive: true });
      cpSync(file.path, to);
    }
    print(`${files.length} file(s) in ${join(folder, name)}`);
  }
  return true;
}
