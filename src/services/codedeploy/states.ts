import type { AutoRollbackConfiguration, AutoRollbackEvent } from "@aws-sdk/client-codedeploy";
import type { DeploymentStatus, Ending, LifecycleEventRecord } from "./records.ts";

/**
 * Created ──▶ InProgress ──▶ Succeeded
 *                │  ▲   └──▶ Failed ──┐
 *                ▼  │                 ├──▶ a rollback: a deployment of its own
 *              Ready ┘ ─────▶ Stopped ┘
 *
 * Ready is for blue/green deployments to servers that wait to be continued. Queued and Baking are AWS's own.
 */
export function isEnded(status: DeploymentStatus): boolean {
  return status === "Succeeded" || status === "Failed" || status === "Stopped";
}

const ROLLBACK_EVENTS: Readonly<Record<NonNullable<Ending["by"]>, AutoRollbackEvent>> = {
  failure: "DEPLOYMENT_FAILURE",
  alarm: "DEPLOYMENT_STOP_ON_ALARM",
  request: "DEPLOYMENT_STOP_ON_REQUEST",
};

/** https://docs.aws.amazon.com/codedeploy/latest/userguide/deployment-groups-configure-advanced-options.html */
export function wantsRollback(ending: Ending, configuration: AutoRollbackConfiguration | undefined): boolean {
  if (ending.by === undefined) return false;
  if (ending.by === "request" && ending.rollback !== undefined) return ending.rollback;
  return configuration?.enabled === true && configuration.events?.includes(ROLLBACK_EVENTS[ending.by]) === true;
}

/** What is left of a target's lifecycle when it is stopped: what runs has failed, what has not begun is skipped. */
export function stoppedEvents(events: readonly LifecycleEventRecord[], now: number): LifecycleEventRecord[] {
  return events.map((event) => {
    if (event.status === "InProgress") return { ...event, status: "Failed", ended: now };
    return event.status === "Pending" ? { ...event, status: "Skipped" } : event;
  });
}

/** AWS's words for an event on the bus, by status. */
export const BUS_STATES: Readonly<Partial<Record<DeploymentStatus, string>>> = {
  InProgress: "START",
  Ready: "READY",
  Succeeded: "SUCCESS",
  Failed: "FAILURE",
  Stopped: "STOP",
};
