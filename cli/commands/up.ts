import { spawn } from "node:child_process";
import { appendFileSync, mkdirSync, mkdtempSync, openSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import type { Command } from "commander";
import pc from "picocolors";
import type { Orrery, OrreryOptions } from "../../src/compose.ts";
import { duration } from "../../src/kernel/durations.ts";
import { OrreryError } from "../../src/kernel/errors.ts";
import { DEFAULT_PORT, defaultDataDir, isUp, readRecord, recordFile } from "../client.ts";
import { goOnUnread, print } from "../print.ts";

export interface UpOptions {
  readonly detach?: boolean;
  readonly port: string;
  readonly host: string;
  readonly data?: string;
  readonly ephemeral?: boolean;
  readonly durability: string;
  readonly auth: string;
  readonly authorisation: string;
  readonly clock?: string;
  readonly startAgo?: string;
  readonly seed?: string;
  readonly modelUnknownTypes?: boolean;
  readonly xrayPort: string;
  readonly strict?: boolean;
  readonly logLevel: string;
}

/** How long `up -d` waits for the server that it started. */
const START_BUDGET_MS = 15_000;

export function addUp(program: Command): void {
  program
    .command("up")
    .description("start Orrery (in the foreground; -d for the background)")
    .option("-d, --detach", "run in the background")
    .option("--port <n>", "port to listen on; 0 takes any free one", String(DEFAULT_PORT))
    .option("--host <address>", "address to listen on; another one than loopback opens it to your network", "127.0.0.1")
    .option("--data <dir>", "data folder (default: .orrery of this project)")
    .option("--ephemeral", "a data folder that is thrown away at the end")
    .option("--durability <level>", "process: acknowledged writes survive kill -9; full: loss of power too", "process")
    .option("--auth <on|off>", "verify signatures", "on")
    .option("--authorisation <audit|off>", "record on the timeline what IAM would deny", "audit")
    .option("--clock <mode>", "real, hold, skip or warp:N (default: as the data folder left it)")
    .option("--start-ago <duration>", "start the clock of a new data folder in the past, e.g. 30m")
    .option("--seed <text>", "make ids and random choices repeatable")
    .option("--model-unknown-types", "create CloudFormation types that Orrery does not have as modelled resources")
    .option("--xray-port <n|off>", "port of the X-Ray daemon, which is off when it is taken; 0 takes any free one", "2000")
    .option("--strict", "refuse requests with members that their handler does not read")
    .option("--log-level <level>", "debug, info, warn or error", "info")
    .addHelpText("after", "\nExamples:\n  orrery up\n  orrery up -d --port 4600\n  orrery up --ephemeral --clock skip --start-ago 30m")
    .action(async (options: UpOptions) => {
      if (options.detach === true) await upInBackground(options);
      else await upInForeground(options);
    });
}

/** Starts a server in this process, with its record and its log in the data folder; Ctrl-C, SIGTERM and the end of its terminal stop it. */
export async function upInForeground(options: UpOptions): Promise<Orrery> {
  const dataDir = options.ephemeral === true ? mkdtempSync(join(tmpdir(), "orrery-")) : resolve(options.data ?? defaultDataDir());
  const orrery = await start(options, dataDir);
  const end = async (): Promise<void> => {
    print("\nstopping");
    await orrery.stop();
    rmSync(recordFile(dataDir), { force: true });
    if (options.ephemeral === true) rmSync(dataDir, { recursive: true, force: true });
    process.exit(0);
  };
  for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"]) process.once(signal, () => void end());
  goOnUnread();
  print(banner(orrery));
  return orrery;
}

async function start(options: UpOptions, dataDir: string): Promise<Orrery> {
  mkdirSync(dataDir, { recursive: true, mode: 0o700 });
  const log = join(dataDir, "server.log");
  appendFileSync(log, "");
  // Only here: every other command talks to a server, and must not wait for all services to be loaded.
  const { startOrrery } = await import("../../src/main.ts");
  const orrery = await startOrrery({
    ...serverOptions(options),
    dataDir,
    logWrite: (line) => {
      appendFileSync(log, line);
      process.stderr.write(line);
    },
  });
  writeFileSync(recordFile(dataDir), JSON.stringify({ pid: process.pid, endpoint: orrery.endpoint, dataDir, log }));
  return orrery;
}

function serverOptions(options: UpOptions): Omit<OrreryOptions, "dataDir"> {
  const mode = options.clock === undefined ? undefined : parseMode(options.clock);
  const ago = options.startAgo === undefined ? undefined : duration(options.startAgo);
  if (options.startAgo !== undefined && ago === undefined) {
    throw new OrreryError("UsageError", `--start-ago ${options.startAgo}: give a duration such as 30m or 1h30m`);
  }
  return {
    port: numberIn(options.port, "--port", 65_535),
    host: options.host,
    durability: oneOf(options.durability, "--durability", ["process", "full"]),
    auth: oneOf(options.auth, "--auth", ["on", "off"]),
    authorisation: oneOf(options.authorisation, "--authorisation", ["audit", "off"]),
    logLevel: oneOf(options.logLevel, "--log-level", ["debug", "info", "warn", "error"]),
    modelUnknownTypes: options.modelUnknownTypes ?? false,
    strict: options.strict ?? false,
    ...(options.xrayPort === "off" ? {} : { xrayPort: numberIn(options.xrayPort, "--xray-port", 65_535) }),
    ...(mode === undefined ? {} : { clockMode: mode }),
    ...(ago === undefined ? {} : { clockStart: Date.now() - ago }),
    ...(options.seed === undefined ? {} : { seed: options.seed }),
  };
}

function parseMode(text: string): NonNullable<OrreryOptions["clockMode"]> {
  if (text === "real" || text === "hold" || text === "skip") return { mode: text };
  const factor = Number(/^warp:(\d+(?:\.\d+)?)$/.exec(text)?.[1]);
  if (factor > 0) return { mode: "warp", factor };
  throw new OrreryError("UsageError", `--clock ${text}: choose real, hold, skip or warp:N, e.g. warp:60`);
}

function oneOf<T extends string>(value: string, option: string, choices: readonly T[]): T {
  const found = choices.find((choice) => choice === value);
  if (found === undefined) throw new OrreryError("UsageError", `${option} ${value}: choose ${choices.join(" or ")}`);
  return found;
}

function numberIn(value: string, option: string, most: number): number {
  const number = Number(value);
  if (!Number.isInteger(number) || number < 0 || number > most)
    throw new OrreryError("UsageError", `${option} ${value}: give a number from 0 to ${most}`);
  return number;
}

async function upInBackground(options: UpOptions): Promise<void> {
  const dataDir = options.ephemeral === true ? mkdtempSync(join(tmpdir(), "orrery-")) : resolve(options.data ?? defaultDataDir());
  mkdirSync(dataDir, { recursive: true, mode: 0o700 });
  const output = join(dataDir, "server.out");
  const handle = openSync(output, "w");
  const script = process.argv[1] ?? "";
  const given = process.argv.slice(process.argv.indexOf("up") + 1).filter((argument) => argument !== "-d" && argument !== "--detach");
  const rest = options.data === undefined && options.ephemeral !== true ? [...given, "--data", dataDir] : given;
  const child = spawn(process.execPath, [...process.execArgv, script, "up", ...rest], {
    detached: true,
    stdio: ["ignore", handle, handle],
  });
  child.unref();
  const started = performance.now();
  while (child.exitCode === null && performance.now() - started < START_BUDGET_MS) {
    // Its own record: another server may answer on the port that it was to have.
    if (readRecord(dataDir)?.pid === child.pid && (await isUp({ data: dataDir }))) {
      print(readFileSync(output, "utf8").trim());
      print(pc.dim(`running in the background as process ${child.pid}; 'orrery down' stops it`));
      return;
    }
    await new Promise((next) => setTimeout(next, 25));
  }
  throw new OrreryError("WorkloadFailed", `the server did not start:\n${readFileSync(output, "utf8").trim()}`);
}

function banner(orrery: Orrery): string {
  const { mode } = orrery.cloud.clock.mode;
  return [
    `${pc.bold("Orrery")} is running at ${pc.cyan(orrery.endpoint)}`,
    `  data   ${orrery.dataDir}`,
    `  clock  ${mode}`,
    "",
    `  console                ${pc.cyan(`${orrery.endpoint}/_orrery/console`)}`,
    `  eval "$(orrery env)"   points the AWS CLI, the SDKs and the CDK here`,
    "  orrery status          what is running",
    "  orrery coverage        what is real, and what is not there yet",
  ].join("\n");
}
