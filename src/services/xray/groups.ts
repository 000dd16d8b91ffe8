import type { Input, Output } from "../../aws/clients.ts";
import type { Context } from "../../aws/context.ts";
import { decodeToken, pageOf } from "../../aws/paging.ts";
import { type Tags, tagsOfList } from "../../aws/tags.ts";
import type { FilterScope } from "./filter/evaluate.ts";
import { type Expression, parseFilter } from "./filter/parser.ts";
import {
  countGroups,
  deleteGroupRow,
  type GroupRow,
  insertGroup,
  selectGroup,
  selectGroupByArn,
  selectGroupsAfter,
  setting,
  updateGroupRow,
} from "./store.ts";
import { invalidRequest } from "./trace/range.ts";

/** https://docs.aws.amazon.com/general/latest/gr/xray.html */
const MOST_GROUPS = 25;
const PAGE = 100;
const DEFAULT = "Default";

type Group = NonNullable<Output<"xray", "GetGroup">["Group"]>;
type InsightsConfiguration = NonNullable<Group["InsightsConfiguration"]>;
type GroupKey = { GroupName?: string | undefined; GroupARN?: string | undefined };

function shapeOf({ name, arn, filter, insights }: GroupRow): Group {
  const FilterExpression = filter === "" ? {} : { FilterExpression: filter };
  return { GroupName: name, GroupARN: arn, ...FilterExpression, InsightsConfiguration: JSON.parse(insights) as InsightsConfiguration };
}

/** Every trace belongs to it; only its insights can be changed. https://docs.aws.amazon.com/xray/latest/devguide/xray-console-groups.html */
function defaultGroup(ctx: Context): GroupRow {
  const insights = ctx.get(setting.get, { name: "default-insights" })?.value ?? insightsOf(undefined);
  return { name: DEFAULT, arn: ctx.arn("xray", "group/Default"), filter: "", insights, tags: "{}" };
}

export function findGroup(ctx: Context, { GroupName: name, GroupARN: arn }: GroupKey): GroupRow | undefined {
  if ((name === undefined) === (arn === undefined)) throw invalidRequest("Exactly one of GroupName and GroupARN must be given");
  const first = defaultGroup(ctx);
  if (name === DEFAULT || arn === first.arn) return first;
  return arn === undefined ? ctx.get(selectGroup, { name: name ?? "" }) : ctx.get(selectGroupByArn, { arn });
}

function existing(ctx: Context, key: GroupKey): GroupRow {
  const row = findGroup(ctx, key);
  if (row === undefined) throw invalidRequest(`Group ${key.GroupName ?? key.GroupARN} not found.`);
  return row;
}

function insightsOf(given: InsightsConfiguration | undefined, before: InsightsConfiguration = {}): string {
  const { InsightsEnabled = before.InsightsEnabled ?? false, NotificationsEnabled = before.NotificationsEnabled ?? false } = given ?? {};
  if (NotificationsEnabled && !InsightsEnabled)
    throw invalidRequest("Notifications can only be enabled on a group with InsightsEnabled set to true");
  return JSON.stringify({ InsightsEnabled, NotificationsEnabled } satisfies InsightsConfiguration);
}

/** https://docs.aws.amazon.com/xray/latest/api/API_CreateGroup.html */
export function createGroup(input: Input<"xray", "CreateGroup">, ctx: Context): Output<"xray", "CreateGroup"> {
  const { GroupName: name = "", FilterExpression: filter = "" } = input;
  if (name === DEFAULT) throw invalidRequest("Default is a reserved group name");
  if (filter !== "") parseFilter(filter);
  const insights = insightsOf(input.InsightsConfiguration);
  return ctx.tx(() => {
    if (ctx.get(selectGroup, { name }) !== undefined) throw invalidRequest(`Group ${name} already exists.`);
    if ((ctx.get(countGroups, {})?.count ?? 0) >= MOST_GROUPS) throw invalidRequest(`The limit of ${MOST_GROUPS} groups is reached`);
    const arn = ctx.arn("xray", `group/${name}/${ctx.cloud.ids.upper(52)}`);
    const row = { name, arn, filter, insights, tags: JSON.stringify(tagsOfList(input.Tags)) };
    ctx.run(insertGroup, row);
    ctx.claim(arn);
    return { Group: shapeOf(row) };
  });
}

