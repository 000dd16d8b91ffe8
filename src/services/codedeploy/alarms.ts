import type { CompositeAlarm, MetricAlarm } from "@aws-sdk/client-cloudwatch";
import type { Context } from "../../aws/context.ts";
import { AwsException } from "../../aws/exception.ts";
import { messageOf } from "../../kernel/errors.ts";
import type { Deployment, Ending } from "./records.ts";
import { serviceRoleContext } from "./role.ts";
import { insertWatch } from "./store.ts";

/** Names of the alarms that may stop a deployment; a rollback heeds none. */
export function alarmsOf({ body }: Deployment): string[] {
  if (body.creator === "codeDeployRollback") return [];
  const configuration = body.overrideAlarms ?? body.alarms;
  return configuration?.enabled === true ? (configuration.alarms ?? []).map(({ name = "" }) => name) : [];
}

/** From now on these alarms end the deployment. One transaction with its caller. */
export function watchAlarms(ctx: Context, deployment: Deployment): void {
  for (const alarm of alarmsOf(deployment)) ctx.run(insertWatch, { alarm, deployment: deployment.id });
}

/** How a deployment ends whose alarms went off. The text is AWS's. */
export function alarmEnding(names: readonly string[], rule: string): Ending {
  const message = `One or more alarms have been activated according to the Amazon CloudWatch metrics you selected, and the affected deployments have been stopped. Activated alarms: ${names.map((name) => `<${name}>`).join(" ")}`;
  return { status: "Stopped", by: "alarm", error: { code: "ALARM_ACTIVE", message }, rule };
}

export type AnyAlarm = MetricAlarm & CompositeAlarm;

/** What a look at the alarms found: their present states, and how the deployment ends if it must. */
export interface AlarmLook {
  readonly alarms: readonly AnyAlarm[];
  readonly ending?: Ending;
}

/**
 * Looks at all alarms of a deployment. What cannot be looked at stops it, unless `ignorePollAlarmFailure` is set.
 * https://docs.aws.amazon.com/codedeploy/latest/userguide/monitoring-create-alarms.html
 */
export async function lookAtAlarms(ctx: Context, deployment: Deployment): Promise<AlarmLook> {
  const names = alarmsOf(deployment);
  if (names.length === 0) return { alarms: [] };
  let alarms: AnyAlarm[] = [];
  let problem: string | undefined;
  try {
    const AlarmTypes: ("MetricAlarm" | "CompositeAlarm")[] = ["MetricAlarm", "CompositeAlarm"];
    const found = await serviceRoleContext(ctx, deployment).call("cloudwatch", "DescribeAlarms", { AlarmNames: names, AlarmTypes });
    alarms = [...(found.MetricAlarms ?? []), ...(found.CompositeAlarms ?? [])];
    const missing = names.filter((name) => alarms.every(({ AlarmName }) => AlarmName !== name));
    if (missing.length > 0) problem = `the alarms do not exist: ${missing.join(", ")}`;
  } catch (error) {
    if (!(error instanceof AwsException)) throw error;
    problem = messageOf(error);
  }
  const active = alarms.filter(({ StateValue }) => StateValue === "ALARM");
  if (active.length > 0) {
    const reasons = active.map(({ AlarmName, StateReason }) => `${AlarmName} is in ALARM (${StateReason})`);
    return { alarms, ending: alarmEnding(active.map(({ AlarmName = "" }) => AlarmName).sort(), reasons.join("; ")) };
  }
  const configuration = deployment.body.overrideAlarms ?? deployment.body.alarms;
  if (problem === undefined || configuration?.ignorePollAlarmFailure === true) return { alarms };
  const message = `The state of the alarms of the deployment could not be retrieved: ${problem}`;
  return { alarms, ending: { status: "Stopped", by: "alarm", error: { code: "ALARM_ACTIVE", message }, rule: message } };
}
