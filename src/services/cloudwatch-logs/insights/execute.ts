import type { Context } from "../../../aws/context.ts";
import { notImplemented } from "../../../aws/exception.ts";
import { indexedSince } from "../field-indexes/policies.ts";
import { findGroup } from "../groups.ts";
import { rowsOfCsv } from "../lookup-tables/csv.ts";
import { findTable } from "../lookup-tables/tables.ts";
import { type GroupRow, selectGroupById, selectGroups } from "../store.ts";
import { nestedIn } from "./analysis.ts";
import { QueryError } from "./lexer.ts";
import { prepare, type Query, type ResultField } from "./run.ts";
import { type Scanned, type Scope, scan } from "./scan.ts";
import type { Command, DiffPeriod, Source } from "./syntax.ts";
import { shown } from "./values.ts";
import { inWindow } from "./window.ts";

/** https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/CWL_QuerySyntax-Source.html */
const MOST_GROUPS = 10_000;
const DAY = 86_400_000;

/** The groups that a query's text names. @throws AwsException ResourceNotFoundException; QueryError for too many */
export function groupsIn(ctx: Context, source: Source): number[] {
  if (source.names !== undefined) return source.names.map((name) => findGroup(ctx, name).id);
  const { prefixes = [""], classes = ["STANDARD"], accounts = [ctx.account] } = source;
  if (accounts.some((account) => account !== ctx.account))
    throw notImplemented("cloudwatch-logs", "StartQuery", "SOURCE of other accounts");
  const found = prefixes.flatMap((prefix) => ctx.all(selectGroups, { from: prefix, to: `${prefix}\u{10ffff}`, after: "" }));
  const ids = new Set(found.filter((group) => classes.includes(group.class)).map(({ id }) => id));
  if (ids.size > MOST_GROUPS) throw new QueryError(`SOURCE names ${ids.size} log groups: up to ${MOST_GROUPS} can be queried`, 0, 0);
  return [...ids];
}

/** One run of a query. */
export interface Run {
  readonly commands: readonly Command[];
  readonly groups: readonly number[];
  /** Virtual ms, `[from, to)`. */
  readonly from: number;
  readonly to: number;
  /** Virtual ms at which it began. */
  readonly now: number;
  readonly limit: number | undefined;
  readonly isStopped: (scanned: Scanned) => boolean;
}

export interface Executed {
  readonly results: ResultField[][];
  readonly scanned: Scanned;
  readonly matched: number;
  /** Groups that `filterIndex` left. */
  readonly groups: number;
}

/** Runs a query to its end: first what is nested in it, then the time that it compares with, then its own. */
export async function execute(ctx: Context, { commands, ...asked }: Run): Promise<Executed> {
  const run = { ...asked, commands: inWindow(commands, asked.from, asked.to) };
  const scanned = { records: 0, bytes: 0 };
  await fillNested(ctx, run, scanned);
  const query = prepare(run.commands, run.now, run.limit);
  const groups = indexed(ctx, run);
  const diff = run.commands.find((command) => command.kind === "diff");
  if (diff !== undefined) await read(ctx, { run: { ...run, ...earlier(run, diff.period) }, query, groups, scanned, isPrevious: true });
  await read(ctx, { run, query, groups, scanned, isPrevious: false });
  const results = ctx.isCurrent ? query.results() : [];
  return { results, scanned, matched: query.matched(), groups: groups.length };
}

interface Reading {
  readonly run: Run;
  readonly query: Query;
  readonly groups: Scope["groups"];
  readonly scanned: Scanned;
  readonly isPrevious: boolean;
}

async function read(ctx: Context, { run, query, groups, scanned, isPrevious }: Reading): Promise<void> {
  const scope = { groups, from: run.from, to: run.to, needsMessage: query.needsMessage };
  await scan(ctx, scope, scanned, (event, place) => query.take(event, place, isPrevious) && !run.isStopped(scanned));
}

/** Only groups with an index on what `filterIndex` asks for, since they have it. */
function indexed(ctx: Context, { commands, groups }: Run): Scope["groups"] {
  const fields = commands.flatMap((command) => (command.kind === "filterIndex" ? [command.field] : []));
  return groups
    .flatMap((id) => ctx.get(selectGroupById, { id }) ?? [])
    .flatMap((group: GroupRow) => {
      const since = fields.map((field) => indexedSince(ctx, group, field));
      return since.some((instant) => instant === undefined) ? [] : [{ group, since: Math.max(0, ...since.map((instant) => instant ?? 0)) }];
    });
}

/** https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/CWL_AnalyzeLogData_Compare.html */
function earlier({ from, to }: Run, period: DiffPeriod): { readonly from: number; readonly to: number } {
  if (period === "previousmonth") {
    const start = new Date(from);
    const moved = start.setUTCMonth(start.getUTCMonth() - 1);
    return { from: moved, to: moved + to - from };
  }
  const shift = { previous: to - from, previousday: DAY, previousweek: 7 * DAY }[period];
  return { from: from - shift, to: to - shift };
}

async function fillNested(ctx: Context, run: Run, scanned: Scanned): Promise<void> {
  const { joins, lookups, appended, subqueries } = nestedIn(run.commands);
  for (const { table, found } of lookups) for (const record of rowsOfCsv(findTable(ctx, table).body)) found.push(record);
  const rowsOf = async (source: Source | undefined, commands: readonly Command[], limit?: number) => {
    const inner = { ...run, commands, groups: source === undefined ? run.groups : groupsIn(ctx, source) };
    const query = prepare(commands, run.now, limit);
    await read(ctx, { run: inner, query, groups: indexed(ctx, inner), scanned, isPrevious: false });
    return query.finish();
  };
  for (const { source, found } of joins) for (const row of (await rowsOf(source, [], Number.POSITIVE_INFINITY)).rows) found.push(row);
  for (const { source, commands, found, most } of appended) for (const row of (await rowsOf(source, commands, most)).rows) found.push(row);
  for (const { subquery, field } of subqueries) {
    const { rows, fields } = await rowsOf(subquery.source, subquery.commands);
    const wanted = field !== undefined && fields.includes(field) ? field : (fields[0] ?? "");
    for (const row of rows) {
      const value = row.get(wanted);
      if (value !== null) subquery.found.push(shown(value));
    }
  }
}
