import type { Context } from "../../aws/context.ts";
import { type MetricPoint, putMetrics } from "../../aws/metrics.ts";
import type { ExecutionRow, ExecutionStatus } from "./execution-store.ts";

/** https://docs.aws.amazon.com/codepipeline/latest/userguide/metrics-dimensions.html */
export function countExecution(ctx: Context, execution: ExecutionRow, status: ExecutionStatus): void {
  const dimensions = { PipelineName: execution.pipeline };
  const points: MetricPoint[] = [];
  if (status === "Succeeded" || status === "Failed") {
    points.push({ name: "PipelineDuration", value: (ctx.now - execution.started) / 1_000, unit: "Seconds", dimensions });
  }
  if (status === "Failed") {
    const failed = { name: "FailedPipelineExecutions", value: 1, unit: "Count" } as const;
    points.push({ ...failed, dimensions }, { ...failed, dimensions: {} });
  }
  if (points.length > 0) ctx.cloud.store.afterCommit(() => putMetrics(ctx, "AWS/CodePipeline", points));
}
