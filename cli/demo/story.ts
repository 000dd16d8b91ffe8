import pc from "picocolors";
import type { TimelineEvent } from "../../src/kernel/events.ts";
import { percent } from "../commands/load.ts";
import { print, span, time } from "../print.ts";
import type { Delivery } from "./delivery.ts";

/** Tells one delivery: what happened when, on the virtual clock, and why; then what people met. */
export function tellDelivery(delivery: Delivery): void {
  const { load, status } = delivery;
  const isGood = status === "SUCCEEDED";
  print(
    `\n${pc.bold(delivery.message)}  ${pc.dim(delivery.commit.slice(0, 7))}  ${isGood ? pc.green("went live") : pc.red("was rolled back")}`,
  );
  for (const event of delivery.events.filter(isTold)) {
    print(`  ${pc.dim(time(event.time).slice(11))}  ${sentence(event)}`);
    if (event.rule !== undefined) print(pc.dim(`            ${event.rule}`));
  }
  const minutes = span(delivery.endedAt - delivery.pushedAt);
  print(`  ${minutes} on the clock, ${span(delivery.wallMs)} of yours; from the approval on ${span(delivery.canaryWallMs)}`);
  const met = `${load.failed} of ${load.requests} questions failed, ${percent(load.failed, load.requests)}`;
  print(`  ${load.failed === 0 ? `${load.requests} questions were asked meanwhile, all were answered` : pc.yellow(met)}`);
  for (const [version, share] of Object.entries(load.versions))
    if (version !== "-") print(pc.dim(`    version ${version}: ${share.requests} answered, p90 ${span(share.latency.p90)}`));
}

/** The turning points: what decided, and what moved. */
const TOLD: Readonly<Record<string, (event: TimelineEvent) => boolean>> = {
  "CodeCommit Repository State Change": () => true,
  "CodePipeline Stage Execution State Change": ({ detail }) => detail["state"] !== "STARTED",
  "Alarms checked": () => true,
  "Traffic shifted": () => true,
  "CloudWatch Alarm State Change": ({ detail }) =>
    nested(detail, "state", "value") === "ALARM" || nested(detail, "previousState", "value") === "ALARM",
  "Deployment created": () => true,
  "Deployment stopped": () => true,
  "Deployment succeeded": () => true,
  "Deployment failed": () => true,
};

function isTold(event: TimelineEvent): boolean {
  return TOLD[event.type]?.(event) ?? false;
}

function nested(detail: TimelineEvent["detail"], outer: string, inner: string): unknown {
  const value = detail[outer];
  return typeof value === "object" && value !== null ? (value as Record<string, unknown>)[inner] : undefined;
}

function sentence({ source, type, detail, resources }: TimelineEvent): string {
  const name = resources[0]?.split(":").at(-1) ?? "";
  if (source === "aws.codepipeline") return `${pc.bold(String(detail["stage"]))} ${String(detail["state"]).toLowerCase()}`;
  if (source === "aws.cloudwatch") return `${pc.bold(`alarm ${String(nested(detail, "state", "value"))}`)} ${pc.cyan(name)}`;
  return `${pc.bold(type)} ${pc.cyan(name)}`;
}
