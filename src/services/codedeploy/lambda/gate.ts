import type { MetricDataQuery } from "@aws-sdk/client-cloudwatch";
import type { Context } from "../../../aws/context.ts";
import { AwsException } from "../../../aws/exception.ts";
import { type AlarmLook, type AnyAlarm, lookAtAlarms } from "../alarms.ts";
import { concerned } from "../arns.ts";
import type { Deployment, Target } from "../records.ts";
import { serviceRoleContext } from "../role.ts";
import { type LambdaMemory, weightOf } from "./memory.ts";

const MINUTE_MS = 60_000;

/** What a gate saw of one interval. */
export interface Seen {
  readonly currentRequests: number;
  readonly currentErrors: number;
  readonly targetRequests: number;
  readonly targetErrors: number;
  /** Values of the alarms' metrics that fell into the interval. */
  readonly datapoints: number;
}

function versionMetric(memory: LambdaMemory, version: string, name: string) {
  const { functionName: FunctionName, alias } = memory.spec;
  const Dimensions = Object.entries({ FunctionName, Resource: `${FunctionName}:${alias}`, ExecutedVersion: version });
  return { Namespace: "AWS/Lambda", MetricName: name, Dimensions: Dimensions.map(([Name, Value]) => ({ Name, Value })) };
}

function versionQueries(memory: LambdaMemory): MetricDataQuery[] {
  const { currentVersion, targetVersion } = memory.spec;
  return [
    ["current", currentVersion],
    ["target", targetVersion],
  ].flatMap(([side = "", version = ""]) =>
    ["Invocations", "Errors"].map((name) => ({
      Id: `${side}${name}`,
      MetricStat: { Metric: versionMetric(memory, version, name), Period: 60, Stat: "Sum" },
    })),
  );
}

/** How an alarm reads its metric; nothing for composite ones, which have none. */
function alarmQueries(alarm: AnyAlarm, index: number): MetricDataQuery[] {
  const { Namespace, MetricName, Dimensions = [], Statistic, ExtendedStatistic, Period = 60, Metrics } = alarm;
  if (MetricName !== undefined) {
    const MetricStat = { Metric: { Namespace, MetricName, Dimensions }, Period, Stat: Statistic ?? ExtendedStatistic ?? "SampleCount" };
    return [{ Id: `alarm${index}`, MetricStat }];
  }
  return (Metrics ?? []).flatMap(({ MetricStat }, metric) =>
    MetricStat === undefined ? [] : [{ Id: `alarm${index}x${metric}`, MetricStat }],
  );
}

/** Requests by version and datapoints of the alarms since `from`. CloudWatch failing is no failure of the deployment. */
async function look(ctx: Context, memory: LambdaMemory, alarms: readonly AnyAlarm[], from: number): Promise<Seen | undefined> {
  const StartTime = new Date(Math.floor(from / MINUTE_MS) * MINUTE_MS);
  const EndTime = new Date((Math.floor(ctx.now / MINUTE_MS) + 1) * MINUTE_MS);
  const MetricDataQueries = [...versionQueries(memory), ...alarms.flatMap(alarmQueries)];
  try {
    const { MetricDataResults = [] } = await ctx.call("cloudwatch", "GetMetricData", { MetricDataQueries, StartTime, EndTime });
    const sum = (id: string): number => (MetricDataResults.find(({ Id }) => Id === id)?.Values ?? []).reduce((a, b) => a + b, 0);
    const datapoints = MetricDataResults.filter(({ Id }) => Id?.startsWith("alarm")).reduce(
      (count, { Values = [] }) => count + Values.length,
      0,
    );
    return {
      currentRequests: sum("currentInvocations"),
      currentErrors: sum("currentErrors"),
      targetRequests: sum("targetInvocations"),
      targetErrors: sum("targetErrors"),
      datapoints,
    };
  } catch (error) {
    if (!(error instanceof AwsException)) throw error;
    return undefined;
  }
}

const count = (number: number, noun: string): string => `${number} ${noun}${number === 1 ? "" : "s"}`;

/** What was seen, in one sentence; what was not measured is said, and changes nothing. */
export function sentence(memory: LambdaMemory, found: AlarmLook, seen: Seen | undefined, minutes: number): string {
  const { currentVersion, targetVersion } = memory.spec;
  const alarms =
    found.alarms.length === 0
      ? "the deployment heeds no alarm"
      : found.ending === undefined
        ? `none of ${count(found.alarms.length, "alarm")} is in ALARM`
        : found.ending.rule;
  if (seen === undefined) return `${alarms}; CloudWatch did not tell what was measured`;
  const requests = `version ${targetVersion} had ${count(seen.targetRequests, "request")} with ${count(seen.targetErrors, "error")}, version ${currentVersion} ${count(seen.currentRequests, "request")} with ${count(seen.currentErrors, "error")}, in ${count(minutes, "minute")}`;
  const inconclusive = isInconclusive(found, seen, minutes) ? "; inconclusive: the alarms had no datapoint in that time" : "";
  return `${alarms}; ${requests}${inconclusive}`;
}

/** Alarms that had nothing to judge by say nothing for a version; before the first shift there is nothing to judge. */
function isInconclusive(found: AlarmLook, seen: Seen, minutes: number): boolean {
  return minutes > 0 && found.alarms.length > 0 && seen.datapoints === 0;
}

/** Looks at alarms and requests before the next shift, and tells what it saw; the caller goes on with its event as cause. */
export async function gate(
  ctx: Context,
  deployment: Deployment,
  at: { readonly target: Target; readonly memory: LambdaMemory },
): Promise<{ readonly ctx: Context; readonly found: AlarmLook }> {
  const { memory, target } = at;
  const found = await lookAtAlarms(ctx, deployment);
  const from = memory.lastShift ?? deployment.started ?? ctx.now;
  const seen = await look(serviceRoleContext(ctx, deployment), memory, found.alarms, from);
  const minutes = Math.round((ctx.now - from) / MINUTE_MS);
  const cause = ctx.emit({
    source: "aws.codedeploy",
    type: "Alarms checked",
    resources: concerned(ctx, deployment, target.body.arn),
    detail: {
      deploymentId: deployment.id,
      targetWeight: weightOf(memory),
      intervalMinutes: minutes,
      currentVersion: memory.spec.currentVersion,
      targetVersion: memory.spec.targetVersion,
      ...seen,
      alarms: found.alarms.map(({ AlarmName, StateValue }) => `${AlarmName}: ${StateValue}`),
      ...(seen !== undefined && isInconclusive(found, seen, minutes) ? { verdict: "inconclusive" } : {}),
    },
    rule: sentence(memory, found, seen, minutes),
  });
  return { ctx: ctx.with({ cause }), found };
}
