import { createReadStream, existsSync, statSync, watch } from "node:fs";
import { join } from "node:path";
import type { Command } from "commander";
import pc from "picocolors";
import { OrreryError } from "../../src/kernel/errors.ts";
import { ask, defaultDataDir, isUp, type Target } from "../client.ts";
import { print, printJson, span, time } from "../print.ts";

/** The server itself stops within 5 s. */
const STOP_BUDGET_MS = 8_000;

interface TargetOptions {
  readonly data?: string;
  readonly port?: string;
  readonly json?: boolean;
}

export function targetOf(options: TargetOptions): Target {
  return { data: options.data, port: options.port === undefined ? undefined : Number(options.port) };
}

/** A command that talks to a running server. */
export function serverCommand(program: Command, name: string, description: string): Command {
  return program
    .command(name)
    .description(description)
    .option("--port <n>", "port of the server")
    .option("--data <dir>", "data folder of the server")
    .option("--json", "print JSON");
}

export function addServer(program: Command): void {
  addDown(program);
  addStatus(program);
  addReset(program);
  addLogs(program);
  addSnapshot(program);
  program
    .command("ca")
    .description("print the certificate that HTTPS clients must trust")
    .option("--data <dir>", "data folder of the server")
    .addHelpText(
      "after",
      "\nExample:\n  orrery ca > orrery-ca.pem\n  AWS_CA_BUNDLE=orrery-ca.pem aws --endpoint-url https://127.0.0.1:4566 sts get-caller-identity",
    )
    .action(async (options: TargetOptions) => {
      const { ensureCertificate } = await import("../../src/gateway/certificate.ts");
      print((await ensureCertificate(options.data ?? defaultDataDir())).caPem.trimEnd());
    });
}

function addDown(program: Command): void {
  serverCommand(program, "down", "stop the server")
    .addHelpText("after", "\nExample:\n  orrery down --port 4600")
    .action(async (options: TargetOptions) => {
      const target = targetOf(options);
      const status = await ask(target, "GET", "status");
      const pid = Number(status["pid"]);
      process.kill(pid, "SIGTERM");
      const started = performance.now();
      while (await isUp(target)) {
        if (performance.now() - started > STOP_BUDGET_MS)
          throw new OrreryError(
            "WorkloadFailed",
            `process ${pid} did not stop; end it with 'kill -9 ${pid}': nothing acknowledged is lost`,
          );
        await new Promise((next) => setTimeout(next, 50));
      }
      if (options.json === true) printJson({ stopped: pid });
      else print(`stopped process ${pid}`);
    });
}

function addStatus(program: Command): void {
  serverCommand(program, "status", "say what is running")
    .addHelpText("after", "\nExample:\n  orrery status --json")
    .action(async (options: TargetOptions) => {
      const status = await ask(targetOf(options), "GET", "status");
      if (options.json === true) return printJson(status);
      const clock = status["clock"] as { mode: { mode: string }; virtual: number; wall: number };
      const running = status["running"] as string[];
      print(
        `${pc.bold("Orrery")} at ${pc.cyan(String(status["endpoint"]))}, process ${String(status["pid"])}, ${Math.round(Number(status["memoryBytes"]) / 1e6)} MB`,
      );
      print(`  data          ${String(status["dataDir"])}`);
      print(
        `  clock         ${clock.mode.mode}, ${time(clock.virtual)} UTC (${clock.virtual === clock.wall ? "wall time" : `${span(Math.abs(clock.wall - clock.virtual))} ${clock.virtual < clock.wall ? "behind" : "ahead of"} the wall`})`,
      );
      print(`  events        ${String(status["events"])} on the timeline`);
      print(`  running       ${running.length === 0 ? "nothing" : running.join(", ")}`);
      if (Number(status["deadLetters"]) > 0)
        print(pc.yellow(`  dead letters  ${String(status["deadLetters"])}: see ${String(status["endpoint"])}/_orrery/dead-letters`));
    });
}

function addReset(program: Command): void {
  serverCommand(program, "reset", "empty every service, at once")
    .addHelpText("after", "\nExample, before each test:\n  curl -X POST http://127.0.0.1:4566/_orrery/reset")
    .action(async (options: TargetOptions) => {
      await ask(targetOf(options), "POST", "reset");
      if (options.json === true) printJson({ reset: true });
      else print("everything is empty");
    });
}

function addLogs(program: Command): void {
  program
    .command("logs")
    .description("print the server's own log")
    .option("--data <dir>", "data folder of the server")
    .option("-f, --follow", "go on printing")
    .addHelpText("after", "\nExample:\n  orrery logs -f")
    .action(async (options: { data?: string; follow?: boolean }) => {
      const file = join(options.data ?? defaultDataDir(), "server.log");
      if (!existsSync(file)) throw new OrreryError("UsageError", `there is no log at ${file}: has a server run with this data folder?`);
      let position = await copy(file, 0);
      if (options.follow !== true) return;
      for await (const _ of changes(file)) position = await copy(file, position);
    });
}

async function copy(file: string, from: number): Promise<number> {
  const { size } = statSync(file);
  if (size <= from) return size;
  for await (const chunk of createReadStream(file, { start: from, end: size - 1 })) process.stdout.write(chunk as Buffer);
  return size;
}

async function* changes(file: string): AsyncGenerator<void> {
  for (;;) {
    await new Promise<void>((resolve) => {
      const watcher = watch(file, () => {
        watcher.close();
        resolve();
      });
    });
    yield;
  }
}

function addSnapshot(program: Command): void {
  const snapshot = program.command("snapshot").description("save and bring back the whole cloud");
  serverCommand(snapshot, "save <name>", "save everything under a name").action(async (name: string, options: TargetOptions) => {
    await ask(targetOf(options), "POST", "snapshots/save", { name });
    if (options.json === true) printJson({ saved: name });
    else print(`saved ${name}`);
  });
  serverCommand(snapshot, "load <name>", "replace everything by what was saved").action(async (name: string, options: TargetOptions) => {
    await ask(targetOf(options), "POST", "snapshots/load", { name });
    if (options.json === true) printJson({ loaded: name });
    else print(`loaded ${name}`);
  });
  serverCommand(snapshot, "list", "list what was saved").action(async (options: TargetOptions) => {
    const { snapshots } = await ask(targetOf(options), "GET", "snapshots");
    if (options.json === true) printJson({ snapshots });
    else for (const name of snapshots as string[]) print(name);
  });
}
