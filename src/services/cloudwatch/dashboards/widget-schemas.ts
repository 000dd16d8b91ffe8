import type { ObjectSchema, Schema } from "./schema.ts";

const TEXT: Schema = { type: "string" };
const FLAG: Schema = { type: "boolean" };
const NUMBER: Schema = { type: "number" };
const ANY: Schema = { type: "any" };
export const COLOR: Schema = { type: "string", pattern: /^#([0-9a-fA-F]{3}|[0-9a-fA-F]{6})$/ };
export const TIMEZONE: Schema = { type: "string", pattern: /^[+-][0-9]{4}$/ };
export const STAT: Schema = {
  type: "string",
  pattern:
    /^(SampleCount|Average|Sum|Minimum|Maximum|IQM|(p|tm|tc|ts|wm)\d{1,2}(\.\d+)?|(p|tm|tc|ts|wm)100|(TM|TC|TS|WM|PR)\([^)]*:[^)]*\))$/,
};
export const PERIOD: Schema = { type: "integer", min: 60, step: 60, values: [1, 5, 10, 20, 30] };
const SIDE: Schema = { type: "string", values: ["left", "right"] };

/** The object at the end of an entry of `metrics`: rendering properties, or an expression. */
export const METRIC_OPTIONS: ObjectSchema = {
  type: "object",
  members: {
    accountId: TEXT,
    color: COLOR,
    expression: TEXT,
    id: { type: "string", pattern: /^[a-z][a-zA-Z0-9_]*$/ },
    label: TEXT,
    period: PERIOD,
    region: TEXT,
    stat: STAT,
    visible: FLAG,
    yAxis: SIDE,
  },
};

const HORIZONTAL: ObjectSchema = {
  type: "object",
  required: ["value"],
  members: {
    value: NUMBER,
    label: TEXT,
    color: COLOR,
    fill: { type: "string", values: ["above", "below", "none"] },
    visible: FLAG,
    yAxis: SIDE,
  },
};
const TIME = /^\d{4}-\d{2}-\d{2}(T\d{2}:\d{2}(:\d{2}(\.\d+)?)?(Z|[+-]\d{2}:?\d{2})?)?$/;
const VERTICAL: ObjectSchema = {
  type: "object",
  required: ["value"],
  members: {
    value: { type: "string", pattern: TIME },
    label: TEXT,
    color: COLOR,
    fill: { type: "string", values: ["before", "after", "none"] },
    visible: FLAG,
  },
};

export const ANNOTATIONS: ObjectSchema = {
  type: "object",
  members: {
    alarms: { type: "array", items: TEXT, max: 1 },
    horizontal: { type: "array", items: { type: "oneOrPair", one: HORIZONTAL } },
    vertical: { type: "array", items: { type: "oneOrPair", one: VERTICAL } },
  },
};

const AXIS: ObjectSchema = { type: "object", members: { label: TEXT, max: NUMBER, min: NUMBER, showUnits: FLAG } };
export const Y_AXIS: ObjectSchema = { type: "object", members: { left: AXIS, right: AXIS } };
export const LEGEND: ObjectSchema = {
  type: "object",
  members: { position: { type: "string", values: ["right", "bottom", "hidden"] } },
};

const TABLE: ObjectSchema = {
  type: "object",
  members: {
    layout: { type: "string", values: ["vertical", "horizontal"] },
    stickySummary: FLAG,
    showTimeSeriesData: FLAG,
    summaryColumns: { type: "array", items: { type: "string", values: ["MIN", "MAX", "SUM", "AVG"] } },
  },
};

const METRIC: ObjectSchema = {
  type: "object",
  members: {
    accountId: TEXT,
    annotations: ANNOTATIONS,
    end: TEXT,
    legend: LEGEND,
    liveData: FLAG,
    metrics: { type: "array", items: ANY, max: 500 },
    period: PERIOD,
    region: TEXT,
    setPeriodToTimeRange: FLAG,
    singleValueFullPrecision: FLAG,
    sparkline: FLAG,
    stacked: FLAG,
    start: TEXT,
    stat: STAT,
    table: TABLE,
    timezone: TIMEZONE,
    title: TEXT,
    trend: FLAG,
    view: { type: "string", values: ["timeSeries", "singleValue", "gauge", "bar", "pie", "table"] },
    yAxis: Y_AXIS,
    // What the console adds.
    labels: ANY,
    query: ANY,
  },
};

