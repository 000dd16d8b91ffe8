import type { Command } from "commander";
import pc from "picocolors";
import { OrreryError } from "../../src/kernel/errors.ts";
import type { TimelineEvent } from "../../src/kernel/events.ts";
import { ask } from "../client.ts";
import { print, printJson, time } from "../print.ts";
import { serverCommand, targetOf } from "./server.ts";

export function addWhy(program: Command): void {
  serverCommand(program, "why <id>", "the chain of causes of anything, newest first")
    .addHelpText(
      "after",
      "\nAn id is an ARN, a part of one (d-ABC123DEF, an execution's id, a name), or an event (evt-42).\n\nExample:\n  orrery why d-ABC123DEF",
    )
    .action(async (id: string, options: { data?: string; port?: string; json?: boolean }) => {
      const { events } = (await ask(targetOf(options), "GET", `why?of=${encodeURIComponent(id)}`)) as unknown as {
        events: TimelineEvent[];
      };
      if (options.json === true) return printJson({ events });
      if (events.length === 0) throw new OrreryError("WorkloadFailed", `nothing on the timeline is about "${id}"`);
      for (const event of events) printCause(event);
    });
}

/** One link of the chain: when, what, and the rule that decided. */
export function printCause(event: TimelineEvent): void {
  const about = event.resources[0]?.split(":").slice(5).join(":") ?? "";
  print(`${pc.dim(time(event.time))}  ${pc.bold(event.type)}  ${pc.cyan(about)}  ${pc.dim(event.id)}`);
  if (event.rule !== undefined) print(`  because ${event.rule}`);
  else if (event.cause === undefined) print(pc.dim(`  asked for by ${event.actor}`));
}
