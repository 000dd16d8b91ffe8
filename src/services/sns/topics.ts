import { parseArn } from "../../aws/arn.ts";
import type { Input, Output } from "../../aws/clients.ts";
import type { Context } from "../../aws/context.ts";
import { AwsException, notImplemented } from "../../aws/exception.ts";
import { decodeToken, pageOf } from "../../aws/paging.ts";
import { listOfTags, tagsOfList, withoutTags } from "../../aws/tags.ts";
import { invalidParameter } from "./filter.ts";
import {
  deleteTopicRow,
  insertTopic,
  selectOfTopic,
  selectTopic,
  selectTopics,
  type TopicRow,
  updateTopicAttributes,
  updateTopicTags,
} from "./store.ts";

type Attributes = Readonly<Record<string, string>>;
const SETTABLE = ["DisplayName", "Policy", "DeliveryPolicy", "KmsMasterKeyId", "SignatureVersion", "TracingConfig"];

export const attributesOf = (row: { readonly attributes: string }): Attributes => JSON.parse(row.attributes) as Attributes;
const tagsOf = (row: TopicRow): Attributes => JSON.parse(row.tags) as Attributes;

export function findTopic(ctx: Context, arn: string | undefined): TopicRow {
  if (parseArn(arn ?? "")?.service !== "sns")
    throw invalidParameter(`TopicArn Reason: An ARN must have at least 6 elements, not ${(arn ?? "").split(":").length}`);
  const row = ctx.get(selectTopic, { arn: arn ?? "" });
  if (row === undefined) throw new AwsException("NotFoundException", "Topic does not exist");
  return row;
}

function checkAttribute(operation: string, name: string, value: string): void {
  if (/Feedback/.test(name) || name === "ArchivePolicy") throw notImplemented("sns", operation, name);
  if (!SETTABLE.includes(name)) throw invalidParameter("AttributeName");
  if (["Policy", "DeliveryPolicy"].includes(name) && value !== "") {
    try {
      JSON.parse(value);
    } catch {
      throw invalidParameter(`${name}: not valid JSON`);
    }
  }
}

export function createTopic(input: Input<"sns", "CreateTopic">, ctx: Context): Output<"sns", "CreateTopic"> {
  const name = input.Name ?? "";
  const { FifoTopic: fifo = "false", ...given } = (input.Attributes ?? {}) as Record<string, string>;
  if (name.endsWith(".fifo") || fifo === "true") throw notImplemented("sns", "CreateTopic", "FifoTopic");
  if (input.DataProtectionPolicy !== undefined) throw notImplemented("sns", "CreateTopic", "DataProtectionPolicy");
  if (!/^[A-Za-z0-9_-]{1,256}$/.test(name)) throw invalidParameter("Topic Name");
  for (const [key, value] of Object.entries(given)) checkAttribute("CreateTopic", key, value);
  const tags = tagsOfList(input.Tags);
  const arn = ctx.arn("sns", name);
  return ctx.tx(() => {
    const existing = ctx.get(selectTopic, { arn });
    if (existing !== undefined) {
      const has = attributesOf(existing);
      if (Object.entries(given).some(([key, value]) => has[key] !== value)) {
        throw invalidParameter("Attributes Reason: Topic already exists with different attributes");
      }
      if (
        input.Tags !== undefined &&
        JSON.stringify(Object.entries(tags).sort()) !== JSON.stringify(Object.entries(tagsOf(existing)).sort())
      ) {
        throw invalidParameter("Tags Reason: Topic already exists with different tags");
      }
      return { TopicArn: arn };
    }
    ctx.run(insertTopic, { arn, name, attributes: JSON.stringify(given), tags: JSON.stringify(tags) });
    ctx.claim(arn);
    ctx.emit({ source: "aws.sns", type: "Topic Created", resources: [arn], detail: { name } });
    return { TopicArn: arn };
  });
}

export function deleteTopic(input: Input<"sns", "DeleteTopic">, ctx: Context): Output<"sns", "DeleteTopic"> {
  const arn = input.TopicArn ?? "";
  ctx.tx(() => {
    // Deleting what is not there is no error.
    if (ctx.run(deleteTopicRow, { arn }) > 0) ctx.emit({ source: "aws.sns", type: "Topic Deleted", resources: [arn], detail: {} });
  });
  return {};
}

export function listTopics(input: Input<"sns", "ListTopics">, ctx: Context): Output<"sns", "ListTopics"> {
  const after = input.NextToken === undefined ? "" : String(decodeToken(input.NextToken)?.[0] ?? "");
  const page = pageOf(ctx.all(selectTopics, { after, limit: 101 }), 100, ({ arn }) => [arn]);
  return { Topics: page.items.map(({ arn }) => ({ TopicArn: arn })), NextToken: page.nextToken };
}

/** https://docs.aws.amazon.com/sns/latest/dg/sns-message-delivery-retries.html */
const DELIVERY_POLICY = {
  http: {
    defaultHealthyRetryPolicy: {
      minDelayTarget: 20,
      maxDelayTarget: 20,
      numRetries: 3,
      numMaxDelayRetries: 0,
      numNoDelayRetries: 0,
      numMinDelayRetries: 0,
      backoffFunction: "linear",
    },
    disableSubscriptionOverrides: false,
    defaultRequestPolicy: { headerContentType: "text/plain; charset=UTF-8" },
  },
};

