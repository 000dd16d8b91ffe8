/** `minimumHealthyHosts` of a deployment configuration, or `minimumHealthyHostsPerZone`. */
export interface MinimumHealthy {
  readonly type: "HOST_COUNT" | "FLEET_PERCENT";
  readonly value: number;
}

/**
 * "CodeDeploy converts the percentage to the equivalent number of instances, rounding up any fractional instances."
 * https://docs.aws.amazon.com/codedeploy/latest/userguide/instances-health.html
 */
export function minimumOf({ type, value }: MinimumHealthy, total: number): number {
  return type === "HOST_COUNT" ? value : Math.ceil((value * total) / 100);
}

/** Where an instance stands in a deployment. */
export type Progress = "waiting" | "running" | "succeeded" | "failed";

export interface Host {
  readonly name: string;
  readonly zone: string;
  readonly progress: Progress;
  /** Before this deployment: its last deployment of the group succeeded. */
  readonly wasHealthy: boolean;
  /** Of the revision that was on it before this deployment. */
  readonly revision: "unknown" | "old" | "current";
}

/** The figures of a deployment, from its configuration and all of its hosts. */
export interface Limits {
  readonly minimum: number;
  /** Absent without a zonal configuration. */
  readonly minimumPerZone?: MinimumHealthy;
}

/** What the rules say now. `rule` names the values that decided. */
export type Verdict =
  | { readonly decision: "begin"; readonly hosts: readonly Host[]; readonly rule: string }
  | { readonly decision: "wait" }
  /** All hosts of a zone are done and those of the next one have not begun. */
  | { readonly decision: "next zone"; readonly done: string; readonly next: string; readonly isFirst: boolean }
  | { readonly decision: "succeed"; readonly rule: string }
  | { readonly decision: "fail"; readonly rule: string };

const RANKS = { unknown: 1, old: 2, current: 3 } as const;

/** "1. Unhealthy instance health. 2. Unknown revision health. 3. Old revision health. 4. Current revision health." Then by name. */
export function inOrder(hosts: readonly Host[]): Host[] {
  const rank = ({ wasHealthy, revision }: Host): number => (wasHealthy ? RANKS[revision] : 0);
  return hosts.toSorted((a, b) => rank(a) - rank(b) || (a.name < b.name ? -1 : 1));
}

const countOf = (hosts: readonly Host[], progress: Progress): number => hosts.filter((host) => host.progress === progress).length;

/** Healthy now: those that succeeded, and those that were healthy and have not been taken down. */
export function healthyNow(hosts: readonly Host[]): number {
  return hosts.filter(({ progress, wasHealthy }) => progress === "succeeded" || (progress === "waiting" && wasHealthy)).length;
}

/**
 * The next step of a rollout. "A deployment must never cause the number of healthy instances to fall below the minimum";
 * at once run `total - minimum`, and with zones the lesser of that and the zone's own; a deployment that has as few
 * healthy hosts as the minimum, and some left, has failed, and so has one without a success.
 * https://docs.aws.amazon.com/codedeploy/latest/userguide/instances-health.html
 */
