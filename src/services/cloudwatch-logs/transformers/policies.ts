import type { Processor } from "@aws-sdk/client-cloudwatch-logs";
import type { Input, Output } from "../../../aws/clients.ts";
import type { Cloud, Context } from "../../../aws/context.ts";
import { AwsException } from "../../../aws/exception.ts";
import { accountPolicies } from "../data-protection/store.ts";
import { prefixOf } from "../field-indexes/policies.ts";
import { findGroup, groupArn, invalidParameter } from "../groups.ts";
import type { EventRow, GroupRow } from "../store.ts";
import type { Surroundings } from "./event.ts";
import { transformed, transformers } from "./store.ts";
import { compileTransformer, type Transformer } from "./transformer.ts";

type Service = "cloudwatch-logs";

/** Transformers made ready, by their text. */
const ready = new WeakMap<Cloud, Map<string, Transformer>>();
const MOST_READY = 1_000;

function standardGroup(ctx: Context, identifier: string | undefined): GroupRow {
  const group = findGroup(ctx, identifier);
  if (group.class !== "STANDARD") throw invalidParameter("Transformers are supported only for log groups in the Standard log class.");
  return group;
}

function tell(ctx: Context, group: GroupRow, type: string): void {
  const rule = `${ctx.principal.arn} decides how the events of ${group.name} are transformed from now on`;
  ctx.emit({ source: "aws.logs", type, resources: [groupArn(ctx, group.name)], detail: { logGroupName: group.name }, rule });
}

/** https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_PutTransformer.html */
export function putTransformer(input: Input<Service, "PutTransformer">, ctx: Context): Output<Service, "PutTransformer"> {
  const config = input.transformerConfig ?? [];
  compileTransformer("PutTransformer", config);
  return ctx.tx(() => {
    const group = standardGroup(ctx, input.logGroupIdentifier);
    ctx.run(transformers.put, { group: group.id, config: JSON.stringify(config), now: ctx.now });
    ctx.claim(group.name);
    tell(ctx, group, "Log Transformer Put");
    return {};
  });
}

/** https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_GetTransformer.html */
export function getTransformer(input: Input<Service, "GetTransformer">, ctx: Context): Output<Service, "GetTransformer"> {
  const row = ctx.get(transformers.get, { group: findGroup(ctx, input.logGroupIdentifier).id });
  if (row === undefined) return {};
  return {
    logGroupIdentifier: input.logGroupIdentifier,
    creationTime: row.created,
    lastModifiedTime: row.modified,
    transformerConfig: JSON.parse(row.config) as Processor[],
  };
}

/** https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_DeleteTransformer.html */
export function deleteTransformer(input: Input<Service, "DeleteTransformer">, ctx: Context): Output<Service, "DeleteTransformer"> {
  return ctx.tx(() => {
    const group = findGroup(ctx, input.logGroupIdentifier);
    if (ctx.run(transformers.remove, { group: group.id }) === 0)
      throw new AwsException("ResourceNotFoundException", "The specified transformer does not exist.");
    tell(ctx, group, "Log Transformer Deleted");
    return {};
  });
}

/** https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_TestTransformer.html */
export function testTransformer(input: Input<Service, "TestTransformer">, ctx: Context): Output<Service, "TestTransformer"> {
  const transform = compileTransformer("TestTransformer", input.transformerConfig ?? []);
  const surroundings = { logGroup: "", logStream: "", account: ctx.account, region: ctx.region };
  const transformedLogs = (input.logEventMessages ?? []).map((eventMessage, index) => {
    const { message } = transform(eventMessage, surroundings);
    return { eventNumber: index + 1, eventMessage, ...(message === null ? {} : { transformedEventMessage: message }) };
  });
  return { transformedLogs };
}

/** A policy's document: a list of processors. @throws AwsException InvalidParameterException */
export function readTransformer(operation: string, document: string): Transformer {
  let config: unknown;
  try {
    config = JSON.parse(document);
  } catch {
    throw invalidParameter("The transformer policy is not valid JSON.");
  }
  if (!Array.isArray(config) || !config.every((item) => typeof item === "object" && item !== null))
    throw invalidParameter("The transformer policy is not a list of processors.");
  return compileTransformer(operation, config as Processor[]);
}

/** A group's own transformer is in place of the account's. */
function documentOf(ctx: Context, group: GroupRow): string | undefined {
  if (group.class !== "STANDARD") return undefined;
  const own = ctx.get(transformers.get, { group: group.id });
  if (own !== undefined) return own.config;
  if (ctx.get(accountPolicies.first, { type: "TRANSFORMER_POLICY" }) === undefined) return undefined;
  return ctx.all(accountPolicies.ofType, { type: "TRANSFORMER_POLICY" }).find(({ criteria }) => group.name.startsWith(prefixOf(criteria)))
    ?.document;
}

/** What transforms the events of a group; undefined where nothing does. */
export function transformerFor(ctx: Context, group: GroupRow): Transformer | undefined {
  const document = documentOf(ctx, group);
  if (document === undefined) return undefined;
  let own = ready.get(ctx.cloud);
  if (own === undefined || own.size >= MOST_READY) {
    own = new Map();
    ready.set(ctx.cloud, own);
  }
  let found = own.get(document);
  if (found === undefined) {
    found = readTransformer("PutLogEvents", document);
    own.set(document, found);
  }
  return found;
}

export function surroundingsOf(ctx: Context, group: GroupRow, logStream: string): Surroundings {
  return { logGroup: group.name, logStream, account: ctx.account, region: ctx.region };
}

/** Filters on transformed logs need a transformer. @throws AwsException InvalidParameterException */
export function requireTransformer(ctx: Context, group: GroupRow): void {
  if (documentOf(ctx, group) === undefined)
    throw invalidParameter("applyOnTransformedLogs is valid only for log groups that have an active log transformer.");
}

/** The transformed versions of events that have one. */
export function transformedEvents<T extends EventRow>(ctx: Context, group: GroupRow, events: readonly T[]): T[] {
  if (group.transformed === 0) return [];
  return events.flatMap((event) => {
    const message = ctx.get(transformed.get, { group: group.id, time: event.time, seq: event.seq })?.message ?? undefined;
    return message === undefined ? [] : [{ ...event, message }];
  });
}