const LOG: ObjectSchema = {
  type: "object",
  required: ["query", "region"],
  members: {
    accountId: TEXT,
    end: TEXT,
    query: TEXT,
    queryBy: TEXT,
    queryLanguage: { type: "string", values: ["CWLI", "SQL", "PPL"] },
    logGroupPrefixes: ANY,
    region: TEXT,
    stacked: FLAG,
    start: TEXT,
    title: TEXT,
    view: { type: "string", values: ["table", "timeSeries", "bar", "pie"] },
    yAxis: ANY,
    legend: LEGEND,
    timezone: TEXT,
  },
};

const ALARM: ObjectSchema = {
  type: "object",
  required: ["alarms"],
  members: {
    alarms: { type: "array", items: TEXT, min: 1, max: 100 },
    sortBy: { type: "string", values: ["default", "stateUpdatedTimestamp", "timestamp"] },
    states: { type: "array", items: { type: "string", values: ["ALARM", "INSUFFICIENT_DATA", "OK"] } },
    title: TEXT,
  },
};

const EXPLORER: ObjectSchema = {
  type: "object",
  required: ["labels", "metrics"],
  members: {
    aggregateBy: {
      type: "object",
      required: ["key", "func"],
      members: { key: TEXT, func: { type: "string", values: ["AVG", "MIN", "MAX", "STDDEV", "SUM"] } },
    },
    labels: { type: "array", items: { type: "object", required: ["key"], members: { key: TEXT, value: TEXT } } },
    metrics: {
      type: "array",
      min: 1,
      max: 100,
      items: { type: "object", required: ["metricName", "resourceType"], members: { metricName: TEXT, resourceType: TEXT, stat: STAT } },
    },
    period: PERIOD,
    region: TEXT,
    splitBy: TEXT,
    title: TEXT,
    widgetOptions: {
      type: "object",
      members: {
        legend: LEGEND,
        rowsPerPage: { type: "integer", min: 1 },
        stacked: FLAG,
        view: { type: "string", values: ["timeSeries", "bar", "pie"] },
        widgetsPerRow: { type: "integer", min: 1 },
      },
    },
  },
};

const CUSTOM: ObjectSchema = {
  type: "object",
  required: ["endpoint"],
  members: {
    endpoint: TEXT,
    params: ANY,
    title: TEXT,
    updateOn: { type: "object", members: { refresh: FLAG, resize: FLAG, timeRange: FLAG } },
  },
};

/**
 * The properties by type of widget. `custom` is documented with CloudWatch's user guide; of `chart` (PromQL) and `trace`
 * no page tells the members, so they are taken as they are.
 * https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/CloudWatch-Dashboard-Body-Structure.html
 */
export const PROPERTIES: Readonly<Record<string, Schema>> = {
  metric: METRIC,
  text: {
    type: "object",
    required: ["markdown"],
    members: { markdown: TEXT, background: { type: "string", values: ["solid", "transparent"] } },
  },
  log: LOG,
  alarm: ALARM,
  explorer: EXPLORER,
  custom: CUSTOM,
  chart: ANY,
  trace: ANY,
};

export const WIDGET: ObjectSchema = {
  type: "object",
  required: ["type", "properties"],
  together: { x: "y", y: "x" },
  members: {
    type: { type: "string", values: Object.keys(PROPERTIES) },
    x: { type: "integer", min: 0, max: 23 },
    y: { type: "integer", min: 0 },
    width: { type: "integer", min: 1, max: 24 },
    height: { type: "integer", min: 1, max: 1_000 },
    properties: ANY,
  },
};

export const VARIABLE: ObjectSchema = {
  type: "object",
  required: ["type", "inputType", "id"],
  members: {
    type: { type: "string", values: ["property", "pattern"] },
    property: TEXT,
    pattern: TEXT,
    inputType: { type: "string", values: ["input", "select", "radio"] },
    values: {
      type: "array",
      min: 1,
      max: 500,
      items: {
        type: "object",
        required: ["value"],
        members: { value: { type: "scalar", maxLength: 255 }, label: { type: "string", maxLength: 255 } },
      },
    },
    id: { type: "string", pattern: /^[0-9A-Za-z_-]{1,32}$/ },
    label: { type: "string", maxLength: 30 },
    defaultValue: { type: "scalar", maxLength: 255 },
    search: { type: "string", maxLength: 2_048 },
    populateFrom: TEXT,
    visible: FLAG,
  },
};
