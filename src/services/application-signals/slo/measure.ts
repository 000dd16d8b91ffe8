import type { Context } from "../../../aws/context.ts";
import { type SloRow, updateMeasured, upsertPeriod } from "../store.ts";
import { MINUTE_MS } from "../time.ts";
import type { KnownSlo, Queries, RequestSli, Sli } from "./model.ts";
import { widthOf } from "./model.ts";
import { type ExclusionWindow, isExcluded } from "./windows.ts";

/** Data points that come later than this after their time are not seen. */
const LATE_MS = 15 * MINUTE_MS;
/** Periods of one look at the metrics. */
const MOST_PERIODS = 10_000;

const GOOD: Readonly<Record<string, (value: number, threshold: number) => boolean>> = {
  GreaterThan: (value, threshold) => value > threshold,
  GreaterThanOrEqualTo: (value, threshold) => value >= threshold,
  LessThan: (value, threshold) => value < threshold,
  LessThanOrEqualTo: (value, threshold) => value <= threshold,
};

interface Counted {
  readonly total: number;
  readonly bad: number;
}

/** Looks at the metrics of an SLO up to now, and keeps for each period, or minute of requests, how it went. */
export async function measure(ctx: Context, { row, body }: KnownSlo): Promise<void> {
  const width = widthOf(body);
  const last = Math.floor(ctx.now / width) * width;
  // A period is judged when it is over, requests count at once.
  const to = body.Sli === undefined ? last + width : last;
  let from = Math.max(row.since, Math.floor((Math.min(row.measured, last) - LATE_MS) / width) * width);
  while (from < to) {
    const until = Math.min(to, from + MOST_PERIODS * width);
    const look = { from, to: until, width };
    const counts = body.Sli === undefined ? await requestsIn(ctx, body.RequestBasedSli, look) : await periodsIn(ctx, body.Sli, look);
    ctx.tx(() => keep(ctx, row, counts, look));
    from = until;
  }
}

interface Look {
  readonly from: number;
  readonly to: number;
  readonly width: number;
}

function keep(ctx: Context, row: SloRow, counts: ReadonlyMap<number, Counted>, { from, to, width }: Look): void {
  // Deleted or begun anew meanwhile: then nobody would remove what is written here.
  if (ctx.run(updateMeasured, { id: row.id, measured: to }) === 0) return;
  const windows = JSON.parse(row.exclusions) as ExclusionWindow[];
  for (let time = from; time < to; time += width) {
    const excluded = windows.length > 0 && isExcluded(windows, { from: time, to: time + width });
    const counted = counts.get(time);
    if (counted === undefined && !excluded) continue;
    ctx.run(upsertPeriod, { slo: row.id, time, ...(counted ?? { total: 0, bad: 0 }), excluded: excluded ? 1 : 0 });
  }
}

async function periodsIn(ctx: Context, { SliMetric, ComparisonOperator, MetricThreshold = 0 }: Sli, look: Look) {
  const points = await pointsOf(ctx, SliMetric?.MetricDataQueries ?? [], look);
  const isGood = GOOD[ComparisonOperator ?? ""];
  return new Map([...points].map(([time, value]) => [time, { total: 1, bad: isGood?.(value, MetricThreshold) === true ? 0 : 1 }]));
}

async function requestsIn(ctx: Context, sli: RequestSli | undefined, look: Look): Promise<Map<number, Counted>> {
  const { TotalRequestCountMetric = [], MonitoredRequestCountMetric: monitored } = sli?.RequestBasedSliMetric ?? {};
  const totals = await pointsOf(ctx, TotalRequestCountMetric, look);
  const good = monitored?.GoodCountMetric;
  const counted = await pointsOf(ctx, good ?? monitored?.BadCountMetric ?? [], look);
  return new Map(
    [...totals].map(([time, total]) => {
      const value = counted.get(time) ?? 0;
      return [time, { total, bad: good === undefined ? value : Math.max(0, total - value) }];
    }),
  );
}

/** The one series that the queries return, summed up by the width that is looked at. */
export async function pointsOf(ctx: Context, queries: Queries, { from, to, width }: Look): Promise<Map<number, number>> {
  const points = new Map<number, number>();
  let NextToken: string | undefined;
  do {
    const { MetricDataResults = [], ...page } = await ctx.call("cloudwatch", "GetMetricData", {
      MetricDataQueries: queries,
      StartTime: new Date(from),
      EndTime: new Date(to),
      ...(NextToken === undefined ? {} : { NextToken }),
    });
    for (const { Timestamps = [], Values = [] } of MetricDataResults.slice(0, 1)) {
      for (const [index, at] of Timestamps.entries()) {
        const time = Math.floor(at.getTime() / width) * width;
        if (time >= from && time < to) points.set(time, (points.get(time) ?? 0) + (Values[index] ?? 0));
      }
    }
    NextToken = page.NextToken;
  } while (NextToken !== undefined);
  return points;
}
