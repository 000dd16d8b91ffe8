import { invalid } from "../alarm-config.ts";
import { type MetricEntry, metricEntries } from "../dashboards/metric-arrays.ts";
import { check, Findings, isObject, type Members, type ObjectSchema, type Schema } from "../dashboards/schema.ts";
import { ANNOTATIONS, LEGEND, METRIC_OPTIONS, PERIOD, STAT, TIMEZONE, Y_AXIS } from "../dashboards/widget-schemas.ts";

const TEXT: Schema = { type: "string" };
const FLAG: Schema = { type: "boolean" };
const SIZE: Schema = { type: "integer", min: 1, max: 2_000 };
const MOST_METRICS = 100;

const WIDGET: ObjectSchema = {
  type: "object",
  members: {
    annotations: ANNOTATIONS,
    end: TEXT,
    height: SIZE,
    legend: LEGEND,
    liveData: FLAG,
    metrics: { type: "array", items: { type: "any" }, min: 1, max: MOST_METRICS },
    period: PERIOD,
    region: TEXT,
    setPeriodToTimeRange: FLAG,
    stacked: FLAG,
    start: TEXT,
    stat: STAT,
    theme: { type: "string", values: ["light", "dark"] },
    timezone: TIMEZONE,
    title: TEXT,
    view: { type: "string", values: ["timeSeries", "bar", "pie"] },
    width: SIZE,
    yAxis: Y_AXIS,
  },
};

export type Side = "left" | "right";

export interface Axis {
  readonly label?: string;
  readonly min?: number;
  readonly max?: number;
  readonly showUnits?: boolean;
}

/** A line, or with `to` a band between two. Values of vertical ones are virtual ms. */
export interface Annotation {
  readonly value: number;
  readonly to: number | undefined;
  readonly label: string | undefined;
  readonly toLabel: string | undefined;
  readonly color: string | undefined;
  readonly fill: "above" | "below" | "before" | "after" | "none";
  readonly side: Side;
}

export interface Definition {
  readonly width: number;
  readonly height: number;
  readonly title: string;
  readonly view: "timeSeries" | "bar" | "pie";
  readonly stacked: boolean;
  readonly theme: "light" | "dark";
  readonly legend: "bottom" | "right" | "hidden";
  readonly timezone: string;
  /** Seconds. */
  readonly period: number;
  readonly stat: string;
  readonly wholeRange: boolean;
  /** Virtual ms. */
  readonly from: number;
  readonly to: number;
  readonly entries: readonly MetricEntry[];
  /** ARN or name of the alarm whose metric is to be drawn, instead of entries. */
  readonly alarm: string | undefined;
  readonly axes: Readonly<Record<Side, Axis>>;
  readonly horizontal: readonly Annotation[];
  readonly vertical: readonly Annotation[];
}

const HOUR_MS = 3_600_000;
const UNITS: readonly (readonly [RegExp, number])[] = [
  [/(\d+)Y/, 365 * 24 * HOUR_MS],
  [/(\d+)M(?=[^T]*(T|$))/, 30 * 24 * HOUR_MS],
  [/(\d+)W/, 7 * 24 * HOUR_MS],
  [/(\d+)D/, 24 * HOUR_MS],
];
const TIME_UNITS: readonly (readonly [RegExp, number])[] = [
  [/(\d+)H/, HOUR_MS],
  [/(\d+)M/, 60_000],
  [/(\d+)S/, 1_000],
];

/** `-PT3H`, `-P1D` or a time in ISO 8601, as virtual ms. @throws AwsException ValidationException */
export function instantOf(text: string, now: number): number {
  const relative = /^-P(?:([^T]*)(?:T(.*))?|(\d+))$/.exec(text);
  if (relative !== null) {
    const [, date = "", time = ""] = relative;
    const sum = (part: string, units: typeof UNITS): number =>
      units.reduce((all, [unit, ms]) => all + Number(unit.exec(part)?.[1] ?? 0) * ms, 0);
    return now - sum(date, UNITS) - sum(time, TIME_UNITS);
  }
  const absolute = Date.parse(text);
  if (Number.isNaN(absolute)) throw invalid(`The value ${text} in the MetricWidget is neither a time nor a duration.`);
  return absolute;
}

