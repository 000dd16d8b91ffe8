import type { NotificationConfiguration } from "@aws-sdk/client-s3";
import { parseArn } from "../../aws/arn.ts";
import type { Context } from "../../aws/context.ts";
import { AwsException } from "../../aws/exception.ts";
import type { Operations } from "../../aws/service.ts";
import { bucketArn, bucketOf, configOf, homeOf, setConfig, settingOf } from "./bucket.ts";
import { invalidArgument } from "./errors.ts";
import { canonicalId } from "./names.ts";
import type { BucketRow, HeadRow } from "./store.ts";

/** What happened to an object. `reason` is the operation, as EventBridge tells it. */
export interface Happening {
  readonly kind: "created" | "deleted" | "marker" | "tagged" | "untagged" | "acl";
  readonly row: Pick<HeadRow, "id" | "key" | "version" | "size" | "etag">;
  readonly reason: string;
}

interface Destination {
  readonly id: string;
  readonly arn: string;
  readonly events: readonly string[];
  readonly prefix: string;
  readonly suffix: string;
}

/**
 * Tells EventBridge and the bucket's destinations, when its configuration names them. To be called in the transaction of
 * the change, with the context of the bucket's own account and region.
 */
export function announce(ctx: Context, bucket: BucketRow, happening: Happening): void {
  const config = settingOf<NotificationConfiguration>(ctx, bucket, "notification");
  const isOnBus = config?.EventBridgeConfiguration !== undefined;
  // Versioned buckets may be polled by pipelines, which the timeline alone tells then.
  if (isOnBus || (happening.kind === "created" && bucket.versioning === "Enabled")) emit(ctx, bucket, happening, isOnBus);
  if (config === undefined) return;
  const name = eventName(happening);
  for (const destination of destinationsOf(config)) {
    if (!destination.events.some((pattern) => matches(pattern, `s3:${name}`))) continue;
    const { key } = happening.row;
    if (!key.startsWith(destination.prefix) || !key.endsWith(destination.suffix)) continue;
    const record = recordOf(ctx, bucket, happening, destination.id);
    ctx.send("s3.notify", { arn: destination.arn, body: { Records: [record] } });
  }
}

/** https://docs.aws.amazon.com/AmazonS3/latest/userguide/ev-events.html */
function emit(ctx: Context, bucket: BucketRow, { kind, row, reason }: Happening, bus: boolean): void {
  const created = kind === "created" ? { size: row.size, etag: row.etag } : {};
  const tagged = kind === "tagged" || kind === "untagged" || kind === "acl" ? { etag: row.etag } : {};
  const types = {
    created: "Object Created",
    deleted: "Object Deleted",
    marker: "Object Deleted",
    tagged: "Object Tags Added",
    untagged: "Object Tags Deleted",
    acl: "Object ACL Updated",
  };
  const deletion = kind === "deleted" ? "Permanently Deleted" : "Delete Marker Created";
  const removed = kind === "deleted" || kind === "marker";
  ctx.emit({
    source: "aws.s3",
    type: types[kind],
    resources: [bucketArn(bucket.name)],
    detail: {
      version: "0",
      bucket: { name: bucket.name },
      object: {
        key: row.key,
        ...created,
        ...tagged,
        ...versionOf(bucket, row),
        ...("etag" in tagged ? {} : { sequencer: sequencer(ctx, row) }),
      },
      "request-id": ctx.requestId,
      requester: reason === "Lifecycle Expiration" ? "s3.amazonaws.com" : ctx.principal.account,
      ...(ctx.request === undefined ? {} : { "source-ip-address": ctx.request.sourceIp }),
      ...(kind === "created" || removed ? { reason } : {}),
      ...(removed ? { "deletion-type": deletion } : {}),
    },
    bus,
  });
}

function versionOf(bucket: BucketRow, row: { version: string }): { "version-id"?: string } {
  return bucket.versioning === null || row.version === "null" ? {} : { "version-id": row.version };
}

