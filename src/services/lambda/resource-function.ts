import { readFileSync } from "node:fs";
import { join } from "node:path";
import type { Input } from "../../aws/clients.ts";
import type { Context } from "../../aws/context.ts";
import { given, integer, section, text, texts } from "../../aws/properties.ts";
import type { Properties, ResourceRequest, ResourceState, ResourceType } from "../../aws/resource.ts";
import { resourceTags } from "../../aws/tags.ts";
import { writeZip } from "../../runtime/processes/zip.ts";
import { refuse, unlessGone } from "./resource-values.ts";
import { settleNow } from "./states.ts";

type CreateInput = Input<"lambda", "CreateFunction">;
const TYPE = "AWS::Lambda::Function";
const INLINE = join(import.meta.dirname, "inline");

/** https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-lambda-function.html */
export const functionType: ResourceType = {
  async create(ctx, request) {
    const { properties } = request;
    refuse(TYPE, properties, ["CodeSigningConfigArn", "TenancyConfig"]);
    const FunctionName = ctx.claimed() ?? text(properties, "FunctionName") ?? request.generatedName(64);
    if (ctx.claimed() === undefined) {
      const Code = codeOf(properties) as NonNullable<CreateInput["Code"]>;
      const input = { ...settingsOf(properties), FunctionName, Code, Tags: resourceTags(request) };
      await ctx.call("lambda", "CreateFunction", input as CreateInput);
    }
    settleNow(ctx, FunctionName);
    await applyConcurrency(ctx, FunctionName, properties);
    return stateOf(ctx, FunctionName);
  },
  async update(ctx, request) {
    const { physicalId: FunctionName, properties, previous } = request;
    settleNow(ctx, FunctionName);
    if (
      JSON.stringify([properties["Code"], properties["Architectures"]]) !== JSON.stringify([previous["Code"], previous["Architectures"]])
    ) {
      const Architectures = texts(properties, "Architectures") ?? ["x86_64"];
      const input = { FunctionName, ...codeOf(properties), Architectures };
      await ctx.call("lambda", "UpdateFunctionCode", input as Input<"lambda", "UpdateFunctionCode">);
      settleNow(ctx, FunctionName);
    }
    const settings = { ...RESET, ...settingsOf(properties) };
    if (JSON.stringify(settings) !== JSON.stringify({ ...RESET, ...settingsOf(previous) })) {
      const { Architectures: _, ...configuration }: Record<string, unknown> = {
        ...settings,
        LoggingConfig: loggingOf(properties, FunctionName),
      };
      await ctx.call("lambda", "UpdateFunctionConfiguration", { FunctionName, ...configuration } as Input<
        "lambda",
        "UpdateFunctionConfiguration"
      >);
      settleNow(ctx, FunctionName);
    }
    await applyConcurrency(ctx, FunctionName, properties);
    await applyTags(ctx, request, FunctionName);
    return stateOf(ctx, FunctionName);
  },
  async delete(ctx, { physicalId }) {
    await unlessGone(ctx.call("lambda", "DeleteFunction", { FunctionName: physicalId }));
    return undefined;
  },
  async read(ctx, physicalId) {
    const found = await unlessGone(ctx.call("lambda", "GetFunction", { FunctionName: physicalId }));
    return found === undefined ? undefined : propertiesOf({ ...found.Configuration }, found.Tags ?? {});
  },
};

/** What a property that the template no longer has goes back to. */
const RESET = {
  Description: "",
  Timeout: 3,
  MemorySize: 128,
  Environment: { Variables: {} },
  KMSKeyArn: "",
  DeadLetterConfig: { TargetArn: "" },
  TracingConfig: { Mode: "PassThrough" },
  Layers: [] as string[],
  EphemeralStorage: { Size: 512 },
};

