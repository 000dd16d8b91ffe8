import type { Command } from "commander";
import pc from "picocolors";
import { duration } from "../../src/kernel/durations.ts";
import { OrreryError } from "../../src/kernel/errors.ts";
import { ask } from "../client.ts";
import { print, printJson, table, time } from "../print.ts";
import { serverCommand, targetOf } from "./server.ts";

interface ClockOptions {
  readonly data?: string;
  readonly port?: string;
  readonly json?: boolean;
  readonly for?: string;
}

export function addClock(program: Command): void {
  const clock = program
    .command("clock")
    .description("show and turn the one clock that every wait is on")
    .addHelpText(
      "after",
      "\nExamples:\n  orrery clock show\n  orrery clock mode hold\n  orrery clock advance 5m\n  orrery clock next\n  orrery clock mode skip --for 30m\n  orrery clock mode warp 60 --for 30m",
    );
  serverCommand(clock, "show", "virtual now, wall now, mode and the next due timers").action(async (options: ClockOptions) => {
    show(await ask(targetOf(options), "GET", "clock"), options);
  });
  serverCommand(clock, "mode <mode> [factor]", "real, skip, warp <factor> or hold")
    .option("--for <duration>", "skip or warp this far, past the wall clock if need be, then hold")
    .action(async (mode: string, factor: string | undefined, options: ClockOptions) => {
      const target = targetOf(options);
      const limit =
        options.for === undefined ? {} : { until: Number((await ask(target, "GET", "clock"))["virtual"]) + milliseconds(options.for) };
      show(
        await ask(target, "POST", "clock/mode", { mode, ...(factor === undefined ? {} : { factor: Number(factor) }), ...limit }),
        options,
      );
    });
  serverCommand(clock, "advance <duration>", "in hold: move on, e.g. 5m or 1h30m").action(async (text: string, options: ClockOptions) => {
    show(await ask(targetOf(options), "POST", "clock/advance", { ms: milliseconds(text) }), options);
  });
  serverCommand(clock, "next", "in hold: move to the next due timer").action(async (options: ClockOptions) => {
    show(await ask(targetOf(options), "POST", "clock/next", {}), options);
  });
}

function milliseconds(text: string): number {
  const ms = duration(text);
  if (ms === undefined) throw new OrreryError("UsageError", `"${text}" is not a duration: write 90s, 5m, 1h30m or 7d`);
  return ms;
}

function show(clock: Record<string, unknown>, options: ClockOptions): void {
  if (options.json === true) {
    printJson(clock);
    return;
  }
  const mode = clock["mode"] as { mode: string; factor?: number; until?: number };
  print(`virtual  ${time(Number(clock["virtual"]))} UTC`);
  print(`wall     ${time(Number(clock["wall"]))} UTC`);
  print(
    `mode     ${mode.mode}${mode.factor === undefined ? "" : ` ×${mode.factor}`}${mode.until === undefined ? "" : ` until ${time(mode.until)}`}`,
  );
  const next = clock["next"] as { due: number; what: string; payload: object }[];
  if (next.length === 0) {
    print(pc.dim("nothing is due"));
    return;
  }
  print(`next     ${next.length === 10 ? "(first 10)" : ""}`);
  print(table(next.map(({ due, what, payload }) => [`  ${time(due)}`, what, pc.dim(JSON.stringify(payload))])));
}
