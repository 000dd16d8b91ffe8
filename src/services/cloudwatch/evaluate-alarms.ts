import type { Context } from "../../aws/context.ts";
import type { MessageHandler } from "../../aws/service.ts";
import { messageOf } from "../../kernel/errors.ts";
import {
  type AlarmConfig,
  alarmArn,
  comparedQuery,
  configOf,
  invalid,
  missingDataOf,
  periodOf,
  type Query,
  queriesOf,
} from "./alarm-config.ts";
import { type AlarmRow, deleteAwake, selectAnyAwake, selectAwake, selectTick, updateEvaluation, upsertTick } from "./alarm-store.ts";
import { BAND_COMPARISONS, type BandComparison, COMPARISONS, type Comparison, isBandComparison } from "./comparisons.ts";
import { type AlarmState, type Criteria, type Datapoint, evaluate, isLowSample, rangeOf, type Verdict } from "./evaluation.ts";
import { contributorQuery } from "./insights-sql/alarm-checks.ts";
import { evaluateContributors } from "./insights-sql/contributors.ts";
import { evaluateInsights, insightsQueryOf } from "./insights-sql/evaluate.ts";
import { isInsightsQuery } from "./insights-sql/parser.ts";
import { selectLast } from "./insights-sql/store.ts";
import type { Series } from "./math/values.ts";
import { dimensionKey } from "./metrics-key.ts";
import { reasonDataOf, reasonOf } from "./reasons.ts";
import { QueryEvaluation, type Range, samplesOfStat } from "./series.ts";
import { percentOf, statistic } from "./statistics.ts";
import { selectMetric } from "./store.ts";
import { transition } from "./transitions.ts";
import { nextEvaluation } from "./watch.ts";

/** What an alarm sees of its metric or expression. */
interface View {
  /** The evaluation range, oldest first. */
  readonly points: readonly Datapoint[];
  /** Samples behind them, of all metrics of an expression. */
  readonly samples: number;
  /** A quota kept some of it back. */
  readonly isPartial: boolean;
}

interface Looking {
  readonly queries: readonly Query[];
  /** Id of the band that is compared with. */
  readonly band: string | undefined;
  /** Seconds. */
  readonly period: number;
  /** End of the last period, ms. */
  readonly end: number;
  /** Periods. */
  readonly range: number;
}

/** Starts of the periods of the evaluation range, oldest first. */
const timesOf = ({ end, range, period }: Looking): number[] =>
  Array.from({ length: range }, (_, index) => end - (range - index) * period * 1_000);

/** Each data point with its band; where there is none, nothing can be said of it. */
function withBand(view: View, [lower, upper]: readonly Series[]): View {
  const points = view.points.map((point): Datapoint => {
    const [low, high] = [lower?.points.get(point.time), upper?.points.get(point.time)];
    return low === undefined || high === undefined ? { ...point, value: undefined } : { ...point, lower: low, upper: high };
  });
  return { ...view, points };
}

function look(ctx: Context, looking: Looking): View {
  const view = lookAtValues(ctx, looking);
  if (looking.band === undefined) return view;
  return withBand(view, new QueryEvaluation(ctx, looking.queries, { rangeFor: rangesOf(looking), searches: false }).series(looking.band));
}

const rangesOf =
  ({ period, end, range }: Looking) =>
  (seconds: number): Range => {
    const width = seconds * 1_000;
    return { from: end - Math.ceil((range * period * 1_000) / width) * width, to: end, period: width };
  };

function lookAtValues(ctx: Context, looking: Looking): View {
  const { queries, period, end, range } = looking;
  const from = end - range * period * 1_000;
  const compared = comparedQuery(queries);
  const stat = compared?.MetricStat;
  const times = timesOf(looking);
  if (stat !== undefined) {
    const found = samplesOfStat(ctx, stat, { from, to: end, period: period * 1_000 });
    const points = times.map((time): Datapoint => {
      const samples = found.get(time);
      return { time, value: samples && statistic(samples, stat.Stat ?? ""), samples: samples?.count };
    });
    return { points, samples: points.reduce((sum, { samples = 0 }) => sum + samples, 0), isPartial: false };
  }
  const evaluation = new QueryEvaluation(ctx, queries, { rangeFor: rangesOf(looking), searches: false });
  const [series, ...others] = evaluation.series(compared?.Id ?? "");
  if (others.length > 0)
    throw invalid(`The expression ${compared?.Expression} returns ${others.length + 1} time series, an alarm can watch one.`);
  return {
    points: times.map((time) => ({ time, value: series?.points.get(time), samples: undefined })),
    samples: evaluation.samples,
    isPartial: evaluation.partial.size > 0,
  };
}

