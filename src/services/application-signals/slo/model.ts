import { parseArn } from "../../../aws/arn.ts";
import type { Input, Output } from "../../../aws/clients.ts";
import type { Context } from "../../../aws/context.ts";
import { notFound } from "../errors.ts";
import { type SloRow, selectSlo } from "../store.ts";

export type Slo = NonNullable<Output<"application-signals", "GetServiceLevelObjective">["Slo"]>;
export type Sli = NonNullable<Slo["Sli"]>;
export type RequestSli = NonNullable<Slo["RequestBasedSli"]>;
export type Goal = NonNullable<Slo["Goal"]>;
export type Queries = NonNullable<NonNullable<Sli["SliMetric"]>["MetricDataQueries"]>;
export type CreateInput = Input<"application-signals", "CreateServiceLevelObjective">;

/** What of an SLO is kept as one text: all but names and times. */
export type SloBody = Pick<
  Slo,
  "Description" | "Sli" | "RequestBasedSli" | "EvaluationType" | "Goal" | "BurnRateConfigurations" | "MetricSourceType"
>;

export interface KnownSlo {
  readonly row: SloRow;
  readonly body: SloBody;
}

export function sloArn(ctx: Context, name: string): string {
  return ctx.arn("application-signals", `slo/${name}`);
}

/** The name in an ARN of this account and region, or the name itself; undefined for an ARN of something else. */
export function sloName(ctx: Context, id: string): string | undefined {
  if (!id.startsWith("arn:")) return id;
  const arn = parseArn(id);
  const here = arn?.service === "application-signals" && arn.account === ctx.account && arn.region === ctx.region;
  return here && arn.resource.startsWith("slo/") ? arn.resource.slice("slo/".length) : undefined;
}

export function findSlo(ctx: Context, id: string): KnownSlo | undefined {
  const name = sloName(ctx, id);
  const row = name === undefined ? undefined : ctx.get(selectSlo, { name });
  return row === undefined ? undefined : known(row);
}

/** @throws AwsException ResourceNotFoundException */
export function getSlo(ctx: Context, id = ""): KnownSlo {
  const found = findSlo(ctx, id);
  if (found === undefined) throw notFound(id);
  return found;
}

export function known(row: SloRow): KnownSlo {
  const body = JSON.parse(row.body) as SloBody;
  const calendar = body.Goal?.Interval?.CalendarInterval;
  if (calendar?.StartTime === undefined) return { row, body };
  const CalendarInterval = { ...calendar, StartTime: new Date(calendar.StartTime) };
  return { row, body: { ...body, Goal: { ...body.Goal, Interval: { CalendarInterval } } } };
}

export function shapeOf(ctx: Context, { row, body }: KnownSlo): Slo {
  return {
    Arn: sloArn(ctx, row.name),
    Name: row.name,
    CreatedTime: new Date(row.created),
    LastUpdatedTime: new Date(row.updated),
    ...body,
  } as Slo;
}

/** Seconds of one period of a set of queries: the longest, as metric math gives it. */
export function periodOf(queries: Queries): number {
  const periods = queries.flatMap(({ MetricStat, Period }) => [MetricStat?.Period, Period]).filter((one) => one !== undefined);
  return Math.max(60, ...periods);
}

/** ms of what is judged, or counted, at once. */
export function widthOf({ Sli, RequestBasedSli }: SloBody): number {
  const metric = RequestBasedSli?.RequestBasedSliMetric;
  return periodOf(Sli?.SliMetric?.MetricDataQueries ?? metric?.TotalRequestCountMetric ?? []) * 1_000;
}
