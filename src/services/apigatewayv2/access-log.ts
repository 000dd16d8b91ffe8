import { parseArn } from "../../aws/arn.ts";
import type { Cloud, Context } from "../../aws/context.ts";
import { AwsException } from "../../aws/exception.ts";
import { messageOf } from "../../kernel/errors.ts";
import type { Call, RoutedCall } from "./call.ts";
import { contextVariable, type Outcome } from "./variables.ts";

interface Line {
  readonly timestamp: number;
  readonly message: string;
}

interface Batch {
  readonly ctx: Context;
  readonly logGroupName: string;
  readonly logStreamName: string;
  readonly lines: Line[];
}

const waiting = new WeakMap<Cloud, Map<string, Batch>>();

/** A line of the stage's format; variables without a value are a dash. http-api-logging.html */
function formatLine(format: string, call: Call | RoutedCall, outcome: Outcome): string {
  return format.replace(/\$context\.([\w.-]*\w)/g, (_, name: string) => contextVariable(call, name, outcome) ?? "-");
}

/** Writes to the stage's log group without keeping the request: what one turn of the event loop brings is written together. */
export function logAccess(call: Call | RoutedCall, outcome: Outcome): void {
  const { DestinationArn, Format } = call.live.stage.AccessLogSettings ?? {};
  const arn = parseArn(DestinationArn ?? "");
  if (arn === undefined || Format === undefined) return;
  const { cloud } = call.ctx;
  const batches = waiting.get(cloud) ?? new Map<string, Batch>();
  if (batches.size === 0) flushSoon(cloud, batches);
  const [, logGroupName = ""] = arn.resource.split(":");
  const key = `${arn.account}|${arn.region}|${logGroupName}|${call.live.apiId}|${call.live.name}`;
  const ctx = call.ctx.with({ account: arn.account, region: arn.region });
  const batch = batches.get(key) ?? { ctx, logGroupName, logStreamName: `${call.live.apiId}-${call.live.name}`, lines: [] };
  batch.lines.push({ timestamp: call.time, message: formatLine(Format, call, outcome) });
  batches.set(key, batch);
}

function flushSoon(cloud: Cloud, batches: Map<string, Batch>): void {
  waiting.set(cloud, batches);
  const release = cloud.clock.busy("access log");
  setImmediate(() => {
    waiting.delete(cloud);
    void Promise.all([...batches.values()].map(write)).finally(release);
  });
}

async function write({ ctx, logGroupName, logStreamName, lines }: Batch): Promise<void> {
  const put = () => ctx.call("cloudwatch-logs", "PutLogEvents", { logGroupName, logStreamName, logEvents: lines });
  try {
    try {
      await put();
    } catch (error) {
      if (!(error instanceof AwsException) || error.code !== "ResourceNotFoundException") throw error;
      await ctx.call("cloudwatch-logs", "CreateLogStream", { logGroupName, logStreamName });
      await put();
    }
  } catch (error) {
    if (!ctx.cloud.lifecycle.stopping) ctx.cloud.log.warn("access log lines were lost", { group: logGroupName, reason: messageOf(error) });
  }
}
