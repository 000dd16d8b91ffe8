import type { TimelineEvent } from "../live/events.ts";
import { record, stated, text } from "./read.ts";
import type { World } from "./types.ts";

export function foldAlarm(world: World, event: TimelineEvent): void {
  const [arn = ""] = event.resources;
  if (!arn.includes(":alarm:")) return;
  const { detail } = event;
  if (event.type === "CloudWatch Alarm Configuration Change" && detail["operation"] === "delete") {
    world.alarms.delete(arn);
    return;
  }
  const state = text(record(detail["state"])["value"]);
  if (state === "" || (event.type !== "CloudWatch Alarm State Change" && world.alarms.has(arn))) return;
  const history = world.alarms.get(arn)?.history ?? [];
  history.unshift({ time: event.time, to: state, rule: event.rule, eventId: event.id });
  world.alarms.set(arn, { ...stated(event, state), arn, name: text(detail["alarmName"]), history });
}
