import type { Context } from "../../aws/context.ts";
import type { RequiredPermission, ServiceDefinition } from "../../aws/service.ts";
import { busArn, DEFAULT_BUS, ruleArn } from "./names.ts";
import { selectBus } from "./store.ts";

type Permissions = NonNullable<ServiceDefinition<"eventbridge">["permissions"]>;
type Named = Readonly<Record<string, unknown>>;
type Asks = (input: Named, ctx: Context) => RequiredPermission[];

/** Operations on a rule, and the member that names it. */
const ON_RULE = {
  DeleteRule: "Name",
  DescribeRule: "Name",
  DisableRule: "Name",
  EnableRule: "Name",
  ListTargetsByRule: "Rule",
  PutRule: "Name",
  PutTargets: "Rule",
  RemoveTargets: "Rule",
} as const;
const ON_BUS = ["CreateEventBus", "DeleteEventBus", "DescribeEventBus", "UpdateEventBus"] as const;
const ON_ARCHIVE = ["DeleteArchive", "DescribeArchive", "UpdateArchive"] as const;
const ON_REPLAY = ["CancelReplay", "DescribeReplay"] as const;
const ON_TAGGED = ["ListTagsForResource", "TagResource", "UntagResource"] as const;
const PASSED = { "iam:PassedToService": ["events.amazonaws.com"] };

function textOf(input: Named, member: string): string | undefined {
  const value = input[member];
  return typeof value === "string" ? value : undefined;
}

function busNamed(ctx: Context, nameOrArn: string | undefined): string {
  return nameOrArn?.startsWith("arn:") ? nameOrArn : busArn(ctx, nameOrArn ?? DEFAULT_BUS);
}

function onRule(action: string, member: string): Asks {
  return (input, ctx) => {
    const bus = busNamed(ctx, textOf(input, "EventBusName")).split(":event-bus/").at(-1) ?? DEFAULT_BUS;
    const own = { action: `events:${action}`, resource: ruleArn(ctx, { bus, name: textOf(input, member) ?? "" }) };
    return [own, ...passing(input)];
  };
}

/** The roles that a rule or its targets are given must be passed. */
function passing(input: Named): RequiredPermission[] {
  const targets = Array.isArray(input["Targets"]) ? (input["Targets"] as readonly Named[]) : [];
  const roles = [input, ...targets].map(({ RoleArn }) => RoleArn).filter((role) => typeof role === "string");
  return [...new Set(roles)].map((resource) => ({ action: "iam:PassRole", resource, conditions: PASSED }));
}

/** Each entry is asked about with its own source and detail type; buses of other accounts judge by their own policies. */
const putEvents: Asks = (input, ctx) => {
  const entries = Array.isArray(input["Entries"]) ? (input["Entries"] as readonly Named[]) : [];
  const asked = new Map<string, RequiredPermission>();
  for (const entry of entries) {
    const resource = busNamed(ctx, textOf(entry, "EventBusName"));
    const [source, type] = [textOf(entry, "Source"), textOf(entry, "DetailType")];
    const conditions = { "events:source": [source ?? ""], "events:detail-type": [type ?? ""] };
    const policy = ctx.get(selectBus, { name: resource.split(":event-bus/").at(-1) ?? "" })?.policy ?? undefined;
    const own = resource.startsWith(ctx.arn("events", "event-bus/")) ? policy : undefined;
    asked.set(JSON.stringify([resource, source, type]), { action: "events:PutEvents", resource, conditions, policy: own });
  }
  return [...asked.values()];
};

const each = (names: readonly string[], make: (action: string) => Asks): Record<string, Asks> =>
  Object.fromEntries(names.map((name) => [name, make(name)]));

/** https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazoneventbridge.html; lists and PutPermission are asked about `*`. */
export const permissions = {
  ...Object.fromEntries(Object.entries(ON_RULE).map(([action, member]) => [action, onRule(action, member)] as const)),
  ...each(ON_BUS, (action) => (input, ctx) => [{ action: `events:${action}`, resource: busNamed(ctx, textOf(input, "Name")) }]),
  ...each(ON_ARCHIVE, (action) => (input, ctx) => [
    { action: `events:${action}`, resource: ctx.arn("events", `archive/${textOf(input, "ArchiveName") ?? ""}`) },
  ]),
  ...each(ON_REPLAY, (action) => (input, ctx) => [
    { action: `events:${action}`, resource: ctx.arn("events", `replay/${textOf(input, "ReplayName") ?? ""}`) },
  ]),
  ...each(ON_TAGGED, (action) => (input) => [{ action: `events:${action}`, resource: textOf(input, "ResourceARN") ?? "*" }]),
  CreateArchive: (input: Named, ctx: Context) => [
    { action: "events:CreateArchive", resource: ctx.arn("events", `archive/${textOf(input, "ArchiveName") ?? ""}`) },
    { action: "events:CreateArchive", resource: textOf(input, "EventSourceArn") ?? "*" },
  ],
  PutEvents: putEvents,
  StartReplay: (input: Named, ctx: Context) => {
    const to = (input["Destination"] as Named | undefined)?.["Arn"];
    const replay = ctx.arn("events", `replay/${textOf(input, "ReplayName") ?? ""}`);
    const resources = [replay, textOf(input, "EventSourceArn"), to].filter((resource) => typeof resource === "string");
    return resources.map((resource) => ({ action: "events:StartReplay", resource }));
  },
} as unknown as Permissions;
