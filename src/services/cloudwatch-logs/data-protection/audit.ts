import { Readable } from "node:stream";
import { gzipSync } from "node:zlib";
import type { Context } from "../../../aws/context.ts";
import { unless } from "../../../aws/exception.ts";
import { putMetrics } from "../../../aws/metrics.ts";
import type { MessageHandler } from "../../../aws/service.ts";
import { asLogs } from "../exports/bucket.ts";
import { groupArn } from "../groups.ts";
import { batchOf } from "../metric-filters.ts";
import { type GroupRow, selectGroupById } from "../store.ts";
import type { Finding } from "./detector.ts";
import { findingsOf, protectionsOf } from "./guard.ts";

/** AWS does not document it. */
const REPORT_STREAM = "data-protection-audit-findings";
/** Reports in one PutLogEvents: well under its megabyte. */
const MOST_REPORTS = 500;

/** https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/mask-sensitive-log-data-audit-findings.html */
function reportOf(ctx: Context, group: GroupRow, found: readonly Finding[]): string {
  const names = [...new Set(found.map(({ name }) => name))];
  const dataIdentifiers = names.map((name) => {
    // Characters are counted from 1, and the last one is told.
    const detections = found.filter((finding) => finding.name === name).map(({ start, end }) => ({ start: start + 1, end }));
    return { name, count: detections.length, detections };
  });
  const auditTimestamp = new Date(ctx.now).toISOString().replace(/\.\d+Z$/, "Z");
  return JSON.stringify({ auditTimestamp, resourceArn: `${groupArn(ctx, group.name)}:*`, dataIdentifiers });
}

/** `cloudwatch-logs.audit`: tells of what was found in a batch, in the metric and where the policies want it. */
export const onAudit: MessageHandler = async (ctx, message) => {
  const group = ctx.get(selectGroupById, { id: Number(message.payload["group"]) });
  if (group === undefined) return;
  const found = batchOf(ctx, message)
    .map((event) => findingsOf(ctx, group, event))
    .filter((list) => list.length > 0);
  if (found.length === 0) return;
  for (const { identifiers, logGroup, bucket } of protectionsOf(ctx, group)) {
    const own = found.map((list) => list.filter(({ name }) => identifiers.has(name))).filter((list) => list.length > 0);
    const reports = own.map((list) => reportOf(ctx, group, list));
    if (reports.length === 0) continue;
    // A group that reports to itself would never come to an end.
    if (logGroup !== undefined && logGroup !== group.name) await toGroup(ctx, logGroup, reports);
    if (bucket !== undefined) await toBucket(ctx, bucket, `${group.id}-${message.id}`, reports);
  }
  putMetrics(ctx, "AWS/Logs", [{ name: "LogEventsWithFindings", value: found.length, unit: "None", dimensions: {} }]);
};

async function toGroup(ctx: Context, logGroupName: string, reports: readonly string[]): Promise<void> {
  const names = { logGroupName, logStreamName: REPORT_STREAM };
  const logs = asLogs(ctx);
  const made = await unless(
    "ResourceNotFoundException",
    unless("ResourceAlreadyExistsException", logs.call("cloudwatch-logs", "CreateLogStream", names)).then(() => true),
  );
  // The group was deleted since.
  if (made === undefined) return;
  for (let from = 0; from < reports.length; from += MOST_REPORTS) {
    const logEvents = reports.slice(from, from + MOST_REPORTS).map((report) => ({ timestamp: ctx.now, message: report }));
    await logs.call("cloudwatch-logs", "PutLogEvents", { ...names, logEvents });
  }
}

async function toBucket(ctx: Context, Bucket: string, id: string, reports: readonly string[]): Promise<void> {
  const [date = "", time = ""] = new Date(ctx.now).toISOString().split("T");
  // The layout of logs that AWS delivers; the documentation of findings names none.
  const Key = `AWSLogs/${ctx.account}/CloudWatchLogs/${ctx.region}/${date.replaceAll("-", "/")}/${time.slice(0, 2)}/${id}.log.gz`;
  const Body = Readable.from([gzipSync(`${reports.join("\n")}\n`)]);
  await unless("NoSuchBucket", asLogs(ctx).call("s3", "PutObject", { Bucket, Key, Body }));
}
