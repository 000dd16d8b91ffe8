import { readFileSync } from "node:fs";
import type { Command } from "commander";
import pc from "picocolors";
import { parse } from "yaml";
import { duration } from "../../src/kernel/durations.ts";
import { OrreryError } from "../../src/kernel/errors.ts";
import type { LoadReport, Share } from "../../src/rehearsal/tally.ts";
import { ask } from "../client.ts";
import { print, printJson, span, table } from "../print.ts";
import { serverCommand, targetOf } from "./server.ts";

interface LoadOptions {
  readonly data?: string;
  readonly port?: string;
  readonly json?: boolean;
  readonly rate: string;
  readonly for: string;
  readonly requests?: string;
  readonly method?: string;
  readonly body?: string;
  readonly seed: string;
  readonly versionHeader: string;
}

interface LoadState {
  readonly id: string;
  readonly running: boolean;
  readonly report: LoadReport;
}

const LOOK_EVERY_MS = 250;

export function addLoad(program: Command): void {
  serverCommand(program, "load <url>", "send requests at a rate per virtual second, and count what comes back")
    .option("--rate <n>", "requests per virtual second", "1")
    .option("--for <duration>", "virtual time to go on for", "1m")
    .option("--requests <file>", "YAML list of {method, path, headers, body, weight}")
    .option("--method <method>", "of the one request, without --requests")
    .option("--body <text>", "of the one request, without --requests")
    .option("--seed <text>", "the same seed sends the same requests at the same moments", "orrery")
    .option("--version-header <name>", "response header in which the target says its version", "x-version")
    .addHelpText(
      "after",
      "\nExample, in skip mode ten minutes of load take seconds:\n  orrery load http://127.0.0.1:4566/… --rate 2 --for 10m",
    )
    .action(async (url: string, options: LoadOptions) => {
      const target = targetOf(options);
      const started = await ask(target, "POST", "load/start", { url, ...specOf(options) });
      const { id } = started as unknown as LoadState;
      process.once("SIGINT", () => void ask(target, "POST", "load/stop", { id }));
      let state = started as unknown as LoadState;
      while (state.running) {
        await new Promise((next) => setTimeout(next, LOOK_EVERY_MS));
        state = (await ask(target, "GET", `load?id=${id}`)) as unknown as LoadState;
        if (process.stdout.isTTY && options.json !== true)
          process.stdout.write(`\r${span(state.report.virtualMs)}, ${state.report.requests} requests `);
      }
      if (options.json === true) printJson(state.report);
      else printReport(state.report);
    });
}

function specOf(options: LoadOptions): object {
  const durationMs = duration(options.for);
  if (durationMs === undefined) throw new OrreryError("UsageError", `"${options.for}" is not a duration: write 90s, 5m or 1h30m`);
  const one = { method: options.method ?? (options.body === undefined ? "GET" : "POST"), body: options.body ?? "" };
  const requests = options.requests === undefined ? [one] : requestsOf(options.requests);
  return { rate: Number(options.rate), durationMs, requests, seed: options.seed, versionHeader: options.versionHeader };
}

function requestsOf(file: string): unknown[] {
  const list: unknown = parse(readFileSync(file, "utf8"));
  if (Array.isArray(list)) return list;
  throw new OrreryError("UsageError", `${file} is not a list of requests`);
}

/** Rate, errors and latency, whole and by version where the target says it. */
export function printReport(report: LoadReport): void {
  const { requests, virtualMs, wallMs, perVirtualSecond, perWallSecond } = report;
  print(
    `\r${pc.bold(`${requests} requests`)} in ${span(virtualMs)} of virtual time (${perVirtualSecond}/s), ${span(wallMs)} of wall time (${perWallSecond}/s)`,
  );
  const named = Object.entries(report.versions).filter(([version]) => version !== "-");
  const rows: [string, Share][] = [["all", report], ...named.map(([version, share]): [string, Share] => [`version ${version}`, share])];
  const head = ["", "requests", "failed", "4xx", "p50", "p90", "p99", "max"];
  print(
    table([
      head,
      ...rows.map(([name, { requests: count, failed, clientErrors, latency }]) => [
        name,
        String(count),
        `${failed} (${percent(failed, count)})`,
        String(clientErrors),
        ...[latency.p50, latency.p90, latency.p99, latency.max].map(span),
      ]),
    ]),
  );
}

/** `2.5 %` */
export function percent(part: number, whole: number): string {
  return whole === 0 ? "0 %" : `${Math.round((part / whole) * 1_000) / 10} %`;
}
