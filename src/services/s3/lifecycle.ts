import type { LifecycleRule } from "@aws-sdk/client-s3";
import type { Context } from "../../aws/context.ts";
import type { Message, MessageOutcome, Operations } from "../../aws/service.ts";
import { bucketOf, configOf, homeOf, requiredConfig, setConfig } from "./bucket.ts";
import { invalidArgument, malformedXml } from "./errors.ts";
import { checkUnlocked } from "./locks.ts";
import { endOfPrefix } from "./names.ts";
import { type BucketRow, buckets, type HeadRow, objects, type UploadRow, uploads } from "./store.ts";
import { tagsOfRow } from "./tagging.ts";
import { deleteVersion, dropUpload } from "./versions.ts";

const DAY_MS = 86_400_000;
/** Objects that one transaction looks at. */
const STEP = 500;

interface StoredLifecycle {
  readonly rules: LifecycleRule[];
  readonly minimum?: string;
  /** Only the messages of this configuration go on. */
  readonly generation: string;
}

const ABSENT = { code: "NoSuchLifecycleConfiguration", message: "The lifecycle configuration does not exist" };

export const lifecycleOperations = {
  /** https://docs.aws.amazon.com/AmazonS3/latest/API/API_PutBucketLifecycleConfiguration.html */
  PutBucketLifecycleConfiguration: (input, ctx) => {
    const bucket = bucketOf(ctx, input);
    const rules = (input.LifecycleConfiguration?.Rules ?? []).map((rule) => checked(ctx, rule));
    if (rules.length === 0 || rules.length > 1_000) throw malformedXml();
    if (new Set(rules.map(({ ID }) => ID)).size < rules.length)
      throw invalidArgument("Rule ID must be unique. Found same ID for more than one rule");
    const minimum = input.TransitionDefaultMinimumObjectSize ?? "all_storage_classes_128K";
    const generation = ctx.cloud.ids.hex(16);
    ctx.tx(() => {
      setConfig(ctx, bucket, "lifecycle", { rules, minimum, generation } satisfies StoredLifecycle);
      homeOf(ctx, bucket).send("s3.lifecycle", { bucket: bucket.name, generation }, { at: nextMidnight(ctx.now), quiet: true });
    });
    return { TransitionDefaultMinimumObjectSize: minimum as "varies_by_storage_class" };
  },
  GetBucketLifecycleConfiguration: (input, ctx) => {
    const { rules, minimum } = requiredConfig<StoredLifecycle>(ctx, bucketOf(ctx, input).name, "lifecycle", ABSENT);
    return {
      Rules: rules.map(revived),
      ...(minimum === undefined ? {} : { TransitionDefaultMinimumObjectSize: minimum as "varies_by_storage_class" }),
    };
  },
  DeleteBucketLifecycle: (input, ctx) => {
    setConfig(ctx, bucketOf(ctx, input), "lifecycle", undefined);
    return {};
  },
} satisfies Operations<"s3">;

function checked(ctx: Context, rule: LifecycleRule): LifecycleRule {
  const { Expiration, NoncurrentVersionExpiration, Transitions, NoncurrentVersionTransitions, AbortIncompleteMultipartUpload } = rule;
  const actions = [Expiration, NoncurrentVersionExpiration, Transitions, NoncurrentVersionTransitions, AbortIncompleteMultipartUpload];
  if (rule.Status === undefined || (rule.Filter === undefined && rule.Prefix === undefined)) throw malformedXml();
  if (actions.every((action) => action === undefined)) {
    throw invalidArgument("At least one action needs to be specified in a rule");
  }
  if (Expiration?.Days !== undefined && Expiration.Days <= 0)
    throw invalidArgument("'Days' for Expiration action must be a positive integer");
  if (Expiration?.Date !== undefined && Expiration.Date.getTime() % DAY_MS !== 0) throw invalidArgument("'Date' must be at midnight GMT");
  return { ...rule, ID: rule.ID ?? ctx.cloud.ids.alphanumeric(48) };
}

/** Dates are text in the stored JSON. */
function revived(rule: LifecycleRule): LifecycleRule {
  const date = (value: { Date?: Date | undefined }) => (value.Date === undefined ? value : { ...value, Date: new Date(value.Date) });
  return {
    ...rule,
    ...(rule.Expiration === undefined ? {} : { Expiration: date(rule.Expiration) }),
    ...(rule.Transitions === undefined ? {} : { Transitions: rule.Transitions.map(date) }),
  };
}

function nextMidnight(now: number): number {
  return (Math.floor(now / DAY_MS) + 1) * DAY_MS;
}

