import type { Level, Mark, Series } from "../../ui/Chart.tsx";
import { type Entry, entriesOf, type Properties } from "./body.ts";

/** From when to when, virtual ms, and the period that replaces the widgets' own, s. */
export interface Range {
  readonly from: number;
  readonly to: number;
  readonly period: number | undefined;
}

export interface Results {
  readonly MetricDataResults?: readonly {
    readonly Id: string;
    readonly Label?: string;
    readonly Timestamps: readonly string[];
    readonly Values: readonly number[];
  }[];
}

const OWN_ID = "orrery";
const text = (options: Properties, key: string): string | undefined =>
  typeof options[key] === "string" ? (options[key] as string) : undefined;
const idOf = ({ options }: Entry, index: number): string => text(options, "id") ?? `${OWN_ID}${index}`;

/** GetMetricData's input for a metric widget; undefined for one without metrics. */
export function queriesOf(properties: Properties, range: Range): object | undefined {
  const entries = entriesOf(properties["metrics"]);
  if (entries.length === 0) return undefined;
  const span = Math.max(60, Math.ceil((range.to - range.from) / 60_000) * 60);
  const own = properties["setPeriodToTimeRange"] === true ? span : (range.period ?? Number(properties["period"] ?? 300));
  const statOf = ({ options }: Entry): string => text(options, "stat") ?? text(properties, "stat") ?? "Average";
  const MetricDataQueries = entries.map((entry, index) => {
    const { parts, options } = entry;
    const [Namespace, MetricName, ...pairs] = parts;
    const Expression = text(options, "expression");
    const Period = properties["setPeriodToTimeRange"] === true ? span : (range.period ?? Number(options["period"] ?? own));
    const Dimensions = pairs.flatMap((Name, i) => (i % 2 === 0 ? [{ Name, Value: pairs[i + 1] ?? "" }] : []));
    const Label = text(options, "label") ?? (Expression === undefined ? labelOf(entries, entry, statOf) : undefined);
    const Stat = statOf(entry);
    return {
      Id: idOf(entry, index),
      ...(Label === undefined ? {} : { Label }),
      ReturnData: options["visible"] !== false,
      ...(Expression === undefined
        ? { MetricStat: { Metric: { Namespace, MetricName, Dimensions }, Period, Stat } }
        : { Expression, Period }),
    };
  });
  const [StartTime, EndTime] = [range.from, range.to].map((ms) => new Date(ms).toISOString());
  return { StartTime, EndTime, ScanBy: "TimestampAscending", MetricDataQueries };
}

/** What tells a metric from the others of its widget: what is different in its dimensions, its name, its statistic. */
function labelOf(entries: readonly Entry[], entry: Entry, statOf: (entry: Entry) => string): string {
  const { parts } = entry;
  const metrics = entries.filter((entry) => entry.parts.length > 0);
  const differs = (i: number): boolean => metrics.some((other) => other.parts[i] !== parts[i]);
  const values = parts.filter((_, i) => i >= 3 && i % 2 === 1 && differs(i));
  const isOtherStat = metrics.some((other) => statOf(other) !== statOf(entry));
  return [...values, ...(differs(1) || values.length === 0 ? [parts[1] ?? ""] : []), ...(isOtherStat ? [statOf(entry)] : [])].join(" ");
}

export interface Line extends Series {
  readonly points: readonly (readonly [number, number])[];
}

/** The answer as lines over the same instants, with how the widget wants each drawn. */
export function linesOf(properties: Properties, { MetricDataResults = [] }: Results): { readonly times: number[]; readonly lines: Line[] } {
  const entries = new Map(entriesOf(properties["metrics"]).map((entry, index) => [idOf(entry, index), entry]));
  const times = [...new Set(MetricDataResults.flatMap(({ Timestamps }) => Timestamps.map((time) => Date.parse(time))))].sort(
    (a, b) => a - b,
  );
  const lines = MetricDataResults.map(({ Id, Label = Id, Timestamps, Values }): Line => {
    const options = entries.get(Id)?.options ?? {};
    const points = Timestamps.map((time, i) => [Date.parse(time), Values[i] ?? 0] as const);
    const byTime = new Map(points);
    const colour = text(options, "color");
    const label = !Id.startsWith(OWN_ID) ? Label : Label === Id ? (text(options, "expression") ?? Id) : Label.replace(`${Id} `, "");
    return {
      label,
      points,
      values: times.map((time) => byTime.get(time) ?? null),
      ...(colour === undefined ? {} : { colour }),
      ...(options["yAxis"] === "right" ? { right: true } : {}),
    };
  });
  return { times, lines };
}

