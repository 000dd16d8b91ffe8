import type { Context } from "../../aws/context.ts";
import type { RequiredPermission, ServiceDefinition } from "../../aws/service.ts";
import { attributesOf, findByArn } from "./queues.ts";

type Permissions = NonNullable<ServiceDefinition<"sqs">["permissions"]>;

interface OfQueue {
  readonly QueueUrl?: string | undefined;
}

/** Batches have no actions of their own. */
const BY_URL = {
  AddPermission: "AddPermission",
  ChangeMessageVisibility: "ChangeMessageVisibility",
  ChangeMessageVisibilityBatch: "ChangeMessageVisibility",
  DeleteMessage: "DeleteMessage",
  DeleteMessageBatch: "DeleteMessage",
  DeleteQueue: "DeleteQueue",
  GetQueueAttributes: "GetQueueAttributes",
  ListDeadLetterSourceQueues: "ListDeadLetterSourceQueues",
  ListQueueTags: "ListQueueTags",
  PurgeQueue: "PurgeQueue",
  ReceiveMessage: "ReceiveMessage",
  RemovePermission: "RemovePermission",
  SendMessage: "SendMessage",
  SendMessageBatch: "SendMessage",
  SetQueueAttributes: "SetQueueAttributes",
  TagQueue: "TagQueue",
  UntagQueue: "UntagQueue",
} as const;

function onArn(ctx: Context, resource: string, ...actions: string[]): RequiredPermission[] {
  const queue = findByArn(ctx, resource);
  const policy = queue === undefined || queue.account !== ctx.account ? undefined : attributesOf(queue)["Policy"];
  return actions.map((action) => ({ action: `sqs:${action}`, resource, policy }));
}

/** The ARN of the queue that a URL ends in the account and name of. */
function arnOf(ctx: Context, url: string | undefined): string {
  const [account = "", name = ""] = (url ?? "").split("?", 1)[0]?.replace(/\/$/, "").split("/").slice(-2) ?? [];
  return (/^\d{12}$/.test(account) ? ctx.with({ account }) : ctx).arn("sqs", name === "" ? account : name);
}

const byUrl = Object.entries(BY_URL).map(
  ([operation, action]) => [operation, (input: OfQueue, ctx: Context) => onArn(ctx, arnOf(ctx, input.QueueUrl), action)] as const,
);

/** https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazonsqs.html */
export const permissions: Permissions = {
  ...(Object.fromEntries(byUrl) as Record<keyof typeof BY_URL, (input: OfQueue, ctx: Context) => RequiredPermission[]>),
  CancelMessageMoveTask: (_, ctx) => [{ action: "sqs:CancelMessageMoveTask", resource: ctx.arn("sqs", "*") }],
  // https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_CreateQueue.html: tags need a permission of their own.
  CreateQueue: (input, ctx) => {
    const actions = Object.keys(input.tags ?? {}).length === 0 ? ["CreateQueue"] : ["CreateQueue", "TagQueue"];
    return onArn(ctx, ctx.arn("sqs", input.QueueName ?? ""), ...actions);
  },
  GetQueueUrl: (input, ctx) =>
    onArn(ctx, ctx.with({ account: input.QueueOwnerAWSAccountId ?? ctx.account }).arn("sqs", input.QueueName ?? ""), "GetQueueUrl"),
  ListMessageMoveTasks: (input, ctx) => onArn(ctx, input.SourceArn ?? "*", "ListMessageMoveTasks"),
  ListQueues: (_, ctx) => [{ action: "sqs:ListQueues", resource: ctx.arn("sqs", "*") }],
  // https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-configure-dead-letter-queue-redrive.html
  StartMessageMoveTask: (input, ctx) => [
    ...onArn(ctx, input.SourceArn ?? "*", "StartMessageMoveTask", "ReceiveMessage", "DeleteMessage", "GetQueueAttributes"),
    ...(input.DestinationArn === undefined ? [] : onArn(ctx, input.DestinationArn, "SendMessage")),
  ],
};