/** https://docs.aws.amazon.com/AmazonS3/latest/userguide/lifecycle-expire-general-considerations.html: rounded up to the next midnight UTC. */
function dueAfter(since: number, days: number): number {
  return Math.ceil((since + days * DAY_MS) / DAY_MS) * DAY_MS;
}

/** `s3.lifecycle {bucket, generation}`: once a day at midnight, for as long as the configuration is the same. */
export function onLifecycle(ctx: Context, message: Message): MessageOutcome {
  const bucket = ctx.get(buckets.get, { name: String(message.payload["bucket"]) });
  const config = bucket === undefined ? undefined : configOf<StoredLifecycle>(ctx, bucket.name, "lifecycle");
  if (bucket === undefined || config === undefined || config.generation !== message.payload["generation"]) return undefined;
  for (const rule of config.rules.map(revived)) if (rule.Status === "Enabled") applyRule(ctx, bucket, rule);
  return { again: nextMidnight(ctx.now) };
}

function applyRule(ctx: Context, bucket: BucketRow, rule: LifecycleRule): void {
  const prefix = rule.Filter?.Prefix ?? rule.Filter?.And?.Prefix ?? rule.Prefix ?? "";
  const end = endOfPrefix(prefix);
  const days = rule.AbortIncompleteMultipartUpload?.DaysAfterInitiation;
  if (days !== undefined) abortUploads(ctx, { bucket: bucket.name, from: prefix, end, limit: -1 }, days);
  if (rule.Expiration === undefined && rule.NoncurrentVersionExpiration === undefined) return;
  let from: string | undefined = prefix;
  while (from !== undefined) {
    const start: string = from;
    from = ctx.tx(() => {
      const keys = [...new Set(ctx.all(objects.versions, { bucket: bucket.name, from: start, end, limit: STEP }).map(({ key }) => key))];
      for (const key of keys) expireKey(ctx, bucket, rule, key);
      const last = keys.at(-1);
      return last === undefined ? undefined : `${last}\0`;
    });
  }
}

function abortUploads(ctx: Context, span: { bucket: string; from: string; end: string | Uint8Array; limit: number }, days: number): void {
  const all: UploadRow[] = ctx.all(uploads.page, { ...span, key: "", id: "" });
  ctx.tx(() => {
    for (const { id, initiated } of all) if (dueAfter(initiated, days) <= ctx.now) dropUpload(ctx, id);
  });
}

function expireKey(ctx: Context, bucket: BucketRow, rule: LifecycleRule, key: string): void {
  const versions = ctx.all(objects.versionsOf, { bucket: bucket.name, key });
  const [latest] = versions;
  if (latest === undefined) return;
  const reason = "Lifecycle Expiration";
  const expired = rule.NoncurrentVersionExpiration;
  const keep = expired?.NewerNoncurrentVersions ?? 0;
  let left = versions.length;
  for (const [index, row] of versions.entries()) {
    const successor = versions[index - 1];
    if (expired?.NoncurrentDays === undefined || successor === undefined || index <= keep || !inFilter(rule, row)) continue;
    if (dueAfter(successor.modified, expired.NoncurrentDays) > ctx.now || isLocked(ctx, row)) continue;
    deleteVersion(ctx, bucket, { key, version: row.version }, reason);
    left--;
  }
  const { Days, Date: date, ExpiredObjectDeleteMarker: orphans } = rule.Expiration ?? {};
  if (latest.marker === 1) {
    if (left === 1 && (orphans === true || Days !== undefined || date !== undefined))
      deleteVersion(ctx, bucket, { key, version: latest.version }, reason);
    return;
  }
  const due = Days !== undefined ? dueAfter(latest.modified, Days) : date?.getTime();
  if (due !== undefined && due <= ctx.now && inFilter(rule, latest)) deleteVersion(ctx, bucket, { key, version: undefined }, reason);
}

function isLocked(ctx: Context, row: HeadRow): boolean {
  try {
    checkUnlocked(ctx, row, false);
    return false;
  } catch {
    return true;
  }
}

function inFilter(rule: LifecycleRule, row: HeadRow): boolean {
  const { Filter } = rule;
  const and = Filter?.And;
  const tags = [...(Filter?.Tag === undefined ? [] : [Filter.Tag]), ...(and?.Tags ?? [])];
  const more = Filter?.ObjectSizeGreaterThan ?? and?.ObjectSizeGreaterThan;
  const less = Filter?.ObjectSizeLessThan ?? and?.ObjectSizeLessThan;
  const has = tagsOfRow(row.tags);
  const tagged = tags.every((tag) => has.some(({ Key, Value }) => Key === tag.Key && Value === tag.Value));
  return tagged && (more === undefined || row.size > more) && (less === undefined || row.size < less);
}