/** Each line on top of the ones before it, the highest first, so that each is drawn over what is below it. */
export function stacked(lines: readonly Line[]): Line[] {
  const sums = new Map<number, number>();
  return lines
    .map((line) => {
      const values = line.values.map((value, i) => {
        if (value === null) return null;
        const sum = (sums.get(i) ?? 0) + value;
        sums.set(i, sum);
        return sum;
      });
      return { ...line, area: true, values };
    })
    .toReversed();
}

interface Annotation {
  readonly value: number | string;
  readonly label?: string;
  readonly color?: string;
  readonly fill?: string;
  readonly visible?: boolean;
  readonly yAxis?: string;
}

const pairs = (properties: Properties, kind: "horizontal" | "vertical"): (readonly [Annotation, Annotation | undefined])[] => {
  const list = (properties["annotations"] as Record<string, unknown> | undefined)?.[kind];
  const all = Array.isArray(list) ? (list as readonly (Annotation | readonly Annotation[])[]) : [];
  return all.flatMap((one) => {
    const [first, second] = Array.isArray(one) ? (one as readonly Annotation[]) : [one as Annotation, undefined];
    return first === undefined || first.visible === false ? [] : [[first, second] as const];
  });
};

export function levelsOf(properties: Properties): Level[] {
  return pairs(properties, "horizontal").map(([{ value, label = "", color, fill, yAxis }, second]) => ({
    value: Number(value),
    label,
    ...(second === undefined ? {} : { to: Number(second.value) }),
    ...(color === undefined ? {} : { colour: color }),
    ...(fill === "above" || fill === "below" ? { fill } : {}),
    ...(yAxis === "right" ? { right: true } : {}),
  }));
}

/** `before` and `after` shade to the ends of the range. */
export function marksOf(properties: Properties, { from, to }: Range): Mark[] {
  return pairs(properties, "vertical").map(([{ value, label = "", color, fill }, second]) => {
    const at = Date.parse(String(value));
    const until = second === undefined ? (fill === "before" ? from : fill === "after" ? to : undefined) : Date.parse(String(second.value));
    return { time: at, label, bad: false, ...(until === undefined ? {} : { until }), ...(color === undefined ? {} : { colour: color }) };
  });
}

interface AlarmShape {
  readonly AlarmName: string;
  readonly Namespace?: string;
  readonly MetricName?: string;
  readonly Dimensions?: readonly { readonly Name: string; readonly Value: string }[];
  readonly Statistic?: string;
  readonly ExtendedStatistic?: string;
  readonly Period?: number;
  readonly Threshold?: number;
  readonly Metrics?: readonly {
    readonly Id: string;
    readonly Expression?: string;
    readonly Label?: string;
    readonly ReturnData?: boolean;
    readonly Period?: number;
    readonly MetricStat?: {
      readonly Metric: Pick<AlarmShape, "Namespace" | "MetricName" | "Dimensions">;
      readonly Stat: string;
      readonly Period: number;
    };
  }[];
}

/** A widget that names an alarm shows the alarm's metrics with its threshold. */
export function ofAlarm(properties: Properties, alarm: AlarmShape): Properties {
  const parts = ({
    Namespace = "",
    MetricName = "",
    Dimensions = [],
  }: Pick<AlarmShape, "Namespace" | "MetricName" | "Dimensions">): string[] => [
    Namespace,
    MetricName,
    ...Dimensions.flatMap(({ Name, Value }) => [Name, Value]),
  ];
  const single = [[...parts(alarm), { stat: alarm.Statistic ?? alarm.ExtendedStatistic, period: alarm.Period }]];
  const many = (alarm.Metrics ?? []).map(({ Id: id, Expression: expression, Label: label, ReturnData, MetricStat }) => {
    const options = { id, ...(label === undefined ? {} : { label }), visible: ReturnData !== false };
    return MetricStat === undefined
      ? [{ ...options, expression }]
      : [...parts(MetricStat.Metric), { ...options, stat: MetricStat.Stat, period: MetricStat.Period }];
  });
  const horizontal = alarm.Threshold === undefined ? [] : [{ value: alarm.Threshold, label: alarm.AlarmName, color: "#d62728" }];
  return { title: alarm.AlarmName, ...properties, metrics: many.length > 0 ? many : single, annotations: { horizontal } };
}
