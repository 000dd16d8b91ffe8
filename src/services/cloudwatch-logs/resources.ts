import type { Processor } from "@aws-sdk/client-cloudwatch-logs";
import type { Context } from "../../aws/context.ts";
import { deleted, type Properties, type ResourceType } from "../../aws/resource.ts";
import { resourceTags } from "../../aws/tags.ts";

const text = (value: unknown): string => (typeof value === "string" ? value : JSON.stringify(value));
const GONE = "ResourceNotFoundException";

async function configure(ctx: Context, logGroupName: string, properties: Properties): Promise<void> {
  const days = properties["RetentionInDays"];
  if (days === undefined) await ctx.call("cloudwatch-logs", "DeleteRetentionPolicy", { logGroupName });
  else await ctx.call("cloudwatch-logs", "PutRetentionPolicy", { logGroupName, retentionInDays: Number(days) });
  const deletionProtectionEnabled = String(properties["DeletionProtectionEnabled"]) === "true";
  await ctx.call("cloudwatch-logs", "PutLogGroupDeletionProtection", { logGroupIdentifier: logGroupName, deletionProtectionEnabled });
}

const groupState = (ctx: Context, name: string) => ({ physicalId: name, attributes: { Arn: ctx.arn("logs", `log-group:${name}:*`) } });

/** https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-logs-loggroup.html */
const logGroup: ResourceType = {
  async create(ctx, request) {
    const { properties } = request;
    const made = ctx.claimed();
    const logGroupName = made ?? String(properties["LogGroupName"] ?? request.generatedName(512));
    if (made === undefined) {
      const kmsKeyId = properties["KmsKeyId"];
      const logGroupClass = properties["LogGroupClass"];
      await ctx.call("cloudwatch-logs", "CreateLogGroup", {
        logGroupName,
        tags: resourceTags(request),
        ...(kmsKeyId === undefined ? {} : { kmsKeyId: String(kmsKeyId) }),
        ...(logGroupClass === undefined ? {} : { logGroupClass: String(logGroupClass) as "STANDARD" }),
      });
    }
    await configure(ctx, logGroupName, properties);
    return groupState(ctx, logGroupName);
  },
  async update(ctx, request) {
    const logGroupName = request.physicalId;
    await configure(ctx, logGroupName, request.properties);
    const kmsKeyId = request.properties["KmsKeyId"];
    if (kmsKeyId === undefined) await ctx.call("cloudwatch-logs", "DisassociateKmsKey", { logGroupName });
    else await ctx.call("cloudwatch-logs", "AssociateKmsKey", { logGroupName, kmsKeyId: String(kmsKeyId) });
    const resourceArn = ctx.arn("logs", `log-group:${logGroupName}`);
    const tags = resourceTags(request);
    const before = (await ctx.call("cloudwatch-logs", "ListTagsForResource", { resourceArn })).tags ?? {};
    const tagKeys = Object.keys(before).filter((key) => tags[key] === undefined);
    if (tagKeys.length > 0) await ctx.call("cloudwatch-logs", "UntagResource", { resourceArn, tagKeys });
    await ctx.call("cloudwatch-logs", "TagResource", { resourceArn, tags });
    return groupState(ctx, logGroupName);
  },
  delete: (ctx, { physicalId }) => deleted(GONE, ctx.call("cloudwatch-logs", "DeleteLogGroup", { logGroupName: physicalId })),
  async read(ctx, physicalId) {
    const { logGroups } = await ctx.call("cloudwatch-logs", "DescribeLogGroups", { logGroupNamePrefix: physicalId });
    const found = logGroups?.find(({ logGroupName }) => logGroupName === physicalId);
    return (
      found && {
        LogGroupName: physicalId,
        RetentionInDays: found.retentionInDays,
        KmsKeyId: found.kmsKeyId,
        LogGroupClass: found.logGroupClass,
      }
    );
  },
};

