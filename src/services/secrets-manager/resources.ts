import type { Context } from "../../aws/context.ts";
import { notImplemented } from "../../aws/exception.ts";
import { deleted, type Properties, type ResourceType } from "../../aws/resource.ts";
import { listOfTags, resourceTags } from "../../aws/tags.ts";

const GONE = "ResourceNotFoundException";

const isTrue = (value: unknown): boolean => String(value) === "true";

/** GenerateSecretString: a password, alone or as a member of a template. */
async function generate(ctx: Context, rules: Properties): Promise<string> {
  const { RandomPassword = "" } = await ctx.call("secrets-manager", "GetRandomPassword", {
    ...(rules["PasswordLength"] === undefined ? {} : { PasswordLength: Number(rules["PasswordLength"]) }),
    ...(rules["ExcludeCharacters"] === undefined ? {} : { ExcludeCharacters: String(rules["ExcludeCharacters"]) }),
    ExcludeNumbers: isTrue(rules["ExcludeNumbers"]),
    ExcludePunctuation: isTrue(rules["ExcludePunctuation"]),
    ExcludeUppercase: isTrue(rules["ExcludeUppercase"]),
    ExcludeLowercase: isTrue(rules["ExcludeLowercase"]),
    IncludeSpace: isTrue(rules["IncludeSpace"]),
    RequireEachIncludedType: String(rules["RequireEachIncludedType"]) !== "false",
  });
  const key = rules["GenerateStringKey"];
  if (key === undefined) return RandomPassword;
  const template = JSON.parse(String(rules["SecretStringTemplate"] ?? "{}")) as Record<string, unknown>;
  return JSON.stringify({ ...template, [String(key)]: RandomPassword });
}

async function secretValueOf(ctx: Context, properties: Properties): Promise<{ SecretString?: string }> {
  if (properties["SecretString"] !== undefined) return { SecretString: String(properties["SecretString"]) };
  const rules = properties["GenerateSecretString"] as Properties | undefined;
  return rules === undefined ? {} : { SecretString: await generate(ctx, rules) };
}

const optional = (properties: Properties, name: string): Record<string, string> =>
  properties[name] === undefined ? {} : { [name]: String(properties[name]) };
const stateOf = (arn: string) => ({ physicalId: arn, attributes: { Id: arn } });

/** https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-secretsmanager-secret.html */
const secret: ResourceType = {
  async create(ctx, request) {
    const made = ctx.claimed();
    if (made !== undefined) return stateOf(made);
    const { properties } = request;
    const { ARN = "" } = await ctx.call("secrets-manager", "CreateSecret", {
      Name: String(properties["Name"] ?? request.generatedName(200)),
      ...optional(properties, "Description"),
      ...optional(properties, "KmsKeyId"),
      ...(await secretValueOf(ctx, properties)),
      Tags: listOfTags(resourceTags(request)),
    });
    return stateOf(ARN);
  },
  async update(ctx, request) {
    const { properties, previous, physicalId } = request;
    // A generated value is made anew only when its rules change.
    const same = (name: string): boolean => JSON.stringify(properties[name]) === JSON.stringify(previous[name]);
    const value = same("SecretString") && same("GenerateSecretString") ? {} : await secretValueOf(ctx, properties);
    await ctx.call("secrets-manager", "UpdateSecret", {
      SecretId: physicalId,
      Description: String(properties["Description"] ?? ""),
      ...optional(properties, "KmsKeyId"),
      ...value,
    });
    const tags = listOfTags(resourceTags(request));
    const before = (await ctx.call("secrets-manager", "DescribeSecret", { SecretId: physicalId })).Tags ?? [];
    const TagKeys = before.map(({ Key = "" }) => Key).filter((key) => !tags.some(({ Key }) => Key === key));
    if (TagKeys.length > 0) await ctx.call("secrets-manager", "UntagResource", { SecretId: physicalId, TagKeys });
    if (tags.length > 0) await ctx.call("secrets-manager", "TagResource", { SecretId: physicalId, Tags: tags });
    return stateOf(physicalId);
  },
  delete: (ctx, { physicalId }) =>
    deleted(GONE, ctx.call("secrets-manager", "DeleteSecret", { SecretId: physicalId, ForceDeleteWithoutRecovery: true })),
};

async function putPolicy(ctx: Context, properties: Properties) {
  const SecretId = String(properties["SecretId"]);
  const document = properties["ResourcePolicy"];
  await ctx.call("secrets-manager", "PutResourcePolicy", {
    SecretId,
    ResourcePolicy: typeof document === "string" ? document : JSON.stringify(document),
    BlockPublicPolicy: isTrue(properties["BlockPublicPolicy"]),
  });
  return { physicalId: SecretId, attributes: { Id: SecretId } };
}

/** https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-secretsmanager-resourcepolicy.html */
const resourcePolicy: ResourceType = {
  create: (ctx, { properties }) => putPolicy(ctx, properties),
  update: (ctx, { properties }) => putPolicy(ctx, properties),
  delete: (ctx, { physicalId }) => deleted(GONE, ctx.call("secrets-manager", "DeleteResourcePolicy", { SecretId: physicalId })),
};

async function putRotation(ctx: Context, properties: Properties, immediately: unknown) {
  if (properties["HostedRotationLambda"] !== undefined) throw notImplemented("secrets-manager", "RotateSecret", "HostedRotationLambda");
  const SecretId = String(properties["SecretId"]);
  const { AutomaticallyAfterDays: days, ...rules } = (properties["RotationRules"] ?? {}) as Record<string, unknown>;
  await ctx.call("secrets-manager", "RotateSecret", {
    SecretId,
    ...optional(properties, "RotationLambdaARN"),
    ...(properties["RotationRules"] === undefined
      ? {}
      : { RotationRules: { ...rules, ...(days === undefined ? {} : { AutomaticallyAfterDays: Number(days) }) } }),
    RotateImmediately: String(immediately ?? true) !== "false",
  });
  return { physicalId: SecretId, attributes: { Id: SecretId } };
}

/** https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-secretsmanager-rotationschedule.html */
const rotationSchedule: ResourceType = {
  create: (ctx, { properties }) => putRotation(ctx, properties, properties["RotateImmediatelyOnUpdate"]),
  update: (ctx, { properties }) => putRotation(ctx, properties, properties["RotateImmediatelyOnUpdate"]),
  delete: (ctx, { physicalId }) => deleted(GONE, ctx.call("secrets-manager", "CancelRotateSecret", { SecretId: physicalId })),
};

export const resources = {
  "AWS::SecretsManager::Secret": secret,
  "AWS::SecretsManager::ResourcePolicy": resourcePolicy,
  "AWS::SecretsManager::RotationSchedule": rotationSchedule,
};
