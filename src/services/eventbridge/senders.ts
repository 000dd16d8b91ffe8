import type { Target } from "@aws-sdk/client-eventbridge";
import type { Arn } from "../../aws/arn.ts";
import type { Context } from "../../aws/context.ts";
import { AwsException } from "../../aws/exception.ts";
import { type Principal, rootPrincipal, servicePrincipal } from "../../aws/identity.ts";
import { mayPut } from "./access.ts";
import { type BusReference, busArn, busReference, DEFAULT_BUS } from "./names.ts";
import { type BusEvent, publish } from "./publish.ts";
import { codebuild, codepipeline } from "./role-senders.ts";
import { selectBus } from "./store.ts";

/** What a target gets. */
export interface Parcel {
  readonly target: Target;
  readonly arn: Arn;
  readonly ruleArn: string;
  readonly event: BusEvent;
  /** The input after InputPath, Input or InputTransformer. */
  readonly text: string;
  /** Virtual ms. */
  readonly received: number;
}

/** `ctx` is of the target's account and region and acts as EventBridge. */
type Sender = (ctx: Context, parcel: Parcel) => Promise<unknown>;

const SENDERS: Readonly<Record<string, Sender>> = { codebuild, codepipeline, lambda, sqs, sns, logs, events };

const RESOURCES: Readonly<Record<string, RegExp>> = {
  codebuild: /^project\//,
  codepipeline: /^[^/:]+$/,
  lambda: /^function:/,
  sqs: /^[^/:]+$/,
  sns: /^[^/:]+$/,
  logs: /^log-group:/,
  events: /^event-bus\//,
};

/** True for ARNs that events can be sent to. */
export function isReachable(arn: Arn): boolean {
  return RESOURCES[arn.service]?.test(arn.resource) ?? false;
}

/** @throws AwsException as the target's service answers, or AccessDeniedException when its policy does not let EventBridge in */
export async function send(ctx: Context, parcel: Parcel): Promise<void> {
  const { account, region, service } = parcel.arn;
  const scope = { account: account || ctx.account, region: region || ctx.region, request: undefined };
  await SENDERS[service]?.(ctx.with({ ...scope, principal: servicePrincipal(ctx.account, "events.amazonaws.com") }), parcel);
}

/**
 * The policy on the resource must let events.amazonaws.com in, except where the target has a role to act as.
 * https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-use-resource-based.html
 */
function requirePermission(ctx: Context, parcel: Parcel, action: string, policy: string | undefined): void {
  const resource = parcel.target.Arn ?? "";
  if (parcel.target.RoleArn !== undefined) return;
  const conditions = { "aws:SourceArn": [parcel.ruleArn], "aws:SourceAccount": [ctx.principal.account] };
  const verdict =
    policy === undefined ? "none" : ctx.cloud.identity.judge(policy, { principal: ctx.principal, action, resource, conditions });
  if (verdict !== "allow") {
    throw new AwsException(
      "AccessDeniedException",
      `events.amazonaws.com is not authorized to perform: ${action} on resource: ${resource}`,
    );
  }
}

async function lambda(ctx: Context, parcel: Parcel): Promise<void> {
  const { target, text } = parcel;
  const [, name = "", qualifier] = parcel.arn.resource.split(":");
  const reference = { FunctionName: name, ...(qualifier === undefined ? {} : { Qualifier: qualifier }) };
  const policy = target.RoleArn === undefined ? await functionPolicy(ctx, reference) : undefined;
  requirePermission(ctx, parcel, "lambda:InvokeFunction", policy);
  await ctx.call("lambda", "Invoke", { ...reference, InvocationType: "Event", Payload: Buffer.from(text) });
}

async function functionPolicy(ctx: Context, reference: { FunctionName: string; Qualifier?: string }): Promise<string | undefined> {
  try {
    return (await ctx.call("lambda", "GetPolicy", reference)).Policy;
  } catch (error) {
    if (!(error instanceof AwsException) || error.code !== "ResourceNotFoundException") throw error;
    // A function without a policy and no function at all answer alike: tell them apart by the function itself.
    await ctx.call("lambda", "GetFunctionConfiguration", reference);
    return undefined;
  }
}

async function sqs(ctx: Context, parcel: Parcel): Promise<void> {
  const { QueueUrl } = await ctx.call("sqs", "GetQueueUrl", { QueueName: parcel.arn.resource });
  const { Attributes } = await ctx.call("sqs", "GetQueueAttributes", { QueueUrl, AttributeNames: ["Policy"] });
  requirePermission(ctx, parcel, "sqs:SendMessage", Attributes?.["Policy"]);
  const group = parcel.target.SqsParameters?.MessageGroupId;
  await ctx.call("sqs", "SendMessage", { QueueUrl, MessageBody: parcel.text, ...(group === undefined ? {} : { MessageGroupId: group }) });
}

async function sns(ctx: Context, parcel: Parcel): Promise<void> {
  const TopicArn = parcel.target.Arn;
  const { Attributes } = await ctx.call("sns", "GetTopicAttributes", { TopicArn });
  requirePermission(ctx, parcel, "sns:Publish", Attributes?.["Policy"]);
  await ctx.call("sns", "Publish", { TopicArn, Message: parcel.text });
}

/** A log event of its own stream for each event; a template may give timestamp and message. */
async function logs(ctx: Context, parcel: Parcel): Promise<void> {
  const [, logGroupName = ""] = parcel.arn.resource.split(":");
  const logStreamName = parcel.event.id;
  try {
    await ctx.call("cloudwatch-logs", "CreateLogStream", { logGroupName, logStreamName });
  } catch (error) {
    if (!(error instanceof AwsException) || error.code !== "ResourceAlreadyExistsException") throw error;
  }
  await ctx.call("cloudwatch-logs", "PutLogEvents", { logGroupName, logStreamName, logEvents: [logEvent(parcel)] });
}

function logEvent({ target, text, received }: Parcel): { timestamp: number; message: string } {
  if (target.InputTransformer === undefined) return { timestamp: received, message: text };
  try {
    const { timestamp, message } = JSON.parse(text) as { timestamp?: unknown; message?: unknown };
    const given = typeof timestamp === "number" ? timestamp : Date.parse(String(timestamp));
    return { timestamp: Number.isNaN(given) ? received : given, message: typeof message === "string" ? message : text };
  } catch {
    return { timestamp: received, message: text };
  }
}

/** @throws AwsException when there is no such bus, or it takes no events from the account */
function requireBus(bus: BusReference, sender: Principal): void {
  if (bus.name !== DEFAULT_BUS && bus.ctx.get(selectBus, { name: bus.name }) === undefined) {
    throw new AwsException("ResourceNotFoundException", `Event bus ${bus.name} does not exist.`);
  }
  if (mayPut(sender, bus)) return;
  throw new AwsException(
    "AccessDeniedException",
    `${sender.account} is not authorized to perform: events:PutEvents on resource: ${busArn(bus.ctx, bus.name)}`,
  );
}

/** The event goes on as it is; its account and region stay those where it arose. */
async function events(ctx: Context, { target, event }: Parcel): Promise<void> {
  const bus = busReference(ctx, target.Arn);
  requireBus(bus, rootPrincipal(ctx.principal.account));
  bus.ctx.tx(() => publish(bus.ctx, bus.name, event, { forwarded: true }));
}
