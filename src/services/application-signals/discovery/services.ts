import type { Input, Output } from "../../../aws/clients.ts";
import type { Context } from "../../../aws/context.ts";
import { notImplemented, unless } from "../../../aws/exception.ts";
import { decodeToken, pageOf } from "../../../aws/paging.ts";
import { invalid } from "../errors.ts";
import { type SeenRow, selectSeen } from "../store.ts";
import {
  dependencySets,
  faultOfKeys,
  hourOf,
  isSame,
  type KeyAttributes,
  metricReferences,
  type Remote,
  remoteOf,
  serviceAttributes,
  serviceSets,
} from "./keys.ts";

const HOUR_MS = 3_600_000;
const PAGE = 50;

interface TimeRange {
  readonly StartTime?: Date | undefined;
  readonly EndTime?: Date | undefined;
}

/** Both are rounded to hours. @throws AwsException ValidationException */
export function hoursOf({ StartTime, EndTime }: TimeRange): { readonly from: number; readonly to: number } {
  const start = StartTime?.getTime() ?? 0;
  const end = EndTime?.getTime() ?? 0;
  if (start >= end) throw invalid("StartTime must be before EndTime.");
  const from = hourOf(start);
  return { from, to: Math.max(from + HOUR_MS, Math.ceil(end / HOUR_MS) * HOUR_MS) };
}

function timesOf({ from, to }: { readonly from: number; readonly to: number }) {
  return { StartTime: new Date(from), EndTime: new Date(to) };
}

/** @throws AwsException ValidationException */
export function page<T>(items: readonly T[], input: { NextToken?: string | undefined; MaxResults?: number | undefined }, standard = PAGE) {
  const after = input.NextToken === undefined ? [0] : (decodeToken(input.NextToken) ?? [""]);
  const [skip] = after;
  if (typeof skip !== "number") throw invalid("The NextToken is not valid.");
  const limit = input.MaxResults ?? standard;
  const rows = items.slice(skip, skip + limit + 1);
  const { items: shown, nextToken } = pageOf(rows, limit, () => [skip + limit]);
  return { shown, token: nextToken === undefined ? {} : { NextToken: nextToken } };
}

function refuseLinked(operation: string, input: { IncludeLinkedAccounts?: boolean | undefined; AwsAccountId?: string | undefined }): void {
  if (input.IncludeLinkedAccounts === true) throw notImplemented("application-signals", operation, "IncludeLinkedAccounts");
  if (input.AwsAccountId !== undefined) throw notImplemented("application-signals", operation, "AwsAccountId");
}

/** The services of a range, each once. */
export function servicesIn(ctx: Context, hours: { readonly from: number; readonly to: number }): SeenRow[] {
  const found = new Map<string, SeenRow>();
  for (const row of ctx.all(selectSeen, hours)) {
    const key = `${row.service}\n${row.environment}`;
    if (!found.has(key)) found.set(key, row);
  }
  return [...found.values()];
}

function summaryOf(row: SeenRow) {
  return {
    KeyAttributes: serviceAttributes(row),
    AttributeMaps: [{ PlatformType: row.platform }],
    MetricReferences: metricReferences(serviceSets(row)[1] ?? {}),
  };
}

/** https://docs.aws.amazon.com/applicationsignals/latest/APIReference/API_ListServices.html */
export function listServices(
  input: Input<"application-signals", "ListServices">,
  ctx: Context,
): Output<"application-signals", "ListServices"> {
  refuseLinked("ListServices", input);
  const hours = hoursOf(input);
  const { shown, token } = page(servicesIn(ctx, hours), input);
  return { ...timesOf(hours), ServiceSummaries: shown.map(summaryOf), ...token };
}

/** The rows of the service that is asked for. @throws AwsException ValidationException */
function askedRows(ctx: Context, hours: { readonly from: number; readonly to: number }, attributes: KeyAttributes | undefined): SeenRow[] {
  const fault = faultOfKeys(attributes);
  if (fault !== undefined || attributes === undefined) throw invalid(fault ?? "");
  return ctx.all(selectSeen, hours).filter((row) => isSame(serviceAttributes(row), attributes));
}