/**
 * A metric widget as it is to be drawn.
 *
 * @throws AwsException ValidationException with everything that is wrong
 * https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/CloudWatch-Metric-Widget-Structure.html
 */
export function definitionOf(text: string, now: number, region: string): Definition {
  const widget = parsed(text);
  const found = new Findings();
  check(widget, WIDGET, "", found);
  const annotations = isObject(widget["annotations"]) ? widget["annotations"] : {};
  const [alarm] = Array.isArray(annotations["alarms"]) ? (annotations["alarms"] as readonly string[]) : [];
  if (widget["metrics"] === undefined && alarm === undefined) found.error("", "Should have required property 'metrics'");
  const entries = metricEntries(widget["metrics"], "/metrics", found);
  for (const [index, { options }] of entries.entries()) check(options, METRIC_OPTIONS, `/metrics/${index}`, found);
  if (widget["region"] !== undefined && widget["region"] !== region) found.error("/region", `Should be ${region}`);
  if (found.errors.length > 0) {
    const told = found.errors.map(({ path, message }) => `${path === "" ? "the widget" : path}: ${message}`);
    throw invalid(`The MetricWidget is invalid: ${told.join("; ")}`);
  }
  const w = widget as Readonly<Record<string, never>>;
  const from = instantOf(w["start"] ?? "-PT3H", now);
  const to = instantOf(w["end"] ?? "-PT0H", now);
  if (from >= to) throw invalid("The start of the MetricWidget must be before its end.");
  const axes = isObject(w["yAxis"]) ? (w["yAxis"] as Partial<Record<Side, Axis>>) : {};
  return {
    width: w["width"] ?? 600,
    height: w["height"] ?? 400,
    title: w["title"] ?? "",
    view: w["view"] ?? "timeSeries",
    stacked: w["stacked"] ?? false,
    theme: w["theme"] ?? "light",
    legend: (w["legend"] as { position?: Definition["legend"] } | undefined)?.position ?? "bottom",
    timezone: w["timezone"] ?? "+0000",
    period: w["period"] ?? 300,
    stat: w["stat"] ?? "Average",
    wholeRange: w["setPeriodToTimeRange"] ?? false,
    from,
    to,
    entries,
    alarm,
    axes: { left: axes.left ?? {}, right: axes.right ?? {} },
    horizontal: annotationsOf(annotations["horizontal"], Number),
    vertical: annotationsOf(annotations["vertical"], (value) => Date.parse(String(value))),
  };
}

function parsed(text: string): Members {
  let widget: unknown;
  try {
    widget = JSON.parse(text);
  } catch {
    throw invalid("The MetricWidget is not valid JSON.");
  }
  if (!isObject(widget)) throw invalid("The MetricWidget must be a JSON object.");
  return widget;
}

function annotationsOf(list: unknown, read: (value: unknown) => number): Annotation[] {
  const all: readonly unknown[] = Array.isArray(list) ? list : [];
  return all.flatMap((one): Annotation[] => {
    const [first, second] = (Array.isArray(one) ? one : [one]) as readonly (Members | undefined)[];
    if (first === undefined || first["visible"] === false) return [];
    return [
      {
        value: read(first["value"]),
        to: second === undefined ? undefined : read(second["value"]),
        label: first["label"] as string | undefined,
        toLabel: second?.["label"] as string | undefined,
        color: first["color"] as string | undefined,
        fill: (first["fill"] as Annotation["fill"] | undefined) ?? "none",
        side: first["yAxis"] === "right" ? "right" : "left",
      },
    ];
  });
}
