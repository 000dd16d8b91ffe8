import type { TimelineEvent } from "../live/events.ts";
import { stated, text } from "./read.ts";
import type { World } from "./types.ts";

export function foldBuild(world: World, event: TimelineEvent): void {
  const { detail } = event;
  const id = text(detail["build-id"]).replace(/^.*:build\//, "");
  if (id === "") return;
  const before = world.builds.get(id);
  if (event.type === "CodeBuild Build State Change") {
    const status = text(detail["build-status"]);
    world.builds.set(id, {
      ...stated(event, status),
      id,
      project: text(detail["project-name"]),
      phase: text(detail["current-phase"]),
      started: before?.started ?? event.time,
      ended: status === "IN_PROGRESS" ? undefined : event.time,
    });
  } else if (event.type === "CodeBuild Build Phase Change" && before !== undefined) before.phase = text(detail["completed-phase"]);
}
