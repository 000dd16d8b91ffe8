import type { Command } from "commander";
import pc from "picocolors";
import type { Signals, SignalsAnswer } from "../../src/introspection/signals.ts";
import { ask } from "../client.ts";
import { print, printJson, table, time } from "../print.ts";
import { serverCommand, targetOf } from "./server.ts";

const REFRESH_MS = 2_000;
const CLEAR = "\u001b[2J\u001b[H";

interface TopOptions {
  readonly data?: string;
  readonly port?: string;
  readonly json?: boolean;
  readonly minutes: string;
  readonly region?: string;
  readonly once?: boolean;
}

export function addTop(program: Command): void {
  serverCommand(program, "top", "golden signals of everything that runs, by version, what hurts first")
    .option("--minutes <n>", "how far to look back, in virtual time", "15")
    .option("--region <region>", "default: us-east-1")
    .option("--once", "print once and end")
    .addHelpText(
      "after",
      "\nLatencies are those of the worst minute. Examples:\n  orrery top\n  orrery top --once --minutes 60\n  orrery top --json",
    )
    .action(top);
}

async function top(options: TopOptions): Promise<void> {
  const query = new URLSearchParams({ minutes: options.minutes, ...(options.region === undefined ? {} : { region: options.region }) });
  const look = async () => (await ask(targetOf(options), "GET", `signals?${query}`)) as unknown as SignalsAnswer;
  if (options.json === true) return printJson(await look());
  const isLive = options.once !== true && process.stdout.isTTY;
  for (;;) {
    const text = render(await look());
    print(isLive ? CLEAR + text : text);
    if (!isLive) return;
    await new Promise((next) => setTimeout(next, REFRESH_MS));
  }
}

const ms = (value: number | null): string =>
  value === null ? "–" : value >= 1_000 ? `${(value / 1_000).toFixed(2)} s` : `${value.toFixed(1)} ms`;
const share = (part: number, whole: number): string =>
  part === 0 ? "0" : `${part} (${((part / Math.max(whole, part)) * 100).toFixed(1)} %)`;

function render({ at, minutes, services }: SignalsAnswer): string {
  const head = pc.dim(`${time(at)} UTC, the last ${minutes} minutes of virtual time; latency of the worst minute`);
  if (services.length === 0) return `${head}\n\nnothing was asked of anything in this time`;
  const row = (kind: string, name: string, { requests, rate, faults, errors, p50, p90, p99, saturation }: Signals): string[] => [
    kind,
    name,
    String(requests),
    `${rate.toFixed(2)}/s`,
    share(faults, requests),
    share(errors, requests),
    ms(p50),
    ms(p90),
    ms(p99),
    saturation === null ? "–" : String(saturation),
  ];
  const titles = ["kind", "name", "requests", "rate", "faults", "errors", "p50", "p90", "p99", "saturation"];
  const rows = services.flatMap((one) => [
    row(one.kind, one.name, one),
    ...one.versions.map((version) => row("", `  version ${version.version}`, version)),
  ]);
  return `${head}\n\n${table([titles, ...rows])}`;
}
