import type { Context } from "../../aws/context.ts";
import { unless } from "../../aws/exception.ts";
import { deleted, type Properties, type ResourceState, type ResourceType } from "../../aws/resource.ts";
import { resourceTags } from "../../aws/tags.ts";
import { SETTABLE } from "./attributes.ts";

const text = (value: unknown): string => (typeof value === "object" ? JSON.stringify(value) : String(value));

function attributesOf(properties: Properties): Record<string, string> {
  const { Policy: _, ...given } = Object.fromEntries(
    SETTABLE.filter((name) => properties[name] !== undefined).map((name) => [name, text(properties[name])]),
  );
  return given;
}

const GONE = "QueueDoesNotExist";

async function stateOf(ctx: Context, url: string): Promise<ResourceState> {
  const { Attributes } = await ctx.call("sqs", "GetQueueAttributes", { QueueUrl: url, AttributeNames: ["QueueArn"] });
  return { physicalId: url, attributes: { Arn: Attributes?.QueueArn, QueueName: url.split("/").at(-1), QueueUrl: url } };
}

/** https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-sqs-queue.html */
const queue: ResourceType = {
  async create(ctx, request) {
    const fifo = String(request.properties["FifoQueue"]) === "true";
    const name = request.properties["QueueName"] ?? (fifo ? `${request.generatedName(75)}.fifo` : request.generatedName(80));
    const input = { QueueName: String(name), Attributes: attributesOf(request.properties), tags: resourceTags(request) };
    const { QueueUrl } = await ctx.call("sqs", "CreateQueue", input);
    return stateOf(ctx, QueueUrl ?? "");
  },
  async update(ctx, request) {
    const wanted = attributesOf(request.properties);
    const dropped = Object.keys(attributesOf(request.previous)).filter((name) => wanted[name] === undefined);
    const Attributes = { ...Object.fromEntries(dropped.map((name) => [name, DEFAULTS[name] ?? ""])), ...wanted };
    const QueueUrl = request.physicalId;
    await ctx.call("sqs", "SetQueueAttributes", { QueueUrl, Attributes });
    const tags = resourceTags(request);
    const before = (await ctx.call("sqs", "ListQueueTags", { QueueUrl })).Tags ?? {};
    const TagKeys = Object.keys(before).filter((key) => tags[key] === undefined);
    if (TagKeys.length > 0) await ctx.call("sqs", "UntagQueue", { QueueUrl, TagKeys });
    await ctx.call("sqs", "TagQueue", { QueueUrl, Tags: tags });
    return stateOf(ctx, QueueUrl);
  },
  delete: (ctx, { physicalId }) => deleted(GONE, ctx.call("sqs", "DeleteQueue", { QueueUrl: physicalId })),
  async read(ctx, physicalId) {
    const found = await unless(GONE, ctx.call("sqs", "GetQueueAttributes", { QueueUrl: physicalId, AttributeNames: ["All"] }));
    if (found === undefined) return undefined;
    const live = Object.entries(found.Attributes ?? {}).filter(([name]) => SETTABLE.includes(name) && name !== "Policy");
    return { QueueName: physicalId.split("/").at(-1), ...Object.fromEntries(live) };
  },
};

const DEFAULTS: Readonly<Record<string, string>> = {
  VisibilityTimeout: "30",
  MaximumMessageSize: "1048576",
  MessageRetentionPeriod: "345600",
  DelaySeconds: "0",
  ReceiveMessageWaitTimeSeconds: "0",
  SqsManagedSseEnabled: "true",
  ContentBasedDeduplication: "false",
  DeduplicationScope: "queue",
  FifoThroughputLimit: "perQueue",
  KmsDataKeyReusePeriodSeconds: "300",
};

async function setPolicies(ctx: Context, queues: unknown, Policy: string): Promise<void> {
  for (const QueueUrl of Array.isArray(queues) ? queues.map(String) : []) {
    // Taking a policy away from a queue that has gone is done.
    await unless(Policy === "" ? GONE : [], ctx.call("sqs", "SetQueueAttributes", { QueueUrl, Attributes: { Policy } }));
  }
}

/** https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-sqs-queuepolicy.html */
const queuePolicy: ResourceType = {
  async create(ctx, request) {
    await setPolicies(ctx, request.properties["Queues"], text(request.properties["PolicyDocument"]));
    const physicalId = request.generatedName(128);
    return { physicalId, attributes: { Id: physicalId } };
  },
  async update(ctx, request) {
    const kept = request.properties["Queues"];
    const before = request.previous["Queues"];
    const dropped = Array.isArray(before) && Array.isArray(kept) ? before.filter((url) => !kept.includes(url)) : [];
    await setPolicies(ctx, dropped, "");
    await setPolicies(ctx, kept, text(request.properties["PolicyDocument"]));
    return { physicalId: request.physicalId, attributes: { Id: request.physicalId } };
  },
  async delete(ctx, { properties }) {
    await setPolicies(ctx, properties["Queues"], "");
    return undefined;
  },
};

export const resources = { "AWS::SQS::Queue": queue, "AWS::SQS::QueuePolicy": queuePolicy };
