import { DeploymentFault } from "../platform.ts";
import type { Deployment, LifecycleEventRecord, Target } from "../records.ts";
import type { MinimumHealthy } from "./health.ts";

/**
 * How far a deployment to servers is.
 *
 *     install ──in place──▶ end
 *     install ──▶ ready ──▶ allow ──▶ block ──▶ terminate ──▶ end     blue/green
 */
export type Stage = "install" | "ready" | "allow" | "block" | "terminate";

/** What the platform keeps of a deployment. */
export interface Plan {
  readonly stage: Stage;
  /** Instances that must be healthy: of the whole fleet, or of the replacement environment. */
  readonly minimum: number;
  readonly minimumPerZone?: MinimumHealthy;
  readonly firstZoneWait?: number;
  readonly zoneWait?: number;
  /** Set while a zone is monitored before the next one is opened; `until` is virtual ms. */
  readonly pause?: { readonly next: string; readonly until: number };
  /** The zone that was opened last. */
  readonly zone?: string;
  /** Until when the deployment waits to be continued, or for the end of the original instances; virtual ms. */
  readonly until?: number;
}

export function planOf(deployment: Deployment): Plan | undefined {
  const { memory } = deployment.body;
  return memory === undefined ? undefined : (memory as unknown as Plan);
}

/** What the platform keeps of a target: the instance as it was before the deployment. */
export interface TargetMemory {
  readonly wasHealthy: boolean;
  readonly revision: "unknown" | "old" | "current";
  readonly zone: string;
  /** The object that the revision came from, once it was fetched. */
  readonly bundle?: Readonly<Record<string, string>>;
}

export const targetMemory = (target: Target): TargetMemory => target.body.memory as unknown as TargetMemory;

/** Events that are no scripts' and need no load balancer to be skipped: there is none here. */
const TRAFFIC = new Set(["BlockTraffic", "AllowTraffic"]);
const IN_PLACE = ["ApplicationStop", "DownloadBundle", "BeforeInstall", "Install", "AfterInstall", "ApplicationStart", "ValidateService"];
const ALLOW = ["BeforeAllowTraffic", "AllowTraffic", "AfterAllowTraffic"];
const BLOCK = ["BeforeBlockTraffic", "BlockTraffic", "AfterBlockTraffic"];

export const isTraffic = (event: string): boolean => TRAFFIC.has(event);
export const isAllow = (event: string): boolean => ALLOW.includes(event);

/** https://docs.aws.amazon.com/codedeploy/latest/userguide/reference-appspec-file-structure-hooks.html#reference-appspec-file-structure-hooks-availability */
export function eventsFor(label: Target["label"]): LifecycleEventRecord[] {
  const names = label === "Blue" ? BLOCK : label === "Green" ? [...IN_PLACE, ...ALLOW] : IN_PLACE;
  return names.map((name) => ({ name, status: "Pending" }));
}

export const TOO_FEW = {
  code: "HEALTH_CONSTRAINTS",
  message:
    "The overall deployment failed because too many individual instances failed deployment, too few healthy instances are available for deployment, or some instances in your deployment group are experiencing problems.",
} as const;

export const noInstances = (): DeploymentFault =>
  new DeploymentFault(
    "NO_INSTANCES",
    "The deployment failed because no instances were found for your deployment group. Check your deployment group settings to make sure the tags for your Amazon EC2 instances or Auto Scaling groups correctly identify the instances you want to deploy to, and then try again.",
  );

export const minimumTooHigh = (): DeploymentFault =>
  new DeploymentFault(
    "HEALTH_CONSTRAINTS_INVALID",
    "The deployment can't start because the minimum number of healthy instances, as defined by your deployment configuration, are not available. You can reduce the required number of healthy instances by updating your deployment configuration or increase the number of instances in this deployment group.",
  );
