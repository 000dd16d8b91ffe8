import type { Context } from "../../aws/context.ts";
import { unless } from "../../aws/exception.ts";
import type { Properties, ResourceType } from "../../aws/resource.ts";
import { listOfTags, resourceTags } from "../../aws/tags.ts";

const text = (value: unknown): string => (typeof value === "object" ? JSON.stringify(value) : String(value));
const GONE = "NotFoundException";
const TOPIC_ATTRIBUTES = ["DisplayName", "KmsMasterKeyId", "SignatureVersion", "TracingConfig", "DeliveryPolicy", "FifoTopic"];
const SUBSCRIPTION_ATTRIBUTES = ["FilterPolicy", "FilterPolicyScope", "RawMessageDelivery", "RedrivePolicy", "DeliveryPolicy"];

function pick(properties: Properties, names: readonly string[]): Record<string, string> {
  return Object.fromEntries(names.filter((name) => properties[name] !== undefined).map((name) => [name, text(properties[name])]));
}

async function subscribeInline(ctx: Context, TopicArn: string, properties: Properties): Promise<void> {
  const inline = (properties["Subscription"] ?? []) as readonly { readonly Protocol: string; readonly Endpoint: string }[];
  for (const { Protocol, Endpoint } of inline) await ctx.call("sns", "Subscribe", { TopicArn, Protocol, Endpoint });
}

const topicState = (arn: string) => ({ physicalId: arn, attributes: { TopicArn: arn, TopicName: arn.split(":").at(-1) } });

/** https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-sns-topic.html */
const topic: ResourceType = {
  async create(ctx, request) {
    const Name = String(request.properties["TopicName"] ?? request.generatedName(256));
    const { TopicArn = "" } = await ctx.call("sns", "CreateTopic", {
      Name,
      Attributes: pick(request.properties, TOPIC_ATTRIBUTES),
      Tags: listOfTags(resourceTags(request)),
    });
    await subscribeInline(ctx, TopicArn, request.properties);
    return topicState(TopicArn);
  },
  async update(ctx, request) {
    const TopicArn = request.physicalId;
    const wanted = pick(request.properties, TOPIC_ATTRIBUTES);
    const dropped = Object.keys(pick(request.previous, TOPIC_ATTRIBUTES)).filter((name) => wanted[name] === undefined);
    for (const AttributeName of dropped) await ctx.call("sns", "SetTopicAttributes", { TopicArn, AttributeName, AttributeValue: "" });
    for (const [AttributeName, AttributeValue] of Object.entries(wanted)) {
      await ctx.call("sns", "SetTopicAttributes", { TopicArn, AttributeName, AttributeValue });
    }
    await subscribeInline(ctx, TopicArn, request.properties);
    await ctx.call("sns", "TagResource", { ResourceArn: TopicArn, Tags: listOfTags(resourceTags(request)) });
    return topicState(TopicArn);
  },
  async delete(ctx, { physicalId }) {
    await ctx.call("sns", "DeleteTopic", { TopicArn: physicalId });
    return undefined;
  },
};

/** https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-sns-subscription.html */
const subscription: ResourceType = {
  async create(ctx, { properties }) {
    const { SubscriptionArn = "" } = await ctx.call("sns", "Subscribe", {
      TopicArn: String(properties["TopicArn"]),
      Protocol: String(properties["Protocol"]),
      Endpoint: String(properties["Endpoint"]),
      Attributes: pick(properties, SUBSCRIPTION_ATTRIBUTES),
      ReturnSubscriptionArn: true,
    });
    return { physicalId: SubscriptionArn, attributes: { Arn: SubscriptionArn } };
  },
  async update(ctx, { properties, previous, physicalId }) {
    const names = SUBSCRIPTION_ATTRIBUTES.filter((name) => properties[name] !== undefined || previous[name] !== undefined);
    for (const AttributeName of names) {
      const AttributeValue = properties[AttributeName] === undefined ? "" : text(properties[AttributeName]);
      await ctx.call("sns", "SetSubscriptionAttributes", { SubscriptionArn: physicalId, AttributeName, AttributeValue });
    }
    return { physicalId, attributes: { Arn: physicalId } };
  },
  async delete(ctx, { physicalId }) {
    await ctx.call("sns", "Unsubscribe", { SubscriptionArn: physicalId });
    return undefined;
  },
};

async function setPolicies(ctx: Context, properties: Properties, AttributeValue: string): Promise<void> {
  for (const TopicArn of (properties["Topics"] ?? []) as readonly string[]) {
    // Taking a policy away from a topic that has gone is done.
    await unless(
      AttributeValue === "" ? GONE : [],
      ctx.call("sns", "SetTopicAttributes", { TopicArn, AttributeName: "Policy", AttributeValue }),
    );
  }
}

/** https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-sns-topicpolicy.html */
const topicPolicy: ResourceType = {
  async create(ctx, request) {
    await setPolicies(ctx, request.properties, text(request.properties["PolicyDocument"]));
    const physicalId = request.generatedName(128);
    return { physicalId, attributes: { Id: physicalId } };
  },
  async update(ctx, { properties, physicalId }) {
    await setPolicies(ctx, properties, text(properties["PolicyDocument"]));
    return { physicalId, attributes: { Id: physicalId } };
  },
  async delete(ctx, { properties }) {
    await setPolicies(ctx, properties, "");
    return undefined;
  },
};

export const resources = { "AWS::SNS::Topic": topic, "AWS::SNS::Subscription": subscription, "AWS::SNS::TopicPolicy": topicPolicy };
