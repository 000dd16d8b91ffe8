import { parseArn } from "../../aws/arn.ts";
import type { Input, Output } from "../../aws/clients.ts";
import type { Context } from "../../aws/context.ts";
import { AwsException } from "../../aws/exception.ts";
import type { Operations } from "../../aws/service.ts";
import { type Tags, withoutTags } from "../../aws/tags.ts";
import { EVENT_TYPES, type EventType, eventType, serviceOf } from "./event-types.ts";
import { addresses, type RuleRow, rules, targets } from "./store.ts";
import { type CheckedTarget, checkTarget, invalid } from "./targets.ts";

const MOST_RULES = 10;
const MOST_TAGS = 50;
const PAGE = 100;

type Service = "codestar-notifications";

function missing(arn: string | undefined): AwsException {
  return new AwsException("ResourceNotFoundException", `Notification rule not found: ${arn ?? ""}`, { status: 404 });
}

/** @throws AwsException ResourceNotFoundException */
function ruleOf(ctx: Context, arn: string | undefined): RuleRow {
  const parsed = parseArn(arn ?? "");
  const here = parsed?.account === ctx.account && parsed.region === ctx.region;
  const row = here ? ctx.get(rules.get, { id: parsed.resource.replace("notificationrule/", "") }) : undefined;
  if (row === undefined) throw missing(arn);
  return row;
}

const eventTypesOf = (row: RuleRow): readonly string[] => JSON.parse(row.event_types) as string[];

const shapeOf = ({ id, service, name, resourceType }: EventType) => ({
  EventTypeId: id,
  ServiceName: service,
  EventTypeName: name,
  ResourceType: resourceType,
});

function checkResource(ctx: Context, resource: string): EventType["service"] {
  const arn = parseArn(resource);
  const service = arn === undefined ? undefined : serviceOf(arn.service, arn.resource);
  if (service === undefined)
    throw invalid(`Invalid resource: ${resource} is neither a repository, a build project, an application nor a pipeline`);
  if (arn?.account !== ctx.account || arn.region !== ctx.region)
    throw invalid(`Invalid resource: ${resource} is of another account or region`);
  return service;
}

function checkEventTypes(ids: readonly string[], service: EventType["service"]): string[] {
  if (ids.length === 0) throw invalid("At least one event type is required");
  for (const id of ids) {
    if (eventType(id)?.service !== service) throw invalid(`Invalid event type ID: ${id} is not an event of ${service}`);
  }
  return [...new Set(ids)];
}

const checkAll = (ctx: Context, given: Input<Service, "CreateNotificationRule">["Targets"]): Promise<CheckedTarget[]> =>
  Promise.all((given ?? []).map((target) => checkTarget(ctx, target)));

function addTargets(ctx: Context, rule: string, checked: readonly CheckedTarget[]): void {
  for (const { address, type, status } of checked) {
    ctx.run(addresses.put, { address, type, status });
    ctx.run(targets.put, { rule, address, type });
  }
}

async function create(input: Input<Service, "CreateNotificationRule">, ctx: Context): Promise<Output<Service, "CreateNotificationRule">> {
  const { Name = "", Resource = "", EventTypeIds = [], DetailType = "FULL", Status = "ENABLED", Tags = {}, ClientRequestToken } = input;
  const service = checkResource(ctx, Resource);
  const eventTypes = checkEventTypes(EventTypeIds, service);
  if (Object.keys(Tags).length > MOST_TAGS) throw invalid(`A notification rule can have up to ${MOST_TAGS} tags`);
  const checked = await checkAll(ctx, input.Targets);
  return ctx.tx(() => {
    const all = ctx.all(rules.all, {});
    const made = all.find(({ token }) => token !== null && token === ClientRequestToken);
    if (made !== undefined) return { Arn: made.arn };
    if (all.some(({ name, resource }) => name === Name && resource === Resource))
      throw new AwsException(
        "ResourceAlreadyExistsException",
        `A notification rule with the name ${Name} already exists for the resource.`,
      );
    if (all.filter(({ resource }) => resource === Resource).length >= MOST_RULES)
      throw new AwsException("LimitExceededException", `A resource can have up to ${MOST_RULES} notification rules.`);
    const id = ctx.cloud.ids.hex(40);
    const arn = ctx.arn("codestar-notifications", `notificationrule/${id}`);
    ctx.run(rules.insert, {
      id,
      arn,
      name: Name,
      resource: Resource,
      detail_type: DetailType,
      status: Status,
      event_types: JSON.stringify(eventTypes),
      tags: JSON.stringify(Tags),
      created_by: ctx.principal.arn,
      created: ctx.now,
      modified: ctx.now,
      token: ClientRequestToken ?? null,
    });
    addTargets(ctx, id, checked);
    ctx.emit({
      source: "aws.codestar-notifications",
      type: "Notification rule created",
      resources: [arn, Resource],
      detail: { name: Name },
    });
    ctx.claim(arn);
    return { Arn: arn };
  });
}

