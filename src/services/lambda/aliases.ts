import type { AliasConfiguration } from "@aws-sdk/client-lambda";
import type { Input, Output } from "../../aws/clients.ts";
import type { Context } from "../../aws/context.ts";
import { AwsException } from "../../aws/exception.ts";
import { decodeToken, pageOf } from "../../aws/paging.ts";
import { checkRevision, functionArn, invalid, notFound, refOf, typed } from "./names.ts";
import type { AliasRecord } from "./records.ts";
import { getPart, getVersion, LATEST, listParts, putPart, removePart } from "./store.ts";

const PAGE = 50;

export function createAlias(input: Input<"lambda", "CreateAlias">, ctx: Context): Output<"lambda", "CreateAlias"> {
  const { name } = refOf(ctx, input.FunctionName);
  const alias = input.Name ?? "";
  if (/^\d+$/.test(alias)) throw invalid(`Alias name ${alias} must not be a number.`);
  return ctx.tx(() => {
    if (getPart(ctx, "alias", name, alias) !== undefined) {
      throw new AwsException("ResourceConflictException", `Alias already exists: ${functionArn(ctx, name, alias)}`, typed("User"));
    }
    const record: AliasRecord = {
      name: alias,
      version: checkVersion(ctx, name, input.FunctionVersion ?? ""),
      description: input.Description ?? "",
      weights: weightsOf(ctx, { name, version: input.FunctionVersion ?? "" }, input.RoutingConfig?.AdditionalVersionWeights ?? {}),
      revisionId: ctx.cloud.ids.uuid(),
    };
    putPart(ctx, "alias", name, [alias, record]);
    ctx.claim(`${name}:${alias}`);
    tell(ctx, "Alias Created", name, record);
    return aliasOf(ctx, name, record);
  });
}

export function updateAlias(input: Input<"lambda", "UpdateAlias">, ctx: Context): Output<"lambda", "UpdateAlias"> {
  const { name } = refOf(ctx, input.FunctionName);
  return ctx.tx(() => {
    const before = find(ctx, name, input.Name);
    checkRevision(input.RevisionId, before.revisionId);
    const version = input.FunctionVersion === undefined ? before.version : checkVersion(ctx, name, input.FunctionVersion);
    const weights = input.RoutingConfig?.AdditionalVersionWeights;
    const record: AliasRecord = {
      name: before.name,
      version,
      description: input.Description ?? before.description,
      weights: input.RoutingConfig === undefined ? before.weights : weightsOf(ctx, { name, version }, weights ?? {}),
      revisionId: ctx.cloud.ids.uuid(),
    };
    putPart(ctx, "alias", name, [before.name, record]);
    tell(ctx, "Alias Updated", name, record);
    return aliasOf(ctx, name, record);
  });
}

export function getAlias(input: Input<"lambda", "GetAlias">, ctx: Context): Output<"lambda", "GetAlias"> {
  const { name } = refOf(ctx, input.FunctionName);
  return aliasOf(ctx, name, find(ctx, name, input.Name));
}

export function deleteAlias(input: Input<"lambda", "DeleteAlias">, ctx: Context): Output<"lambda", "DeleteAlias"> {
  const { name } = refOf(ctx, input.FunctionName);
  return ctx.tx(() => {
    if (getVersion(ctx, name, LATEST) === undefined) throw notFound(ctx, { name, qualifier: undefined });
    const alias = input.Name ?? "";
    const existing = getPart(ctx, "alias", name, alias);
    // Deleting what is not there succeeds: https://docs.aws.amazon.com/lambda/latest/api/API_DeleteAlias.html
    if (existing === undefined) return {};
    removePart(ctx, "alias", name, alias);
    removePart(ctx, "policy", name, alias);
    removePart(ctx, "event-config", name, alias);
    tell(ctx, "Alias Deleted", name, existing);
    return {};
  });
}

export function listAliases(input: Input<"lambda", "ListAliases">, ctx: Context): Output<"lambda", "ListAliases"> {
  const { name } = refOf(ctx, input.FunctionName);
  if (getVersion(ctx, name, LATEST) === undefined) throw notFound(ctx, { name, qualifier: undefined });
  const limit = Math.min(input.MaxItems ?? PAGE, PAGE);
  const [after = ""] = (input.Marker === undefined ? [] : decodeToken(input.Marker)) ?? [];
  const wanted = input.FunctionVersion;
  const rows = listParts(ctx, "alias", name, { after: String(after), limit: wanted === undefined ? limit + 1 : 100_000 });
  const matching = rows.filter(({ record }) => wanted === undefined || record.version === wanted || wanted in record.weights);
  const { items, nextToken } = pageOf(matching.slice(0, limit + 1), limit, ({ id }) => [id]);
  return {
    Aliases: items.map(({ record }) => aliasOf(ctx, name, record)),
    ...(nextToken === undefined ? {} : { NextMarker: nextToken }),
  };
}

function find(ctx: Context, name: string, alias: string | undefined): AliasRecord {
  const record = getPart(ctx, "alias", name, alias ?? "");
  if (record !== undefined) return record;
  const message = `Cannot find alias arn: ${functionArn(ctx, name, alias)}`;
  throw new AwsException("ResourceNotFoundException", message, typed("User"));
}

function checkVersion(ctx: Context, name: string, version: string): string {
  if (getVersion(ctx, name, LATEST) === undefined) throw notFound(ctx, { name, qualifier: undefined });
  if (getVersion(ctx, name, version) === undefined) throw notFound(ctx, { name, qualifier: version });
  return version;
}

/** https://docs.aws.amazon.com/lambda/latest/dg/configuring-alias-routing.html: two published versions at most. */
function weightsOf(
  ctx: Context,
  main: { readonly name: string; readonly version: string },
  weights: Readonly<Record<string, number>>,
): Record<string, number> {
  const entries = Object.entries(weights);
  if (entries.length > 1) throw invalid("Number of items in AdditionalVersionWeights cannot be greater than 1");
  if (entries.length > 0 && main.version === LATEST) throw invalid("$LATEST is not supported for an alias pointing to more than 1 version");
  for (const [version, weight] of entries) {
    if (version === LATEST) throw invalid("$LATEST is not supported for an alias pointing to more than 1 version");
    if (version === main.version)
      throw invalid(`Invalid function version ${version}. Function version ${version} is already included in routing configuration.`);
    if (weight < 0 || weight > 1) throw invalid(`Invalid weight ${weight} for version ${version}. Weight must be between 0 and 1.`);
    checkVersion(ctx, main.name, version);
  }
  return { ...weights };
}

function aliasOf(ctx: Context, name: string, record: AliasRecord): AliasConfiguration {
  const isWeighted = Object.keys(record.weights).length > 0;
  return {
    AliasArn: functionArn(ctx, name, record.name),
    Name: record.name,
    FunctionVersion: record.version,
    Description: record.description,
    RevisionId: record.revisionId,
    ...(isWeighted ? { RoutingConfig: { AdditionalVersionWeights: { ...record.weights } } } : {}),
  };
}

function tell(ctx: Context, type: string, name: string, { version, weights, name: alias }: AliasRecord): void {
  ctx.emit({ source: "aws.lambda", type, resources: [functionArn(ctx, name, alias)], detail: { version, weights } });
}
