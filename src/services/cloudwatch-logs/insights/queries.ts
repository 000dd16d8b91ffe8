import type { Input, Output } from "../../../aws/clients.ts";
import type { Cloud, Context } from "../../../aws/context.ts";
import { AwsException, notImplemented } from "../../../aws/exception.ts";
import type { MessageHandler, Operations } from "../../../aws/service.ts";
import { checkUnmask, shownMessage } from "../data-protection/guard.ts";
import { findEither, findGroup, invalidParameter } from "../groups.ts";
import { findTable } from "../lookup-tables/tables.ts";
import { type GroupRow, selectGroupById, selectStreamById } from "../store.ts";
import { transformed } from "../transformers/store.ts";
import { nestedIn, unmasks } from "./analysis.ts";
import { definitionOperations } from "./definitions.ts";
import { execute, groupsIn } from "./execute.ts";
import { QueryError } from "./lexer.ts";
import { parseQuery } from "./parser.ts";
import { discoverEvent } from "./record.ts";
import { prepare, type ResultField } from "./run.ts";
import { positionOf, type Scanned } from "./scan.ts";
import { type QueryRow, queries, selectOne, selectWhole } from "./store.ts";
import type { Command, Source } from "./syntax.ts";
import { shown } from "./values.ts";

type Service = "cloudwatch-logs";

const MOST_GROUPS = 50;
/** Results are there for so long. */
const KEPT_MS = 7 * 86_400_000;
/** Instants in seconds are smaller than that until the year 5138, those in ms larger since 1973. */
const MS_FROM = 100_000_000_000;
/** GetQueryResults waits so long for a query that is nearly done, so that a small one is Complete at the first look. */
const PATIENCE_MS = 300;
const SAMPLE = 1_000;
/** Events between two looks at whether a query was stopped. */
const LOOK_EVERY = 10_000;
const MINUTE_MS = 60_000;

/** Queries that run now, by id: nothing is lost with them, as their message runs them again. */
const running = new WeakMap<Cloud, Map<string, Promise<void>>>();

function runningOf(cloud: Cloud): Map<string, Promise<void>> {
  let found = running.get(cloud);
  if (found === undefined) {
    found = new Map();
    running.set(cloud, found);
  }
  return found;
}

function malformed(query: string, { message, start, end }: QueryError): AwsException {
  const line = query.slice(0, start).split("\n").length;
  const position = start - query.lastIndexOf("\n", start - 1);
  return new AwsException("MalformedQueryException", `${message} at line ${line} and position ${position}`, {
    status: 400,
    members: { queryCompileError: { location: { startCharOffset: start, endCharOffset: end }, message } },
  });
}

/** @throws AwsException MalformedQueryException */
function prepared(query: string, now: number, limit: number | undefined) {
  try {
    const parsed = parseQuery(query);
    prepare(parsed.commands, now, limit);
    return parsed;
  } catch (error) {
    if (error instanceof QueryError) throw malformed(query, error);
    throw error;
  }
}

/** Exactly one of the three ways to name groups. @throws AwsException InvalidParameterException, ResourceNotFoundException */
function groupsOf(ctx: Context, input: Input<Service, "StartQuery">, source: Source | undefined): number[] {
  const { logGroupName, logGroupNames, logGroupIdentifiers } = input;
  const ways = [logGroupName === undefined ? undefined : [logGroupName], logGroupNames, logGroupIdentifiers].filter(
    (way) => way !== undefined,
  );
  const [names = []] = ways;
  if (source !== undefined && ways.length === 0) return groupsIn(ctx, source);
  if (ways.length !== 1) throw invalidParameter("Exactly one of logGroupName, logGroupNames and logGroupIdentifiers must be specified.");
  if (names.length > MOST_GROUPS) throw invalidParameter(`A query can have up to ${MOST_GROUPS} log groups.`);
  return names.map((name) => findGroup(ctx, name.replace(/:\*$/, "")).id);
}

/** Of infrequent access some commands are not had: CWL_AnalyzeLogData_Classes.html. Who unmasks needs to be allowed to. */
function checkClasses(ctx: Context, ids: readonly number[], commands: readonly Command[]): void {
  const groups = ids.flatMap((id) => ctx.get(selectGroupById, { id }) ?? []);
  const isUnmasked = unmasks(commands);
  if (isUnmasked) for (const group of groups) checkUnmask(ctx, group);
  const isRare = groups.some((group) => group.class !== "STANDARD");
  if (isRare && commands.filter(({ kind }) => kind === "stats").length > MOST_RARE_STATS)
    throw invalidParameter(`A query of log groups in the Infrequent Access log class can have up to ${MOST_RARE_STATS} stats commands.`);
  const command = isUnmasked ? "unmask" : commands.find(({ kind }) => STANDARD_ONLY.has(kind))?.kind;
  if (command !== undefined && isRare) throw invalidParameter(`${command} is supported only for log groups in the Standard log class.`);
}

