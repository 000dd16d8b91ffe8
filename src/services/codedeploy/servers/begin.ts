import type { Context } from "../../../aws/context.ts";
import { configNamed } from "../configs.ts";
import { endDeployment, laneOf } from "../lifecycle.ts";
import type { Platform } from "../platform.ts";
import { DEFAULT_CONFIGS } from "../predefined.ts";
import { type Deployment, groupById, saveDeployment, saveTarget, targetsOf } from "../records.ts";
import { keyOf } from "../revision.ts";
import { minimumOf } from "./health.ts";
import { type Instance, installOf, instancesOf, replacementsOf } from "./instances.ts";
import { eventsFor, minimumTooHigh, noInstances, type Plan, type TargetMemory } from "./memory.ts";

/**
 * Makes the targets and what they are to be deployed to by, and begins. @throws DeploymentFault
 * https://docs.aws.amazon.com/codedeploy/latest/userguide/deployment-steps-server.html
 */
export function begin(ctx: Context, platform: Platform, deployment: Deployment): void {
  ctx.tx(() => {
    if (targetsOf(ctx, deployment.id).length === 0) {
      const { settings, targetInstances } = deployment.body;
      const isBlueGreen = settings.deploymentStyle?.deploymentType === "BLUE_GREEN";
      const original = instancesOf(ctx, settings);
      const fleet = isBlueGreen ? replacementsOf(ctx, targetInstances ?? {}) : original;
      if (fleet.length === 0) throw noInstances();
      const chosen = isBlueGreen ? fleet : outdated(ctx, deployment, fleet);
      if (chosen.length === 0) {
        const rule = `the revision is on all of the ${fleet.length} instances already, and only outdated ones were to be updated`;
        endDeployment(ctx, platform, deployment.id, { status: "Succeeded", rule });
        return;
      }
      saveDeployment(ctx, deployment, { body: { memory: { ...planFor(ctx, deployment, chosen.length) } } });
      const replaced = new Set(chosen.map(({ name }) => name));
      const blue = isBlueGreen ? original.filter(({ name }) => !replaced.has(name)) : [];
      for (const instance of chosen) addTarget(ctx, deployment, instance, isBlueGreen ? "Green" : null);
      for (const instance of blue) addTarget(ctx, deployment, instance, "Blue");
    }
    ctx.send("codedeploy.roll", { deployment: deployment.id }, { lane: laneOf(deployment) });
  });
}

function outdated(ctx: Context, deployment: Deployment, fleet: readonly Instance[]): Instance[] {
  if (!deployment.body.updateOutdatedInstancesOnly) return [...fleet];
  const key = keyOf(deployment.body.revision);
  return fleet.filter(({ name }) => installOf(ctx, deployment.group_id, name).revision !== key);
}

function planFor(ctx: Context, deployment: Deployment, total: number): Plan {
  const { minimumHealthyHosts, zonalConfig } = configNamed(ctx, deployment.body.config);
  const { type = "HOST_COUNT", value = 0 } = minimumHealthyHosts ?? {};
  // 99 percent of fewer than a hundred instances are all of them; what it stands for is all but one.
  const minimum = deployment.body.config === DEFAULT_CONFIGS.Server ? total - 1 : minimumOf({ type, value }, total);
  if (minimum >= total) throw minimumTooHigh();
  const plan: Plan = { stage: "install", minimum };
  // "CodeDeploy will perform the rollback operations on random hosts", not zone by zone.
  if (zonalConfig === undefined || deployment.body.creator === "codeDeployRollback") return plan;
  const { minimumHealthyHostsPerZone: perZone, monitorDurationInSeconds: wait, firstZoneMonitorDurationInSeconds: firstWait } = zonalConfig;
  return {
    ...plan,
    minimumPerZone: { type: perZone?.type ?? "FLEET_PERCENT", value: perZone?.value ?? 0 },
    ...(wait === undefined ? {} : { zoneWait: wait * 1_000 }),
    ...(firstWait === undefined ? {} : { firstZoneWait: firstWait * 1_000 }),
  };
}

function addTarget(ctx: Context, deployment: Deployment, instance: Instance, label: "Blue" | "Green" | null): void {
  const install = installOf(ctx, deployment.group_id, instance.name);
  const target = groupById(ctx, deployment.group_id)?.body.targetRevision;
  const isCurrent = target !== undefined && install.revision === keyOf(target);
  const revision = install.revision === null ? "unknown" : isCurrent ? "current" : "old";
  const memory: TargetMemory = { wasHealthy: label !== "Green" && install.healthy === 1, revision, zone: instance.zone };
  const body = { arn: instance.arn, events: eventsFor(label), memory: { ...memory } };
  saveTarget(ctx, { deployment: deployment.id, target: instance.name, status: "Pending", label, body });
}
