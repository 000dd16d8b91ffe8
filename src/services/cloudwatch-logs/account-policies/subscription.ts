import { parseArn } from "../../../aws/arn.ts";
import type { Input } from "../../../aws/clients.ts";
import type { Context } from "../../../aws/context.ts";
import { notImplemented } from "../../../aws/exception.ts";
import type { Message, MessageHandler } from "../../../aws/service.ts";
import { accountPolicies } from "../data-protection/store.ts";
import { invalidParameter } from "../groups.ts";
import { compilePattern } from "../pattern.ts";
import type { GroupRow } from "../store.ts";
import { checkFunction, deliver } from "../subscriptions.ts";
import { isMeant, readCriteria } from "./extraction.ts";

const TYPE = "SUBSCRIPTION_FILTER_POLICY";

interface Filter {
  readonly destination: string;
  readonly pattern: string;
}

function readFilter(document: string): Filter {
  let parsed: unknown;
  try {
    parsed = JSON.parse(document);
  } catch {
    throw invalidParameter("The subscription filter policy is not valid JSON.");
  }
  const { DestinationArn: destination, FilterPattern: pattern = "" } = (parsed ?? {}) as Readonly<Record<string, unknown>>;
  if (typeof destination !== "string" || typeof pattern !== "string")
    throw invalidParameter("The subscription filter policy needs a DestinationArn, and its FilterPattern is a text.");
  return { destination, pattern };
}

/** https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/SubscriptionFilters-AccountLevel.html */
export async function checkAccountSubscription(input: Input<"cloudwatch-logs", "PutAccountPolicy">, ctx: Context): Promise<void> {
  const { destination, pattern } = readFilter(input.policyDocument ?? "");
  compilePattern(pattern);
  if (input.selectionCriteria !== undefined) {
    const { by, isExcluding } = readCriteria(input.selectionCriteria);
    if (by !== "name" || !isExcluding)
      throw invalidParameter('selectionCriteria of a subscription filter policy is LogGroupName NOT IN ["…"].');
  }
  const service = parseArn(destination)?.service;
  if (service === undefined) throw invalidParameter("DestinationArn must be an ARN.");
  if (service !== "lambda") throw notImplemented("cloudwatch-logs", "PutAccountPolicy", `a destination of ${service}`);
  await checkFunction(ctx, destination, ctx.arn("logs", "log-group:*"));
}

/** Sends a batch on its way to where the account's policy wants it, if it has one that is about the group. */
export function sendForAccount(ctx: Context, group: GroupRow, batch: Message["payload"]): void {
  const policy = ctx.get(accountPolicies.first, { type: TYPE });
  if (policy === undefined || group.class !== "STANDARD") return;
  if (policy.criteria !== null && !isMeant(readCriteria(policy.criteria), group.name)) return;
  ctx.send("cloudwatch-logs.deliverForAccount", batch, { lane: `cloudwatch-logs.account.${String(batch["stream"])}` });
}

/** `cloudwatch-logs.deliverForAccount`: a batch for the filter of the account. */
export const onDeliverForAccount: MessageHandler = (ctx, message) =>
  deliver(ctx, message, () => {
    const policy = ctx.get(accountPolicies.first, { type: TYPE });
    return policy === undefined ? undefined : { name: policy.name, policyLevel: "ACCOUNT_LEVEL_POLICY", ...readFilter(policy.document) };
  });
