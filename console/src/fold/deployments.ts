import type { TimelineEvent } from "../live/events.ts";
import { stated, text } from "./read.ts";
import type { Deployment, World } from "./types.ts";

const STATUSES: Readonly<Record<string, string>> = {
  "Deployment created": "CREATED",
  "Deployment started": "IN_PROGRESS",
  "Deployment succeeded": "SUCCEEDED",
  "Deployment failed": "FAILED",
  "Deployment stopped": "STOPPED",
};

/** Deployments with each move of their traffic and each step that decided about it. */
export function foldDeployment(world: World, event: TimelineEvent): void {
  const { detail } = event;
  const id = text(detail["deploymentId"]);
  if (id === "") return;
  const deployment = world.deployments.get(id) ?? begun(event, id);
  world.deployments.set(id, deployment);
  const status = STATUSES[event.type];
  if (status !== undefined) {
    Object.assign(deployment, stated(event, status));
    deployment.ended = status === "CREATED" || status === "IN_PROGRESS" ? undefined : event.time;
  }
  if (event.type === "Traffic shifted") shift(deployment, event);
  if (event.type === "CodeDeploy Deployment State-change Notification") {
    deployment.application = text(detail["application"]);
    deployment.group = text(detail["deploymentGroup"]);
    return;
  }
  const about = [detail["lifecycleEvent"], detail["targetId"]].map(text).find((word) => word !== "");
  const what = event.type.startsWith("Lifecycle event") ? `${about}: ${event.type.slice("Lifecycle event ".length)}` : event.type;
  deployment.steps.push({ time: event.time, what, rule: event.rule, eventId: event.id });
}

function begun(event: TimelineEvent, id: string): Deployment {
  const { detail } = event;
  return {
    ...stated(event, "CREATED"),
    id,
    application: "",
    group: "",
    config: text(detail["deploymentConfigName"]),
    creator: text(detail["creator"]),
    started: event.time,
    ended: undefined,
    functionName: undefined,
    alias: undefined,
    shifts: [],
    steps: [],
  };
}

function shift(deployment: Deployment, event: TimelineEvent): void {
  const { detail } = event;
  deployment.functionName = text(detail["functionName"]);
  deployment.alias = text(detail["alias"]);
  deployment.shifts.push({
    time: event.time,
    currentVersion: text(detail["currentVersion"]),
    currentWeight: Number(detail["currentWeight"]),
    targetVersion: text(detail["targetVersion"]),
    targetWeight: Number(detail["targetWeight"]),
    rule: event.rule,
    eventId: event.id,
  });
}
