import type { FunctionEventInvokeConfig } from "@aws-sdk/client-lambda";
import { parseArn } from "../../aws/arn.ts";
import type { Input, Output } from "../../aws/clients.ts";
import type { Context } from "../../aws/context.ts";
import { AwsException } from "../../aws/exception.ts";
import { decodeToken, pageOf } from "../../aws/paging.ts";
import { functionArn, invalid, notFound, refOf, resolve, typed } from "./names.ts";
import type { EventConfig } from "./records.ts";
import { getFunctionRow, getPart, LATEST, listParts, putPart, removePart } from "./store.ts";

const PAGE = 50;
const DESTINATIONS = ["sqs", "sns", "lambda", "events", "s3"];

export function putFunctionEventInvokeConfig(
  input: Input<"lambda", "PutFunctionEventInvokeConfig">,
  ctx: Context,
): Output<"lambda", "PutFunctionEventInvokeConfig"> {
  return store(ctx, input, undefined);
}

export function updateFunctionEventInvokeConfig(
  input: Input<"lambda", "UpdateFunctionEventInvokeConfig">,
  ctx: Context,
): Output<"lambda", "UpdateFunctionEventInvokeConfig"> {
  const { name, qualifier } = resolve(ctx, refOf(ctx, input.FunctionName, input.Qualifier));
  return store(ctx, input, find(ctx, name, qualifier));
}

function store(
  ctx: Context,
  input: Input<"lambda", "PutFunctionEventInvokeConfig">,
  before: EventConfig | undefined,
): FunctionEventInvokeConfig {
  const { name, qualifier } = resolve(ctx, refOf(ctx, input.FunctionName, input.Qualifier));
  const destinations = input.DestinationConfig ?? before?.destinations;
  for (const target of [destinations?.OnSuccess?.Destination, destinations?.OnFailure?.Destination]) {
    if (target !== undefined && !DESTINATIONS.includes(parseArn(target)?.service ?? "")) {
      throw invalid(
        `The provided destination config DestinationConfig is invalid: ${target} is not a queue, topic, function, event bus or bucket.`,
      );
    }
  }
  if (parseArn(destinations?.OnSuccess?.Destination ?? "")?.service === "s3") {
    throw invalid(
      "The provided destination config DestinationConfig is invalid: S3 buckets are supported only for on-failure destinations.",
    );
  }
  const retries = input.MaximumRetryAttempts ?? before?.retries;
  const maxAge = input.MaximumEventAgeInSeconds ?? before?.maxAge;
  const record: EventConfig = {
    lastModified: ctx.now,
    ...(retries === undefined ? {} : { retries }),
    ...(maxAge === undefined ? {} : { maxAge }),
    ...(destinations === undefined ? {} : { destinations }),
  };
  return ctx.tx(() => {
    putPart(ctx, "event-config", name, [qualifier ?? LATEST, record]);
    ctx.claim(`${name}|${qualifier ?? LATEST}`);
    return configOf(ctx, name, qualifier ?? LATEST, record);
  });
}

export function getFunctionEventInvokeConfig(
  input: Input<"lambda", "GetFunctionEventInvokeConfig">,
  ctx: Context,
): Output<"lambda", "GetFunctionEventInvokeConfig"> {
  const { name, qualifier } = refOf(ctx, input.FunctionName, input.Qualifier);
  return configOf(ctx, name, qualifier ?? LATEST, find(ctx, name, qualifier));
}

export function deleteFunctionEventInvokeConfig(
  input: Input<"lambda", "DeleteFunctionEventInvokeConfig">,
  ctx: Context,
): Output<"lambda", "DeleteFunctionEventInvokeConfig"> {
  const { name, qualifier } = refOf(ctx, input.FunctionName, input.Qualifier);
  return ctx.tx(() => {
    find(ctx, name, qualifier);
    removePart(ctx, "event-config", name, qualifier ?? LATEST);
    return {};
  });
}

export function listFunctionEventInvokeConfigs(
  input: Input<"lambda", "ListFunctionEventInvokeConfigs">,
  ctx: Context,
): Output<"lambda", "ListFunctionEventInvokeConfigs"> {
  const { name } = refOf(ctx, input.FunctionName);
  if (getFunctionRow(ctx, name) === undefined) throw notFound(ctx, { name, qualifier: undefined });
  const limit = Math.min(input.MaxItems ?? PAGE, PAGE);
  const [after = ""] = (input.Marker === undefined ? [] : decodeToken(input.Marker)) ?? [];
  const rows = listParts(ctx, "event-config", name, { after: String(after), limit: limit + 1 });
  const { items, nextToken } = pageOf(rows, limit, ({ id }) => [id]);
  return {
    FunctionEventInvokeConfigs: items.map(({ id, record }) => configOf(ctx, name, id, record)),
    ...(nextToken === undefined ? {} : { NextMarker: nextToken }),
  };
}

function find(ctx: Context, name: string, qualifier: string | undefined): EventConfig {
  const record = getPart(ctx, "event-config", name, qualifier ?? LATEST);
  if (record !== undefined) return record;
  const arn = functionArn(ctx, name, qualifier ?? LATEST);
  throw new AwsException("ResourceNotFoundException", `The function ${arn} doesn't have an EventInvokeConfig`, typed("User"));
}

function configOf(ctx: Context, name: string, qualifier: string, record: EventConfig): FunctionEventInvokeConfig {
  return {
    LastModified: new Date(record.lastModified),
    FunctionArn: functionArn(ctx, name, qualifier),
    ...(record.retries === undefined ? {} : { MaximumRetryAttempts: record.retries }),
    ...(record.maxAge === undefined ? {} : { MaximumEventAgeInSeconds: record.maxAge }),
    DestinationConfig: { OnSuccess: {}, OnFailure: {}, ...record.destinations },
  };
}