function defaultPolicy(row: TopicRow): string {
  const actions = [
    "GetTopicAttributes",
    "SetTopicAttributes",
    "AddPermission",
    "RemovePermission",
    "DeleteTopic",
    "Subscribe",
    "ListSubscriptionsByTopic",
    "Publish",
  ];
  return JSON.stringify({
    Version: "2008-10-17",
    Id: "__default_policy_ID",
    Statement: [
      {
        Sid: "__default_statement_ID",
        Effect: "Allow",
        Principal: { AWS: "*" },
        Action: actions.map((action) => `SNS:${action}`),
        Resource: row.arn,
        Condition: { StringEquals: { "AWS:SourceOwner": row.account } },
      },
    ],
  });
}

export function getTopicAttributes(input: Input<"sns", "GetTopicAttributes">, ctx: Context): Output<"sns", "GetTopicAttributes"> {
  const row = findTopic(ctx, input.TopicArn);
  const subscriptions = ctx.all(selectOfTopic, { topic: row.arn, after: "" });
  const pending = subscriptions.filter(({ token }) => token !== null).length;
  return {
    Attributes: {
      TopicArn: row.arn,
      Owner: row.account,
      DisplayName: "",
      Policy: defaultPolicy(row),
      SubscriptionsConfirmed: String(subscriptions.length - pending),
      SubscriptionsPending: String(pending),
      SubscriptionsDeleted: "0",
      EffectiveDeliveryPolicy: JSON.stringify(DELIVERY_POLICY),
      ...attributesOf(row),
    },
  };
}

export function setTopicAttributes(input: Input<"sns", "SetTopicAttributes">, ctx: Context): Output<"sns", "SetTopicAttributes"> {
  const { AttributeName: name = "", AttributeValue: value = "" } = input;
  checkAttribute("SetTopicAttributes", name, value);
  return ctx.tx(() => {
    const row = findTopic(ctx, input.TopicArn);
    const { [name]: _, ...others } = attributesOf(row);
    ctx.run(updateTopicAttributes, { arn: row.arn, attributes: JSON.stringify(value === "" ? others : { ...others, [name]: value }) });
    return {};
  });
}

interface Statement {
  readonly Sid?: string;
}

function policyOf(row: TopicRow): { readonly Statement: readonly Statement[] } {
  return JSON.parse(attributesOf(row)["Policy"] ?? defaultPolicy(row)) as { Statement: Statement[] };
}

export function addPermission(input: Input<"sns", "AddPermission">, ctx: Context): Output<"sns", "AddPermission"> {
  return ctx.tx(() => {
    const row = findTopic(ctx, input.TopicArn);
    const policy = policyOf(row);
    if (policy.Statement.some(({ Sid }) => Sid === input.Label)) throw invalidParameter("Statement already exists");
    const added = {
      Sid: input.Label,
      Effect: "Allow",
      Principal: { AWS: (input.AWSAccountId ?? []).map((account) => `arn:aws:iam::${account}:root`) },
      Action: (input.ActionName ?? []).map((action) => `SNS:${action}`),
      Resource: row.arn,
    };
    const Policy = JSON.stringify({ ...policy, Statement: [...policy.Statement, added] });
    ctx.run(updateTopicAttributes, { arn: row.arn, attributes: JSON.stringify({ ...attributesOf(row), Policy }) });
    return {};
  });
}

export function removePermission(input: Input<"sns", "RemovePermission">, ctx: Context): Output<"sns", "RemovePermission"> {
  return ctx.tx(() => {
    const row = findTopic(ctx, input.TopicArn);
    const policy = policyOf(row);
    const Policy = JSON.stringify({ ...policy, Statement: policy.Statement.filter(({ Sid }) => Sid !== input.Label) });
    ctx.run(updateTopicAttributes, { arn: row.arn, attributes: JSON.stringify({ ...attributesOf(row), Policy }) });
    return {};
  });
}

function taggedTopic(ctx: Context, arn: string | undefined): TopicRow {
  const row = ctx.get(selectTopic, { arn: arn ?? "" });
  if (row === undefined) throw new AwsException("ResourceNotFoundException", "Resource does not exist");
  return row;
}

export function tagResource(input: Input<"sns", "TagResource">, ctx: Context): Output<"sns", "TagResource"> {
  return ctx.tx(() => {
    const row = taggedTopic(ctx, input.ResourceArn);
    const merged = { ...tagsOf(row), ...tagsOfList(input.Tags) };
    if (Object.keys(merged).length > 50)
      throw new AwsException("TagLimitExceededException", "Could not complete request: tag quota of per resource exceeded");
    ctx.run(updateTopicTags, { arn: row.arn, tags: JSON.stringify(merged) });
    return {};
  });
}

export function untagResource(input: Input<"sns", "UntagResource">, ctx: Context): Output<"sns", "UntagResource"> {
  return ctx.tx(() => {
    const row = taggedTopic(ctx, input.ResourceArn);
    ctx.run(updateTopicTags, { arn: row.arn, tags: JSON.stringify(withoutTags(tagsOf(row), input.TagKeys)) });
    return {};
  });
}

export function listTagsForResource(input: Input<"sns", "ListTagsForResource">, ctx: Context): Output<"sns", "ListTagsForResource"> {
  return { Tags: listOfTags(tagsOf(taggedTopic(ctx, input.ResourceArn))) };
}