/** What is given replaces what was; targets as a whole. */
async function update(input: Input<Service, "UpdateNotificationRule">, ctx: Context): Promise<Output<Service, "UpdateNotificationRule">> {
  const before = ruleOf(ctx, input.Arn);
  const eventTypes =
    input.EventTypeIds === undefined ? undefined : checkEventTypes(input.EventTypeIds, checkResource(ctx, before.resource));
  const checked = input.Targets === undefined ? undefined : await checkAll(ctx, input.Targets);
  return ctx.tx(() => {
    const row = ruleOf(ctx, input.Arn);
    ctx.run(rules.update, {
      ...row,
      name: input.Name ?? row.name,
      status: input.Status ?? row.status,
      detail_type: input.DetailType ?? row.detail_type,
      event_types: eventTypes === undefined ? row.event_types : JSON.stringify(eventTypes),
      modified: ctx.now,
    });
    if (checked !== undefined) {
      ctx.run(targets.removeOfRule, { rule: row.id });
      addTargets(ctx, row.id, checked);
    }
    ctx.emit({
      source: "aws.codestar-notifications",
      type: "Notification rule updated",
      resources: [row.arn, row.resource],
      detail: { name: row.name },
    });
    return {};
  });
}

function describe(input: Input<Service, "DescribeNotificationRule">, ctx: Context): Output<Service, "DescribeNotificationRule"> {
  const row = ruleOf(ctx, input.Arn);
  return {
    Arn: row.arn,
    Name: row.name,
    EventTypes: eventTypesOf(row)
      .flatMap((id) => eventType(id) ?? [])
      .map(shapeOf),
    Resource: row.resource,
    Targets: ctx.all(targets.ofRule, { rule: row.id }).map(targetShape),
    DetailType: row.detail_type,
    CreatedBy: row.created_by,
    Status: row.status,
    CreatedTimestamp: new Date(row.created),
    LastModifiedTimestamp: new Date(row.modified),
    Tags: JSON.parse(row.tags) as Tags,
  };
}

const targetShape = ({ address, type, status }: { readonly address: string; readonly type: string; readonly status: string }) => ({
  TargetAddress: address,
  TargetType: type,
  TargetStatus: status as "ACTIVE" | "UNREACHABLE",
});

interface PageInput {
  readonly NextToken?: string | undefined;
  readonly MaxResults?: number | undefined;
}

/** One page of what is listed; its token is the key of the last one. */
function pageOf<T>(
  items: readonly T[],
  { NextToken, MaxResults = PAGE }: PageInput,
  keyOf: (item: T) => string,
): { page: T[]; NextToken?: string } {
  const after = NextToken === undefined ? undefined : Buffer.from(NextToken, "base64").toString("utf8");
  const at = after === undefined ? 0 : items.findIndex((item) => keyOf(item) === after) + 1;
  if (after !== undefined && at === 0)
    throw new AwsException("InvalidNextTokenException", "The value for the enumeration token is not valid.");
  const page = items.slice(at, at + MaxResults);
  const last = page.at(-1);
  if (at + MaxResults >= items.length || last === undefined) return { page };
  return { page, NextToken: Buffer.from(keyOf(last)).toString("base64") };
}

function filtered(ctx: Context, filters: Input<Service, "ListNotificationRules">["Filters"]): RuleRow[] {
  return ctx.all(rules.all, {}).filter((row) =>
    (filters ?? []).every(({ Name, Value = "" }) => {
      if (Name === "RESOURCE") return row.resource === Value;
      if (Name === "CREATED_BY") return row.created_by === Value;
      if (Name === "EVENT_TYPE_ID") return eventTypesOf(row).includes(Value);
      return ctx.all(targets.ofRule, { rule: row.id }).some(({ address }) => address === Value);
    }),
  );
}

