import { parseArn } from "../../aws/arn.ts";
import type { Context } from "../../aws/context.ts";
import { type MetricPoint, putMetrics } from "../../aws/metrics.ts";

/** https://docs.aws.amazon.com/sns/latest/dg/sns-monitoring-using-cloudwatch.html */
type Name =
  | "NumberOfMessagesPublished"
  | "NumberOfNotificationsDelivered"
  | "NumberOfNotificationsFailed"
  | "NumberOfNotificationsFilteredOut"
  | "NumberOfNotificationsFailedToRedriveToDlq"
  | "NumberOfNotificationsRedrivenToDlq"
  | "PublishSize";

/** Counts once what is being written is there for good. */
export function count(ctx: Context, topic: string, values: Partial<Record<Name, number>>): void {
  const dimensions = { TopicName: parseArn(topic)?.resource ?? "" };
  const points = Object.entries(values).map(
    ([name, value]): MetricPoint => ({ name, value, dimensions, unit: name === "PublishSize" ? "Bytes" : "Count" }),
  );
  ctx.cloud.store.afterCommit(() => putMetrics(ctx, "AWS/SNS", points));
}
