import type { EventSourceMappingConfiguration } from "@aws-sdk/client-lambda";
import { parseArn } from "../../aws/arn.ts";
import type { Input, Output } from "../../aws/clients.ts";
import type { Context } from "../../aws/context.ts";
import { AwsException, notImplemented } from "../../aws/exception.ts";
import { decodeToken, pageOf } from "../../aws/paging.ts";
import type { Message } from "../../aws/service.ts";
import { functionArn, invalid, refOf, resolve, typed } from "./names.ts";
import { wakePoller } from "./poller.ts";
import type { MappingRecord } from "./records.ts";
import { getPart, listParts, putPart, removePart } from "./store.ts";

const PAGE = 100;
const BATCH = 10;
const LARGEST_BATCH = 10_000;
const STREAM_MEMBERS = [
  ...(["ParallelizationFactor", "StartingPosition", "StartingPositionTimestamp", "MaximumRecordAgeInSeconds"] as const),
  ...(["BisectBatchOnFunctionError", "MaximumRetryAttempts", "TumblingWindowInSeconds", "Topics", "Queues"] as const),
  ...(["SourceAccessConfigurations", "SelfManagedEventSource", "AmazonManagedKafkaEventSourceConfig"] as const),
  ...(["SelfManagedKafkaEventSourceConfig", "DocumentDBEventSourceConfig", "DestinationConfig"] as const),
  ...(["ProvisionedPollerConfig", "KMSKeyArn", "MetricsConfig", "LoggingConfig"] as const),
];

type CreateInput = Input<"lambda", "CreateEventSourceMapping">;
type Change = Pick<
  CreateInput,
  "BatchSize" | "MaximumBatchingWindowInSeconds" | "FilterCriteria" | "FunctionResponseTypes" | "ScalingConfig"
>;

export async function createEventSourceMapping(input: CreateInput, ctx: Context): Promise<Output<"lambda", "CreateEventSourceMapping">> {
  const sourceArn = input.EventSourceArn ?? "";
  if (parseArn(sourceArn)?.service !== "sqs") {
    throw notImplemented("lambda", "CreateEventSourceMapping", `the event source ${sourceArn} (SQS queues only)`);
  }
  refuseStreams("CreateEventSourceMapping", input);
  const { name, qualifier, record } = resolve(ctx, refOf(ctx, input.FunctionName));
  await checkQueue(ctx, sourceArn, record.timeout);
  const base = settingsOf(input, { batchSize: BATCH, window: 0, partial: false, filters: [] });
  return ctx.tx(() => {
    const arn = functionArn(ctx, name, qualifier);
    const twin = listParts(ctx, "mapping", "").find(({ record: one }) => one.sourceArn === sourceArn && one.functionArn === arn);
    if (twin !== undefined) throw alreadyThere(sourceArn, name, twin.id);
    const uuid = ctx.cloud.ids.uuid();
    const enabled = input.Enabled ?? true;
    const mapping: MappingRecord = {
      ...base,
      uuid,
      sourceArn,
      functionArn: arn,
      functionName: name,
      enabled,
      state: "Creating",
      lastModified: ctx.now,
      tags: input.Tags ?? {},
      ...(qualifier === undefined ? {} : { qualifier }),
    };
    putPart(ctx, "mapping", "", [uuid, mapping]);
    ctx.claim(uuid);
    ctx.emit({
      source: "aws.lambda",
      type: "Event Source Mapping Created",
      resources: [mappingArn(ctx, uuid), sourceArn, arn],
      detail: {},
    });
    ctx.send("lambda.mapping", { uuid });
    return mappingOf(ctx, mapping);
  });
}

