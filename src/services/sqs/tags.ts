import type { Input, Output } from "../../aws/clients.ts";
import type { Context } from "../../aws/context.ts";
import { AwsException } from "../../aws/exception.ts";
import { type Tags, withoutTags } from "../../aws/tags.ts";
import { attributesOf, findQueue } from "./queues.ts";
import { type QueueRow, updateAttributes, updateTags } from "./store.ts";
import { queueArn } from "./wake.ts";

function invalid(message: string): AwsException {
  return new AwsException("InvalidParameterValue", message, { status: 400 });
}

/** https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-queue-tags.html */
export function checkTags(existing: Tags, added: Readonly<Record<string, string | undefined>>): Tags {
  const merged: Record<string, string> = { ...existing };
  for (const [key, value = ""] of Object.entries(added)) {
    if (key.length < 1 || key.length > 128) throw invalid("Tag keys must be between 1 and 128 characters in length.");
    if (value.length > 256) throw invalid("Tag values must be between 0 and 256 characters in length.");
    if (/^aws:/i.test(key) && !key.startsWith("aws:cloudformation:"))
      throw invalid("Tag keys beginning with 'aws:' are reserved for system use.");
    merged[key] = value;
  }
  if (Object.keys(merged).length > 50) throw invalid("Too many tags added. Maximum allowed is 50.");
  return merged;
}

const tagsOf = (queue: QueueRow): Tags => JSON.parse(queue.tags) as Tags;

export function listQueueTags(input: Input<"sqs", "ListQueueTags">, ctx: Context): Output<"sqs", "ListQueueTags"> {
  const tags = tagsOf(findQueue(ctx, input.QueueUrl));
  return Object.keys(tags).length === 0 ? {} : { Tags: { ...tags } };
}

export function tagQueue(input: Input<"sqs", "TagQueue">, ctx: Context): Output<"sqs", "TagQueue"> {
  return ctx.tx(() => {
    const queue = findQueue(ctx, input.QueueUrl);
    ctx.run(updateTags, { id: queue.id, tags: JSON.stringify(checkTags(tagsOf(queue), input.Tags ?? {})) });
    return {};
  });
}

export function untagQueue(input: Input<"sqs", "UntagQueue">, ctx: Context): Output<"sqs", "UntagQueue"> {
  return ctx.tx(() => {
    const queue = findQueue(ctx, input.QueueUrl);
    const tags = withoutTags(tagsOf(queue), input.TagKeys);
    ctx.run(updateTags, { id: queue.id, tags: JSON.stringify(tags) });
    return {};
  });
}

interface PolicyDocument {
  readonly Version: string;
  readonly Id?: string;
  readonly Statement: readonly { readonly Sid?: string }[];
}

function policyOf(queue: QueueRow): PolicyDocument {
  const text = attributesOf(queue)["Policy"];
  return text === undefined
    ? { Version: "2012-10-17", Id: `${queueArn(queue)}/SQSDefaultPolicy`, Statement: [] }
    : (JSON.parse(text) as PolicyDocument);
}

function storePolicy(ctx: Context, queue: QueueRow, policy: PolicyDocument): void {
  const { Policy: _, ...others } = attributesOf(queue);
  const attributes = policy.Statement.length === 0 ? others : { ...others, Policy: JSON.stringify(policy) };
  ctx.run(updateAttributes, { id: queue.id, attributes: JSON.stringify(attributes), now: ctx.now });
}

/** Actions that AddPermission takes: https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_AddPermission.html */
const SHARABLE = ["*", "SendMessage", "ReceiveMessage", "DeleteMessage", "ChangeMessageVisibility", "GetQueueAttributes", "GetQueueUrl"];

export function addPermission(input: Input<"sqs", "AddPermission">, ctx: Context): Output<"sqs", "AddPermission"> {
  return ctx.tx(() => {
    const queue = findQueue(ctx, input.QueueUrl);
    const policy = policyOf(queue);
    const label = input.Label ?? "";
    if (!/^[A-Za-z0-9_-]{1,80}$/.test(label)) {
      throw invalid(
        `Value ${label} for parameter Label is invalid. Reason: Can only include alphanumeric characters, hyphens, or underscores. 1 to 80 in length.`,
      );
    }
    if (policy.Statement.some(({ Sid }) => Sid === label)) {
      throw invalid(`Value ${label} for parameter Label is invalid. Reason: Already exists.`);
    }
    const actions = input.Actions ?? [];
    const accounts = input.AWSAccountIds ?? [];
    if (actions.length === 0)
      throw new AwsException("MissingParameter", "The request must contain the parameter Actions.", { status: 400 });
    if (accounts.length === 0)
      throw new AwsException("MissingParameter", "The request must contain the parameter PrincipalId.", { status: 400 });
    const wrong = actions.find((action) => !SHARABLE.includes(action));
    if (wrong !== undefined) {
      throw invalid(
        `Value SQS:${wrong} for parameter ActionName is invalid. Reason: Only the queue owner is allowed to invoke this action.`,
      );
    }
    if (actions.length > 7)
      throw new AwsException("OverLimit", `${actions.length} Actions were found, maximum allowed is 7.`, { status: 403 });
    const statement = {
      Sid: label,
      Effect: "Allow",
      Principal: { AWS: accounts.map((account) => (/^\d{12}$/.test(account) ? `arn:aws:iam::${account}:root` : account)) },
      Action: actions.map((action) => `SQS:${action}`),
      Resource: queueArn(queue),
    };
    storePolicy(ctx, queue, { ...policy, Statement: [...policy.Statement, statement] });
    return {};
  });
}

export function removePermission(input: Input<"sqs", "RemovePermission">, ctx: Context): Output<"sqs", "RemovePermission"> {
  return ctx.tx(() => {
    const queue = findQueue(ctx, input.QueueUrl);
    const policy = policyOf(queue);
    const rest = policy.Statement.filter(({ Sid }) => Sid !== input.Label);
    if (rest.length === policy.Statement.length) {
      throw invalid(`Value ${input.Label} for parameter Label is invalid. Reason: can't find label on existing policy.`);
    }
    storePolicy(ctx, queue, { ...policy, Statement: rest });
    return {};
  });
}
