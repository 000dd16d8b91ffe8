import { gzipSync } from "node:zlib";
import { parseArn } from "../../aws/arn.ts";
import type { Input, Output } from "../../aws/clients.ts";
import type { Context } from "../../aws/context.ts";
import { AwsException, notImplemented } from "../../aws/exception.ts";
import { servicePrincipal } from "../../aws/identity.ts";
import { decodeToken, pageOf } from "../../aws/paging.ts";
import type { Message, MessageHandler } from "../../aws/service.ts";
import { shownEvents } from "./data-protection/guard.ts";
import { findGroup, invalidParameter } from "./groups.ts";
import { batchOf } from "./metric-filters.ts";
import { compilePattern } from "./pattern.ts";
import { eventId } from "./reading.ts";
import {
  countFilters,
  deleteSubscriptionRow,
  type GroupRow,
  selectGroupById,
  selectStreamById,
  selectSubscriptions,
  upsertSubscription,
} from "./store.ts";
import { requireTransformer, transformedEvents } from "./transformers/policies.ts";

const MAX_SUBSCRIPTIONS = 2;

export async function putSubscriptionFilter(
  input: Input<"cloudwatch-logs", "PutSubscriptionFilter">,
  ctx: Context,
): Promise<Output<"cloudwatch-logs", "PutSubscriptionFilter">> {
  for (const member of ["fieldSelectionCriteria", "emitSystemFields"] as const) {
    if (input[member] !== undefined) throw notImplemented("cloudwatch-logs", "PutSubscriptionFilter", member);
  }
  compilePattern(input.filterPattern ?? "");
  const destination = input.destinationArn ?? "";
  const service = parseArn(destination)?.service;
  if (service === undefined) throw invalidParameter("destinationArn must be an ARN.");
  if (service !== "lambda") throw notImplemented("cloudwatch-logs", "PutSubscriptionFilter", `a destination of ${service}`);
  await checkFunction(ctx, destination, ctx.arn("logs", `log-group:${input.logGroupName ?? ""}:*`));
  return ctx.tx(() => {
    const group = findGroup(ctx, input.logGroupName);
    const name = input.filterName ?? "";
    if (input.applyOnTransformedLogs === true) requireTransformer(ctx, group);
    const existing = ctx.all(selectSubscriptions, { group: group.id });
    if (existing.length >= MAX_SUBSCRIPTIONS && !existing.some((row) => row.name === name)) {
      throw new AwsException("LimitExceededException", "Resource limit exceeded.");
    }
    const pattern = input.filterPattern ?? "";
    const role = input.roleArn ?? null;
    const distribution = input.distribution ?? "ByLogStream";
    const transformed = Number(input.applyOnTransformedLogs === true);
    ctx.run(upsertSubscription, { group: group.id, name, pattern, destination, role, distribution, transformed, now: ctx.now });
    ctx.run(countFilters, { id: group.id });
    ctx.claim(name);
    return {};
  });
}

/** As AWS, which tries the function out: its policy must let CloudWatch Logs in. SubscriptionFilters.html#LambdaFunctionExample */
export async function checkFunction(ctx: Context, FunctionName: string, SourceArn: string): Promise<void> {
  const conditions = { "aws:SourceArn": [SourceArn], "aws:SourceAccount": [ctx.account] };
  const policy = await policyOf(ctx, FunctionName);
  const allowed = ["logs.amazonaws.com", `logs.${ctx.region}.amazonaws.com`].some((host) => {
    const principal = servicePrincipal(ctx.account, host);
    const request = { principal, action: "lambda:InvokeFunction", resource: FunctionName, conditions };
    return policy !== undefined && ctx.cloud.identity.judge(policy, request) === "allow";
  });
  if (allowed) return;
  throw invalidParameter(
    "Could not execute the lambda function. Make sure you have given CloudWatch Logs permission to execute your function.",
  );
}

async function policyOf(ctx: Context, FunctionName: string): Promise<string | undefined> {
  try {
    return (await ctx.call("lambda", "GetPolicy", { FunctionName })).Policy;
  } catch (error) {
    if (!(error instanceof AwsException) || error.code !== "ResourceNotFoundException") throw error;
    return undefined;
  }
}

