import type { Target } from "@aws-sdk/client-eventbridge";
import type { Context } from "../../aws/context.ts";
import { AwsException } from "../../aws/exception.ts";
import { deleted, type Properties, type ResourceRequest, type ResourceState, type ResourceType } from "../../aws/resource.ts";
import { listOfTags, resourceTags } from "../../aws/tags.ts";
import { DEFAULT_BUS, ruleArn } from "./names.ts";
import { physicalId } from "./rules.ts";

const text = (value: unknown): string | undefined => (value === undefined || value === null || value === "" ? undefined : String(value));

/** JSON as an object or as text. */
const document = (value: unknown): string | undefined =>
  typeof value === "object" && value !== null ? JSON.stringify(value) : text(value);

function defined<T extends object>(members: T): { [K in keyof T]: Exclude<T[K], undefined> } {
  return Object.fromEntries(Object.entries(members).filter(([, value]) => value !== undefined)) as {
    [K in keyof T]: Exclude<T[K], undefined>;
  };
}

const GONE = "ResourceNotFoundException";

/** Template values arrive as text where the API wants numbers. */
function targetOf(value: unknown): Target {
  const target = value as Record<string, unknown>;
  const retry = target["RetryPolicy"] as Record<string, unknown> | undefined;
  const numbers = retry === undefined ? undefined : Object.fromEntries(Object.entries(retry).map(([key, number]) => [key, Number(number)]));
  return { ...target, Input: document(target["Input"]), ...(numbers === undefined ? {} : { RetryPolicy: numbers }) } as unknown as Target;
}

function ruleReference(id: string): { Name: string; EventBusName: string } {
  const [first = "", second] = id.split("|");
  return second === undefined ? { Name: first, EventBusName: DEFAULT_BUS } : { Name: second, EventBusName: first };
}

