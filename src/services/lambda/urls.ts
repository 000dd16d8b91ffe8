import type { Input, Output } from "../../aws/clients.ts";
import type { Context } from "../../aws/context.ts";
import { AwsException } from "../../aws/exception.ts";
import { timestamp } from "./configuration.ts";
import { functionArn, invalid, isVersion, refOf, resolve, typed } from "./names.ts";
import type { UrlCors, UrlRecord } from "./records.ts";
import { getPart, listParts, putPart, putUrlId, removePart, removeUrlId } from "./store.ts";

/** Id length as in AWS's own URLs. */
const ID_LENGTH = 32;

export function createFunctionUrlConfig(
  input: Input<"lambda", "CreateFunctionUrlConfig">,
  ctx: Context,
): Output<"lambda", "CreateFunctionUrlConfig"> {
  const { name, qualifier } = target(ctx, input);
  return ctx.tx(() => {
    if (getPart(ctx, "url", name, qualifier ?? "") !== undefined) {
      const message = `Failed to create function url config for [functionArn = ${functionArn(ctx, name, qualifier)}]. Error message:  FunctionUrlConfig exists for this Lambda function`;
      throw new AwsException("ResourceConflictException", message, typed("User"));
    }
    const record: UrlRecord = {
      urlId: ctx.cloud.ids.alphanumeric(ID_LENGTH),
      authType: input.AuthType ?? "AWS_IAM",
      invokeMode: input.InvokeMode ?? "BUFFERED",
      created: ctx.now,
      modified: ctx.now,
      ...(input.Cors === undefined ? {} : { cors: input.Cors as UrlCors }),
    };
    putPart(ctx, "url", name, [qualifier ?? "", record]);
    putUrlId(ctx, record.urlId, name, qualifier ?? "");
    ctx.claim(functionArn(ctx, name, qualifier));
    ctx.emit({
      source: "aws.lambda",
      type: "Function URL Created",
      resources: [functionArn(ctx, name, qualifier)],
      detail: { url: urlOf(ctx, record) },
    });
    return urlConfigOf(ctx, name, qualifier, record);
  });
}

export function updateFunctionUrlConfig(
  input: Input<"lambda", "UpdateFunctionUrlConfig">,
  ctx: Context,
): Output<"lambda", "UpdateFunctionUrlConfig"> {
  const { name, qualifier } = target(ctx, input);
  return ctx.tx(() => {
    const before = find(ctx, name, qualifier);
    const record: UrlRecord = {
      ...before,
      authType: input.AuthType ?? before.authType,
      invokeMode: input.InvokeMode ?? before.invokeMode,
      ...(input.Cors === undefined ? {} : { cors: input.Cors as UrlCors }),
      modified: ctx.now,
    };
    putPart(ctx, "url", name, [qualifier ?? "", record]);
    return urlConfigOf(ctx, name, qualifier, record);
  });
}

export function getFunctionUrlConfig(
  input: Input<"lambda", "GetFunctionUrlConfig">,
  ctx: Context,
): Output<"lambda", "GetFunctionUrlConfig"> {
  const { name, qualifier } = refOf(ctx, input.FunctionName, input.Qualifier);
  return urlConfigOf(ctx, name, qualifier, find(ctx, name, qualifier));
}

export function deleteFunctionUrlConfig(
  input: Input<"lambda", "DeleteFunctionUrlConfig">,
  ctx: Context,
): Output<"lambda", "DeleteFunctionUrlConfig"> {
  const { name, qualifier } = refOf(ctx, input.FunctionName, input.Qualifier);
  return ctx.tx(() => {
    find(ctx, name, qualifier);
    removePart(ctx, "url", name, qualifier ?? "");
    removeUrlId(ctx, name, qualifier ?? "");
    ctx.emit({ source: "aws.lambda", type: "Function URL Deleted", resources: [functionArn(ctx, name, qualifier)], detail: {} });
    return {};
  });
}

export function listFunctionUrlConfigs(
  input: Input<"lambda", "ListFunctionUrlConfigs">,
  ctx: Context,
): Output<"lambda", "ListFunctionUrlConfigs"> {
  const { name } = resolve(ctx, refOf(ctx, input.FunctionName));
  const rows = listParts(ctx, "url", name);
  return { FunctionUrlConfigs: rows.map(({ id, record }) => urlConfigOf(ctx, name, id === "" ? undefined : id, record)) };
}

function target(
  ctx: Context,
  input: { FunctionName: string | undefined; Qualifier?: string | undefined },
): { readonly name: string; readonly qualifier: string | undefined } {
  const { name, qualifier } = resolve(ctx, refOf(ctx, input.FunctionName, input.Qualifier));
  if (qualifier !== undefined && isVersion(qualifier))
    throw invalid("A function URL belongs to a function or to an alias, not to a version.");
  return { name, qualifier };
}

function find(ctx: Context, name: string, qualifier: string | undefined): UrlRecord {
  const record = getPart(ctx, "url", name, qualifier ?? "");
  if (record !== undefined) return record;
  throw new AwsException("ResourceNotFoundException", "The resource you requested does not exist.", typed("User"));
}

/** `http://<id>.lambda-url.<region>.localhost:<port>/`: names under localhost lead to this machine. */
function urlOf(ctx: Context, record: UrlRecord): string {
  const { port } = new URL(ctx.cloud.endpoint);
  return `http://${record.urlId}.lambda-url.${ctx.region}.localhost${port === "" ? "" : `:${port}`}/`;
}

function urlConfigOf(
  ctx: Context,
  name: string,
  qualifier: string | undefined,
  record: UrlRecord,
): Output<"lambda", "UpdateFunctionUrlConfig"> {
  return {
    FunctionUrl: urlOf(ctx, record),
    FunctionArn: functionArn(ctx, name, qualifier),
    AuthType: record.authType,
    CreationTime: timestamp(record.created),
    LastModifiedTime: timestamp(record.modified),
    InvokeMode: record.invokeMode,
    ...(record.cors === undefined ? {} : { Cors: record.cors }),
  };
}
