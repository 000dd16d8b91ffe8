import type { DeploymentTarget, ErrorCode, RevisionLocation } from "@aws-sdk/client-codedeploy";
import type { Context } from "../../aws/context.ts";
import { AwsException } from "../../aws/exception.ts";
import { messageOf } from "../../kernel/errors.ts";
import type { Deployment, DeploymentBody, Ending, GroupSettings, Target } from "./records.ts";

/** What a rollback deploys, or why there is none: the sentence becomes the `rollbackMessage`. */
export type RollbackPlan =
  | { readonly revision: RevisionLocation; readonly config: string; readonly body?: Partial<DeploymentBody> }
  | { readonly impossible: string };

/**
 * How deployments of one compute platform run. The core makes the record, checks what is common, keeps status, alarms,
 * rollbacks, notices and the timeline; the platform makes targets and moves them through their lifecycle events.
 *
 * All handlers for one deployment group go in the lane `laneOf(deployment)` (lifecycle.ts), one at a time, so that a
 * rollback begins only when what it rolls back has come to rest. What a platform runs for long goes in lanes of its own.
 */
export interface Platform {
  readonly name: "Server" | "Lambda";

  /** Settings that this platform does not take are refused. `settings` are complete: an update's are merged with the former ones. */
  checkGroup(ctx: Context, settings: GroupSettings): void;

  /** What CreateDeployment refuses at once; called before the record is made. */
  checkDeployment(ctx: Context, request: { readonly body: DeploymentBody; readonly application: string; readonly group: string }): void;

  /**
   * Takes a deployment that has just become InProgress: makes its targets and begins their first lifecycle events, or
   * sends the messages that do. At least once, so idempotent; `ctx.cause` is the event of the start. A `DeploymentFault`
   * that it throws fails the deployment with that error.
   */
  start(ctx: Context, deployment: Deployment): Promise<void>;

  /**
   * In the caller's transaction: nothing more of the deployment begins, lifecycle events that are under way end as failed,
   * those that have not begun are skipped. `Pending` when something still runs: then the platform calls
   * `endDeployment(ctx, platform, id, ending)` once that has ended (the ending is kept in `body.stopping`).
   */
  stop(ctx: Context, deployment: Deployment, ending: Ending): "Succeeded" | "Pending";

  /** What is to be deployed after `deployment` failed or was stopped. Pure reading; called in the transaction of its end. */
  rollback(ctx: Context, deployment: Deployment): RollbackPlan;

  /** ContinueDeployment and SkipWaitTimeForInstanceTermination. Absent: the platform has nothing that waits. */
  proceed?(ctx: Context, deployment: Deployment, wait: "READY_WAIT" | "TERMINATION_WAIT"): void;

  /** A target as the API shows it. */
  describe(ctx: Context, deployment: Deployment, target: Target): DeploymentTarget;
}

const LAST_ATTEMPT = 5;

/** What ends a deployment: a fault, or whatever retries of its message have not mended. Undefined while there are retries left. */
export function faultOf(ctx: Context, error: unknown, attempt: number): DeploymentFault | undefined {
  if (error instanceof DeploymentFault) return error;
  if (ctx.cloud.lifecycle.stopping || !ctx.isCurrent || attempt < LAST_ATTEMPT) return undefined;
  return new DeploymentFault("INTERNAL_ERROR", messageOf(error));
}

/** A deployment cannot go on: it fails with this error information. */
export class DeploymentFault extends AwsException {
  readonly errorCode: ErrorCode;

  constructor(errorCode: ErrorCode, message: string) {
    super("DeploymentFault", message);
    this.errorCode = errorCode;
  }
}
