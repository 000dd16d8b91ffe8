import pc from "picocolors";
import type { TimelineEvent } from "../../src/kernel/events.ts";
import { print } from "../print.ts";

/** What a delivery is told by; the rest of the timeline is for `orrery why`. */
const SOURCES = new Set(["aws.codedeploy", "aws.codepipeline", "aws.cloudwatch", "aws.codebuild", "aws.codecommit"]);

/** Prints what decided, with virtual times from `begun`: events that say why, and alarms. */
export function printStory(events: readonly TimelineEvent[], begun: number): void {
  for (const event of events) {
    if (!SOURCES.has(event.source) || event.rule === undefined) continue;
    print(`  ${pc.dim(offset(event.time - begun))}  ${pc.bold(event.type)}${subject(event)}`);
    print(`          ${event.rule}`);
  }
}

function subject({ resources: [resource] }: TimelineEvent): string {
  return resource === undefined ? "" : `  ${pc.cyan(resource.split(":").slice(5).join(":"))}`;
}

/** `+02:30` after the beginning, in minutes and seconds. */
export function offset(ms: number): string {
  const seconds = Math.round(ms / 1_000);
  return `+${String(Math.floor(seconds / 60)).padStart(2, "0")}:${String(seconds % 60).padStart(2, "0")}`;
}