function busNameOf(value: unknown): string {
  return (text(value) ?? DEFAULT_BUS).replace(/^arn:.*:event-bus\//, "");
}

/** Writes the rule and makes its targets those of the template; all of it may be done twice. */
async function putRule(ctx: Context, name: string, request: ResourceRequest): Promise<ResourceState> {
  const { properties } = request;
  const bus = busNameOf(properties["EventBusName"]);
  await ctx.call(
    "eventbridge",
    "PutRule",
    defined({
      Name: name,
      EventBusName: bus,
      EventPattern: document(properties["EventPattern"]),
      ScheduleExpression: text(properties["ScheduleExpression"]),
      State: text(properties["State"]) as "ENABLED" | "DISABLED" | undefined,
      Description: text(properties["Description"]),
      RoleArn: text(properties["RoleArn"]),
      Tags: listOfTags(resourceTags(request)),
    }),
  );
  const wanted = ((properties["Targets"] ?? []) as unknown[]).map(targetOf);
  const reference = { Rule: name, EventBusName: bus };
  const { Targets = [] } = await ctx.call("eventbridge", "ListTargetsByRule", reference);
  const stale = Targets.map(({ Id }) => Id ?? "").filter((id) => !wanted.some(({ Id }) => Id === id));
  if (stale.length > 0) await ctx.call("eventbridge", "RemoveTargets", { ...reference, Ids: stale });
  if (wanted.length > 0) await ctx.call("eventbridge", "PutTargets", { ...reference, Targets: wanted });
  return { physicalId: physicalId(bus, name), attributes: { Arn: ruleArn(ctx, { bus, name }) } };
}

/** https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-events-rule.html */
const rule: ResourceType = {
  create: (ctx, request) => putRule(ctx, text(request.properties["Name"]) ?? request.generatedName(64), request),
  update: (ctx, request) => putRule(ctx, ruleReference(request.physicalId).Name, request),
  delete: async (ctx, { physicalId: id }) => {
    const { Name, EventBusName } = ruleReference(id);
    const reference = { Rule: Name, EventBusName };
    const removal = async (): Promise<void> => {
      const { Targets = [] } = await ctx.call("eventbridge", "ListTargetsByRule", reference);
      const Ids = Targets.map((target) => target.Id ?? "");
      if (Ids.length > 0) await ctx.call("eventbridge", "RemoveTargets", { ...reference, Ids });
      await ctx.call("eventbridge", "DeleteRule", { Name, EventBusName });
    };
    return await deleted(GONE, removal());
  },
  read: async (ctx, id) => {
    const reference = ruleReference(id);
    try {
      const { Arn: _, CreatedBy: __, EventPattern, ...found } = await ctx.call("eventbridge", "DescribeRule", reference);
      const { Targets } = await ctx.call("eventbridge", "ListTargetsByRule", {
        Rule: reference.Name,
        EventBusName: reference.EventBusName,
      });
      const pattern = EventPattern === undefined ? {} : { EventPattern: JSON.parse(EventPattern) as unknown };
      return { ...found, ...pattern, Targets } as unknown as Properties;
    } catch (error) {
      if (error instanceof AwsException && error.code === "ResourceNotFoundException") return undefined;
      throw error;
    }
  },
};

async function busState(ctx: Context, Name: string): Promise<ResourceState> {
  const bus = await ctx.call("eventbridge", "DescribeEventBus", { Name });
  return { physicalId: Name, attributes: { Name, Arn: bus.Arn, Policy: bus.Policy } };
}

async function putBusPolicy(ctx: Context, name: string, properties: Properties): Promise<void> {
  const Policy = document(properties["Policy"]);
  if (Policy !== undefined) await ctx.call("eventbridge", "PutPermission", { EventBusName: name, Policy });
}

const REFUSED = ["EventSourceName", "KmsKeyIdentifier", "DeadLetterConfig", "LogConfig"];

/** https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-events-eventbus.html */
const eventBus: ResourceType = {
  create: async (ctx, request) => {
    const { properties } = request;
    const name = ctx.claimed() ?? text(properties["Name"]) ?? "";
    const others = Object.fromEntries(REFUSED.map((member) => [member, properties[member]]));
    if (ctx.claimed() === undefined) {
      const input = { Name: name, Description: text(properties["Description"]), Tags: listOfTags(resourceTags(request)), ...others };
      await ctx.call("eventbridge", "CreateEventBus", defined(input) as Parameters<typeof ctx.call<"eventbridge", "CreateEventBus">>[2]);
    }
    await putBusPolicy(ctx, name, properties);
    return await busState(ctx, name);
  },
  update: async (ctx, { physicalId: name, properties }) => {
    await ctx.call("eventbridge", "UpdateEventBus", { Name: name, Description: text(properties["Description"]) ?? "" });
    if (properties["Policy"] === undefined)
      await ctx.call("eventbridge", "RemovePermission", { EventBusName: name, RemoveAllPermissions: true });
    await putBusPolicy(ctx, name, properties);
    return await busState(ctx, name);
  },
  delete: (ctx, { physicalId: Name }) => deleted(GONE, ctx.call("eventbridge", "DeleteEventBus", { Name })),
  read: async (ctx, Name) => {
    try {
      const { Description, Policy } = await ctx.call("eventbridge", "DescribeEventBus", { Name });
      return { Name, Description, Policy: Policy === undefined ? undefined : (JSON.parse(Policy) as unknown) };
    } catch (error) {
      if (error instanceof AwsException && error.code === "ResourceNotFoundException") return undefined;
      throw error;
    }
  },
};

/** One statement of a bus's policy; others of the same bus stay. */
async function putStatement(ctx: Context, { properties }: ResourceRequest): Promise<ResourceState> {
  const bus = busNameOf(properties["EventBusName"]);
  const Sid = text(properties["StatementId"]) ?? "";
  if (properties["Statement"] === undefined) {
    const condition = properties["Condition"] as { Type: string; Key: string; Value: string } | undefined;
    const statement = {
      StatementId: Sid,
      Action: text(properties["Action"]),
      Principal: text(properties["Principal"]),
      Condition: condition,
    };
    await ctx.call("eventbridge", "PutPermission", { EventBusName: bus, ...defined(statement) });
  } else {
    const { Policy } = await ctx.call("eventbridge", "DescribeEventBus", { Name: bus });
    const known = (JSON.parse(Policy ?? '{"Statement":[]}') as { Statement: { Sid?: string }[] }).Statement;
    const others = [known].flat().filter((statement) => statement.Sid !== Sid);
    const Statement = [...others, { Sid, ...(properties["Statement"] as object) }];
    await ctx.call("eventbridge", "PutPermission", { EventBusName: bus, Policy: JSON.stringify({ Version: "2012-10-17", Statement }) });
  }
  return { physicalId: `${bus}|${Sid}` };
}

/** https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-events-eventbuspolicy.html */
const eventBusPolicy: ResourceType = {
  create: putStatement,
  update: putStatement,
  delete: (ctx, { physicalId: id }) => {
    const [EventBusName = DEFAULT_BUS, StatementId = ""] = id.split("|");
    return deleted(GONE, ctx.call("eventbridge", "RemovePermission", { EventBusName, StatementId }));
  },
};

async function archiveState(ctx: Context, ArchiveName: string): Promise<ResourceState> {
  const { ArchiveArn } = await ctx.call("eventbridge", "DescribeArchive", { ArchiveName });
  return { physicalId: ArchiveName, attributes: { ArchiveName, Arn: ArchiveArn } };
}

function archiveSettings({ properties }: ResourceRequest) {
  const RetentionDays = properties["RetentionDays"] === undefined ? undefined : Number(properties["RetentionDays"]);
  const settings = { Description: text(properties["Description"]), EventPattern: document(properties["EventPattern"]), RetentionDays };
  return { ...defined(settings), ...defined({ KmsKeyIdentifier: text(properties["KmsKeyIdentifier"]) }) };
}

/** https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-events-archive.html */
const archive: ResourceType = {
  create: async (ctx, request) => {
    const name = ctx.claimed() ?? text(request.properties["ArchiveName"]) ?? request.generatedName(48);
    const source = { ArchiveName: name, EventSourceArn: text(request.properties["SourceArn"]) };
    if (ctx.claimed() === undefined) await ctx.call("eventbridge", "CreateArchive", { ...source, ...archiveSettings(request) });
    return await archiveState(ctx, name);
  },
  update: async (ctx, request) => {
    const none = { Description: "", EventPattern: "", RetentionDays: 0 };
    await ctx.call("eventbridge", "UpdateArchive", { ArchiveName: request.physicalId, ...none, ...archiveSettings(request) });
    return await archiveState(ctx, request.physicalId);
  },
  delete: (ctx, { physicalId: ArchiveName }) => deleted(GONE, ctx.call("eventbridge", "DeleteArchive", { ArchiveName })),
};

export const resources = {
  "AWS::Events::Archive": archive,
  "AWS::Events::Rule": rule,
  "AWS::Events::EventBus": eventBus,
  "AWS::Events::EventBusPolicy": eventBusPolicy,
} satisfies Record<string, ResourceType>;