export function nextStep(hosts: readonly Host[], { minimum, minimumPerZone }: Limits, openZone?: string): Verdict {
  const total = hosts.length;
  const failed = countOf(hosts, "failed");
  const running = countOf(hosts, "running");
  const waiting = hosts.filter(({ progress }) => progress === "waiting");
  if (waiting.length === 0) return running > 0 ? { decision: "wait" } : outcome(hosts, minimum);
  const zone = minimumPerZone === undefined ? undefined : zoneOf(hosts, openZone);
  const inZone = zone === undefined ? hosts : hosts.filter((host) => host.zone === zone);
  const zoneMinimum = minimumPerZone === undefined ? 0 : minimumOf(minimumPerZone, inZone.length);
  const exhausted = failed > 0 ? tooFew(total, failed, minimum) : undefined;
  const zoneFailed = countOf(inZone, "failed");
  const zoneLeft = inZone.some(({ progress }) => progress === "waiting");
  const zoneExhausted = zone !== undefined && zoneFailed > 0 && zoneLeft ? tooFew(inZone.length, zoneFailed, zoneMinimum, zone) : undefined;
  const rule = exhausted ?? zoneExhausted;
  if (rule !== undefined) return running > 0 ? { decision: "wait" } : { decision: "fail", rule };
  if (zone !== undefined && !zoneLeft) return leaveZone(hosts, zone, running);
  const all = { hosts, minimum };
  const begun = takeDown(all, zone === undefined ? undefined : { hosts: inZone, minimum: zoneMinimum });
  if (begun.length > 0) return { decision: "begin", hosts: begun, rule: sentence(hosts, minimum, zone) };
  if (running > 0) return { decision: "wait" };
  return {
    decision: "fail",
    rule: `${healthyNow(hosts)} of ${total} instances are healthy, the minimum is ${minimum}: no instance may be taken down`,
  };
}

function tooFew(total: number, failed: number, minimum: number, zone?: string): string | undefined {
  const left = total - failed;
  if (left > minimum) return undefined;
  const place = zone === undefined ? "" : ` of zone ${zone}`;
  return `deployments to ${failed} of ${total} instances${place} failed, so that ${left} can be healthy, and the minimum is ${minimum}: no further instance may be taken down`;
}

const sentence = (hosts: readonly Host[], minimum: number, zone: string | undefined): string => {
  const place = zone === undefined ? "" : `; zone ${zone} is open`;
  const atOnce = hosts.length - minimum;
  return `${healthyNow(hosts)} of ${hosts.length} instances are healthy and the minimum is ${minimum}, so that ${atOnce} may be deployed to at once${place}`;
};

const zonesOf = (hosts: readonly Host[]): string[] => [...new Set(hosts.map(({ zone }) => zone))].sort();
const hasBegun = (hosts: readonly Host[], zone: string): boolean => hosts.some((host) => host.zone === zone && host.progress !== "waiting");

/** The one that was opened, or the last in order of name that was begun: it is left only by opening the next one. */
function zoneOf(hosts: readonly Host[], openZone: string | undefined): string {
  const zones = zonesOf(hosts);
  return openZone ?? zones.findLast((zone) => hasBegun(hosts, zone)) ?? zones[0] ?? "";
}

function leaveZone(hosts: readonly Host[], done: string, running: number): Verdict {
  if (running > 0) return { decision: "wait" };
  const zones = zonesOf(hosts);
  const next = zones.find((zone) => hosts.some((host) => host.zone === zone && host.progress === "waiting")) ?? done;
  const begun = zones.filter((zone) => hasBegun(hosts, zone));
  return { decision: "next zone", done, next, isFirst: begun.length === 1 };
}

interface Fleet {
  readonly hosts: readonly Host[];
  readonly minimum: number;
}

/** As many as may be taken down now, in order. One that is not healthy takes nothing from the fleet's health. */
function takeDown(all: Fleet, zone: Fleet | undefined): Host[] {
  const fleets = zone === undefined ? [all] : [all, zone];
  const taken: Host[] = [];
  for (const host of inOrder((zone ?? all).hosts)) {
    if (host.progress !== "waiting") continue;
    const mayGo = fleets.every(({ hosts, minimum }) => {
      const down = countOf(hosts, "running") + taken.length;
      const healthy = healthyNow(hosts) - taken.filter(({ wasHealthy }) => wasHealthy).length;
      return down < hosts.length - minimum && (!host.wasHealthy || healthy - 1 >= minimum);
    });
    if (mayGo) taken.push(host);
  }
  return taken;
}

function outcome(hosts: readonly Host[], minimum: number): Verdict {
  const succeeded = countOf(hosts, "succeeded");
  const rule = `the revision is on ${succeeded} of ${hosts.length} instances, and the minimum is ${Math.max(1, minimum)}`;
  return { decision: succeeded >= Math.max(1, minimum) ? "succeed" : "fail", rule };
}