export function updateGroup(input: Input<"xray", "UpdateGroup">, ctx: Context): Output<"xray", "UpdateGroup"> {
  const { FilterExpression: filter } = input;
  if (filter !== undefined && filter !== "") parseFilter(filter);
  return ctx.tx(() => {
    const row = existing(ctx, input);
    const insights = insightsOf(input.InsightsConfiguration, JSON.parse(row.insights) as InsightsConfiguration);
    if (row.name === DEFAULT) {
      if (filter !== undefined) throw invalidRequest("The filter expression of the Default group cannot be changed");
      ctx.run(setting.put, { name: "default-insights", value: insights });
    } else ctx.run(updateGroupRow, { name: row.name, filter: filter ?? row.filter, insights });
    return { Group: shapeOf({ ...row, filter: filter ?? row.filter, insights }) };
  });
}

export function deleteGroup(input: Input<"xray", "DeleteGroup">, ctx: Context): Output<"xray", "DeleteGroup"> {
  const { name } = existing(ctx, input);
  if (name === DEFAULT) throw invalidRequest("The Default group cannot be deleted");
  ctx.run(deleteGroupRow, { name });
  return {};
}

export function getGroup(input: Input<"xray", "GetGroup">, ctx: Context): Output<"xray", "GetGroup"> {
  return { Group: shapeOf(existing(ctx, input)) };
}

export function getGroups(input: Input<"xray", "GetGroups">, ctx: Context): Output<"xray", "GetGroups"> {
  const after = input.NextToken === undefined ? "" : decodeToken(input.NextToken)?.[0];
  if (typeof after !== "string") throw invalidRequest("The next token is not valid");
  const page = pageOf(ctx.all(selectGroupsAfter, { after, limit: PAGE + 1 }), PAGE, ({ name }) => [name]);
  const rows = after === "" ? [defaultGroup(ctx), ...page.items] : page.items;
  return { Groups: rows.map(shapeOf), ...(page.nextToken === undefined ? {} : { NextToken: page.nextToken }) };
}

export function groupTags(ctx: Context, arn: string): Tags | undefined {
  const row = ctx.get(selectGroupByArn, { arn });
  return row === undefined ? undefined : (JSON.parse(row.tags) as Tags);
}

export interface InsightGroup {
  readonly name: string;
  readonly arn: string;
  /** Empty for every trace. */
  readonly filter: string;
  /** Its insights are told to EventBridge. */
  readonly notifies: boolean;
}

/** The groups whose insights are on. */
export function insightGroups(ctx: Context): InsightGroup[] {
  return [defaultGroup(ctx), ...ctx.all(selectGroupsAfter, { after: "", limit: MOST_GROUPS })].flatMap(
    ({ name, arn, filter, insights }) => {
      const { InsightsEnabled, NotificationsEnabled } = JSON.parse(insights) as InsightsConfiguration;
      return InsightsEnabled === true ? [{ name, arn, filter, notifies: NotificationsEnabled === true }] : [];
    },
  );
}

/** What the group asks of a trace; undefined for all of them. @throws AwsException InvalidRequestException */
export function groupFilter(ctx: Context, key: GroupKey): Expression | undefined {
  if (key.GroupName === undefined && key.GroupARN === undefined) return undefined;
  const { filter } = existing(ctx, key);
  return filter === "" ? undefined : parseFilter(filter);
}

/** Lets filter expressions name groups. */
export function filterScope(ctx: Context): FilterScope {
  return {
    account: ctx.account,
    group: (by, value) => {
      const row = by === "name" ? findGroup(ctx, { GroupName: value }) : findGroup(ctx, { GroupARN: value });
      if (row === undefined) throw invalidRequest(`Group ${value} not found.`);
      // Every trace has a duration: what a group without a filter asks for.
      return parseFilter(row.filter === "" ? "duration >= 0" : row.filter);
    },
  };
}