/** https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-logs-logstream.html */
const logStream: ResourceType = {
  async create(ctx, request) {
    const logStreamName = ctx.claimed() ?? String(request.properties["LogStreamName"] ?? request.generatedName(512));
    const logGroupName = String(request.properties["LogGroupName"]);
    if (ctx.claimed() === undefined) await ctx.call("cloudwatch-logs", "CreateLogStream", { logGroupName, logStreamName });
    return { physicalId: logStreamName };
  },
  delete: (ctx, { physicalId, properties }) => {
    const logGroupName = String(properties["LogGroupName"]);
    return deleted(GONE, ctx.call("cloudwatch-logs", "DeleteLogStream", { logGroupName, logStreamName: physicalId }));
  },
};

interface TemplateTransformation {
  readonly MetricName: string;
  readonly MetricNamespace: string;
  readonly MetricValue: string;
  readonly DefaultValue?: unknown;
  readonly Unit?: string;
  readonly Dimensions?: readonly { readonly Key: string; readonly Value: string }[];
}

async function putMetricFilter(ctx: Context, properties: Properties, filterName: string): Promise<void> {
  const transformations = (properties["MetricTransformations"] ?? []) as readonly TemplateTransformation[];
  const { ApplyOnTransformedLogs, EmitSystemFieldDimensions, FieldSelectionCriteria } = properties;
  await ctx.call("cloudwatch-logs", "PutMetricFilter", {
    ...(ApplyOnTransformedLogs === undefined ? {} : { applyOnTransformedLogs: String(ApplyOnTransformedLogs) === "true" }),
    ...(EmitSystemFieldDimensions === undefined ? {} : { emitSystemFieldDimensions: EmitSystemFieldDimensions as string[] }),
    ...(FieldSelectionCriteria === undefined ? {} : { fieldSelectionCriteria: String(FieldSelectionCriteria) }),
    logGroupName: String(properties["LogGroupName"]),
    filterName,
    filterPattern: String(properties["FilterPattern"] ?? ""),
    metricTransformations: transformations.map((one) => ({
      metricName: one.MetricName,
      metricNamespace: one.MetricNamespace,
      metricValue: String(one.MetricValue),
      ...(one.DefaultValue === undefined ? {} : { defaultValue: Number(one.DefaultValue) }),
      ...(one.Unit === undefined ? {} : { unit: one.Unit as "None" }),
      ...(one.Dimensions === undefined ? {} : { dimensions: Object.fromEntries(one.Dimensions.map(({ Key, Value }) => [Key, Value])) }),
    })),
  });
}

/** https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-logs-metricfilter.html */
const metricFilter: ResourceType = {
  async create(ctx, request) {
    const name = String(request.properties["FilterName"] ?? request.generatedName(512));
    await putMetricFilter(ctx, request.properties, name);
    return { physicalId: name };
  },
  async update(ctx, { properties, physicalId }) {
    await putMetricFilter(ctx, properties, physicalId);
    return { physicalId };
  },
  delete: (ctx, { physicalId, properties }) => {
    const logGroupName = String(properties["LogGroupName"]);
    return deleted(GONE, ctx.call("cloudwatch-logs", "DeleteMetricFilter", { logGroupName, filterName: physicalId }));
  },
};

async function putSubscription(ctx: Context, properties: Properties, filterName: string): Promise<void> {
  const { RoleArn, Distribution, ApplyOnTransformedLogs, EmitSystemFields, FieldSelectionCriteria } = properties;
  await ctx.call("cloudwatch-logs", "PutSubscriptionFilter", {
    logGroupName: String(properties["LogGroupName"]),
    filterName,
    filterPattern: String(properties["FilterPattern"] ?? ""),
    destinationArn: String(properties["DestinationArn"]),
    ...(RoleArn === undefined ? {} : { roleArn: String(RoleArn) }),
    ...(Distribution === undefined ? {} : { distribution: Distribution as "Random" }),
    ...(ApplyOnTransformedLogs === undefined ? {} : { applyOnTransformedLogs: String(ApplyOnTransformedLogs) === "true" }),
    ...(EmitSystemFields === undefined ? {} : { emitSystemFields: EmitSystemFields as string[] }),
    ...(FieldSelectionCriteria === undefined ? {} : { fieldSelectionCriteria: String(FieldSelectionCriteria) }),
  });
}

