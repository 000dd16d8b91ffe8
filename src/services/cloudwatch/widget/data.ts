import type { Input } from "../../../aws/clients.ts";
import type { Context } from "../../../aws/context.ts";
import { invalid } from "../alarm-config.ts";
import { describeAlarms } from "../describe-alarms.ts";
import { getMetricData } from "../metric-data.ts";
import { collect } from "../series.ts";
import type { Annotation, Definition, Side } from "./definition.ts";

type Query = NonNullable<Input<"cloudwatch", "GetMetricData">["MetricDataQueries"]>[number];

/** One line of a picture. Times are virtual ms, ascending. */
export interface Line {
  readonly label: string;
  readonly color: string | undefined;
  readonly side: Side;
  readonly points: readonly (readonly [time: number, value: number])[];
}

export interface Picture {
  readonly lines: readonly Line[];
  readonly units: Readonly<Record<Side, string | undefined>>;
  /** The thresholds of an alarm. */
  readonly thresholds: readonly Annotation[];
}

interface Shown {
  readonly query: Query;
  readonly color: string | undefined;
  readonly side: Side;
}

/** The data of a widget, by GetMetricData. @throws AwsException ValidationException */
export async function pictureOf(ctx: Context, definition: Definition): Promise<Picture> {
  const alarm = definition.alarm === undefined ? undefined : await ofAlarm(ctx, definition.alarm);
  const shown = alarm?.shown ?? shownOf(definition);
  const byId = new Map(shown.map((one) => [one.query.Id, one]));
  const { MetricDataResults = [] } = await getMetricData(
    {
      MetricDataQueries: shown.map(({ query }) => query),
      StartTime: new Date(definition.from),
      EndTime: new Date(definition.to),
      ScanBy: "TimestampAscending",
      LabelOptions: { Timezone: definition.timezone },
    },
    ctx,
  );
  const lines = MetricDataResults.flatMap(({ Id, Label = "", Timestamps = [], Values = [] }): Line[] => {
    const one = byId.get(Id);
    if (one === undefined) return [];
    const points = Timestamps.map((time, index) => [time.getTime(), Values[index] ?? 0] as const);
    return [{ label: withoutId(Label, one), color: one.color, side: one.side, points }];
  });
  const units = { left: unitOf(ctx, shown, definition, "left"), right: unitOf(ctx, shown, definition, "right") };
  return { lines, units, thresholds: alarm?.thresholds ?? [] };
}

const OWN_ID = "orrery";

/** A query that the widget gave no id is known by its expression. */
function withoutId(label: string, { query }: Shown): string {
  const { Id = "", Expression = "" } = query;
  if (!Id.startsWith(OWN_ID)) return label;
  return label === Id ? Expression : label.replace(`${Id} `, "");
}

function shownOf(definition: Definition): Shown[] {
  const range = Math.ceil((definition.to - definition.from) / 60_000) * 60;
  return definition.entries.map(({ namespace, name, dimensions, options }, index) => {
    const text = (key: string): string | undefined => (typeof options[key] === "string" ? options[key] : undefined);
    const expression = text("expression");
    const Period = definition.wholeRange ? range : Number(options["period"] ?? definition.period);
    const Label = text("label") ?? (expression === undefined ? labelOf(definition, index) : undefined);
    const Metric = { Namespace: namespace, MetricName: name, Dimensions: dimensions.map(([Name, Value]) => ({ Name, Value })) };
    return {
      query: {
        Id: text("id") ?? `${OWN_ID}${index}`,
        ...(Label === undefined ? {} : { Label }),
        ReturnData: options["visible"] !== false,
        ...(expression === undefined
          ? { MetricStat: { Metric, Period, Stat: text("stat") ?? definition.stat } }
          : { Expression: expression, Period }),
      },
      color: text("color"),
      side: text("yAxis") === "right" ? ("right" as const) : ("left" as const),
    };
  });
}

/** What tells a metric from the others of the widget: the dimensions in which they differ, its name, its statistic. */
function labelOf({ entries, stat }: Definition, index: number): string {
  const metrics = entries.filter(({ name }) => name !== "");
  const own = entries[index];
  if (own === undefined) return "";
  const names = new Set(metrics.map(({ name }) => name));
  const values = own.dimensions
    .filter(([key, value]) => metrics.some(({ dimensions }) => dimensions.find(([other]) => other === key)?.[1] !== value))
    .map(([, value]) => value);
  const stats = metrics.map(({ options }) => String(options["stat"] ?? stat));
  const statistic = new Set(stats).size > 1 ? [String(own.options["stat"] ?? stat)] : [];
  return [...values, ...(names.size > 1 || values.length === 0 ? [own.name] : []), ...statistic].join(" ");
}

async function ofAlarm(ctx: Context, alarm: string): Promise<{ readonly shown: Shown[]; readonly thresholds: Annotation[] }> {
  const name = alarm.replace(/^arn:.*:alarm:/, "");
  const { MetricAlarms = [] } = await describeAlarms({ AlarmNames: [name], AlarmTypes: ["MetricAlarm"] }, ctx);
  const [found] = MetricAlarms;
  if (found === undefined) throw invalid(`The alarm ${name} of the MetricWidget does not exist.`);
  const { Namespace, MetricName, Dimensions, Threshold, ComparisonOperator } = found;
  const single: Query = {
    Id: "m1",
    MetricStat: {
      Metric: { Namespace, MetricName, Dimensions },
      Period: found.Period ?? 60,
      Stat: found.Statistic ?? found.ExtendedStatistic ?? "Average",
    },
  };
  const queries = found.Metrics === undefined || found.Metrics.length === 0 ? [single] : (found.Metrics as Query[]);
  const sign =
    ComparisonOperator?.startsWith("Less") === true
      ? ComparisonOperator.includes("Equal")
        ? "≤"
        : "<"
      : ComparisonOperator?.includes("Equal") === true
        ? "≥"
        : ">";
  const line = { to: undefined, toLabel: undefined, color: "#d62728", fill: "none", side: "left" } as const;
  const label = `${MetricName ?? name} ${sign} ${Threshold} for ${found.DatapointsToAlarm ?? found.EvaluationPeriods} of ${found.EvaluationPeriods} datapoints`;
  return {
    shown: queries.map((query) => ({ query, color: undefined, side: "left" })),
    thresholds: Threshold === undefined ? [] : [{ ...line, value: Threshold, label }],
  };
}

/** The unit of an axis' first metric that has data. */
function unitOf(ctx: Context, shown: readonly Shown[], { from, to }: Definition, side: Side): string | undefined {
  for (const { query, side: own } of shown) {
    const metric = query.MetricStat?.Metric;
    if (own !== side || metric === undefined || query.ReturnData === false) continue;
    const [units] = collect(ctx, metric, { from, to, period: to - from }, { unit: undefined, spread: false }).values();
    const [unit] = units?.keys() ?? [];
    if (unit !== undefined) return unit === "None" ? undefined : unit;
  }
  return undefined;
}
