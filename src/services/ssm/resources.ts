import type { Context } from "../../aws/context.ts";
import { unless } from "../../aws/exception.ts";
import { deleted, type Properties, type ResourceState, type ResourceType } from "../../aws/resource.ts";
import { listOfTags, resourceTags } from "../../aws/tags.ts";

const optional = (properties: Properties, name: string): Record<string, string> =>
  properties[name] === undefined ? {} : { [name]: String(properties[name]) };

function inputOf(properties: Properties, Name: string) {
  return {
    Name,
    Type: String(properties["Type"] ?? "String") as "String",
    Value: String(properties["Value"] ?? ""),
    ...optional(properties, "Description"),
    ...optional(properties, "AllowedPattern"),
    ...optional(properties, "DataType"),
    ...optional(properties, "Policies"),
    ...(properties["Tier"] === undefined ? {} : { Tier: String(properties["Tier"]) as "Standard" }),
  };
}

function stateOf(properties: Properties, physicalId: string): ResourceState {
  return { physicalId, attributes: { Type: String(properties["Type"] ?? "String"), Value: String(properties["Value"] ?? "") } };
}

const GONE = "ParameterNotFound";

async function retag(ctx: Context, ResourceId: string, tags: Readonly<Record<string, string>>): Promise<void> {
  const target = { ResourceType: "Parameter", ResourceId } as const;
  const before = (await ctx.call("ssm", "ListTagsForResource", target)).TagList ?? [];
  const TagKeys = before.map(({ Key }) => Key ?? "").filter((key) => tags[key] === undefined);
  if (TagKeys.length > 0) await ctx.call("ssm", "RemoveTagsFromResource", { ...target, TagKeys });
  const Tags = listOfTags(tags);
  if (Tags.length > 0) await ctx.call("ssm", "AddTagsToResource", { ...target, Tags });
}

/** https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-ssm-parameter.html */
const parameter: ResourceType = {
  async create(ctx, request) {
    const made = ctx.claimed();
    if (made !== undefined) return stateOf(request.properties, made);
    const name = String(request.properties["Name"] ?? `CFN-${request.generatedName(200)}`);
    const Tags = listOfTags(resourceTags(request));
    await ctx.call("ssm", "PutParameter", { ...inputOf(request.properties, name), ...(Tags.length === 0 ? {} : { Tags }) });
    return stateOf(request.properties, name);
  },
  async update(ctx, request) {
    await ctx.call("ssm", "PutParameter", { ...inputOf(request.properties, request.physicalId), Overwrite: true });
    await retag(ctx, request.physicalId, resourceTags(request));
    return stateOf(request.properties, request.physicalId);
  },
  delete: (ctx, { physicalId }) => deleted(GONE, ctx.call("ssm", "DeleteParameter", { Name: physicalId })),
  async read(ctx, physicalId) {
    const found = await unless(GONE, ctx.call("ssm", "GetParameter", { Name: physicalId }));
    if (found === undefined) return undefined;
    const { Parameter } = found;
    return { Name: physicalId, Type: Parameter?.Type, Value: Parameter?.Value, DataType: Parameter?.DataType };
  },
};

export const resources = { "AWS::SSM::Parameter": parameter };