/** https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-logs-subscriptionfilter.html */
const subscriptionFilter: ResourceType = {
  async create(ctx, request) {
    const name = String(request.properties["FilterName"] ?? request.generatedName(512));
    await putSubscription(ctx, request.properties, name);
    return { physicalId: name };
  },
  async update(ctx, { properties, physicalId }) {
    await putSubscription(ctx, properties, physicalId);
    return { physicalId };
  },
  delete: (ctx, { physicalId, properties }) => {
    const logGroupName = String(properties["LogGroupName"]);
    return deleted(GONE, ctx.call("cloudwatch-logs", "DeleteSubscriptionFilter", { logGroupName, filterName: physicalId }));
  },
};

/** https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-logs-resourcepolicy.html */
const resourcePolicy: ResourceType = {
  async create(ctx, { properties }) {
    const policyName = String(properties["PolicyName"]);
    await ctx.call("cloudwatch-logs", "PutResourcePolicy", { policyName, policyDocument: text(properties["PolicyDocument"]) });
    return { physicalId: policyName };
  },
  async update(ctx, { properties, physicalId }) {
    await ctx.call("cloudwatch-logs", "PutResourcePolicy", { policyName: physicalId, policyDocument: text(properties["PolicyDocument"]) });
    return { physicalId };
  },
  delete: (ctx, { physicalId }) => deleted(GONE, ctx.call("cloudwatch-logs", "DeleteResourcePolicy", { policyName: physicalId })),
};

/** https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-logs-transformer.html */
const transformer: ResourceType = {
  async create(ctx, { properties }) {
    const physicalId = String(properties["LogGroupIdentifier"]);
    await putTransformer(ctx, properties, physicalId);
    return { physicalId };
  },
  async update(ctx, { properties, physicalId }) {
    await putTransformer(ctx, properties, physicalId);
    return { physicalId };
  },
  delete: (ctx, { physicalId }) => deleted(GONE, ctx.call("cloudwatch-logs", "DeleteTransformer", { logGroupIdentifier: physicalId })),
};

async function putTransformer(ctx: Context, properties: Properties, logGroupIdentifier: string): Promise<void> {
  const transformerConfig = processorsOf(properties["TransformerConfig"]) as Processor[];
  await ctx.call("cloudwatch-logs", "PutTransformer", { logGroupIdentifier, transformerConfig });
}

/** Members of processors begin with a capital there; `ParseJSON` and `Csv` are as in the API but for that. */
function processorsOf(value: unknown, name = ""): unknown {
  if (Array.isArray(value)) return value.map((item) => processorsOf(item));
  if (typeof value === "object" && value !== null)
    return Object.fromEntries(
      Object.entries(value).map(([key, inner]) => {
        const own = `${key.slice(0, 1).toLowerCase()}${key.slice(1)}`;
        return [own, processorsOf(inner, own)];
      }),
    );
  return BOOLEANS.has(name) ? String(value) === "true" : value;
}

const BOOLEANS = new Set(["overwriteIfExists", "flatten"]);

export const resources = {
  "AWS::Logs::LogGroup": logGroup,
  "AWS::Logs::LogStream": logStream,
  "AWS::Logs::MetricFilter": metricFilter,
  "AWS::Logs::SubscriptionFilter": subscriptionFilter,
  "AWS::Logs::ResourcePolicy": resourcePolicy,
  "AWS::Logs::Transformer": transformer,
};
