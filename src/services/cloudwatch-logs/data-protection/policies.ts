import type { Input, Output } from "../../../aws/clients.ts";
import type { Context } from "../../../aws/context.ts";
import { AwsException, unless } from "../../../aws/exception.ts";
import { findGroup, groupArn, invalidParameter } from "../groups.ts";
import { type GroupRow, selectGroup } from "../store.ts";
import { type Protection, readProtection } from "./document.ts";
import { protection } from "./store.ts";

type Service = "cloudwatch-logs";

/** Destinations must exist already. https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/mask-sensitive-log-data-start.html */
export async function checkDestinations(ctx: Context, { logGroup, bucket }: Protection): Promise<void> {
  if (logGroup !== undefined && ctx.get(selectGroup, { name: logGroup }) === undefined)
    throw invalidParameter(`The log group ${logGroup}, where findings are to go, does not exist.`);
  if (bucket === undefined) return;
  const found = await unless(["NotFound", "NoSuchBucket"], ctx.call("s3", "GetBucketLocation", { Bucket: bucket }));
  if (found === undefined) throw invalidParameter(`The bucket ${bucket}, where findings are to go, does not exist.`);
}

/** https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_PutDataProtectionPolicy.html */
export async function putDataProtectionPolicy(
  input: Input<Service, "PutDataProtectionPolicy">,
  ctx: Context,
): Promise<Output<Service, "PutDataProtectionPolicy">> {
  const { logGroupIdentifier, policyDocument = "" } = input;
  standardGroup(ctx, logGroupIdentifier);
  await checkDestinations(ctx, readProtection("PutDataProtectionPolicy", policyDocument));
  return ctx.tx(() => {
    const group = standardGroup(ctx, logGroupIdentifier);
    ctx.run(protection.put, { group: group.id, document: policyDocument, now: ctx.now });
    const rule = `${ctx.principal.arn} has what matches it masked in events that come in from now on`;
    tell(ctx, group, "Data Protection Policy Put", rule);
    return { logGroupIdentifier, policyDocument, lastUpdatedTime: ctx.now };
  });
}

/** @throws AwsException InvalidParameterException for classes without masking */
function standardGroup(ctx: Context, identifier: string | undefined): GroupRow {
  const group = findGroup(ctx, identifier);
  if (group.class !== "STANDARD") throw invalidParameter("Data protection is supported only for log groups in the Standard log class.");
  return group;
}

function tell(ctx: Context, group: GroupRow, type: string, rule: string): void {
  ctx.emit({ source: "aws.logs", type, resources: [groupArn(ctx, group.name)], detail: { logGroupName: group.name }, rule });
}

/** https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_GetDataProtectionPolicy.html */
export function getDataProtectionPolicy(
  input: Input<Service, "GetDataProtectionPolicy">,
  ctx: Context,
): Output<Service, "GetDataProtectionPolicy"> {
  const row = ctx.get(protection.get, { group: findGroup(ctx, input.logGroupIdentifier).id });
  if (row === undefined || row.document === null) return { logGroupIdentifier: input.logGroupIdentifier };
  return { logGroupIdentifier: input.logGroupIdentifier, policyDocument: row.document, lastUpdatedTime: row.updated };
}

/** What was masked stays so. https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_DeleteDataProtectionPolicy.html */
export function deleteDataProtectionPolicy(
  input: Input<Service, "DeleteDataProtectionPolicy">,
  ctx: Context,
): Output<Service, "DeleteDataProtectionPolicy"> {
  return ctx.tx(() => {
    const group = findGroup(ctx, input.logGroupIdentifier);
    if ((ctx.get(protection.get, { group: group.id })?.document ?? null) === null)
      throw new AwsException("ResourceNotFoundException", "The specified data protection policy does not exist.");
    ctx.run(protection.put, { group: group.id, document: null, now: ctx.now });
    tell(ctx, group, "Data Protection Policy Deleted", `${ctx.principal.arn} has nothing more masked in events that come in`);
    return {};
  });
}
