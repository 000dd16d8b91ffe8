import pc from "picocolors";
import type { TimelineEvent } from "../src/kernel/events.ts";
import { print } from "./print.ts";

/** What a delivery is told by: what decided, and what moved. The rest of the timeline is for `orrery why`. */
const TOLD: Readonly<Record<string, (event: TimelineEvent) => boolean>> = {
  "CodeCommit Repository State Change": () => true,
  "CodePipeline Stage Execution State Change": ({ detail }) => detail["state"] !== "STARTED",
  "CodeBuild Build State Change": ({ detail }) => detail["build-status"] === "FAILED",
  "Alarms checked": () => true,
  "Traffic shifted": () => true,
  "CloudWatch Alarm State Change": ({ detail }) => nested(detail, "state") === "ALARM" || nested(detail, "previousState") === "ALARM",
  "Deployment created": () => true,
  "Deployment stopped": () => true,
  "Deployment succeeded": () => true,
  "Deployment failed": () => true,
};

/** Prints the turning points, each at the time that `when` says of it, with the rule that decided. */
export function printStory(events: readonly TimelineEvent[], when: (event: TimelineEvent) => string): void {
  for (const event of events) {
    if (TOLD[event.type]?.(event) !== true) continue;
    print(`  ${pc.dim(when(event))}  ${sentence(event)}`);
    if (event.rule !== undefined) print(pc.dim(`            ${event.rule}`));
  }
}

function sentence({ type, detail, resources }: TimelineEvent): string {
  const name = pc.cyan(resources[0]?.split(":").at(-1) ?? "");
  switch (type) {
    case "CodePipeline Stage Execution State Change":
      return `${pc.bold(`stage ${String(detail["stage"])}`)} ${String(detail["state"]).toLowerCase()}`;
    case "CloudWatch Alarm State Change":
      return `${pc.bold(`alarm ${nested(detail, "state")}`)} ${name}`;
    case "CodeBuild Build State Change":
      return `${pc.bold("build failed")} ${name}`;
    case "CodeCommit Repository State Change":
      return `${pc.bold("pushed")} ${name}`;
    default:
      return `${pc.bold(type.toLowerCase())} ${name}`;
  }
}

/** `detail.state.value`, as alarms tell their states. */
function nested(detail: TimelineEvent["detail"], name: string): string {
  const value = detail[name];
  return typeof value === "object" && value !== null && "value" in value ? String(value.value) : "";
}