/** Grows with each change of a key; 18 hex digits. */
function sequencer(ctx: Context, row: { id: number }): string {
  return (BigInt(ctx.now) * 0x1000000n + BigInt(row.id % 0x1000000)).toString(16).toUpperCase().padStart(18, "0");
}

const CREATED: Readonly<Record<string, string>> = {
  PutObject: "ObjectCreated:Put",
  CopyObject: "ObjectCreated:Copy",
  CompleteMultipartUpload: "ObjectCreated:CompleteMultipartUpload",
  "POST Object": "ObjectCreated:Post",
};

/** https://docs.aws.amazon.com/AmazonS3/latest/userguide/notification-how-to-event-types-and-destinations.html */
function eventName({ kind, reason }: Happening): string {
  if (kind === "created") return CREATED[reason] ?? "ObjectCreated:Put";
  if (kind === "tagged") return "ObjectTagging:Put";
  if (kind === "untagged") return "ObjectTagging:Delete";
  if (kind === "acl") return "ObjectAcl:Put";
  const family = reason === "Lifecycle Expiration" ? "LifecycleExpiration" : "ObjectRemoved";
  return kind === "deleted" ? `${family}:Delete` : `${family}:DeleteMarkerCreated`;
}

function matches(pattern: string, name: string): boolean {
  return pattern.endsWith("*") ? name.startsWith(pattern.slice(0, -1)) : pattern === name;
}

function destinationsOf(config: NotificationConfiguration): Destination[] {
  const all = [
    ...(config.LambdaFunctionConfigurations ?? []).map((entry) => ({ ...entry, arn: entry.LambdaFunctionArn })),
    ...(config.QueueConfigurations ?? []).map((entry) => ({ ...entry, arn: entry.QueueArn })),
    ...(config.TopicConfigurations ?? []).map((entry) => ({ ...entry, arn: entry.TopicArn })),
  ];
  return all.map(({ Id, arn, Events, Filter }) => {
    const rules = Filter?.Key?.FilterRules ?? [];
    const value = (name: string): string => rules.find((rule) => rule.Name?.toLowerCase() === name)?.Value ?? "";
    return { id: Id ?? "", arn: arn ?? "", events: Events ?? [], prefix: value("prefix"), suffix: value("suffix") };
  });
}

/** https://docs.aws.amazon.com/AmazonS3/latest/userguide/notification-content-structure.html */
function recordOf(ctx: Context, bucket: BucketRow, happening: Happening, configurationId: string) {
  const { row, kind } = happening;
  return {
    eventVersion: "2.1",
    eventSource: "aws:s3",
    awsRegion: bucket.region,
    eventTime: new Date(ctx.now).toISOString(),
    eventName: eventName(happening),
    userIdentity: { principalId: `AWS:${ctx.principal.userId}` },
    requestParameters: { sourceIPAddress: ctx.request?.sourceIp ?? "127.0.0.1" },
    responseElements: { "x-amz-request-id": ctx.requestId, "x-amz-id-2": Buffer.from(ctx.requestId).toString("base64") },
    s3: {
      s3SchemaVersion: "1.0",
      configurationId,
      bucket: { name: bucket.name, ownerIdentity: { principalId: canonicalId(bucket.account) }, arn: bucketArn(bucket.name) },
      object: {
        key: encodeURIComponent(row.key).replaceAll("%20", "+").replaceAll("%2F", "/"),
        ...(kind === "created" ? { size: row.size, eTag: row.etag } : {}),
        ...(bucket.versioning === null ? {} : { versionId: row.version }),
        sequencer: sequencer(ctx, row),
      },
    },
  };
}

