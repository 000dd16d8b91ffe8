import type { Input, Output } from "../../aws/clients.ts";
import type { Context } from "../../aws/context.ts";
import { AwsException, notImplemented } from "../../aws/exception.ts";
import { decodeToken, pageOf } from "../../aws/paging.ts";
import { loadCode } from "./code.ts";
import { configurationOf } from "./configuration.ts";
import { codeLocation } from "./download.ts";
import { retire } from "./execution.ts";
import { functionArn, invalid, isVersion, notFound, refOf, resolve, typed } from "./names.ts";
import type { FunctionRecord } from "./records.ts";
import { checkRole } from "./role.ts";
import { architectureOf, defaults, settingsOf } from "./settings.ts";
import {
  getFunctionRow,
  getVersion,
  LATEST,
  listAllVersions,
  listLatest,
  listParts,
  putFunctionRow,
  putVersion,
  removeFunction,
  removeVersion,
} from "./store.ts";
import { publish } from "./versions.ts";

const PAGE = 50;

export async function createFunction(input: Input<"lambda", "CreateFunction">, ctx: Context): Promise<Output<"lambda", "CreateFunction">> {
  refuseWhatIsMissing(input);
  const { name } = refOf(ctx, input.FunctionName);
  if (input.Runtime === undefined || input.Handler === undefined) {
    throw invalid("Runtime and Handler are mandatory parameters for functions created with deployment packages.");
  }
  if (getFunctionRow(ctx, name) !== undefined) throw alreadyThere(name);
  const settings = settingsOf(ctx, "CreateFunction", input, defaults(name));
  await checkRole(ctx, settings.role);
  const code = await loadCode(ctx, "CreateFunction", (input.Code ?? {}) as Parameters<typeof loadCode>[2]);
  const record: FunctionRecord = {
    ...settings,
    name,
    version: LATEST,
    architecture: architectureOf(input.Architectures, "x86_64"),
    code,
    lastModified: ctx.now,
    revisionId: ctx.cloud.ids.uuid(),
    state: "Pending",
    updating: false,
  };
  return ctx.tx(() => {
    if (getFunctionRow(ctx, name) !== undefined) throw alreadyThere(name);
    putFunctionRow(ctx, { name, published: 0, reserved: null, tags: JSON.stringify(input.Tags ?? {}) });
    putVersion(ctx, record);
    ctx.claim(name);
    ctx.emit({ source: "aws.lambda", type: "Function Created", resources: [functionArn(ctx, name)], detail: { runtime: record.runtime } });
    const shown = input.Publish === true ? publish(ctx, record, {}) : record;
    ctx.send("lambda.settle", { name });
    return configurationOf(ctx, shown);
  });
}

function refuseWhatIsMissing(input: Input<"lambda", "CreateFunction">): void {
  if (input.PackageType === "Image") throw notImplemented("lambda", "CreateFunction", "PackageType Image");
  if (input.CodeSigningConfigArn !== undefined) throw notImplemented("lambda", "CreateFunction", "CodeSigningConfigArn");
  if (input.PublishTo !== undefined) throw notImplemented("lambda", "CreateFunction", "PublishTo");
  if (input.TenancyConfig !== undefined) throw notImplemented("lambda", "CreateFunction", "TenancyConfig");
}

function alreadyThere(name: string): AwsException {
  return new AwsException("ResourceConflictException", `Function already exist: ${name}`, typed("User"));
}

export function getFunction(input: Input<"lambda", "GetFunction">, ctx: Context): Output<"lambda", "GetFunction"> {
  const { record, qualifier, name } = resolve(ctx, refOf(ctx, input.FunctionName, input.Qualifier));
  const row = getFunctionRow(ctx, name);
  const tags = JSON.parse(row?.tags ?? "{}") as Record<string, string>;
  return {
    Configuration: configurationOf(ctx, record, qualifier),
    Code: { RepositoryType: "S3", Location: codeLocation(ctx, record.code) },
    ...(Object.keys(tags).length === 0 ? {} : { Tags: tags }),
    ...(row?.reserved == null ? {} : { Concurrency: { ReservedConcurrentExecutions: row.reserved } }),
  };
}

export function getFunctionConfiguration(
  input: Input<"lambda", "GetFunctionConfiguration">,
  ctx: Context,
): Output<"lambda", "GetFunctionConfiguration"> {
  const { record, qualifier } = resolve(ctx, refOf(ctx, input.FunctionName, input.Qualifier));
  return configurationOf(ctx, record, qualifier);
}

export function listFunctions(input: Input<"lambda", "ListFunctions">, ctx: Context): Output<"lambda", "ListFunctions"> {
  const limit = Math.min(input.MaxItems ?? PAGE, PAGE);
  const [after = "", number = -1] = (input.Marker === undefined ? [] : decodeToken(input.Marker)) ?? [];
  const isAll = input.FunctionVersion === "ALL";
  const rows = isAll ? listAllVersions(ctx, String(after), Number(number), limit + 1) : listLatest(ctx, String(after), limit + 1);
  const { items, nextToken } = pageOf(rows, limit, (record) => [record.name, record.version === LATEST ? 0 : Number(record.version)]);
  return {
    Functions: items.map((record) => withoutStates(configurationOf(ctx, record, isAll ? record.version : undefined))),
    ...(nextToken === undefined ? {} : { NextMarker: nextToken }),
  };
}

/** Lists leave out these members: https://docs.aws.amazon.com/lambda/latest/api/API_ListFunctions.html */
function withoutStates(configuration: ReturnType<typeof configurationOf>): ReturnType<typeof configurationOf> {
  const { State, StateReason, StateReasonCode, LastUpdateStatus, LastUpdateStatusReason, ...shown } = configuration;
  const { LastUpdateStatusReasonCode, RuntimeVersionConfig, ...rest } = shown;
  return rest;
}

export function deleteFunction(input: Input<"lambda", "DeleteFunction">, ctx: Context): Output<"lambda", "DeleteFunction"> {
  const ref = refOf(ctx, input.FunctionName, input.Qualifier);
  const { name, qualifier } = ref;
  if (qualifier === LATEST) throw invalid("$LATEST version cannot be deleted without deleting the function.");
  if (qualifier !== undefined && !isVersion(qualifier)) {
    throw invalid("Deletion of aliases is not currently supported. Please use the DeleteAlias operation.");
  }
  return ctx.tx(() => {
    if (getVersion(ctx, name, qualifier ?? LATEST) === undefined) throw notFound(ctx, ref);
    if (qualifier === undefined) removeFunction(ctx, name);
    else deleteVersion(ctx, name, qualifier);
    ctx.emit({ source: "aws.lambda", type: "Function Deleted", resources: [functionArn(ctx, name, qualifier)], detail: {} });
    ctx.cloud.store.afterCommit(() => retire(ctx, name, qualifier));
    return { StatusCode: 204 };
  });
}

function deleteVersion(ctx: Context, name: string, version: string): void {
  const users = listParts(ctx, "alias", name).filter(({ record }) => record.version === version || version in record.weights);
  if (users.length > 0) {
    const arns = users.map(({ id }) => functionArn(ctx, name, id)).join(", ");
    const message = `Version ${version} is currently referenced by alias ${arns}. Please remove all references to the version before deleting it.`;
    throw new AwsException("ResourceConflictException", message, typed("User"));
  }
  removeVersion(ctx, name, version);
}
