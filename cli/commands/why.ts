import type { Command } from "commander";
import pc from "picocolors";
import { OrreryError } from "../../src/kernel/errors.ts";
import type { TimelineEvent } from "../../src/kernel/events.ts";
import { ask } from "../client.ts";
import { print, printJson, time } from "../print.ts";
import { serverCommand, targetOf } from "./server.ts";

/** Steps on the way that decide nothing; `--all` shows them. */
const STEPS =
  /^(Alarm evaluated|Lifecycle event .*|CodeBuild Build Phase Change|CodeDeploy .* Notification|CloudFormation Resource Status Change|Alarms checked)$/;

interface WhyOptions {
  readonly data?: string;
  readonly port?: string;
  readonly json?: boolean;
  readonly all?: boolean;
}

export function addWhy(program: Command): void {
  serverCommand(program, "why <id>", "the chain of causes of anything, newest first")
    .option("--all", "every step on the way")
    .addHelpText(
      "after",
      "\nAn id is an ARN, a part of one (d-ABC123DEF, an execution's id, a name), or an event (evt-42).\n\nExample:\n  orrery why d-ABC123DEF",
    )
    .action(async (id: string, options: WhyOptions) => {
      const path = `why?of=${encodeURIComponent(id)}`;
      const { events } = (await ask(targetOf(options), "GET", path)) as unknown as { events: TimelineEvent[] };
      if (options.json === true) return printJson({ events });
      if (events.length === 0) throw new OrreryError("WorkloadFailed", `nothing on the timeline is about "${id}"`);
      for (const event of options.all === true ? events : turns(events)) printCause(event);
    });
}

/** Of what happened to one thing in a row, the last: what it came to. */
function turns(events: readonly TimelineEvent[]): TimelineEvent[] {
  const deciding = events.filter(({ type }) => !STEPS.test(type));
  return deciding.filter((event, i) => {
    const later = deciding[i - 1];
    return later === undefined || later.resources[0] !== event.resources[0] || later.type !== event.type || isEnd(event);
  });
}

function isEnd({ detail }: TimelineEvent): boolean {
  return detail["state"] === "FAILED";
}

/** One link of the chain: when, what, and the rule that decided. */
function printCause(event: TimelineEvent): void {
  const about = event.resources[0]?.split(":").slice(5).join(":") ?? "";
  print(`${pc.dim(time(event.time))}  ${pc.bold(`${event.type}${stateOf(event)}`)}  ${pc.cyan(about)}  ${pc.dim(event.id)}`);
  if (event.rule !== undefined) print(`  because ${event.rule}`);
  else if (event.cause === undefined) print(pc.dim(`  asked for by ${event.actor}`));
}

/** What it became, as the events of AWS's services say it. */
function stateOf({ detail }: TimelineEvent): string {
  for (const value of [detail["state"], detail["build-status"], detail["status-details"]]) {
    if (typeof value === "string") return `: ${[detail["stage"], detail["action"], value].filter((part) => part !== undefined).join(" ")}`;
    if (typeof value === "object" && value !== null) {
      const { value: state, status } = value as { value?: string; status?: string };
      if (state !== undefined || status !== undefined) return `: ${state ?? status ?? ""}`;
    }
  }
  return "";
}
