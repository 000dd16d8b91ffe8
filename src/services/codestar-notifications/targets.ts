import { parseArn } from "../../aws/arn.ts";
import type { Input } from "../../aws/clients.ts";
import type { Context } from "../../aws/context.ts";
import { AwsException, notImplemented } from "../../aws/exception.ts";
import { servicePrincipal } from "../../aws/identity.ts";

export type GivenTarget = NonNullable<NonNullable<Input<"codestar-notifications", "CreateNotificationRule">["Targets"]>[number]>;

export interface CheckedTarget {
  readonly address: string;
  readonly type: "SNS";
  /** Whether notifications reach it: https://docs.aws.amazon.com/dtconsole/latest/userguide/notification-target-view.html */
  readonly status: "ACTIVE" | "UNREACHABLE";
}

export const invalid = (message: string): AwsException => new AwsException("ValidationException", message, { status: 400 });

const HOST = "codestar-notifications.amazonaws.com";

/** A context that acts as the service of notifications. */
export const asNotifications = (ctx: Context): Context => ctx.with({ principal: servicePrincipal(ctx.account, HOST) });

/** Why a topic does not take notifications; undefined when it does. https://docs.aws.amazon.com/dtconsole/latest/userguide/set-up-sns.html */
export async function refusalOf(ctx: Context, topic: string): Promise<string | undefined> {
  const scope = asNotifications(ctx);
  let policy: string | undefined;
  try {
    policy = (await scope.call("sns", "GetTopicAttributes", { TopicArn: topic })).Attributes?.["Policy"];
  } catch (error) {
    if (error instanceof AwsException) return error.message;
    throw error;
  }
  const conditions = { "aws:SourceAccount": [ctx.account] };
  const request = { principal: scope.principal, action: "sns:Publish", resource: topic, conditions };
  const allowed = ctx.cloud.identity.judge(policy ?? "", request) === "allow";
  return allowed ? undefined : `the topic's policy does not let ${HOST} publish`;
}

/** @throws AwsException ValidationException, and 501 for chat clients */
export async function checkTarget(ctx: Context, { TargetType = "SNS", TargetAddress = "" }: GivenTarget): Promise<CheckedTarget> {
  if (TargetType === "AWSChatbotSlack" || TargetType === "AWSChatbotMicrosoftTeams")
    throw notImplemented("codestar-notifications", "CreateNotificationRule", `Targets of type ${TargetType}`);
  if (TargetType !== "SNS") throw invalid(`Invalid target type: ${TargetType}`);
  const arn = parseArn(TargetAddress);
  if (arn?.service !== "sns" || arn.account !== ctx.account || arn.region !== ctx.region) {
    throw invalid(`Invalid target address: ${TargetAddress} is not a topic of this account and region`);
  }
  return { address: TargetAddress, type: "SNS", status: (await refusalOf(ctx, TargetAddress)) === undefined ? "ACTIVE" : "UNREACHABLE" };
}
