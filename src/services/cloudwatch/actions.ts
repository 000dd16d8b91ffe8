import { parseArn } from "../../aws/arn.ts";
import type { Context } from "../../aws/context.ts";
import { AwsException } from "../../aws/exception.ts";
import { type Principal, rootPrincipal, servicePrincipal } from "../../aws/identity.ts";
import type { MessageHandler } from "../../aws/service.ts";
import { messageOf } from "../../kernel/errors.ts";
import { alarmArn, configOf } from "./alarm-config.ts";
import { selectAlarm } from "./alarm-store.ts";
import { type Contributor, record } from "./history.ts";
import { type NoticeParts, noticeSubject, noticeText, type ToldState } from "./notice.ts";

interface Told {
  readonly state: ToldState;
  /** Absent for contributors, which have but two states. */
  readonly previousState?: ToldState;
  readonly alarmContributor?: Contributor;
}

/** In the target's account and region, as the service that alarms are there. */
function placeOf(ctx: Context, target: string, host: string): Context {
  const arn = parseArn(target);
  return ctx.with({
    account: arn?.account || ctx.account,
    region: arn?.region || ctx.region,
    principal: servicePrincipal(ctx.account, host),
  });
}

interface Request {
  readonly action: string;
  readonly resource: string;
  readonly policy: string | undefined;
}

function requirePermission(ctx: Context, alarm: NoticeParts, { action, resource, policy }: Request): void {
  const conditions = { "aws:SourceArn": [alarm.arn], "aws:SourceAccount": [alarm.account], "aws:SourceOwner": [alarm.account] };
  // A topic's default policy lets its owner's alarms in: they act as the account, too.
  const principals = action === "sns:Publish" ? [ctx.principal, rootPrincipal(alarm.account)] : [ctx.principal];
  const allows = (principal: Principal): boolean =>
    ctx.cloud.identity.judge(policy ?? "", { principal, action, resource, conditions }) === "allow";
  if (policy !== undefined && policy !== "" && principals.some(allows)) return;
  throw new AwsException("AuthorizationError", `CloudWatch Alarms is not authorized to perform: ${action} on resource: ${resource}`, {
    status: 403,
  });
}

/** https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/Notify_Users_Alarm_Changes.html */
async function toTopic(ctx: Context, TopicArn: string, parts: NoticeParts): Promise<void> {
  const scope = placeOf(ctx, TopicArn, "cloudwatch.amazonaws.com");
  const { Attributes } = await scope.call("sns", "GetTopicAttributes", { TopicArn });
  requirePermission(scope, parts, { action: "sns:Publish", resource: TopicArn, policy: Attributes?.["Policy"] });
  await scope.call("sns", "Publish", { TopicArn, Subject: noticeSubject(parts), Message: noticeText(parts) });
}

/** https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/alarms-and-actions-Lambda.html */
async function toFunction(ctx: Context, FunctionName: string, parts: NoticeParts, alarmData: unknown): Promise<void> {
  const scope = placeOf(ctx, FunctionName, "lambda.alarms.cloudwatch.amazonaws.com");
  const { Policy } = await scope.call("lambda", "GetPolicy", { FunctionName });
  requirePermission(scope, parts, { action: "lambda:InvokeFunction", resource: FunctionName, policy: Policy });
  const { account: accountId, arn, region, state } = parts;
  const event = { source: "aws.cloudwatch", alarmArn: arn, accountId, time: state.timestamp, region, alarmData };
  await scope.call("lambda", "Invoke", { FunctionName, InvocationType: "Event", Payload: Buffer.from(JSON.stringify(event)) });
}

/** Carries out one action of an alarm that has changed: SNS topics and Lambda functions. */
export const onAct: MessageHandler = async (ctx, message) => {
  const row = ctx.get(selectAlarm, { name: String(message.payload["alarm"]) });
  const event = ctx.cloud.timeline.find(String(message.payload["event"]));
  if (row === undefined || event === undefined) return;
  const action = String(message.payload["action"]);
  const { state, previousState, alarmContributor: contributor } = event.detail as unknown as Told;
  const previous = previousState ?? { value: state.value === "ALARM" ? "OK" : "ALARM", reason: "", timestamp: state.timestamp };
  const arn = alarmArn(ctx, row.name);
  const parts = { row, config: configOf(row), arn, account: ctx.account, region: ctx.region, state, previous, contributor };
  let failure: string | undefined;
  try {
    const service = parseArn(action)?.service;
    if (service === "sns") await toTopic(ctx, action, parts);
    else if (service === "lambda") await toFunction(ctx, action, parts, event.detail);
    else failure = "Orrery has no such action";
  } catch (error) {
    if (!ctx.isCurrent) throw error;
    failure = messageOf(error);
  }
  const summary =
    failure === undefined ? `Successfully executed action ${action}` : `Failed to execute action ${action}. Received error: "${failure}"`;
  const data = { actionState: failure === undefined ? "Succeeded" : "Failed", notificationResource: action, error: failure };
  ctx.tx(() => {
    record(ctx, row, {
      item: contributor === undefined ? "Action" : "AlarmContributorAction",
      summary,
      data: JSON.stringify(data),
      contributor,
    });
    ctx.emit({
      source: "aws.cloudwatch",
      type: failure === undefined ? "Alarm action executed" : "Alarm action failed",
      resources: [arn, action],
      detail: { alarmName: row.name, action, state: state.value, ...(failure === undefined ? {} : { error: failure }) },
      rule: `the alarm went from ${previous.value} to ${state.value}`,
    });
  });
};
