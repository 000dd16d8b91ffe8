import type { Input, Output } from "../../aws/clients.ts";
import type { Context } from "../../aws/context.ts";
import { AwsException, notImplemented } from "../../aws/exception.ts";
import { decodeToken, pageOf } from "../../aws/paging.ts";
import type { Message, MessageHandler } from "../../aws/service.ts";
import { shownEvents } from "./data-protection/guard.ts";
import { findGroup, invalidParameter } from "./groups.ts";
import { compilePattern, type Match } from "./pattern.ts";
import {
  countFilters,
  deleteMetricFilterRow,
  type EventRow,
  type MetricFilterRow,
  selectBatch,
  selectGroupById,
  selectMetricFilters,
  selectScopeMetricFilters,
  upsertMetricFilter,
} from "./store.ts";
import { requireTransformer, transformedEvents } from "./transformers/policies.ts";

const MAX_FILTERS = 100;
type Transformation = NonNullable<Input<"cloudwatch-logs", "PutMetricFilter">["metricTransformations"]>[number];
type Datum = NonNullable<Input<"cloudwatch", "PutMetricData">["MetricData"]>[number];

function checkTransformation(transformation: Transformation): void {
  const dimensions = Object.values(transformation.dimensions ?? {});
  if (dimensions.length > 3) throw invalidParameter("Invalid metric transformation: a metric filter can have at most 3 dimensions.");
  if (dimensions.length > 0 && transformation.defaultValue !== undefined) {
    throw invalidParameter("Invalid metric transformation: dimensions and default value are mutually exclusive properties.");
  }
  const value = transformation.metricValue ?? "";
  if (!value.startsWith("$") && !Number.isFinite(Number(value)))
    throw invalidParameter(`Invalid metric transformation: metricValue ${value} is invalid.`);
  if (/^AWS\//.test(transformation.metricNamespace ?? ""))
    throw invalidParameter("Invalid metric transformation: metricNamespace must not begin with AWS/.");
}

export function putMetricFilter(
  input: Input<"cloudwatch-logs", "PutMetricFilter">,
  ctx: Context,
): Output<"cloudwatch-logs", "PutMetricFilter"> {
  for (const member of ["fieldSelectionCriteria", "emitSystemFieldDimensions"] as const) {
    if (input[member] !== undefined) throw notImplemented("cloudwatch-logs", "PutMetricFilter", member);
  }
  compilePattern(input.filterPattern ?? "");
  const transformations = input.metricTransformations ?? [];
  for (const transformation of transformations) checkTransformation(transformation);
  return ctx.tx(() => {
    const group = findGroup(ctx, input.logGroupName);
    const name = input.filterName ?? "";
    if (input.applyOnTransformedLogs === true) requireTransformer(ctx, group);
    const existing = ctx.all(selectMetricFilters, { group: group.id });
    if (existing.length >= MAX_FILTERS && !existing.some((row) => row.name === name)) {
      throw new AwsException("LimitExceededException", "Resource limit exceeded.");
    }
    const row = {
      group: group.id,
      name,
      pattern: input.filterPattern ?? "",
      transformations: JSON.stringify(transformations),
      transformed: Number(input.applyOnTransformedLogs === true),
      now: ctx.now,
    };
    ctx.run(upsertMetricFilter, row);
    ctx.run(countFilters, { id: group.id });
    ctx.claim(name);
    return {};
  });
}

export function deleteMetricFilter(
  input: Input<"cloudwatch-logs", "DeleteMetricFilter">,
  ctx: Context,
): Output<"cloudwatch-logs", "DeleteMetricFilter"> {
  return ctx.tx(() => {
    const group = findGroup(ctx, input.logGroupName);
    if (ctx.run(deleteMetricFilterRow, { group: group.id, name: input.filterName ?? "" }) === 0) {
      throw new AwsException("ResourceNotFoundException", "The specified metric filter does not exist.");
    }
    ctx.run(countFilters, { id: group.id });
    return {};
  });
}

export function describeMetricFilters(
  input: Input<"cloudwatch-logs", "DescribeMetricFilters">,
  ctx: Context,
): Output<"cloudwatch-logs", "DescribeMetricFilters"> {
  const group = input.logGroupName === undefined ? undefined : findGroup(ctx, input.logGroupName);
  const after = input.nextToken === undefined ? undefined : decodeToken(input.nextToken)?.join("\n");
  const key = (row: { readonly group_name: string; readonly name: string }): string => `${row.group_name}\n${row.name}`;
  const rows = ctx
    .all(selectScopeMetricFilters, {})
    .filter((row) => group === undefined || row.group_id === group.id)
    .filter((row) => row.name.startsWith(input.filterNamePrefix ?? ""))
    .map((row) => ({ ...row, parsed: JSON.parse(row.transformations) as Transformation[] }))
    .filter(({ parsed }) => input.metricName === undefined || parsed.some(({ metricName }) => metricName === input.metricName))
    .filter(
      ({ parsed }) =>
        input.metricNamespace === undefined || parsed.some(({ metricNamespace }) => metricNamespace === input.metricNamespace),
    )
    .filter((row) => after === undefined || key(row) > after);
  const page = pageOf(rows, input.limit ?? 50, (row) => [row.group_name, row.name]);
  return {
    metricFilters: page.items.map((row) => ({
      filterName: row.name,
      filterPattern: row.pattern,
      metricTransformations: row.parsed,
      creationTime: row.created,
      logGroupName: row.group_name,
      applyOnTransformedLogs: row.transformed === 1,
    })),
    nextToken: page.nextToken,
  };
}

export function testMetricFilter(input: Input<"cloudwatch-logs", "TestMetricFilter">): Output<"cloudwatch-logs", "TestMetricFilter"> {
  const pattern = compilePattern(input.filterPattern ?? "");
  const matches = (input.logEventMessages ?? []).flatMap((eventMessage, index) => {
    const match = pattern.match(eventMessage);
    return match === undefined ? [] : [{ eventNumber: index + 1, eventMessage, extractedValues: { ...match.values } }];
  });
  return { matches };
}

/** The batch that a message of ingestion tells of. */
export function batchOf(ctx: Context, { payload }: Message): EventRow[] {
  const number = (name: string): number => Number(payload[name]);
  return ctx.all(selectBatch, {
    group: number("group"),
    stream: number("stream"),
    from: number("from"),
    to: number("to"),
    first: number("first"),
    last: number("last"),
  });
}

/** Makes metrics of a batch, off the writer's path. */
export const onMeasure: MessageHandler = async (ctx, message) => {
  const group = ctx.get(selectGroupById, { id: Number(message.payload["group"]) });
  if (group === undefined) return;
  const batch = batchOf(ctx, message);
  const events = shownEvents(ctx, group, batch);
  const transformed = transformedEvents(ctx, group, batch);
  const byNamespace = new Map<string, Datum[]>();
  for (const filter of ctx.all(selectMetricFilters, { group: group.id })) {
    for (const [namespace, data] of measure(filter, filter.transformed === 1 ? transformed : events))
      byNamespace.set(namespace, [...(byNamespace.get(namespace) ?? []), ...data]);
  }
  for (const [Namespace, data] of byNamespace) {
    for (let from = 0; from < data.length; from += 1_000) {
      await ctx.call("cloudwatch", "PutMetricData", { Namespace, MetricData: data.slice(from, from + 1_000) });
    }
  }
};

function measure(filter: MetricFilterRow, events: readonly EventRow[]): [namespace: string, data: Datum[]][] {
  const pattern = compilePattern(filter.pattern);
  const matches = events.flatMap((event) => {
    const match = pattern.match(event.message);
    return match === undefined ? [] : [{ event, match }];
  });
  return (JSON.parse(filter.transformations) as Transformation[]).map((transformation) => {
    const data = matches.flatMap(({ event, match }) => datumOf(transformation, event.time, match));
    const { defaultValue } = transformation;
    // The default stands for minutes in which logs came in and none matched.
    const matched = new Set(matches.map(({ event }) => minuteOf(event.time)));
    const silent =
      defaultValue === undefined ? [] : [...new Set(events.map(({ time }) => minuteOf(time)))].filter((minute) => !matched.has(minute));
    const defaults = silent.map((minute) => ({ ...common(transformation, minute), Value: defaultValue ?? 0 }));
    return [transformation.metricNamespace ?? "", [...data, ...defaults]];
  });
}

const minuteOf = (time: number): number => Math.floor(time / 60_000) * 60_000;

function common(transformation: Transformation, time: number) {
  return { MetricName: transformation.metricName, Timestamp: new Date(time), Unit: transformation.unit ?? "None" };
}

function datumOf(transformation: Transformation, time: number, match: Match): Datum[] {
  const wanted = transformation.metricValue ?? "1";
  const value = Number(wanted.startsWith("$") ? match.value(wanted) : wanted);
  if (Number.isNaN(value)) return [];
  const dimensions = Object.entries(transformation.dimensions ?? {}).map(([Name, selector]) => ({
    Name,
    Value: match.value(selector ?? ""),
  }));
  if (dimensions.some(({ Value }) => Value === undefined)) return [];
  return [{ ...common(transformation, time), Value: value, ...(dimensions.length === 0 ? {} : { Dimensions: dimensions }) }];
}
