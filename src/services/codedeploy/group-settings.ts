import type { AlarmConfiguration, AutoRollbackConfiguration, DeploymentStyle, TriggerConfig } from "@aws-sdk/client-codedeploy";
import { parseArn } from "../../aws/arn.ts";
import type { Context } from "../../aws/context.ts";
import { AwsException } from "../../aws/exception.ts";
import { refused } from "./errors.ts";
import type { GroupSettings } from "./records.ts";

/** https://docs.aws.amazon.com/codedeploy/latest/APIReference/API_AlarmConfiguration.html */
const MOST_ALARMS = 10;
const LONGEST_ALARM_NAME = 255;
/** https://docs.aws.amazon.com/codedeploy/latest/userguide/limits.html */
const MOST_TRIGGERS = 10;

export function checkAlarms(configuration: AlarmConfiguration | undefined): void {
  if (configuration === undefined) return;
  const invalid = (message: string): AwsException => refused("InvalidAlarmConfigException", message);
  const names = (configuration.alarms ?? []).map(({ name }) => name);
  if (configuration.enabled === true && names.length === 0)
    throw invalid("The alarm configuration is enabled, but the alarm list is empty.");
  if (names.length > MOST_ALARMS)
    throw refused("AlarmsLimitExceededException", `The maximum number of alarms for a deployment group (${MOST_ALARMS}) was exceeded.`);
  if (names.some((name) => name === undefined || name === "" || name.length > LONGEST_ALARM_NAME))
    throw invalid(`The alarm name is empty or exceeds the limit of ${LONGEST_ALARM_NAME} characters.`);
  if (new Set(names).size < names.length) throw invalid("Two alarms with the same name have been specified.");
}

export function checkAutoRollback(configuration: AutoRollbackConfiguration | undefined): void {
  if (configuration?.enabled === true && (configuration.events ?? []).length === 0)
    throw refused("InvalidAutoRollbackConfigException", "Automatic rollback is enabled, but no event types were listed.");
}

function checkTriggers(triggers: readonly TriggerConfig[]): void {
  const invalid = (message: string): AwsException => refused("InvalidTriggerConfigException", message);
  if (triggers.length > MOST_TRIGGERS)
    throw refused("TriggerTargetsLimitExceededException", `The maximum number of triggers (${MOST_TRIGGERS}) was exceeded.`);
  for (const { triggerName, triggerTargetArn, triggerEvents } of triggers) {
    if (!triggerName) throw invalid("A trigger needs a name.");
    if ((triggerEvents ?? []).length === 0) throw invalid(`The trigger ${triggerName} names no event.`);
    if (parseArn(triggerTargetArn ?? "")?.service !== "sns")
      throw invalid(`The target of the trigger ${triggerName} is not a topic of Amazon SNS.`);
  }
  if (new Set(triggers.map(({ triggerName }) => triggerName)).size < triggers.length) throw invalid("Two triggers have the same name.");
}

/** What every platform's groups have in common. */
export function checkSettings(settings: GroupSettings): void {
  checkAlarms(settings.alarmConfiguration);
  checkAutoRollback(settings.autoRollbackConfiguration);
  checkTriggers(settings.triggerConfigurations ?? []);
}

export const LAMBDA_STYLE: DeploymentStyle = { deploymentType: "BLUE_GREEN", deploymentOption: "WITH_TRAFFIC_CONTROL" };
export const SERVER_STYLE: DeploymentStyle = { deploymentType: "IN_PLACE", deploymentOption: "WITHOUT_TRAFFIC_CONTROL" };

/** The service role is there, and CodeDeploy may take it. @throws InvalidRoleException */
export async function checkRole(ctx: Context, arn: string | undefined): Promise<void> {
  const role = parseArn(arn ?? "");
  if (role?.service !== "iam" || !role.resource.startsWith("role/"))
    throw refused("InvalidRoleException", `The service role ARN ${arn ?? ""} was specified in an invalid format.`);
  const RoleName = role.resource.split("/").pop() ?? "";
  try {
    await ctx.call("iam", "GetRole", { RoleName });
  } catch (error) {
    if (!(error instanceof AwsException) || !/NoSuchEntity/.test(error.code)) throw error;
    throw refused("InvalidRoleException", `AWS CodeDeploy does not have the permissions required to assume the role ${arn}.`);
  }
}