/** https://docs.aws.amazon.com/applicationsignals/latest/APIReference/API_GetService.html */
export async function getService(
  input: Input<"application-signals", "GetService">,
  ctx: Context,
): Promise<Output<"application-signals", "GetService">> {
  const hours = hoursOf(input);
  const [row] = askedRows(ctx, hours, input.KeyAttributes);
  if (row === undefined) throw invalid("The service was not found within the time range.");
  const groups = await logGroupsOf(ctx, row);
  return {
    ...timesOf(hours),
    Service: {
      ...summaryOf(row),
      LogGroupReferences: groups.map((Identifier) => ({ Type: "AWS::Resource", ResourceType: "AWS::Logs::LogGroup", Identifier })),
    },
    ...(groups.length === 0
      ? {}
      : { LogGroupReferences: groups.map((Identifier) => ({ Type: "AWS::Resource", ResourceType: "AWS::Logs::LogGroup", Identifier })) }),
  };
}

async function logGroupsOf(ctx: Context, { platform, service }: SeenRow): Promise<string[]> {
  if (platform !== "AWS::Lambda") return [];
  const found = await unless("ResourceNotFoundException", ctx.call("lambda", "GetFunctionConfiguration", { FunctionName: service }));
  const group = found?.LoggingConfig?.LogGroup;
  return group === undefined ? [] : [group];
}

/** https://docs.aws.amazon.com/applicationsignals/latest/APIReference/API_ListServiceOperations.html */
export function listServiceOperations(
  input: Input<"application-signals", "ListServiceOperations">,
  ctx: Context,
): Output<"application-signals", "ListServiceOperations"> {
  const hours = hoursOf(input);
  const rows = askedRows(ctx, hours, input.KeyAttributes);
  const names = [...new Set(rows.map(({ operation }) => operation))];
  const { shown, token } = page(names, input);
  const [row] = rows;
  const ServiceOperations =
    row === undefined
      ? []
      : shown.map((Name) => ({ Name, MetricReferences: metricReferences(serviceSets({ ...row, operation: Name })[0] ?? {}) }));
  return { ...timesOf(hours), ServiceOperations, ...token };
}

/** https://docs.aws.amazon.com/applicationsignals/latest/APIReference/API_ListServiceDependencies.html */
export function listServiceDependencies(
  input: Input<"application-signals", "ListServiceDependencies">,
  ctx: Context,
): Output<"application-signals", "ListServiceDependencies"> {
  const hours = hoursOf(input);
  const calls = askedRows(ctx, hours, input.KeyAttributes).flatMap(withRemote);
  const { shown, token } = page(calls, input);
  const ServiceDependencies = shown.map(({ row, remote }) => ({
    OperationName: row.operation,
    DependencyKeyAttributes: remote.attributes,
    DependencyOperationName: remote.operation,
    MetricReferences: metricReferences(dependencySets(row, remote)[0] ?? {}),
  }));
  return { ...timesOf(hours), ServiceDependencies, ...token };
}

/** https://docs.aws.amazon.com/applicationsignals/latest/APIReference/API_ListServiceDependents.html */
export function listServiceDependents(
  input: Input<"application-signals", "ListServiceDependents">,
  ctx: Context,
): Output<"application-signals", "ListServiceDependents"> {
  const hours = hoursOf(input);
  const fault = faultOfKeys(input.KeyAttributes);
  const wanted = input.KeyAttributes;
  if (fault !== undefined || wanted === undefined) throw invalid(fault ?? "");
  const calls = ctx
    .all(selectSeen, hours)
    .flatMap(withRemote)
    .filter(({ remote }) => isSame(remote.attributes, wanted));
  const { shown, token } = page(calls, input);
  const ServiceDependents = shown.map(({ row, remote }) => ({
    OperationName: remote.operation,
    DependentKeyAttributes: serviceAttributes(row),
    DependentOperationName: row.operation,
    MetricReferences: metricReferences(dependencySets(row, remote)[0] ?? {}),
  }));
  return { ...timesOf(hours), ServiceDependents, ...token };
}

function withRemote(row: SeenRow): { readonly row: SeenRow; readonly remote: Remote }[] {
  const remote = remoteOf(row);
  return remote === undefined ? [] : [{ row, remote }];
}
