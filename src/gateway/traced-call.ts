import type { Context } from "../aws/context.ts";
import { flagsOf, GATEWAY_SDK, type TraceHeader, tracingOf } from "../aws/tracing.ts";
import type { Values } from "../models/schema.ts";
import type { Routed } from "./handlers/route.ts";

/** A call of a program that is traced, as a part of the program's own segment. */
export interface TracedCall {
  /** What the operation's own work goes on from. */
  readonly onward: TraceHeader;
  end(status: number): void;
}

/** Input members that name what a call is for, and the document's names for them. */
const RESOURCES: Readonly<Record<string, string>> = {
  TableName: "table_name",
  Bucket: "bucket_name",
  QueueUrl: "queue_url",
  TopicArn: "topic_arn",
  FunctionName: "function_name",
};

function resourceOf(input: Values): Record<string, string> {
  for (const [member, name] of Object.entries(RESOURCES)) {
    const value = input[member];
    if (typeof value === "string") return { [name]: value };
  }
  // DynamoDB's batches name their tables as keys.
  const { RequestItems: items } = input;
  const [table] = typeof items === "object" && items !== null ? Object.keys(items) : [];
  return table === undefined ? {} : { table_name: table };
}

/**
 * SDKs in functions send their segment's id with every call; what was called then tells the call, so that functions without
 * any tracing library are seen to use tables and queues. Costs one look at a header where there is none.
 */
export function beginCall(ctx: Context, { service, operation }: Routed, input: Values): TracedCall | undefined {
  const { trace } = ctx;
  // Not of those that bring the traces.
  if (trace?.sampled !== true || trace.parent === undefined || service.meta.id === "xray") return undefined;
  const { root, parent } = trace;
  const tracing = tracingOf(ctx.cloud);
  const id = tracing.segmentId();
  const start = tracing.instant(ctx, root);
  return {
    onward: { root, parent: id, sampled: true },
    end: (status) => {
      tracing.record(ctx, {
        id,
        trace_id: root,
        parent_id: parent,
        type: "subsegment",
        name: service.meta.serviceId.replaceAll(" ", ""),
        namespace: "aws",
        start_time: start,
        end_time: tracing.instant(ctx, root),
        http: { response: { status } },
        aws: {
          operation: operation.name,
          region: ctx.region,
          request_id: ctx.requestId,
          ...resourceOf(input),
          xray: { sdk: GATEWAY_SDK },
        },
        ...flagsOf(status),
      });
    },
  };
}
