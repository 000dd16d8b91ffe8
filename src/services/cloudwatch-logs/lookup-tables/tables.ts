import type { Input, Output } from "../../../aws/clients.ts";
import type { Context } from "../../../aws/context.ts";
import { AwsException, notImplemented } from "../../../aws/exception.ts";
import { decodeToken, pageOf } from "../../../aws/paging.ts";
import type { Operations } from "../../../aws/service.ts";
import { invalidParameter } from "../groups.ts";
import type { ResultField } from "../insights/run.ts";
import { queries } from "../insights/store.ts";
import { csvOf, rowsOfCsv } from "./csv.ts";
import { type LookupTableRow, lookupTables } from "./store.ts";

type Service = "cloudwatch-logs";

/** https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/CWL_QuerySyntax-Lookup.html */
const MOST_TABLES = 100;
const MOST_BYTES = 10 * 1_024 * 1_024;
const USUAL_PAGE = 50;

const arnOf = (ctx: Context, name: string): string => ctx.arn("logs", `lookup-table:${name}`);

/** @throws AwsException ResourceNotFoundException */
export function findTable(ctx: Context, name: string): LookupTableRow {
  const row = ctx.get(lookupTables.get, { name });
  if (row === undefined) throw new AwsException("ResourceNotFoundException", `The lookup table ${name} does not exist.`, { status: 400 });
  return row;
}

function ofArn(ctx: Context, arn = ""): LookupTableRow {
  const name = /:lookup-table:(\w+)$/.exec(arn)?.[1] ?? "";
  if (arn !== arnOf(ctx, name)) throw invalidParameter("The specified lookup table ARN is not valid.");
  return findTable(ctx, name);
}

/** What is kept of a body. @throws AwsException InvalidParameterException unless it is rows under a header */
function contentOf(body: string) {
  if (Buffer.byteLength(body) > MOST_BYTES) throw invalidParameter("A lookup table can have up to 10 MB.");
  const [header = [], ...rows] = rowsOfCsv(body);
  if (header.length === 0 || header.some((name) => name.trim() === "") || new Set(header).size < header.length)
    throw invalidParameter("The first row of tableBody must be a header row with column names.");
  const wrong = rows.findIndex((row) => row.length !== header.length);
  if (wrong >= 0) throw invalidParameter(`Row ${wrong + 1} of tableBody does not have the ${header.length} columns of its header.`);
  return { body, records: rows.length, fields: JSON.stringify(header) };
}

/** The results of a query that is over. @throws AwsException ResourceNotFoundException, InvalidParameterException */
function bodyOfQuery(ctx: Context, id: string): string {
  const query = ctx.get(queries.get, { id });
  if (query === undefined) throw new AwsException("ResourceNotFoundException", "The specified query does not exist.", { status: 400 });
  if (query.status !== "Complete" && query.status !== "Cancelled") throw invalidParameter("The specified query has not ended.");
  const rows = (JSON.parse(query.results) as ResultField[][]).map((row) => new Map(row.map(({ field, value }) => [field, value])));
  const names = [...new Set(rows.flatMap((row) => [...row.keys()]))].filter((name) => name !== "@ptr");
  return csvOf([names, ...rows.map((row) => names.map((name) => row.get(name) ?? ""))]);
}

interface Given {
  readonly tableBody?: string | undefined;
  readonly queryId?: string | undefined;
  readonly kmsKeyId?: string | undefined;
}

function given(ctx: Context, operation: string, { tableBody, queryId, kmsKeyId }: Given) {
  if (kmsKeyId !== undefined) throw notImplemented("cloudwatch-logs", operation, "kmsKeyId");
  if ((tableBody === undefined) === (queryId === undefined))
    throw invalidParameter("Exactly one of tableBody and queryId must be specified.");
  return contentOf(tableBody ?? bodyOfQuery(ctx, queryId ?? ""));
}

function tell(ctx: Context, name: string, type: string): void {
  const rule = `${ctx.principal.arn} decides what queries look up in ${name} from now on`;
  ctx.emit({ source: "aws.logs", type, resources: [arnOf(ctx, name)], detail: { lookupTableName: name }, rule });
}

function create(input: Input<Service, "CreateLookupTable">, ctx: Context): Output<Service, "CreateLookupTable"> {
  const { lookupTableName: name = "", description = null } = input;
  if (input.tags !== undefined) throw notImplemented("cloudwatch-logs", "CreateLookupTable", "tags");
  const content = given(ctx, "CreateLookupTable", input);
  return ctx.tx(() => {
    if (ctx.get(lookupTables.get, { name }) !== undefined)
      throw new AwsException("ResourceAlreadyExistsException", `The lookup table ${name} already exists.`);
    if (ctx.all(lookupTables.all, { after: "" }).length >= MOST_TABLES)
      throw new AwsException("LimitExceededException", `An account can have up to ${MOST_TABLES} lookup tables.`);
    ctx.run(lookupTables.put, { name, description, ...content, now: ctx.now });
    ctx.claim(name);
    tell(ctx, name, "Lookup Table Created");
    return { lookupTableArn: arnOf(ctx, name), createdAt: ctx.now };
  });
}

function update(input: Input<Service, "UpdateLookupTable">, ctx: Context): Output<Service, "UpdateLookupTable"> {
  const content = given(ctx, "UpdateLookupTable", input);
  return ctx.tx(() => {
    const { name, description } = ofArn(ctx, input.lookupTableArn);
    ctx.run(lookupTables.put, { name, description: input.description ?? description, ...content, now: ctx.now });
    tell(ctx, name, "Lookup Table Updated");
    return { lookupTableArn: arnOf(ctx, name), lastUpdatedTime: ctx.now };
  });
}

function remove(input: Input<Service, "DeleteLookupTable">, ctx: Context): Output<Service, "DeleteLookupTable"> {
  return ctx.tx(() => {
    const { name } = ofArn(ctx, input.lookupTableArn);
    ctx.run(lookupTables.remove, { name });
    tell(ctx, name, "Lookup Table Deleted");
    return {};
  });
}

function describe(input: Input<Service, "DescribeLookupTables">, ctx: Context): Output<Service, "DescribeLookupTables"> {
  const after = input.nextToken === undefined ? "" : String(decodeToken(input.nextToken)?.[0] ?? "");
  const rows = ctx.all(lookupTables.all, { after }).filter(({ name }) => name.startsWith(input.lookupTableNamePrefix ?? ""));
  const page = pageOf(rows, input.maxResults ?? USUAL_PAGE, ({ name }) => [name]);
  return {
    lookupTables: page.items.map(({ name, description, fields, records, size, updated }) => ({
      lookupTableArn: arnOf(ctx, name),
      lookupTableName: name,
      ...(description === null ? {} : { description }),
      tableFields: JSON.parse(fields) as string[],
      recordsCount: records,
      sizeBytes: size,
      lastUpdatedTime: updated,
    })),
    nextToken: page.nextToken,
  };
}

function get(input: Input<Service, "GetLookupTable">, ctx: Context): Output<Service, "GetLookupTable"> {
  const { name, description, body, size, updated } = ofArn(ctx, input.lookupTableArn);
  return {
    lookupTableArn: arnOf(ctx, name),
    lookupTableName: name,
    ...(description === null ? {} : { description }),
    tableBody: body,
    sizeBytes: size,
    lastUpdatedTime: updated,
  };
}

export const lookupTableOperations = {
  CreateLookupTable: create,
  DeleteLookupTable: remove,
  DescribeLookupTables: describe,
  GetLookupTable: get,
  UpdateLookupTable: update,
} satisfies Operations<Service>;