/** https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/CWL_QuerySyntax-Stats.html */
const MOST_RARE_STATS = 2;
const STANDARD_ONLY: ReadonlySet<Command["kind"]> = new Set(["pattern", "diff", "filterIndex"]);

const msOf = (instant: number | undefined): number => ((instant ?? 0) < MS_FROM ? (instant ?? 0) * 1_000 : (instant ?? 0));

function start(input: Input<Service, "StartQuery">, ctx: Context): Output<Service, "StartQuery"> {
  if (input.queryLanguage !== undefined && input.queryLanguage !== "CWLI")
    throw notImplemented("cloudwatch-logs", "StartQuery", `queryLanguage ${input.queryLanguage}`);
  const query = input.queryString ?? "";
  const { source, commands } = prepared(query, ctx.now, input.limit);
  const groups = groupsOf(ctx, input, source);
  for (const { table } of nestedIn(commands).lookups) findTable(ctx, table);
  checkClasses(ctx, groups, commands);
  const inSeconds = (input.endTime ?? 0) < MS_FROM;
  const [from, to] = [msOf(input.startTime), msOf(input.endTime) + (inSeconds ? 1_000 : 1)];
  if (to <= from)
    throw invalidParameter(
      "Query's end date and time is either before the log groups creation time or exceeds the log groups log retention settings",
    );
  return ctx.tx(() => {
    const id = ctx.cloud.ids.uuid();
    ctx.run(queries.insert, {
      id,
      query,
      groups: JSON.stringify(groups),
      from,
      to,
      most: input.limit ?? null,
      created: ctx.now,
      principal: ctx.principal.arn,
    });
    ctx.send("cloudwatch-logs.query", { id });
    ctx.send("cloudwatch-logs.forgetQuery", { id }, { delay: KEPT_MS, quiet: true });
    return { queryId: id };
  });
}

/** `cloudwatch-logs.query`: runs a query to its end. */
export const runQuery: MessageHandler = async (ctx, { payload }) => {
  const id = String(payload["id"]);
  const row = ctx.get(queries.get, { id });
  if (row === undefined || row.status === "Complete" || row.status === "Cancelled" || row.status === "Failed") return;
  const { promise, resolve } = Promise.withResolvers<void>();
  runningOf(ctx.cloud).set(id, promise);
  try {
    await answer(ctx, row);
  } catch (error) {
    // What it reads has gone, or is more than the language allows: trying again would not help.
    if (!(error instanceof QueryError || error instanceof AwsException) || !ctx.isCurrent) throw error;
    ctx.run(queries.setStatus, { id, status: "Failed" });
  } finally {
    runningOf(ctx.cloud).delete(id);
    resolve();
  }
};

async function answer(ctx: Context, row: QueryRow): Promise<void> {
  const { id } = row;
  ctx.run(queries.setStatus, { id, status: "Running" });
  const isStopped = ({ records }: Scanned): boolean => records % LOOK_EVERY === 0 && ctx.get(queries.get, { id })?.status === "Cancelled";
  const { scanned, matched, results, groups } = await execute(ctx, {
    commands: parseQuery(row.query).commands,
    groups: JSON.parse(row.groups) as number[],
    from: row.from_time,
    to: row.to_time,
    now: row.created,
    limit: row.most ?? undefined,
    isStopped,
  });
  if (!ctx.isCurrent) return;
  const statistics = {
    recordsMatched: matched,
    recordsScanned: scanned.records,
    bytesScanned: scanned.bytes,
    estimatedRecordsSkipped: 0,
    estimatedBytesSkipped: 0,
    logGroupsScanned: groups,
  };
  ctx.run(queries.finish, { id, status: "Complete", results: JSON.stringify(results), statistics: JSON.stringify(statistics) });
}

/** `cloudwatch-logs.forgetQuery`: results are not kept for ever. */
export const forgetQuery: MessageHandler = (ctx, { payload }) => {
  ctx.run(queries.remove, { id: String(payload["id"]) });
};

function queryOf(ctx: Context, id: string | undefined): QueryRow {
  const row = ctx.get(queries.get, { id: id ?? "" });
  if (row === undefined) throw new AwsException("ResourceNotFoundException", "The specified query does not exist.", { status: 400 });
  return row;
}

async function results(
  { queryId, nextToken, maxItems }: Input<Service, "GetQueryResults">,
  ctx: Context,
): Promise<Output<Service, "GetQueryResults">> {
  queryOf(ctx, queryId);
  // A message that was sent a moment ago may not have begun.
  await ctx.cloud.clock.wallPause(0);
  const under = runningOf(ctx.cloud).get(queryId ?? "");
  if (under !== undefined) await Promise.race([under, ctx.cloud.clock.wallPause(PATIENCE_MS)]);
  const row = queryOf(ctx, queryId);
  const all = JSON.parse(row.results) as ResultField[][];
  const from = nextToken === undefined ? 0 : Number(nextToken);
  if (!Number.isInteger(from) || from < 0) throw invalidParameter("The specified nextToken is invalid.");
  const to = maxItems === undefined ? all.length : from + maxItems;
  return {
    queryLanguage: "CWLI",
    status: row.status,
    results: all.slice(from, to),
    statistics: JSON.parse(row.statistics) as Output<Service, "GetQueryResults">["statistics"],
    ...(to < all.length ? { nextToken: String(to) } : {}),
  };
}

