import type { TimelineEvent } from "../live/events.ts";
import { record, stated, text } from "./read.ts";
import type { World } from "./types.ts";

export function foldStack(world: World, event: TimelineEvent): void {
  if (event.type !== "CloudFormation Stack Status Change") return;
  const arn = text(event.detail["stack-id"]);
  const { status, "status-reason": reason } = record(event.detail["status-details"]);
  const told = stated(event, text(status));
  world.stacks.set(arn, { ...told, rule: told.rule ?? (text(reason) || undefined), arn, name: arn.split("/")[1] ?? arn });
}
