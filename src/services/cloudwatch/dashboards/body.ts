import { metricEntries } from "./metric-arrays.ts";
import { check, Findings, isObject, type Members, type ObjectSchema } from "./schema.ts";
import { METRIC_OPTIONS, PROPERTIES, VARIABLE, WIDGET } from "./widget-schemas.ts";

const MAX_METRICS = 2_500;
/** Absolute in ISO 8601, or relative from now on: `-PT8H`, `-P3M`. */
const START = /^(-P(\d+[DWMY])*(T(\d+[HMS])+)?|\d{4}-\d{2}-\d{2}T.+)$/;

const BODY: ObjectSchema = {
  type: "object",
  required: ["widgets"],
  members: {
    widgets: { type: "array", items: WIDGET, max: 500 },
    variables: { type: "array", items: VARIABLE, max: 25 },
    start: { type: "string", pattern: START },
    end: { type: "string" },
    periodOverride: { type: "string", values: ["auto", "inherit"] },
  },
};

const NO_SOURCE = "The metric widget should have specified a region and a data source or an alarm annotation";

function checkGauge(properties: Members, path: string, found: Findings): void {
  if (properties["view"] !== "gauge") return;
  const axis = isObject(properties["yAxis"]) ? properties["yAxis"]["left"] : undefined;
  const left = isObject(axis) ? axis : {};
  for (const name of ["min", "max"])
    if (left[name] === undefined) found.error(`${path}/yAxis/left`, `Should have required property '${name}'`);
}

/** Returns how many metrics and expressions the widget has. */
function checkMetricWidget(properties: Members, path: string, found: Findings): number {
  const { metrics, annotations } = properties;
  const alarms = isObject(annotations) && Array.isArray(annotations["alarms"]) ? annotations["alarms"] : [];
  if (metrics === undefined && alarms.length === 0) {
    found.error(path, "Should have required property 'metrics'");
    found.error(path, NO_SOURCE);
    if (annotations === undefined) found.error(path, "Should have required property 'annotations'");
  } else if (metrics !== undefined && properties["region"] === undefined) found.error(path, "Should have required property 'region'");
  if (alarms.length > 0 && Array.isArray(metrics) && metrics.length > 0)
    found.error(path, "The metric widget should not have both metrics and an alarm annotation");
  if (alarms.length > 0 && isObject(annotations) && ["horizontal", "vertical"].some((name) => annotations[name] !== undefined))
    found.error(`${path}/annotations`, "Should not have both an alarm and horizontal or vertical annotations");
  checkGauge(properties, path, found);
  if (!Array.isArray(metrics)) return 0;
  metricEntries(metrics, `${path}/metrics`, found);
  const ids = new Set<unknown>();
  for (const [index, metric] of metrics.entries()) checkOptions(metric, { at: `${path}/metrics/${index}`, ids }, found);
  const insights = metrics.filter((metric: unknown) => /^\s*SELECT\b/i.test(String(optionsOf(metric)?.["expression"] ?? "")));
  if (insights.length > 1) found.error(`${path}/metrics`, "Should NOT have more than 1 Metrics Insights query");
  return metrics.length;
}

function optionsOf(metric: unknown): Members | undefined {
  const last: unknown = Array.isArray(metric) ? metric.at(-1) : undefined;
  return isObject(last) ? last : undefined;
}

function checkOptions(metric: unknown, { at, ids }: { readonly at: string; readonly ids: Set<unknown> }, found: Findings): void {
  const options = optionsOf(metric);
  if (!Array.isArray(metric) || options === undefined) return;
  const path = `${at}/${metric.length - 1}`;
  check(options, METRIC_OPTIONS, path, found);
  const id = options["id"];
  if (id !== undefined && ids.has(id)) found.error(`${path}/id`, "Should be unique within the widget");
  ids.add(id);
}

function checkVariable(variable: Members, path: string, found: Findings): void {
  const { type, inputType } = variable;
  if ((type === "property" || type === "pattern") && variable[type] === undefined)
    found.error(path, `Should have required property '${type}'`);
  if ((inputType === "select" || inputType === "radio") && variable["values"] === undefined) {
    if (variable["search"] === undefined) found.error(path, "Should have required property 'values'");
    else if (variable["populateFrom"] === undefined) found.error(path, "Should have required property 'populateFrom'");
  }
  const values: readonly unknown[] = Array.isArray(variable["values"]) ? variable["values"] : [];
  const chosen = variable["defaultValue"];
  if (chosen !== undefined && values.length > 0 && !values.some((item) => isObject(item) && item["value"] === chosen))
    found.error(`${path}/defaultValue`, "Should be equal to one of the allowed values");
}

function objectsOf(list: unknown): (readonly [Members, number])[] {
  return Array.isArray(list) ? list.flatMap((item: unknown, index) => (isObject(item) ? [[item, index] as const] : [])) : [];
}

/**
 * What AWS finds wrong with a dashboard's body: errors, which refuse it, and warnings.
 * https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/CloudWatch-Dashboard-Body-Structure.html
 */
export function checkBody(text: string): Findings {
  const found = new Findings();
  let body: unknown;
  try {
    body = JSON.parse(text);
  } catch {
    found.error("", "The field DashboardBody must be a valid JSON object");
    return found;
  }
  check(body, BODY, "", found);
  if (!isObject(body)) return found;
  // AWS takes it, and shows the default range.
  if (body["end"] !== undefined && body["start"] === undefined) found.warn("", "Should have property start when property end is present");
  let metrics = 0;
  for (const [widget, index] of objectsOf(body["widgets"])) {
    const { type, properties } = widget;
    const schema = typeof type === "string" ? PROPERTIES[type] : undefined;
    const path = `/widgets/${index}/properties`;
    if (schema === undefined || properties === undefined) continue;
    check(properties, schema, path, found);
    if (type === "metric" && isObject(properties)) metrics += checkMetricWidget(properties, path, found);
  }
  if (metrics > MAX_METRICS) found.error("/widgets", `Should NOT have more than ${MAX_METRICS} metrics`);
  for (const [variable, index] of objectsOf(body["variables"])) checkVariable(variable, `/variables/${index}`, found);
  const ids = objectsOf(body["variables"]).map(([{ id }]) => id);
  if (new Set(ids).size < ids.length) found.error("/variables", "Should NOT have variables of the same id");
  return found;
}