function stop({ queryId }: Input<Service, "StopQuery">, ctx: Context): Output<Service, "StopQuery"> {
  const { id, status } = queryOf(ctx, queryId);
  if (status !== "Scheduled" && status !== "Running") throw invalidParameter("Query has already ended with the status specified.");
  ctx.run(queries.setStatus, { id, status: "Cancelled" });
  return { success: true };
}

function describe(input: Input<Service, "DescribeQueries">, ctx: Context): Output<Service, "DescribeQueries"> {
  const group = input.logGroupName === undefined ? undefined : findGroup(ctx, input.logGroupName).id;
  const found = ctx.all(queries.all, { limit: 1_000 }).filter(({ groups, status }) => {
    return (
      (group === undefined || (JSON.parse(groups) as number[]).includes(group)) && (input.status === undefined || input.status === status)
    );
  });
  const nameOf = (id: number | undefined): string => (id === undefined ? "" : (ctx.get(selectGroupById, { id })?.name ?? ""));
  return {
    queries: found.slice(0, input.maxResults ?? SAMPLE).map(({ id, query, status, created, groups, statistics, principal }) => ({
      queryLanguage: "CWLI",
      queryId: id,
      queryString: query,
      status,
      createTime: created,
      logGroupName: nameOf((JSON.parse(groups) as number[])[0]),
      bytesScanned: (JSON.parse(statistics) as { bytesScanned?: number }).bytesScanned ?? 0,
      userIdentity: principal,
    })),
  };
}

/** What the event was transformed to, where it was. */
function transformedOf(ctx: Context, group: GroupRow, { time, seq }: { readonly time: number; readonly seq: number }) {
  const found = group.transformed === 1 ? ctx.get(transformed.get, { group: group.id, time, seq }) : undefined;
  return found === undefined ? {} : { transformed: found };
}

/** One event with everything that is found in it. */
function recordOf({ logRecordPointer, unmask }: Input<Service, "GetLogRecord">, ctx: Context): Output<Service, "GetLogRecord"> {
  const position = positionOf(logRecordPointer ?? "");
  const group = position === undefined ? undefined : ctx.get(selectGroupById, { id: position.group });
  const event = position === undefined ? undefined : ctx.get(selectOne, position);
  // A group's row has no account in it: it is of this one when its name leads to it.
  if (position === undefined || group === undefined || event === undefined || findGroup(ctx, group.name).id !== group.id)
    throw new AwsException("ResourceNotFoundException", "The specified log record does not exist.", { status: 400 });
  if (unmask === true) checkUnmask(ctx, group);
  const message = unmask === true ? event.message : shownMessage(ctx, group, event);
  const fields = discoverEvent({ message, ...transformedOf(ctx, group, position) });
  return {
    logRecord: {
      "@timestamp": String(event.time),
      "@ingestionTime": String(event.ingested),
      "@message": message,
      "@logStream": ctx.get(selectStreamById, { id: event.stream })?.name ?? "",
      "@log": `${ctx.account}:${group.name}`,
      ...Object.fromEntries([...fields].map(([name, value]) => [name, shown(value)])),
    },
  };
}

/** How many of the newest events, of the 15 minutes around or before an instant, have each field. */
function fieldsOf(input: Input<Service, "GetLogGroupFields">, ctx: Context): Output<Service, "GetLogGroupFields"> {
  const group = findEither(ctx, input.logGroupName, input.logGroupIdentifier);
  const [from, to] =
    input.time === undefined
      ? [ctx.now - 15 * MINUTE_MS, ctx.now + 1]
      : [msOf(input.time) - 8 * MINUTE_MS, msOf(input.time) + 8 * MINUTE_MS];
  const events = ctx.all(selectWhole, { group: group.id, from, time: to, seq: 0, limit: SAMPLE });
  const counts = new Map(["@timestamp", "@ingestionTime", "@message", "@logStream", "@log"].map((name) => [name, events.length]));
  for (const event of events)
    for (const name of discoverEvent({ ...event, ...transformedOf(ctx, group, event) }).keys())
      counts.set(name, (counts.get(name) ?? 0) + 1);
  const percent = (count: number): number => (events.length === 0 ? 0 : Math.round((count / events.length) * 100));
  return { logGroupFields: [...counts].map(([name, count]) => ({ name, percent: percent(count) })).sort((a, b) => b.percent - a.percent) };
}

export const queryOperations = {
  StartQuery: start,
  GetQueryResults: results,
  StopQuery: stop,
  DescribeQueries: describe,
  GetLogRecord: recordOf,
  GetLogGroupFields: fieldsOf,
  ...definitionOperations,
} satisfies Operations<Service>;