export function updateEventSourceMapping(
  input: Input<"lambda", "UpdateEventSourceMapping">,
  ctx: Context,
): Output<"lambda", "UpdateEventSourceMapping"> {
  refuseStreams("UpdateEventSourceMapping", input as CreateInput);
  return ctx.tx(() => {
    const before = find(ctx, input.UUID);
    const target = input.FunctionName === undefined ? undefined : resolve(ctx, refOf(ctx, input.FunctionName));
    const enabled = input.Enabled ?? before.enabled;
    const mapping: MappingRecord = {
      ...before,
      ...settingsOf(input, before),
      ...(target === undefined ? {} : { functionName: target.name, functionArn: functionArn(ctx, target.name, target.qualifier) }),
      ...(target?.qualifier === undefined ? {} : { qualifier: target.qualifier }),
      enabled,
      state: enabled === before.enabled ? "Updating" : enabled ? "Enabling" : "Disabling",
      lastModified: ctx.now,
    };
    putPart(ctx, "mapping", "", [mapping.uuid, mapping]);
    ctx.send("lambda.mapping", { uuid: mapping.uuid });
    return mappingOf(ctx, mapping);
  });
}

export function getEventSourceMapping(
  input: Input<"lambda", "GetEventSourceMapping">,
  ctx: Context,
): Output<"lambda", "GetEventSourceMapping"> {
  return mappingOf(ctx, find(ctx, input.UUID));
}

export function deleteEventSourceMapping(
  input: Input<"lambda", "DeleteEventSourceMapping">,
  ctx: Context,
): Output<"lambda", "DeleteEventSourceMapping"> {
  return ctx.tx(() => {
    const mapping = find(ctx, input.UUID);
    removePart(ctx, "mapping", "", mapping.uuid);
    ctx.emit({ source: "aws.lambda", type: "Event Source Mapping Deleted", resources: [mappingArn(ctx, mapping.uuid)], detail: {} });
    return mappingOf(ctx, { ...mapping, state: "Deleting" });
  });
}

export function listEventSourceMappings(
  input: Input<"lambda", "ListEventSourceMappings">,
  ctx: Context,
): Output<"lambda", "ListEventSourceMappings"> {
  const limit = Math.min(input.MaxItems ?? PAGE, PAGE);
  const [after = ""] = (input.Marker === undefined ? [] : decodeToken(input.Marker)) ?? [];
  const ref = input.FunctionName === undefined ? undefined : refOf(ctx, input.FunctionName);
  const arn = ref === undefined ? undefined : functionArn(ctx, ref.name, ref.qualifier);
  const rows = listParts(ctx, "mapping", "", { after: String(after), limit: 100_000 }).filter(
    ({ record }) =>
      (input.EventSourceArn === undefined || record.sourceArn === input.EventSourceArn) &&
      (arn === undefined || record.functionArn === arn),
  );
  const { items, nextToken } = pageOf(rows.slice(0, limit + 1), limit, ({ id }) => [id]);
  return {
    EventSourceMappings: items.map(({ record }) => mappingOf(ctx, record)),
    ...(nextToken === undefined ? {} : { NextMarker: nextToken }),
  };
}

/**
 * Message `lambda.mapping {uuid}`: a change takes effect.
 *
 *     Creating, Enabling, Disabling, Updating ──▶ Enabled | Disabled
 */
export function settleMapping(ctx: Context, message: Message): void {
  const mapping = getPart(ctx, "mapping", "", String(message.payload["uuid"]));
  if (mapping === undefined) return;
  ctx.tx(() => {
    putPart(ctx, "mapping", "", [mapping.uuid, { ...mapping, state: mapping.enabled ? "Enabled" : "Disabled" }]);
    if (!mapping.enabled) return;
    wakePoller(ctx, mapping);
    ctx.send("lambda.watch", { uuid: mapping.uuid, since: mapping.lastModified });
  });
}

function refuseStreams(operation: string, input: CreateInput): void {
  for (const member of STREAM_MEMBERS) {
    const value = input[member];
    const isEmpty = Array.isArray(value) ? value.length === 0 : typeof value === "object" && Object.keys(value ?? {}).length === 0;
    if (value !== undefined && !isEmpty) throw notImplemented("lambda", operation, member);
  }
}

