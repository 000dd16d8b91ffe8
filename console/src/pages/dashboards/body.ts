/** A dashboard's body: https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/CloudWatch-Dashboard-Body-Structure.html */
export type Properties = Readonly<Record<string, unknown>>;

export interface Widget {
  readonly type: string;
  readonly x?: number;
  readonly y?: number;
  readonly width?: number;
  readonly height?: number;
  readonly properties: Properties;
}

export interface Variable {
  readonly id: string;
  readonly type: "property" | "pattern";
  readonly property?: string;
  readonly pattern?: string;
  readonly inputType: "input" | "select" | "radio";
  readonly label?: string;
  readonly defaultValue?: string;
  readonly visible?: boolean;
  readonly values?: readonly { readonly value: string; readonly label?: string }[];
  readonly search?: string;
  readonly populateFrom?: string;
}

export interface Body {
  readonly widgets: readonly Widget[];
  readonly variables?: readonly Variable[];
  readonly start?: string;
  readonly end?: string;
  readonly periodOverride?: "auto" | "inherit";
}

const isObject = (value: unknown): value is Properties => typeof value === "object" && value !== null && !Array.isArray(value);

/** A dashboard as it looks with values for its variables; those without one stay as they are written. */
export function withVariables(text: string, values: Readonly<Record<string, string>>): Body {
  const { variables = [] } = JSON.parse(text) as Body;
  const given = (id: string): string | undefined => (values[id] === undefined || values[id] === "" ? undefined : values[id]);
  const replaced = variables.reduce((all, { type, pattern, id }) => {
    const value = given(id);
    // What stands inside of JSON's strings must stay JSON.
    return type === "pattern" && pattern !== undefined && pattern !== "" && value !== undefined
      ? all.replaceAll(JSON.stringify(pattern).slice(1, -1), JSON.stringify(value).slice(1, -1))
      : all;
  }, text);
  const body = JSON.parse(replaced) as Body;
  const properties = variables.flatMap(({ type, property, id }) => {
    const value = given(id);
    return type === "property" && property !== undefined && value !== undefined ? [[property, value] as const] : [];
  });
  const widgets = body.widgets.map((widget) => ({
    ...widget,
    properties: properties.reduce((all, [name, value]) => withProperty(all, name, value), widget.properties),
  }));
  return { ...body, variables, widgets };
}

/** A property variable stands for a property of widgets, and for a dimension of their metrics. */
function withProperty(properties: Properties, name: string, value: string): Properties {
  const metrics: unknown = properties["metrics"];
  const changed = Array.isArray(metrics) ? { metrics: metrics.map((metric: unknown) => withDimension(metric, name, value)) } : {};
  return { ...properties, ...changed, ...(name in properties ? { [name]: value } : {}) };
}

function withDimension(metric: unknown, name: string, value: string): unknown {
  if (!Array.isArray(metric)) return metric;
  return metric.map((part: unknown, i) => {
    if (isObject(part)) return name in part ? { ...part, [name]: value } : part;
    return i >= 3 && i % 2 === 1 && metric[i - 1] === name ? value : part;
  });
}

export interface Entry {
  readonly parts: readonly string[];
  readonly options: Properties;
}

/** Metrics with `.` and `...` written out. */
export function entriesOf(metrics: unknown): Entry[] {
  if (!Array.isArray(metrics)) return [];
  let before: readonly string[] = [];
  return metrics.map((metric: unknown): Entry => {
    const all: readonly unknown[] = Array.isArray(metric) ? metric : [];
    const last = all.at(-1);
    const given = all.filter((part): part is string => typeof part === "string");
    if (given.length > 0) {
      const rest = given[0] === "..." ? [...before.slice(0, before.length - (given.length - 1)), ...given.slice(1)] : given;
      before = rest.map((part, i) => (part === "." ? (before[i] ?? "") : part));
    }
    return { parts: given.length > 0 ? before : [], options: isObject(last) ? last : {} };
  });
}

const HOUR_MS = 3_600_000;
const UNITS: Readonly<Record<string, number>> = { Y: 8_760, M: 720, W: 168, D: 24, H: 1, m: 1 / 60, S: 1 / 3_600 };

/** `-PT3H`, `-P1D` or a time, as virtual ms; undefined for what is neither. */
export function instantOf(text: string, now: number): number | undefined {
  const relative = /^-P([^T]*)(?:T(.*))?$/.exec(text);
  if (relative === null) return Number.isNaN(Date.parse(text)) ? undefined : Date.parse(text);
  const parts = `${relative[1] ?? ""}${(relative[2] ?? "").replaceAll("M", "m")}`;
  return [...parts.matchAll(/(\d+)([A-Za-z])/g)].reduce(
    (at, [, count, unit]) => at - Number(count) * (UNITS[unit ?? ""] ?? 0) * HOUR_MS,
    now,
  );
}

/** The period, s, that CloudWatch's dashboards take for a range by themselves. */
export function autoPeriod(ms: number): number {
  const hours = ms / HOUR_MS;
  return hours <= 3 ? 60 : hours <= 24 ? 300 : hours <= 24 * 15 ? 3_600 : 21_600;
}
