import type { TrafficRoutingConfig } from "@aws-sdk/client-codedeploy";

/** One shift: the percentage that the new version has from then on, and minutes after the first shift. */
export interface Shift {
  readonly percentage: number;
  readonly minute: number;
}

/**
 * All shifts of a deployment, in order; the last one is to 100 percent.
 * https://docs.aws.amazon.com/codedeploy/latest/userguide/deployment-configurations.html
 */
export function shiftsOf(config: TrafficRoutingConfig | undefined): Shift[] {
  if (config?.type === "TimeBasedCanary") {
    const { canaryPercentage = 100, canaryInterval = 0 } = config.timeBasedCanary ?? {};
    return [
      { percentage: canaryPercentage, minute: 0 },
      { percentage: 100, minute: canaryInterval },
    ];
  }
  if (config?.type === "TimeBasedLinear") {
    const { linearPercentage = 100, linearInterval = 0 } = config.timeBasedLinear ?? {};
    const count = Math.ceil(100 / linearPercentage);
    return Array.from({ length: count }, (_, index) => ({
      percentage: Math.min(100, (index + 1) * linearPercentage),
      minute: index * linearInterval,
    }));
  }
  return [{ percentage: 100, minute: 0 }];
}

/** Minutes between the first and the last shift. */
export function lastShiftMinutes(config: TrafficRoutingConfig): number {
  return shiftsOf(config).at(-1)?.minute ?? 0;
}

export const minutesText = (count: number): string => `${count} ${count === 1 ? "minute" : "minutes"}`;

/** e.g. `canary: 10% for 30 minutes, then 100%`. */
export function planText(config: TrafficRoutingConfig | undefined): string {
  if (config?.type === "TimeBasedCanary") {
    const { canaryPercentage = 100, canaryInterval = 0 } = config.timeBasedCanary ?? {};
    return `canary: ${canaryPercentage}% for ${minutesText(canaryInterval)}, then 100%`;
  }
  if (config?.type === "TimeBasedLinear") {
    const { linearPercentage = 100, linearInterval = 0 } = config.timeBasedLinear ?? {};
    return `linear: ${linearPercentage}% more every ${minutesText(linearInterval)}`;
  }
  return "all at once";
}