function settingsOf(
  input: Change,
  before: Pick<MappingRecord, "batchSize" | "window" | "partial" | "filters" | "maxConcurrency">,
): Pick<MappingRecord, "batchSize" | "window" | "partial" | "filters" | "maxConcurrency"> {
  const batchSize = input.BatchSize ?? before.batchSize;
  const window = input.MaximumBatchingWindowInSeconds ?? before.window;
  if (batchSize > LARGEST_BATCH) throw invalid(`BatchSize must be ${LARGEST_BATCH} at most.`);
  if (batchSize > BATCH && window === 0) {
    throw invalid("Maximum batch window in seconds must be greater than 0 if maximum batch size is greater than 10");
  }
  const filters = input.FilterCriteria === undefined ? before.filters : filtersOf(input.FilterCriteria);
  const maxConcurrency = input.ScalingConfig === undefined ? before.maxConcurrency : input.ScalingConfig.MaximumConcurrency;
  const types = input.FunctionResponseTypes;
  const partial = types === undefined ? before.partial : types.includes("ReportBatchItemFailures");
  return { batchSize, window, partial, filters, ...(maxConcurrency === undefined ? {} : { maxConcurrency }) };
}

function filtersOf(criteria: NonNullable<CreateInput["FilterCriteria"]>): string[] {
  return (criteria.Filters ?? []).map(({ Pattern = "" }) => {
    try {
      const pattern: unknown = JSON.parse(Pattern);
      if (typeof pattern === "object" && pattern !== null && !Array.isArray(pattern)) return Pattern;
    } catch {
      // Told below, as for a pattern that is JSON and no object.
    }
    throw invalid("Invalid filter pattern definition.");
  });
}

async function checkQueue(ctx: Context, arn: string, timeout: number): Promise<void> {
  const queue = parseArn(arn);
  let visibility: number;
  try {
    const { QueueUrl } = await ctx.call("sqs", "GetQueueUrl", { QueueName: queue?.resource, QueueOwnerAWSAccountId: queue?.account });
    const attributes = await ctx.call("sqs", "GetQueueAttributes", { QueueUrl, AttributeNames: ["VisibilityTimeout"] });
    visibility = Number(attributes.Attributes?.["VisibilityTimeout"] ?? 30);
  } catch (error) {
    if (!(error instanceof AwsException)) throw error;
    const text = `Error occurred while ReceiveMessage. SQS Error Code: ${error.code}. SQS Error Message: ${error.message}`;
    throw new AwsException("InvalidParameterValueException", text, { members: { Type: "User" }, cause: error });
  }
  if (visibility < timeout) {
    throw invalid(`Queue visibility timeout: ${visibility} seconds is less than Function timeout: ${timeout} seconds`);
  }
}

function alreadyThere(sourceArn: string, name: string, uuid: string): AwsException {
  const message = `An event source mapping with SQS arn (" ${sourceArn} ") and function (" ${name} ") already exists. Please update or delete the existing mapping with UUID ${uuid}`;
  return new AwsException("ResourceConflictException", message, typed("User"));
}

function find(ctx: Context, uuid: string | undefined): MappingRecord {
  const mapping = getPart(ctx, "mapping", "", uuid ?? "");
  if (mapping !== undefined) return mapping;
  throw new AwsException("ResourceNotFoundException", "The resource you requested does not exist.", typed("User"));
}

function mappingArn(ctx: Context, uuid: string): string {
  return ctx.arn("lambda", `event-source-mapping:${uuid}`);
}

function mappingOf(ctx: Context, mapping: MappingRecord): EventSourceMappingConfiguration {
  const { filters, maxConcurrency } = mapping;
  return {
    UUID: mapping.uuid,
    BatchSize: mapping.batchSize,
    MaximumBatchingWindowInSeconds: mapping.window,
    EventSourceArn: mapping.sourceArn,
    FunctionArn: mapping.functionArn,
    LastModified: new Date(mapping.lastModified),
    State: mapping.state,
    StateTransitionReason: "USER_INITIATED",
    FunctionResponseTypes: mapping.partial ? ["ReportBatchItemFailures"] : [],
    EventSourceMappingArn: mappingArn(ctx, mapping.uuid),
    ...(filters.length === 0 ? {} : { FilterCriteria: { Filters: filters.map((Pattern) => ({ Pattern })) } }),
    ...(maxConcurrency === undefined ? {} : { ScalingConfig: { MaximumConcurrency: maxConcurrency } }),
  };
}
