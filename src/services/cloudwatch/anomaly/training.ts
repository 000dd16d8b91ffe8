import type { Context } from "../../../aws/context.ts";
import type { MessageHandler } from "../../../aws/service.ts";
import { sourceOf } from "../series.ts";
import { modelOf } from "./band.ts";
import { type DetectorRow, selectDetectorById, updateDetectorState } from "./store.ts";
import { detectorId, type MetricMath, type Query, type SingleMetric } from "./target.ts";

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;

/** ARN of a detector in the timeline: AWS names them by what they look at only. */
export const detectorArn = (ctx: Context, row: DetectorRow): string => ctx.arn("cloudwatch", `anomaly-detector:${detectorId(row)}`);

/** What a detector learns, as a query: a single metric by the minute. */
export function queriesOfDetector(row: DetectorRow): { readonly queries: readonly Query[]; readonly id: string } {
  if (row.kind === "SINGLE_METRIC") {
    const { Namespace, MetricName, Dimensions, Stat } = JSON.parse(row.target) as SingleMetric;
    return { queries: [{ Id: "m1", MetricStat: { Metric: { Namespace, MetricName, Dimensions }, Period: 60, Stat } }], id: "m1" };
  }
  const { MetricDataQueries: queries = [] } = JSON.parse(row.target) as MetricMath;
  return { queries, id: queries.find(({ ReturnData }) => ReturnData !== false)?.Id ?? "" };
}

/** Starts a detector's training: it takes a minute. */
export function startTraining(ctx: Context, row: DetectorRow): void {
  ctx.send("cloudwatch.train", { detector: row.id, put: row.put }, { at: ctx.now + MINUTE, quiet: true });
}

/** The first training, and those after it until there is enough data; then models learn when they are asked for. */
export const onTrain: MessageHandler = (ctx, message) =>
  ctx.tx(() => {
    const row = ctx.get(selectDetectorById, { id: Number(message.payload["detector"]) });
    if (row === undefined || row.put !== Number(message.payload["put"]) || row.state === "TRAINED") return undefined;
    const { queries, id } = queriesOfDetector(row);
    const model = modelOf(ctx, row, sourceOf(ctx, queries, id));
    const state = model === undefined ? "TRAINED_INSUFFICIENT_DATA" : "TRAINED";
    if (state !== row.state) {
      ctx.run(updateDetectorState, { id: row.id, state });
      const seasons = { weekly: "the hour of the week", daily: "the hour of the day", none: "no season" };
      ctx.emit({
        source: "aws.cloudwatch",
        type: "Anomaly detector trained",
        resources: [detectorArn(ctx, row)],
        detail: { from: row.state, to: state, target: JSON.parse(row.target) as unknown, season: model?.season, datapoints: model?.points },
        rule:
          model === undefined
            ? "fewer than 10 data points, or less than 3 hours of them, in the two weeks before the last full hour"
            : `${model.points} data points of up to two weeks, by ${seasons[model.season]}`,
      });
    }
    return model === undefined ? { again: (Math.floor(ctx.now / HOUR) + 1) * HOUR + MINUTE } : undefined;
  });