export const notificationOperations = {
  PutBucketNotificationConfiguration: async (input, ctx) => {
    const bucket = bucketOf(ctx, input);
    const config = withIds(ctx, input.NotificationConfiguration ?? {});
    const home = homeOf(ctx, bucket);
    const destinations = destinationsOf(config);
    for (const { events } of destinations) checkEvents(events);
    if (input.SkipDestinationValidation !== true) for (const { arn } of destinations) await checkDestination(home, arn);
    const known = new Set(destinationsOf(configOf(ctx, bucket.name, "notification") ?? {}).map(({ arn }) => arn));
    ctx.tx(() => {
      setConfig(ctx, bucket, "notification", config);
      for (const { arn } of destinations) {
        if (!known.has(arn) && parseArn(arn)?.service !== "lambda") home.send("s3.notify", { arn, body: testEvent(ctx, bucket) });
      }
    });
    return {};
  },

  GetBucketNotificationConfiguration: (input, ctx) =>
    configOf<NotificationConfiguration>(ctx, bucketOf(ctx, input).name, "notification") ?? {},
} satisfies Operations<"s3">;

function testEvent(ctx: Context, bucket: BucketRow): object {
  const hostId = Buffer.from(ctx.requestId).toString("base64");
  const time = new Date(ctx.now).toISOString();
  return { Service: "Amazon S3", Event: "s3:TestEvent", Time: time, Bucket: bucket.name, RequestId: ctx.requestId, HostId: hostId };
}

function withIds(ctx: Context, config: NotificationConfiguration): NotificationConfiguration {
  const named = <T extends { Id?: string | undefined }>(list: T[] | undefined): T[] | undefined =>
    list?.map((entry) => ({ ...entry, Id: entry.Id ?? ctx.cloud.ids.uuid() }));
  const lambda = named(config.LambdaFunctionConfigurations);
  const queue = named(config.QueueConfigurations);
  const topic = named(config.TopicConfigurations);
  return {
    ...(lambda === undefined ? {} : { LambdaFunctionConfigurations: lambda }),
    ...(queue === undefined ? {} : { QueueConfigurations: queue }),
    ...(topic === undefined ? {} : { TopicConfigurations: topic }),
    ...(config.EventBridgeConfiguration === undefined ? {} : { EventBridgeConfiguration: {} }),
  };
}

const EVENTS =
  /^s3:(ObjectCreated:(\*|Put|Post|Copy|CompleteMultipartUpload)|ObjectRemoved:(\*|Delete|DeleteMarkerCreated)|ObjectTagging:(\*|Put|Delete)|ObjectAcl:Put|ObjectRestore:(\*|Post|Completed|Delete)|LifecycleExpiration:(\*|Delete|DeleteMarkerCreated)|LifecycleTransition|ReducedRedundancyLostObject|Replication:.+|IntelligentTiering)$/;

function checkEvents(events: readonly string[]): void {
  if (events.length === 0 || !events.every((event) => EVENTS.test(event))) {
    throw invalidArgument("The event is not supported for notifications");
  }
}

/** @throws AwsException InvalidArgument as AWS, when the destination is not there */
async function checkDestination(ctx: Context, arn: string): Promise<void> {
  const parsed = parseArn(arn);
  const elsewhere = parsed === undefined ? ctx : ctx.with({ account: parsed.account, region: parsed.region });
  try {
    if (parsed?.service === "lambda") await elsewhere.call("lambda", "GetFunctionConfiguration", { FunctionName: arn });
    else if (parsed?.service === "sqs") await elsewhere.call("sqs", "GetQueueUrl", { QueueName: parsed.resource });
    else if (parsed?.service === "sns") await elsewhere.call("sns", "GetTopicAttributes", { TopicArn: arn });
    else throw invalidArgument("The ARN is not well formed", undefined, arn);
  } catch (error) {
    if (!(error instanceof AwsException) || error.code === "NotImplemented") throw error;
    const name = parsed?.service === "lambda" ? "function" : "destination";
    throw invalidArgument("Unable to validate the following destination configurations", arn, `The destination ${name} does not exist`);
  }
}
