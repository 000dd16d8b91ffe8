import type { Input, Output } from "../../../aws/clients.ts";
import type { Context } from "../../../aws/context.ts";
import { AwsException } from "../../../aws/exception.ts";
import { decodeToken, pageOf } from "../../../aws/paging.ts";
import { findGroup, groupArn, invalidParameter } from "../groups.ts";
import { checkBucket } from "./bucket.ts";
import { type ExportRow, type ExportStatus, exportTasks } from "./store.ts";

type Service = "cloudwatch-logs";

/** Virtual ms that a task is pending, so that it is seen: AWS names no time. */
const PENDING_MS = 1_000;
const ENDED: ReadonlySet<ExportStatus> = new Set(["COMPLETED", "FAILED", "CANCELLED"]);

/** https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_CreateExportTask.html */
export async function createExportTask(
  input: Input<Service, "CreateExportTask">,
  ctx: Context,
): Promise<Output<Service, "CreateExportTask">> {
  const { taskName, logStreamNamePrefix = "", from = 0, to = 0, destination = "", destinationPrefix = "exportedlogs" } = input;
  const group = findGroup(ctx, input.logGroupName);
  if (to < from) throw invalidParameter("The specified time range is not valid: 'to' must not be before 'from'.");
  if (to < group.created) throw invalidParameter("The specified time range ends before the log group was created.");
  const prefix = destinationPrefix.replace(/\/+$/, "");
  refuseSecond(ctx);
  await checkBucket(ctx, { bucket: destination, prefix, group: group.name });
  return ctx.tx(() => {
    refuseSecond(ctx);
    const id = ctx.cloud.ids.uuid();
    const times = { from, to, now: ctx.now };
    ctx.run(exportTasks.insert, {
      id,
      name: taskName ?? null,
      group: group.name,
      streams: logStreamNamePrefix,
      bucket: destination,
      prefix,
      ...times,
    });
    ctx.claim(id);
    const rule = `${ctx.principal.arn} asked for the events of ${group.name} in s3://${destination}/${prefix}`;
    const cause = tell(ctx, { id, group_name: group.name }, "PENDING", rule);
    ctx.with({ cause }).send("cloudwatch-logs.export", { id }, { delay: PENDING_MS });
    return { taskId: id };
  });
}

/** https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/cloudwatch_limits_cwl.html */
function refuseSecond(ctx: Context): void {
  if (ctx.get(exportTasks.active, {}) !== undefined) throw new AwsException("LimitExceededException", "Resource limit exceeded.");
}

/** The event of a change of status; its id. */
function tell(ctx: Context, { id, group_name }: Pick<ExportRow, "id" | "group_name">, status: ExportStatus, rule: string): string {
  const type = `Export Task ${status}`;
  const detail = { taskId: id, logGroupName: group_name, status };
  return ctx.emit({ source: "aws.logs", type, resources: [ctx.arn("logs", `export-task:${id}`), groupArn(ctx, group_name)], detail, rule });
}

/** Changes the status of a task; the context that what follows belongs to. */
export function move(ctx: Context, row: ExportRow, status: ExportStatus, rule: string): Context {
  return ctx.tx(() => {
    const completed = ENDED.has(status) ? ctx.now : null;
    const message = status === "COMPLETED" ? "Completed successfully" : status === "FAILED" ? rule : "";
    ctx.run(exportTasks.setStatus, { id: row.id, status, message, completed });
    return ctx.with({ cause: tell(ctx, row, status, rule) });
  });
}

function taskOf(ctx: Context, id: string | undefined): ExportRow {
  const row = ctx.get(exportTasks.get, { id: id ?? "" });
  if (row === undefined) throw new AwsException("ResourceNotFoundException", "The specified export task does not exist.");
  return row;
}

/** https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_CancelExportTask.html */
export function cancelExportTask(input: Input<Service, "CancelExportTask">, ctx: Context): Output<Service, "CancelExportTask"> {
  return ctx.tx(() => {
    const row = taskOf(ctx, input.taskId);
    if (row.status !== "PENDING" && row.status !== "RUNNING")
      throw new AwsException(
        "InvalidOperationException",
        `The export task is ${row.status}: only one that is PENDING or RUNNING can be cancelled.`,
      );
    move(
      ctx,
      row,
      row.status === "PENDING" ? "CANCELLED" : "PENDING_CANCEL",
      `${ctx.principal.arn} cancelled the task, which was ${row.status}`,
    );
    return {};
  });
}

/** https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_DescribeExportTasks.html */
export function describeExportTasks(input: Input<Service, "DescribeExportTasks">, ctx: Context): Output<Service, "DescribeExportTasks"> {
  const after = input.nextToken === undefined ? undefined : decodeToken(input.nextToken)?.[0];
  const found = ctx
    .all(exportTasks.all, {})
    .filter(({ id, status }) => (input.taskId ?? id) === id && (input.statusCode ?? status) === status);
  const rest = after === undefined ? found : found.slice(found.findIndex(({ id }) => id === after) + 1);
  const page = pageOf(rest, input.limit ?? 50, ({ id }) => [id]);
  return { exportTasks: page.items.map(toTask), nextToken: page.nextToken };
}

function toTask(row: ExportRow) {
  return {
    taskId: row.id,
    ...(row.name === null ? {} : { taskName: row.name }),
    logGroupName: row.group_name,
    from: row.from_time,
    to: row.to_time,
    destination: row.bucket,
    destinationPrefix: row.prefix,
    status: { code: row.status, ...(row.message === "" ? {} : { message: row.message }) },
    executionInfo: { creationTime: row.created, ...(row.completed === null ? {} : { completionTime: row.completed }) },
  };
}