export function deleteSubscriptionFilter(
  input: Input<"cloudwatch-logs", "DeleteSubscriptionFilter">,
  ctx: Context,
): Output<"cloudwatch-logs", "DeleteSubscriptionFilter"> {
  return ctx.tx(() => {
    const group = findGroup(ctx, input.logGroupName);
    if (ctx.run(deleteSubscriptionRow, { group: group.id, name: input.filterName ?? "" }) === 0) {
      throw new AwsException("ResourceNotFoundException", "The specified subscription filter does not exist.");
    }
    ctx.run(countFilters, { id: group.id });
    return {};
  });
}

export function describeSubscriptionFilters(
  input: Input<"cloudwatch-logs", "DescribeSubscriptionFilters">,
  ctx: Context,
): Output<"cloudwatch-logs", "DescribeSubscriptionFilters"> {
  const group = findGroup(ctx, input.logGroupName);
  const after = input.nextToken === undefined ? "" : String(decodeToken(input.nextToken)?.[0] ?? "");
  const rows = ctx
    .all(selectSubscriptions, { group: group.id })
    .filter(({ name }) => name.startsWith(input.filterNamePrefix ?? "") && name > after);
  const page = pageOf(rows, input.limit ?? 50, ({ name }) => [name]);
  return {
    subscriptionFilters: page.items.map((row) => ({
      filterName: row.name,
      logGroupName: group.name,
      filterPattern: row.pattern,
      destinationArn: row.destination,
      ...(row.role === null ? {} : { roleArn: row.role }),
      distribution: row.distribution as "ByLogStream",
      applyOnTransformedLogs: row.transformed === 1,
      creationTime: row.created,
    })),
    nextToken: page.nextToken,
  };
}

/** What a filter of a log group or of the account sends, and where. */
export interface Delivery {
  readonly name: string;
  readonly pattern: string;
  readonly destination: string;
  /** 1 where it sees the transformed versions of events. */
  readonly transformed?: number;
  /** Only the account's filters tell their level. */
  readonly policyLevel?: "ACCOUNT_LEVEL_POLICY";
}

/**
 * Hands what matches of a batch to the function, as AWS packs it.
 * https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/SubscriptionFilters.html#LambdaFunctionExample
 */
export async function deliver(ctx: Context, message: Message, find: (group: GroupRow) => Delivery | undefined): Promise<void> {
  const group = ctx.get(selectGroupById, { id: Number(message.payload["group"]) });
  const stream = ctx.get(selectStreamById, { id: Number(message.payload["stream"]) });
  const filter = group === undefined ? undefined : find(group);
  if (group === undefined || stream === undefined || filter === undefined) return;
  const pattern = compilePattern(filter.pattern);
  const batch = batchOf(ctx, message);
  const logEvents = (filter.transformed === 1 ? transformedEvents(ctx, group, batch) : shownEvents(ctx, group, batch))
    .filter((event) => pattern.match(event.message) !== undefined)
    .map((event) => ({ id: eventId(event), timestamp: event.time, message: event.message }));
  if (logEvents.length === 0) return;
  const data = {
    messageType: "DATA_MESSAGE",
    owner: ctx.account,
    logGroup: group.name,
    logStream: stream.name,
    subscriptionFilters: [filter.name],
    logEvents,
    ...(filter.policyLevel === undefined ? {} : { policyLevel: filter.policyLevel }),
  };
  const Payload = Buffer.from(JSON.stringify({ awslogs: { data: gzipSync(JSON.stringify(data)).toString("base64") } }));
  await ctx.call("lambda", "Invoke", { FunctionName: filter.destination, InvocationType: "Event", Payload });
}

/** `cloudwatch-logs.deliver`: a batch for a filter of its log group. */
export const onDeliver: MessageHandler = (ctx, message) =>
  deliver(ctx, message, ({ id }) => ctx.all(selectSubscriptions, { group: id }).find(({ name }) => name === message.payload["filter"]));
