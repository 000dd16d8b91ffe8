import type { Input, Output } from "../../aws/clients.ts";
import type { Context } from "../../aws/context.ts";
import { decodeToken, pageOf } from "../../aws/paging.ts";
import { configurationOf } from "./configuration.ts";
import { checkRevision, functionArn, invalid, latest, notFound, refOf } from "./names.ts";
import type { FunctionRecord } from "./records.ts";
import { checkReady } from "./states.ts";
import { getFunctionRow, getVersion, LATEST, listVersions, putFunctionRow, putVersion } from "./store.ts";

const PAGE = 50;

export function publishVersion(input: Input<"lambda", "PublishVersion">, ctx: Context): Output<"lambda", "PublishVersion"> {
  return ctx.tx(() => {
    const record = latest(ctx, input.FunctionName);
    checkReady(ctx, record);
    checkRevision(input.RevisionId, record.revisionId);
    if (input.CodeSha256 !== undefined && input.CodeSha256 !== record.code.sha256) {
      throw invalid(
        `CodeSHA256 (${input.CodeSha256}) is different from current CodeSHA256 in $LATEST (${record.code.sha256}). Please try again with the CodeSHA256 in $LATEST.`,
      );
    }
    const published = publish(ctx, record, input.Description === undefined ? {} : { description: input.Description });
    return configurationOf(ctx, published);
  });
}

/**
 * Makes a version of `$LATEST`, inside a transaction; or gives the newest one, when nothing has changed since:
 * https://docs.aws.amazon.com/lambda/latest/dg/configuration-versions.html
 */
export function publish(ctx: Context, record: FunctionRecord, change: { readonly description?: string }): FunctionRecord {
  const row = getFunctionRow(ctx, record.name);
  if (row === undefined) throw notFound(ctx, { name: record.name, qualifier: undefined });
  const newest = row.published === 0 ? undefined : getVersion(ctx, record.name, String(row.published));
  const version = String(row.published + 1);
  const made: FunctionRecord = { ...record, ...change, version, updating: false, revisionId: ctx.cloud.ids.uuid() };
  if (newest !== undefined && fingerprint({ ...newest, description: "" }) === fingerprint({ ...made, description: "" })) {
    ctx.claim(`${record.name}:${newest.version}`);
    return newest;
  }
  putVersion(ctx, made);
  putFunctionRow(ctx, { ...row, published: row.published + 1 });
  ctx.claim(`${record.name}:${version}`);
  ctx.emit({ source: "aws.lambda", type: "Version Published", resources: [functionArn(ctx, record.name, version)], detail: { version } });
  return made;
}

function fingerprint(record: FunctionRecord): string {
  const { version, revisionId, lastModified, state, updating, ...rest } = record;
  return JSON.stringify(Object.entries(rest).sort(([a], [b]) => (a < b ? -1 : 1)));
}

export function listVersionsByFunction(
  input: Input<"lambda", "ListVersionsByFunction">,
  ctx: Context,
): Output<"lambda", "ListVersionsByFunction"> {
  const { name } = refOf(ctx, input.FunctionName);
  if (getVersion(ctx, name, LATEST) === undefined) throw notFound(ctx, { name, qualifier: undefined });
  const limit = Math.min(input.MaxItems ?? PAGE, PAGE);
  const [after = -1] = (input.Marker === undefined ? [] : decodeToken(input.Marker)) ?? [];
  const rows = listVersions(ctx, name, Number(after), limit + 1);
  const { items, nextToken } = pageOf(rows, limit, (record) => [record.version === LATEST ? 0 : Number(record.version)]);
  return {
    Versions: items.map((record) => configurationOf(ctx, record, record.version)),
    ...(nextToken === undefined ? {} : { NextMarker: nextToken }),
  };
}