function settingsOf(properties: Properties): Record<string, unknown> {
  const environment = section(section(properties, "Environment") ?? {}, "Variables");
  const storage = integer(section(properties, "EphemeralStorage") ?? {}, "Size");
  const names = ["Role", "Handler", "Runtime", "Description", "KMSKeyArn", "PackageType"];
  return given({
    ...Object.fromEntries(names.map((name) => [name, text(properties, name)])),
    Timeout: integer(properties, "Timeout"),
    MemorySize: integer(properties, "MemorySize"),
    Layers: texts(properties, "Layers"),
    Architectures: texts(properties, "Architectures"),
    Environment:
      environment === undefined
        ? undefined
        : { Variables: Object.fromEntries(Object.entries(environment).map(([name, value]) => [name, String(value)])) },
    EphemeralStorage: storage === undefined ? undefined : { Size: storage },
    DeadLetterConfig: section(properties, "DeadLetterConfig"),
    TracingConfig: section(properties, "TracingConfig"),
    LoggingConfig: section(properties, "LoggingConfig"),
    VpcConfig: section(properties, "VpcConfig"),
    FileSystemConfigs: properties["FileSystemConfigs"],
    ImageConfig: section(properties, "ImageConfig"),
    SnapStart: section(properties, "SnapStart"),
    CapacityProviderConfig: section(properties, "CapacityProviderConfig"),
    DurableConfig: section(properties, "DurableConfig"),
  });
}

function loggingOf(properties: Properties, name: string): Properties {
  return { LogFormat: "Text", LogGroup: `/aws/lambda/${name}`, ...section(properties, "LoggingConfig") };
}

/** `ZipFile` is the text of one file here, which CloudFormation packs as `index` together with its response module. */
function codeOf(properties: Properties): Record<string, unknown> {
  const code = section(properties, "Code") ?? {};
  const source = text(code, "ZipFile");
  if (source === undefined)
    return given(Object.fromEntries(["S3Bucket", "S3Key", "S3ObjectVersion", "ImageUri"].map((name) => [name, text(code, name)])));
  const isPython = text(properties, "Runtime")?.startsWith("python") ?? false;
  const files = isPython
    ? { "index.py": source, "cfnresponse.py": readFileSync(join(INLINE, "cfnresponse.py"), "utf8") }
    : { "index.js": source, "node_modules/cfn-response/index.js": readFileSync(join(INLINE, "cfn-response.cjs"), "utf8") };
  return { ZipFile: writeZip(files) };
}

async function applyConcurrency(ctx: Context, FunctionName: string, properties: Properties): Promise<void> {
  const wanted = integer(properties, "ReservedConcurrentExecutions");
  const now = (await ctx.call("lambda", "GetFunctionConcurrency", { FunctionName })).ReservedConcurrentExecutions;
  if (wanted === now) return;
  if (wanted === undefined) await ctx.call("lambda", "DeleteFunctionConcurrency", { FunctionName });
  else await ctx.call("lambda", "PutFunctionConcurrency", { FunctionName, ReservedConcurrentExecutions: wanted });
}

async function applyTags(ctx: Context, request: ResourceRequest, name: string): Promise<void> {
  const Resource = ctx.arn("lambda", `function:${name}`);
  const wanted = resourceTags(request);
  const now = (await ctx.call("lambda", "ListTags", { Resource })).Tags ?? {};
  const TagKeys = Object.keys(now).filter((key) => wanted[key] === undefined);
  if (TagKeys.length > 0) await ctx.call("lambda", "UntagResource", { Resource, TagKeys });
  if (Object.keys(wanted).length > 0) await ctx.call("lambda", "TagResource", { Resource, Tags: wanted });
}

function stateOf(ctx: Context, name: string): ResourceState {
  return { physicalId: name, attributes: { Arn: ctx.arn("lambda", `function:${name}`) } };
}

function propertiesOf(configuration: Properties, tags: Readonly<Record<string, string>>): Properties {
  const names = [
    ...[
      "FunctionName",
      "Description",
      "Handler",
      "Runtime",
      "Role",
      "Timeout",
      "MemorySize",
      "Environment",
      "KMSKeyArn",
      "DeadLetterConfig",
    ],
    ...["TracingConfig", "Architectures", "EphemeralStorage", "LoggingConfig", "PackageType"],
  ];
  const layers = configuration["Layers"] as readonly { readonly Arn?: string }[] | undefined;
  const own = Object.entries(tags).filter(([key]) => !key.startsWith("aws:"));
  return given({
    ...Object.fromEntries(names.map((name) => [name, configuration[name]])),
    Layers: layers?.map((layer) => layer.Arn),
    Tags: own.length === 0 ? undefined : own.map(([Key, Value]) => ({ Key, Value })),
  });
}
