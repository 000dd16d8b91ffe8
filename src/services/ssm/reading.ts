import type { Input, Output } from "../../aws/clients.ts";
import type { Context } from "../../aws/context.ts";
import { AwsException, notImplemented } from "../../aws/exception.ts";
import { decodeToken, pageOf } from "../../aws/paging.ts";
import { compileFilters, type Filterable, isBelow } from "./filters.ts";
import { checkAsked, endOfPrefix, type Reference, readReference, resourceOf } from "./names.ts";
import { decrypt, parameterNotFound } from "./parameters.ts";
import { selectLatest, selectParameters, selectVersion, selectVersions, type VersionRow } from "./store.ts";

type Parameter = NonNullable<Output<"ssm", "GetParameter">["Parameter"]>;

/** The version that a reference means; undefined when there is no such parameter. */
function find(ctx: Context, { name, selector }: Reference): VersionRow | undefined {
  const latest = ctx.get(selectLatest, { name });
  if (latest === undefined || selector === undefined) return latest;
  const row = /^\d+$/.test(selector)
    ? ctx.get(selectVersion, { name, version: Number(selector) })
    : ctx.all(selectVersions, { name, after: 0, limit: 1_000 }).find(({ labels }) => (JSON.parse(labels) as string[]).includes(selector));
  if (row !== undefined) return row;
  const kind = /^\d+$/.test(selector) ? `version ${selector}` : `label ${selector}`;
  throw new AwsException(
    "ParameterVersionNotFound",
    `Systems Manager could not find ${kind} of ${name}. Verify the version and try again.`,
  );
}

async function toParameter(ctx: Context, row: VersionRow, decrypted: boolean | undefined): Promise<Parameter> {
  return {
    Name: row.name,
    Type: row.type as "String",
    Value: row.type === "SecureString" && decrypted === true ? await decrypt(ctx, row) : row.value,
    Version: row.version,
    LastModifiedDate: new Date(row.modified),
    ARN: ctx.arn("ssm", resourceOf(row.name)),
    DataType: row.data_type,
  };
}

export async function getParameter(input: Input<"ssm", "GetParameter">, ctx: Context): Promise<Output<"ssm", "GetParameter">> {
  const reference = readReference(input.Name ?? "");
  checkAsked(reference.name);
  const row = find(ctx, reference);
  if (row === undefined) throw parameterNotFound(reference.name);
  const Selector = reference.selector === undefined ? {} : { Selector: `:${reference.selector}` };
  return { Parameter: { ...(await toParameter(ctx, row, input.WithDecryption)), ...Selector } };
}

export async function getParameters(input: Input<"ssm", "GetParameters">, ctx: Context): Promise<Output<"ssm", "GetParameters">> {
  const Parameters: Parameter[] = [];
  const InvalidParameters: string[] = [];
  for (const name of new Set(input.Names ?? [])) {
    const reference = readReference(name);
    const row = findOrNone(ctx, reference);
    if (row === undefined) InvalidParameters.push(name);
    else {
      const Selector = reference.selector === undefined ? {} : { Selector: `:${reference.selector}` };
      Parameters.push({ ...(await toParameter(ctx, row, input.WithDecryption)), ...Selector });
    }
  }
  return { Parameters, InvalidParameters };
}

function findOrNone(ctx: Context, reference: Reference): VersionRow | undefined {
  try {
    return find(ctx, reference);
  } catch (error) {
    if (error instanceof AwsException && error.code === "ParameterVersionNotFound") return undefined;
    throw error;
  }
}

function toFilterable(row: VersionRow, tags: string): Filterable {
  return {
    name: row.name,
    type: row.type,
    keyId: row.key_id ?? undefined,
    tier: row.tier,
    dataType: row.data_type,
    labels: JSON.parse(row.labels) as string[],
    tags: JSON.parse(tags) as Record<string, string>,
  };
}

function readToken(token: string | undefined): string {
  if (token === undefined) return "";
  const key = decodeToken(token)?.[0];
  if (key === undefined) throw new AwsException("InvalidNextToken", "The specified token isn't valid.");
  return String(key);
}