function retag(ctx: Context, arn: string | undefined, change: (tags: Tags) => Tags): Tags {
  return ctx.tx(() => {
    const row = ruleOf(ctx, arn);
    const tags = change(JSON.parse(row.tags) as Tags);
    if (Object.keys(tags).length > MOST_TAGS)
      throw new AwsException("LimitExceededException", `A notification rule can have up to ${MOST_TAGS} tags.`);
    ctx.run(rules.update, { ...row, tags: JSON.stringify(tags) });
    return tags;
  });
}

/** https://docs.aws.amazon.com/codestar-notifications/latest/APIReference/API_DeleteTarget.html */
function deleteTarget(input: Input<Service, "DeleteTarget">, ctx: Context): Output<Service, "DeleteTarget"> {
  const address = input.TargetAddress ?? "";
  return ctx.tx(() => {
    if (input.ForceUnsubscribeAll !== true && ctx.all(targets.rulesOf, { address }).length > 0)
      throw invalid("Target cannot be deleted because it is associated with one or more notification rules.");
    ctx.run(targets.removeAll, { address });
    ctx.run(addresses.remove, { address });
    return {};
  });
}

async function subscribe(input: Input<Service, "Subscribe">, ctx: Context): Promise<Output<Service, "Subscribe">> {
  ruleOf(ctx, input.Arn);
  const checked = await checkTarget(ctx, input.Target ?? {});
  return ctx.tx(() => {
    const row = ruleOf(ctx, input.Arn);
    addTargets(ctx, row.id, [checked]);
    return { Arn: row.arn };
  });
}

export const operations = {
  CreateNotificationRule: create,
  UpdateNotificationRule: update,
  DescribeNotificationRule: describe,
  DeleteNotificationRule: (input, ctx) =>
    ctx.tx(() => {
      const arn = input.Arn ?? "";
      const row = ctx.get(rules.get, { id: parseArn(arn)?.resource.replace("notificationrule/", "") ?? "" });
      if (row === undefined) return { Arn: arn };
      ctx.run(targets.removeOfRule, { rule: row.id });
      ctx.run(rules.remove, { id: row.id });
      ctx.emit({
        source: "aws.codestar-notifications",
        type: "Notification rule deleted",
        resources: [arn, row.resource],
        detail: { name: row.name },
      });
      return { Arn: arn };
    }),
  ListNotificationRules: (input, ctx) => {
    const { page, ...next } = pageOf(filtered(ctx, input.Filters), input, ({ id }) => id);
    return { NotificationRules: page.map(({ id, arn }) => ({ Id: id, Arn: arn })), ...next };
  },
  ListEventTypes: (input) => {
    const wanted = EVENT_TYPES.filter(({ service, resourceType }) =>
      (input.Filters ?? []).every(({ Name, Value }) => Value === (Name === "SERVICE_NAME" ? service : resourceType)),
    );
    const { page, ...next } = pageOf(wanted, input, ({ id }) => id);
    return { EventTypes: page.map(shapeOf), ...next };
  },
  ListTargets: (input, ctx) => {
    const wanted = ctx.all(addresses.all, {}).filter(({ address, type, status }) => {
      const values: Readonly<Record<string, string>> = { TARGET_TYPE: type, TARGET_ADDRESS: address, TARGET_STATUS: status };
      return (input.Filters ?? []).every(({ Name = "", Value }) => values[Name] === Value);
    });
    const { page, ...next } = pageOf(wanted, input, ({ address }) => address);
    return { Targets: page.map(targetShape), ...next };
  },
  ListTagsForResource: (input, ctx) => ({ Tags: JSON.parse(ruleOf(ctx, input.Arn).tags) as Tags }),
  TagResource: (input, ctx) => ({ Tags: retag(ctx, input.Arn, (tags) => ({ ...tags, ...input.Tags })) }),
  UntagResource: (input, ctx) => {
    retag(ctx, input.Arn, (tags) => withoutTags(tags, input.TagKeys));
    return {};
  },
  Subscribe: subscribe,
  Unsubscribe: (input, ctx) =>
    ctx.tx(() => {
      const row = ruleOf(ctx, input.Arn);
      ctx.run(targets.remove, { rule: row.id, address: input.TargetAddress ?? "" });
      return { Arn: row.arn };
    }),
  DeleteTarget: deleteTarget,
} satisfies Operations<Service>;
