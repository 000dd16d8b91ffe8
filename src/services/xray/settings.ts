import type { Input, Output } from "../../aws/clients.ts";
import type { Context } from "../../aws/context.ts";
import { AwsException, notImplemented, unless } from "../../aws/exception.ts";
import { setting } from "./store.ts";
import { invalidRequest } from "./trace/range.ts";

/** How long a change of the key or of the destination is under way, virtual ms. AWS says no number. */
const CHANGE_MS = 30_000;

function read<T>(ctx: Context, name: string, otherwise: T): T {
  const row = ctx.get(setting.get, { name });
  return row === undefined ? otherwise : (JSON.parse(row.value) as T);
}

function write(ctx: Context, name: string, value: unknown): void {
  ctx.run(setting.put, { name, value: JSON.stringify(value) });
}

interface Encryption {
  readonly Type: "NONE" | "KMS";
  readonly KeyId?: string;
  /** Virtual ms. */
  readonly changed: number;
}

export function getEncryptionConfig(_: Input<"xray", "GetEncryptionConfig">, ctx: Context): Output<"xray", "GetEncryptionConfig"> {
  const { changed, ...config } = read<Encryption>(ctx, "encryption", { Type: "NONE", changed: 0 });
  return { EncryptionConfig: { ...config, Status: ctx.now < changed + CHANGE_MS && changed > 0 ? "UPDATING" : "ACTIVE" } };
}

/** https://docs.aws.amazon.com/xray/latest/api/API_PutEncryptionConfig.html */
export async function putEncryptionConfig(
  input: Input<"xray", "PutEncryptionConfig">,
  ctx: Context,
): Promise<Output<"xray", "PutEncryptionConfig">> {
  const { Type: type = "NONE", KeyId: key } = input;
  if (type === "NONE" && key !== undefined) throw invalidRequest("KeyId must be omitted when Type is NONE");
  if (type === "KMS" && key === undefined) throw invalidRequest("KeyId is required when Type is KMS");
  const arn = key === undefined ? undefined : await keyArn(ctx, key);
  write(ctx, "encryption", { Type: type, ...(arn === undefined ? {} : { KeyId: arn }), changed: ctx.now } satisfies Encryption);
  return getEncryptionConfig({}, ctx);
}

/** @throws AwsException InvalidRequestException for a key that is not there or cannot be used */
async function keyArn(ctx: Context, key: string): Promise<string> {
  const found = await unless(["NotFoundException", "InvalidArnException"], ctx.call("kms", "DescribeKey", { KeyId: key }));
  const { Arn: arn, Enabled: enabled, KeySpec: spec } = found?.KeyMetadata ?? {};
  if (arn === undefined) throw invalidRequest(`The key ${key} does not exist or X-Ray cannot access it`);
  if (enabled !== true) throw invalidRequest(`The key ${key} is not enabled`);
  if (spec !== "SYMMETRIC_DEFAULT") throw invalidRequest("X-Ray doesn't support asymmetric KMS keys.");
  return arn;
}

export type Destination = "XRay" | "CloudWatchLogs";

interface DestinationSetting {
  readonly destination: Destination;
  readonly changed: number;
}

function destinationSetting(ctx: Context): DestinationSetting {
  return read<DestinationSetting>(ctx, "destination", { destination: "XRay", changed: 0 });
}

/** Where documents go beside the trace store: with `CloudWatchLogs`, as spans to `aws/spans`. */
export function destinationOf(ctx: Context): Destination {
  return destinationSetting(ctx).destination;
}

export function getTraceSegmentDestination(
  _: Input<"xray", "GetTraceSegmentDestination">,
  ctx: Context,
): Output<"xray", "GetTraceSegmentDestination"> {
  const { destination, changed } = destinationSetting(ctx);
  return { Destination: destination, Status: changed > 0 && ctx.now < changed + CHANGE_MS ? "PENDING" : "ACTIVE" };
}

/** https://docs.aws.amazon.com/xray/latest/api/API_UpdateTraceSegmentDestination.html */
export function updateTraceSegmentDestination(
  input: Input<"xray", "UpdateTraceSegmentDestination">,
  ctx: Context,
): Output<"xray", "UpdateTraceSegmentDestination"> {
  const { Destination: destination } = input;
  if (destination === undefined) throw invalidRequest("Destination is required");
  if (destination !== destinationOf(ctx)) write(ctx, "destination", { destination, changed: ctx.now } satisfies DestinationSetting);
  return getTraceSegmentDestination({}, ctx);
}

interface Indexing {
  readonly percentage: number;
  readonly changed: number;
}

export function getIndexingRules(input: Input<"xray", "GetIndexingRules">, ctx: Context): Output<"xray", "GetIndexingRules"> {
  if (input.NextToken !== undefined) throw invalidRequest("The next token is not valid");
  // https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/CloudWatch-Transaction-Search.html: one percent unless changed.
  const { percentage, changed } = read<Indexing>(ctx, "indexing", { percentage: 1, changed: 0 });
  const Probabilistic = { DesiredSamplingPercentage: percentage, ActualSamplingPercentage: percentage };
  return { IndexingRules: [{ Name: "Default", ModifiedAt: new Date(changed), Rule: { Probabilistic } }] };
}

export function updateIndexingRule(input: Input<"xray", "UpdateIndexingRule">, ctx: Context): Output<"xray", "UpdateIndexingRule"> {
  if (input.Name !== "Default")
    throw new AwsException("ResourceNotFoundException", `Indexing rule ${input.Name} does not exist`, { status: 404 });
  const percentage = input.Rule?.Probabilistic?.DesiredSamplingPercentage;
  if (percentage === undefined) throw notImplemented("xray", "UpdateIndexingRule", "a rule that is not Probabilistic");
  if (percentage < 0 || percentage > 100) throw invalidRequest("DesiredSamplingPercentage must be between 0 and 100");
  write(ctx, "indexing", { percentage, changed: ctx.now } satisfies Indexing);
  return { IndexingRule: getIndexingRules({}, ctx).IndexingRules?.[0] };
}
