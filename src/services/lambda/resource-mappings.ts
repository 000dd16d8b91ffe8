import type { Input } from "../../aws/clients.ts";
import { flag, given, integer, section, text, texts } from "../../aws/properties.ts";
import type { Properties, ResourceType } from "../../aws/resource.ts";
import { resourceTags } from "../../aws/tags.ts";
import { unlessGone } from "./resource-values.ts";

const STREAMS = [
  ...["StartingPosition", "StartingPositionTimestamp", "ParallelizationFactor", "MaximumRecordAgeInSeconds", "BisectBatchOnFunctionError"],
  ...["MaximumRetryAttempts", "TumblingWindowInSeconds", "Topics", "Queues", "SourceAccessConfigurations", "SelfManagedEventSource"],
  ...["AmazonManagedKafkaEventSourceConfig", "SelfManagedKafkaEventSourceConfig", "DocumentDBEventSourceConfig", "DestinationConfig"],
  ...["ProvisionedPollerConfig", "KmsKeyArn", "MetricsConfig", "LoggingConfig"],
];

function settingsOf(properties: Properties): Record<string, unknown> {
  const scaling = integer(section(properties, "ScalingConfig") ?? {}, "MaximumConcurrency");
  return given({
    // The service refuses the ones that it does not have.
    ...Object.fromEntries(STREAMS.map((name) => [name === "KmsKeyArn" ? "KMSKeyArn" : name, properties[name]])),
    FunctionName: text(properties, "FunctionName"),
    Enabled: flag(properties, "Enabled"),
    BatchSize: integer(properties, "BatchSize"),
    MaximumBatchingWindowInSeconds: integer(properties, "MaximumBatchingWindowInSeconds"),
    FilterCriteria: section(properties, "FilterCriteria"),
    FunctionResponseTypes: texts(properties, "FunctionResponseTypes"),
    ScalingConfig: scaling === undefined ? undefined : { MaximumConcurrency: scaling },
  });
}

/** https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-lambda-eventsourcemapping.html */
export const eventSourceMapping: ResourceType = {
  async create(ctx, request) {
    const claimed = ctx.claimed();
    if (claimed !== undefined) return stateOf(claimed, ctx.arn("lambda", `event-source-mapping:${claimed}`));
    const input = {
      ...settingsOf(request.properties),
      EventSourceArn: text(request.properties, "EventSourceArn"),
      Tags: resourceTags(request),
    };
    const { UUID = "", EventSourceMappingArn } = await ctx.call(
      "lambda",
      "CreateEventSourceMapping",
      input as unknown as Input<"lambda", "CreateEventSourceMapping">,
    );
    return stateOf(UUID, EventSourceMappingArn ?? "");
  },
  async update(ctx, { physicalId, properties }) {
    const reset = {
      Enabled: true,
      BatchSize: 10,
      MaximumBatchingWindowInSeconds: 0,
      FunctionResponseTypes: [],
      FilterCriteria: {},
      ScalingConfig: {},
    };
    const input = { ...reset, ...settingsOf(properties), UUID: physicalId };
    await ctx.call("lambda", "UpdateEventSourceMapping", input as Input<"lambda", "UpdateEventSourceMapping">);
    return stateOf(physicalId, ctx.arn("lambda", `event-source-mapping:${physicalId}`));
  },
  async delete(ctx, { physicalId }) {
    await unlessGone(ctx.call("lambda", "DeleteEventSourceMapping", { UUID: physicalId }));
    return undefined;
  },
};

function stateOf(uuid: string, arn: string): { physicalId: string; attributes: Record<string, unknown> } {
  return { physicalId: uuid, attributes: { Id: uuid, EventSourceMappingArn: arn } };
}
