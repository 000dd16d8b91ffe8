import pc from "picocolors";
import { percent } from "../commands/load.ts";
import { print, span, time } from "../print.ts";
import { printStory } from "../story.ts";
import type { Delivery } from "./delivery.ts";

/** Tells one delivery: what happened when, on the virtual clock, and why; then what people met. */
export function tellDelivery(delivery: Delivery): void {
  const { load, status } = delivery;
  const isGood = status === "SUCCEEDED";
  print(
    `\n${pc.bold(delivery.message)}  ${pc.dim(delivery.commit.slice(0, 7))}  ${isGood ? pc.green("went live") : pc.red("was rolled back")}`,
  );
  printStory(delivery.events, (event) => time(event.time).slice(11));
  const minutes = span(delivery.endedAt - delivery.pushedAt);
  print(`  ${minutes} on the clock, ${span(delivery.wallMs)} of yours; from the approval on ${span(delivery.canaryWallMs)}`);
  const met = `${load.failed} of ${load.requests} questions failed, ${percent(load.failed, load.requests)}`;
  print(`  ${load.failed === 0 ? `${load.requests} questions were asked meanwhile, all were answered` : pc.yellow(met)}`);
  for (const [version, share] of Object.entries(load.versions))
    if (version !== "-") print(pc.dim(`    version ${version}: ${share.requests} answered, p90 ${span(share.latency.p90)}`));
}
