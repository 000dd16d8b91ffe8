import type { Context } from "../../../aws/context.ts";
import { type Deployment, type Target, targetsOf } from "../records.ts";
import type { Shift } from "../traffic.ts";
import type { LambdaSpec } from "./appspec.ts";

export const EVENTS = ["BeforeAllowTraffic", "AllowTraffic", "AfterAllowTraffic"] as const;
export type EventName = (typeof EVENTS)[number];

/** What a deployment to Lambda keeps: what it moves, all shifts, and how many of them are done. */
export interface LambdaMemory {
  readonly spec: LambdaSpec;
  readonly shifts: readonly Shift[];
  /** How traffic is routed, in words. */
  readonly plan: string;
  readonly done: number;
  /** Virtual ms of the first shift, and of the last one that was done. */
  readonly firstShift?: number;
  readonly lastShift?: number;
}

/** Undefined before the deployment's revision was read. */
export function memoryOf(deployment: Deployment): LambdaMemory | undefined {
  return deployment.body.memory as LambdaMemory | undefined;
}

/** A deployment to Lambda has one target: the function. */
export function functionTarget(ctx: Context, deployment: Deployment): Target | undefined {
  return targetsOf(ctx, deployment.id)[0];
}

/** Percentage of the traffic that the target version has. */
export function weightOf({ shifts, done }: LambdaMemory): number {
  return done === 0 ? 0 : (shifts[done - 1]?.percentage ?? 0);
}