const EVALUATION_ERROR = "EVALUATION_ERROR";
const PARTIAL_DATA = "PARTIAL_DATA";
const TIMELY = /\b(TIME_SERIES|FILL|MINUTE|HOUR|DAY|DATE|MONTH|YEAR|EPOCH)\s*\(/;

/** True when no data can come into sight any more without being put first: then the alarm may sleep until that happens. */
function isQuiet(ctx: Context, { queries, end, range, period }: Looking): boolean {
  // Functions of time give values without data.
  if (queries.some(({ Expression = "" }) => TIMELY.test(Expression))) return false;
  return queries.every(({ Id = "", Expression = "", MetricStat }) => {
    if (isInsightsQuery(Expression)) {
      const { namespace, metric: name } = insightsQueryOf(Id, Expression, "PutMetricAlarm");
      return (ctx.get(selectLast, { namespace, name })?.last ?? 0) < end - (range + 1) * period * 1_000;
    }
    if (MetricStat?.Metric === undefined) return true;
    const { Namespace = "", MetricName = "", Dimensions } = MetricStat.Metric;
    const metric = ctx.get(selectMetric, { namespace: Namespace, name: MetricName, dimensions: dimensionKey(Dimensions) });
    const width = Math.max(period, MetricStat.Period ?? 0) * 1_000;
    return (metric?.last ?? 0) < end - (range + 1) * width;
  });
}

/** Too few samples for a percentile: then the alarm stays as it is, where it was told to. */
function isUnsure(config: AlarmConfig, queries: readonly Query[], { real }: Verdict): boolean {
  const percent = percentOf(comparedQuery(queries)?.MetricStat?.Stat ?? "");
  if (config.EvaluateLowSampleCountPercentile !== "ignore" || percent === undefined) return false;
  return real.some(({ samples = 0 }) => isLowSample(percent, samples));
}

function comparedWords({ comparison, threshold }: Criteria): string {
  if (!isBandComparison(comparison)) return `${COMPARISONS[comparison].words} ${threshold}`;
  const { lower, upper } = BAND_COMPARISONS[comparison];
  return [...(lower ? ["below"] : []), ...(upper ? ["above"] : [])].join(" or ").concat(" the expected band");
}

/** `3 of 3 data points were greater than 1 (9.8, 10.2, 11), 3 were needed`. */
function ruleOf(verdict: Verdict, criteria: Criteria): string {
  const { real, breaching, filled } = verdict;
  const short = (value = 0): number => Number(value.toPrecision(6));
  const isBand = isBandComparison(criteria.comparison);
  const values = real.map(({ value, lower, upper }) => (isBand ? `${short(value)} of ${short(lower)} to ${short(upper)}` : short(value)));
  const compared = comparedWords(criteria);
  const missing = filled === 0 ? "" : `, ${filled} missing ones counted as ${criteria.missingData}`;
  const seen =
    real.length === 0
      ? `no data points in ${criteria.evaluationPeriods} periods`
      : `${breaching} of ${real.length} data points were ${compared} (${values.join(", ")})`;
  return `${seen}${missing}; ${criteria.datapointsToAlarm} of ${criteria.evaluationPeriods} make it ALARM`;
}

function change(ctx: Context, row: AlarmRow, found: { verdict: Verdict; view: View; config: AlarmConfig; looking: Looking }): void {
  const { verdict, view, config, looking } = found;
  const criteria = criteriaOf(config);
  const compared = comparedQuery(looking.queries);
  const rule = ruleOf(verdict, criteria);
  const event = ctx.emit({
    source: "aws.cloudwatch",
    type: "Alarm evaluated",
    resources: [alarmArn(ctx, row.name)],
    detail: {
      alarmName: row.name,
      from: row.state,
      to: verdict.state,
      datapoints: verdict.real.length,
      breaching: verdict.breaching,
      missing: verdict.filled,
      samples: view.samples,
      values: verdict.real.map(({ value }) => value),
      comparison: config.ComparisonOperator,
      threshold: config.Threshold,
      ...(looking.band === undefined
        ? {}
        : { lower: verdict.real.map(({ lower }) => lower), upper: verdict.real.map(({ upper }) => upper) }),
      periodSeconds: looking.period,
      datapointsToAlarm: criteria.datapointsToAlarm,
      evaluationPeriods: criteria.evaluationPeriods,
    },
    rule,
  });
  transition(ctx.with({ cause: event }), row, {
    state: verdict.state,
    reason: reasonOf(verdict, { ...criteria, isMOutOfN: config.DatapointsToAlarm !== undefined }),
    reasonData: reasonDataOf(verdict, {
      now: ctx.now,
      period: looking.period,
      statistic: compared?.MetricStat?.Stat,
      unit: config.Unit,
      comparison: criteria.comparison,
      threshold: criteria.threshold,
      wanted: view.points.slice(-criteria.evaluationPeriods).toReversed(),
    }),
    rule,
  });
}

function criteriaOf(config: AlarmConfig): Criteria {
  const evaluationPeriods = config.EvaluationPeriods ?? 1;
  return {
    comparison: config.ComparisonOperator as Comparison | BandComparison,
    threshold: config.Threshold ?? 0,
    evaluationPeriods,
    datapointsToAlarm: config.DatapointsToAlarm ?? evaluationPeriods,
    missingData: missingDataOf(config),
  };
}

/** It could be evaluated, with all of its data or with part of it. */
function mark(ctx: Context, row: AlarmRow, isPartial: boolean): void {
  const evaluation = isPartial ? PARTIAL_DATA : null;
  if (row.evaluation !== evaluation) ctx.run(updateEvaluation, { name: row.name, evaluation, reason: row.reason, now: ctx.now });
}

function evaluateAlarm(ctx: Context, row: AlarmRow, end: number): void {
  const config = configOf(row);
  const criteria = criteriaOf(config);
  const queries = queriesOf(ctx, row.name, config);
  const looking = { queries, band: config.ThresholdMetricId, period: periodOf(queries), end, range: rangeOf(criteria.evaluationPeriods) };
  const query = contributorQuery(queries);
  if (query !== undefined) {
    const times = timesOf(looking);
    const asked = { from: times[0] ?? end, to: end, period: looking.period * 1_000 };
    const { series, isPartial } = evaluateInsights(ctx, query, asked);
    mark(ctx, row, isPartial);
    if (!evaluateContributors(ctx, row, { config, criteria, series, times }) && isQuiet(ctx, looking))
      ctx.run(deleteAwake, { alarm: row.name });
    return;
  }
  const view = look(ctx, looking);
  mark(ctx, row, view.isPartial);
  const verdict = evaluate(view.points, criteria, row.state as AlarmState);
  if (verdict.state !== row.state && !isUnsure(config, queries, verdict)) change(ctx, row, { verdict, view, config, looking });
  else if (isQuiet(ctx, looking)) ctx.run(deleteAwake, { alarm: row.name });
}

/** It is tried again when it is changed or data comes. */
function notEvaluated(ctx: Context, row: AlarmRow, reason: string): void {
  ctx.run(deleteAwake, { alarm: row.name });
  if (row.evaluation === EVALUATION_ERROR && row.reason === reason) return;
  ctx.run(updateEvaluation, { name: row.name, evaluation: EVALUATION_ERROR, reason, now: ctx.now });
  ctx.emit({
    source: "aws.cloudwatch",
    type: "Alarm evaluation failed",
    resources: [alarmArn(ctx, row.name)],
    detail: { alarmName: row.name, state: row.state, evaluationState: EVALUATION_ERROR },
    rule: reason,
  });
}

/**
 * Evaluates all alarms of one cadence that are awake, and comes again at the end of the next period while there are any.
 * An evaluation that changes nothing writes nothing.
 */
export const onEvaluate: MessageHandler = (ctx, message) =>
  ctx.tx(() => {
    const cadence = Number(message.payload["cadence"]);
    const generation = Number(message.payload["generation"]);
    const tick = ctx.get(selectTick, { cadence });
    if (tick?.running !== 1 || tick.generation !== generation) return undefined;
    const end = Math.floor(ctx.now / (cadence * 1_000)) * cadence * 1_000;
    // What one alarm finds is nobody else's effect.
    const own = ctx.with({ cause: undefined });
    for (const row of ctx.all(selectAwake, { cadence })) {
      try {
        ctx.tx(() => evaluateAlarm(own, row, end));
      } catch (error) {
        notEvaluated(own, row, messageOf(error));
      }
    }
    if (ctx.get(selectAnyAwake, { cadence }) !== undefined) return { again: nextEvaluation(ctx.now, cadence) };
    ctx.run(upsertTick, { cadence, generation, running: 0 });
    return undefined;
  });
