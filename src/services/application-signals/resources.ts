import type { Input } from "../../aws/clients.ts";
import type { Context } from "../../aws/context.ts";
import { AwsException, unless } from "../../aws/exception.ts";
import { given, section, text } from "../../aws/properties.ts";
import { deleted, type Properties, type ResourceState, type ResourceType } from "../../aws/resource.ts";
import { listOfTags, resourceTags } from "../../aws/tags.ts";

type Create = Input<"application-signals", "CreateServiceLevelObjective">;
type Windows = Input<"application-signals", "BatchUpdateExclusionWindows">["AddExclusionWindows"];

const NUMBERS = new Set([
  "AttainmentGoal",
  "Duration",
  "LookBackWindowMinutes",
  "MetricThreshold",
  "Period",
  "PeriodSeconds",
  "WarningThreshold",
]);

/** A property's value as the API has it: numbers, booleans and times may have come as text, and times as seconds. */
function typed(value: unknown, name = ""): unknown {
  if (Array.isArray(value)) return value.map((item) => typed(item));
  if (typeof value === "object" && value !== null) {
    return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, typed(inner, key)]));
  }
  if (NUMBERS.has(name)) return Number(value);
  if (name === "ReturnData") return String(value) === "true";
  if (name !== "StartTime") return value;
  const seconds = Number(value);
  return new Date(Number.isNaN(seconds) ? String(value) : seconds * 1_000);
}

function configOf(properties: Properties): Omit<Create, "Name" | "Tags"> {
  const sli = section(properties, "Sli");
  const requests = section(properties, "RequestBasedSli");
  const compared = ({ MetricThreshold, ComparisonOperator }: Properties) => given({ MetricThreshold, ComparisonOperator });
  return typed(
    given({
      Description: text(properties, "Description"),
      SliConfig: sli === undefined ? undefined : { SliMetricConfig: sli["SliMetric"], ...compared(sli) },
      RequestBasedSliConfig:
        requests === undefined ? undefined : { RequestBasedSliMetricConfig: requests["RequestBasedSliMetric"], ...compared(requests) },
      Goal: section(properties, "Goal"),
      BurnRateConfigurations: properties["BurnRateConfigurations"],
    }),
  ) as Omit<Create, "Name" | "Tags">;
}

function windowsIn(properties: Properties): unknown[] {
  const windows = properties["ExclusionWindows"];
  return Array.isArray(windows) ? windows : [];
}

async function changeWindows(ctx: Context, arn: string, change: { readonly add: unknown[]; readonly remove: unknown[] }): Promise<void> {
  const { add, remove } = change;
  if (add.length + remove.length === 0) return;
  const { Errors = [] } = await ctx.call("application-signals", "BatchUpdateExclusionWindows", {
    SloIds: [arn],
    AddExclusionWindows: typed(add) as Windows,
    RemoveExclusionWindows: typed(remove) as Windows,
  });
  const [error] = Errors;
  if (error !== undefined) throw new AwsException(error.ErrorCode ?? "ValidationException", error.ErrorMessage ?? "");
}

async function stateOf(ctx: Context, Id: string): Promise<ResourceState> {
  const { Slo } = await ctx.call("application-signals", "GetServiceLevelObjective", { Id });
  const { Arn = "", CreatedTime, LastUpdatedTime, EvaluationType } = Slo ?? {};
  const seconds = (time: Date | undefined): number => Math.floor((time?.getTime() ?? 0) / 1_000);
  const times = { CreatedTime: seconds(CreatedTime), LastUpdatedTime: seconds(LastUpdatedTime) };
  return { physicalId: Arn, attributes: { Arn, EvaluationType, ...times } };
}

/** https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-applicationsignals-servicelevelobjective.html */
const slo: ResourceType = {
  async create(ctx, request) {
    const { properties } = request;
    const made = ctx.claimed();
    if (made === undefined) {
      const Name = text(properties, "Name") ?? request.generatedName(128);
      const Tags = listOfTags(resourceTags(request));
      const { Slo } = await ctx.call("application-signals", "CreateServiceLevelObjective", { ...configOf(properties), Name, Tags });
      await changeWindows(ctx, Slo?.Arn ?? Name, { add: windowsIn(properties), remove: [] });
      return stateOf(ctx, Name);
    }
    const { ExclusionWindows = [] } = await ctx.call("application-signals", "ListServiceLevelObjectiveExclusionWindows", { Id: made });
    if (ExclusionWindows.length === 0) await changeWindows(ctx, made, { add: windowsIn(properties), remove: [] });
    return stateOf(ctx, made);
  },
  async update(ctx, request) {
    const { properties, previous, physicalId } = request;
    await ctx.call("application-signals", "UpdateServiceLevelObjective", { ...configOf(properties), Id: physicalId });
    const tags = resourceTags(request);
    const { Tags = [] } = await ctx.call("application-signals", "ListTagsForResource", { ResourceArn: physicalId });
    const TagKeys = Tags.map(({ Key = "" }) => Key).filter((key) => tags[key] === undefined);
    if (TagKeys.length > 0) await ctx.call("application-signals", "UntagResource", { ResourceArn: physicalId, TagKeys });
    await ctx.call("application-signals", "TagResource", { ResourceArn: physicalId, Tags: listOfTags(tags) });
    const [before, after] = [windowsIn(previous), windowsIn(properties)];
    const without = (all: unknown[], others: unknown[]): unknown[] => {
      const texts = new Set(others.map((one) => JSON.stringify(one)));
      return all.filter((one) => !texts.has(JSON.stringify(one)));
    };
    await changeWindows(ctx, physicalId, { add: without(after, before), remove: without(before, after) });
    return stateOf(ctx, physicalId);
  },
  async delete(ctx, { physicalId }) {
    return deleted("ResourceNotFoundException", ctx.call("application-signals", "DeleteServiceLevelObjective", { Id: physicalId }));
  },
  async read(ctx, physicalId) {
    const found = await unless(
      "ResourceNotFoundException",
      ctx.call("application-signals", "GetServiceLevelObjective", { Id: physicalId }),
    );
    if (found?.Slo === undefined) return undefined;
    const { Name, Description, Sli, RequestBasedSli, Goal, BurnRateConfigurations } = found.Slo;
    const { Tags = [] } = await ctx.call("application-signals", "ListTagsForResource", { ResourceArn: physicalId });
    return given({ Name, Description, Sli, RequestBasedSli, Goal, BurnRateConfigurations, Tags });
  },
};

/** https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-applicationsignals-discovery.html */
const discovery: ResourceType = {
  async create(ctx) {
    await ctx.call("application-signals", "StartDiscovery", {});
    return { physicalId: ctx.account, attributes: { AccountId: ctx.account } };
  },
  // AWS has no operation that ends it.
  async delete() {
    return undefined;
  },
};

export const resources: Readonly<Record<string, ResourceType>> = {
  "AWS::ApplicationSignals::Discovery": discovery,
  "AWS::ApplicationSignals::ServiceLevelObjective": slo,
};
