import type { Context } from "../../aws/context.ts";
import type { RequiredPermission, ServiceDefinition } from "../../aws/service.ts";

type Permissions = NonNullable<ServiceDefinition<"cloudwatch">["permissions"]>;
type Named = Readonly<Record<string, unknown>>;
type Asks = (input: Named, ctx: Context) => RequiredPermission[];

const ON_ALARMS = [
  "DeleteAlarms",
  "DescribeAlarmContributors",
  "DescribeAlarmHistory",
  "DescribeAlarms",
  "DisableAlarmActions",
  "EnableAlarmActions",
  "PutCompositeAlarm",
  "PutMetricAlarm",
  "SetAlarmState",
] as const;
const ON_MUTES = ["DeleteAlarmMuteRule", "GetAlarmMuteRule"] as const;
const ON_DASHBOARDS = ["DeleteDashboards", "GetDashboard", "PutDashboard"] as const;
const ON_TAGGED = ["ListTagsForResource", "TagResource", "UntagResource"] as const;

function textsOf(...values: unknown[]): string[] {
  return values.flat().filter((value) => typeof value === "string");
}

const onAlarms =
  (action: string): Asks =>
  (input, ctx) => {
    const names = textsOf(input["AlarmName"], input["AlarmNames"]);
    const asked = names.length === 0 ? ["*"] : names;
    return asked.map((name) => ({ action: `cloudwatch:${action}`, resource: ctx.arn("cloudwatch", `alarm:${name}`) }));
  };

/** Dashboards belong to the account, not to a region. */
const onDashboards =
  (action: string): Asks =>
  (input, ctx) =>
    textsOf(input["DashboardName"], input["DashboardNames"]).map((name) => ({
      action: `cloudwatch:${action}`,
      resource: `arn:aws:cloudwatch::${ctx.account}:dashboard/${name}`,
    }));

const muteRule = (ctx: Context, name: unknown): string => ctx.arn("cloudwatch", `alarm-mute-rule:${String(name)}`);

const onMutes =
  (action: string): Asks =>
  (input, ctx) => [{ action: `cloudwatch:${action}`, resource: muteRule(ctx, input["AlarmMuteRuleName"]) }];

/** On the rule and on each alarm: https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_PutAlarmMuteRule.html */
const putMuteRule: Asks = (input, ctx) => {
  const targets = textsOf((input["MuteTargets"] as Named | undefined)?.["AlarmNames"]);
  const alarms = targets.map((name) => ctx.arn("cloudwatch", `alarm:${name}`));
  return [muteRule(ctx, input["Name"]), ...alarms].map((resource) => ({ action: "cloudwatch:PutAlarmMuteRule", resource }));
};

const onTagged =
  (action: string): Asks =>
  (input) =>
    textsOf(input["ResourceARN"]).map((resource) => ({ action: `cloudwatch:${action}`, resource }));

const each = (names: readonly string[], make: (action: string) => Asks): Record<string, Asks> =>
  Object.fromEntries(names.map((name) => [name, make(name)]));

/** Metrics are no resources: https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazoncloudwatch.html */
export const permissions = {
  ...each(ON_ALARMS, onAlarms),
  ...each(ON_DASHBOARDS, onDashboards),
  ...each(ON_MUTES, onMutes),
  PutAlarmMuteRule: putMuteRule,
  ...each(ON_TAGGED, onTagged),
  PutMetricData: (input: Named) => [
    {
      action: "cloudwatch:PutMetricData",
      resource: "*",
      conditions: { "cloudwatch:namespace": textsOf(input["Namespace"]) },
    },
  ],
} as unknown as Permissions;
