import type { Context } from "../../aws/context.ts";
import { AwsException } from "../../aws/exception.ts";
import type { MessageHandler, Subscription } from "../../aws/service.ts";
import type { TimelineEvent } from "../../kernel/events.ts";
import { eventType, isNotifiable, isOfType } from "./event-types.ts";
import { addresses, type RuleRow, rules, targets } from "./store.ts";
import { asNotifications, refusalOf } from "./targets.ts";

/** ARN of what an event is about, in the form that rules name. */
function subjectOf(ctx: Context, { source, detail, resources }: TimelineEvent): string | undefined {
  if (source === "aws.codebuild") return ctx.arn("codebuild", `project/${String(detail["project-name"])}`);
  if (source === "aws.codedeploy") return ctx.arn("codedeploy", `application:${String(detail["application"])}`);
  if (source === "aws.codepipeline") return ctx.arn("codepipeline", String(detail["pipeline"]));
  return resources.find((arn) => arn.startsWith("arn:aws:codecommit:"));
}

const wants = (rule: RuleRow, event: TimelineEvent): boolean => {
  if (rule.status !== "ENABLED") return false;
  return (JSON.parse(rule.event_types) as string[]).some((id) => {
    const type = eventType(id);
    return type !== undefined && isOfType(type, event);
  });
};

/** Events of the loop become one message for each target of each rule that wants them. */
export const notifiableEvents: Subscription = {
  name: "codestar-notifications.events",
  wants: isNotifiable,
  handle: (ctx, event) => {
    const resource = subjectOf(ctx, event);
    for (const rule of resource === undefined ? [] : ctx.all(rules.ofResource, { resource })) {
      if (!wants(rule, event)) continue;
      for (const { address } of ctx.all(targets.ofRule, { rule: rule.id })) {
        ctx.send("codestar-notifications.notify", { rule: rule.id, address, event: event.id });
      }
    }
  },
};

/** Publishes one notification; whether its target took it is the target's status from then on. */
export const notify: MessageHandler = async (ctx, { payload }) => {
  const rule = ctx.get(rules.get, { id: String(payload["rule"]) });
  const event = ctx.cloud.timeline.find(String(payload["event"]));
  const address = String(payload["address"]);
  if (rule === undefined || event === undefined) return;
  const refusal = (await refusalOf(ctx, address)) ?? (await publish(ctx, rule, event, address));
  ctx.tx(() => {
    ctx.run(addresses.put, { address, type: "SNS", status: refusal === undefined ? "ACTIVE" : "UNREACHABLE" });
    ctx.emit({
      source: "aws.codestar-notifications",
      type: refusal === undefined ? "Notification sent" : "Notification failed",
      resources: [rule.arn, address],
      detail: { rule: rule.name, "detail-type": event.type, ...(refusal === undefined ? {} : { reason: refusal }) },
      rule: refusal ?? `the rule ${rule.name} asks for ${event.type}`,
    });
  });
};

async function publish(ctx: Context, rule: RuleRow, event: TimelineEvent, TopicArn: string): Promise<string | undefined> {
  try {
    await asNotifications(ctx).call("sns", "Publish", { TopicArn, Message: JSON.stringify(await messageOf(ctx, rule, event)) });
    return undefined;
  } catch (error) {
    if (error instanceof AwsException) return error.message;
    throw error;
  }
}

/** As AWS sends it to topics: the event, and what FULL adds to it. */
async function messageOf(ctx: Context, rule: RuleRow, event: TimelineEvent): Promise<object> {
  return {
    account: ctx.account,
    detailType: event.type,
    region: ctx.region,
    source: event.source,
    time: new Date(event.time).toISOString().replace(/\.\d+Z$/, "Z"),
    notificationRuleArn: rule.arn,
    detail: event.detail,
    resources: event.resources,
    additionalAttributes: rule.detail_type === "FULL" ? await additional(ctx, event) : {},
  };
}

/** https://docs.aws.amazon.com/dtconsole/latest/userguide/concepts.html#detail-type: errors of a failure, and what an approval is about. */
async function additional(ctx: Context, { source, detail }: TimelineEvent): Promise<object> {
  if (source !== "aws.codepipeline") return {};
  const category = (detail["type"] as { readonly category?: string } | undefined)?.category;
  const state = detail["state"];
  if (state !== "FAILED" && !(category === "Approval" && state === "STARTED")) return {};
  const { actionExecutionDetails = [] } = await ctx.call("codepipeline", "ListActionExecutions", {
    pipelineName: String(detail["pipeline"]),
    filter: { pipelineExecutionId: String(detail["execution-id"]) },
  });
  if (state === "STARTED") {
    const approval = actionExecutionDetails.find(({ actionName }) => actionName === detail["action"]);
    const { CustomData = "", ExternalEntityLink = "" } = approval?.input?.resolvedConfiguration ?? {};
    return { externalEntityLink: ExternalEntityLink, customData: CustomData };
  }
  const failed = actionExecutionDetails.filter(({ status }) => status === "Failed");
  return {
    failedActionCount: failed.length,
    failedActions: failed.map(({ actionName, output }) => ({
      action: actionName,
      additionalInformation: output?.executionResult?.errorDetails?.message ?? output?.executionResult?.externalExecutionSummary ?? "",
    })),
    failedStage: failed[0]?.stageName ?? "",
  };
}