export async function getParametersByPath(
  input: Input<"ssm", "GetParametersByPath">,
  ctx: Context,
): Promise<Output<"ssm", "GetParametersByPath">> {
  const path = input.Path ?? "";
  if (!path.startsWith("/")) {
    throw new AwsException(
      "ValidationException",
      'The parameter doesn\'t meet the parameter name requirements. The parameter name must begin with a forward slash "/". It can\'t be prefixed with "aws" or "ssm" (case-insensitive).',
      { status: 400 },
    );
  }
  const passes = compileFilters(input.ParameterFilters ?? [], ["Type", "KeyId", "Label", "tag"]);
  const byLabel = (input.ParameterFilters ?? []).some(({ Key }) => Key === "Label");
  const after = readToken(input.NextToken);
  const from = path === "/" ? "" : path;
  const rows = ctx
    .all(selectParameters, { from, to: endOfPrefix(from) })
    .filter(({ name }) => name > after && isBelow(name, path, input.Recursive === true))
    .flatMap((row) => (byLabel ? labelled(ctx, row) : [row]))
    .filter((row) => passes(toFilterable(row, row.tags)));
  const page = pageOf(rows, input.MaxResults ?? 10, ({ name }) => [name]);
  const Parameters: Parameter[] = [];
  for (const row of page.items) Parameters.push(await toParameter(ctx, row, input.WithDecryption));
  return { Parameters, NextToken: page.nextToken };
}

/** Every version, for filters that choose one by its label. */
function labelled(ctx: Context, row: VersionRow & { readonly tags: string }): (VersionRow & { readonly tags: string })[] {
  return ctx.all(selectVersions, { name: row.name, after: 0, limit: 1_000 }).map((version) => ({ ...version, tags: row.tags }));
}

export function describeParameters(input: Input<"ssm", "DescribeParameters">, ctx: Context): Output<"ssm", "DescribeParameters"> {
  if (input.Shared === true) throw notImplemented("ssm", "DescribeParameters", "Shared");
  const old = (input.Filters ?? []).map(({ Key, Values }) => ({ Key, Values, Option: "BeginsWith" }));
  if (old.length > 0 && (input.ParameterFilters?.length ?? 0) > 0) {
    throw new AwsException("ValidationException", "You can use either Filters or ParameterFilters in a single request.", { status: 400 });
  }
  const passes = compileFilters([...old, ...(input.ParameterFilters ?? [])], ["Name", "Type", "KeyId", "Path", "Tier", "DataType", "tag"]);
  const after = readToken(input.NextToken);
  const rows = ctx
    .all(selectParameters, { from: after, to: endOfPrefix("") })
    .filter((row) => row.name > after && passes(toFilterable(row, row.tags)));
  const page = pageOf(rows, input.MaxResults ?? 10, ({ name }) => [name]);
  return {
    Parameters: page.items.map((row) => ({ ...describe(row), ARN: ctx.arn("ssm", resourceOf(row.name)) })),
    NextToken: page.nextToken,
  };
}

function describe(row: VersionRow) {
  return {
    Name: row.name,
    Type: row.type as "String",
    ...(row.key_id === null ? {} : { KeyId: row.key_id }),
    LastModifiedDate: new Date(row.modified),
    LastModifiedUser: row.actor,
    ...(row.description === null ? {} : { Description: row.description }),
    ...(row.pattern === null ? {} : { AllowedPattern: row.pattern }),
    Version: row.version,
    Tier: row.tier as "Standard",
    Policies: [],
    DataType: row.data_type,
  };
}

export async function getParameterHistory(
  input: Input<"ssm", "GetParameterHistory">,
  ctx: Context,
): Promise<Output<"ssm", "GetParameterHistory">> {
  const { name } = readReference(input.Name ?? "");
  if (ctx.get(selectLatest, { name }) === undefined) throw parameterNotFound(name);
  const limit = input.MaxResults ?? 50;
  const after = Number(readToken(input.NextToken)) || 0;
  const page = pageOf(ctx.all(selectVersions, { name, after, limit: limit + 1 }), limit, ({ version }) => [version]);
  const Parameters = [];
  for (const row of page.items) {
    const { Value } = await toParameter(ctx, row, input.WithDecryption);
    Parameters.push({ ...describe(row), Value, Labels: JSON.parse(row.labels) as string[] });
  }
  return { Parameters, NextToken: page.nextToken };
}
