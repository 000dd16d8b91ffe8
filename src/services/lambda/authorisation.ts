import type { Context } from "../../aws/context.ts";
import type { RequiredPermission } from "../../aws/service.ts";
import { functionArn, refOf } from "./names.ts";
import { policyText } from "./permissions.ts";
import { getPart } from "./store.ts";

interface FunctionInput {
  readonly FunctionName?: string | undefined;
  readonly Qualifier?: string | undefined;
}

interface LayerInput {
  readonly LayerName?: string | undefined;
  readonly VersionNumber?: number | undefined;
}

type Permissions<I> = (input: I, ctx: Context) => RequiredPermission[];

/** Members that are condition keys too. */
const CONDITION_KEYS = {
  AuthType: "lambda:FunctionUrlAuthType",
  FunctionUrlAuthType: "lambda:FunctionUrlAuthType",
  Principal: "lambda:Principal",
};

function conditionsOf(input: object): Record<string, readonly string[]> {
  const given = Object.entries(CONDITION_KEYS).map(([member, key]) => [key, (input as Readonly<Record<string, unknown>>)[member]] as const);
  return Object.fromEntries(given.filter(([, value]) => value !== undefined).map(([key, value]) => [key, [String(value)]]));
}

/** https://docs.aws.amazon.com/service-authorization/latest/reference/list_awslambda.html: the function, or what its Qualifier names. */
function onFunction(action: string): Permissions<FunctionInput> {
  return (input, ctx) => {
    const { name, qualifier } = refOf(ctx, input.FunctionName, input.Qualifier);
    const policy = getPart(ctx, "policy", name, qualifier ?? "");
    const said = policy === undefined ? {} : { policy: policyText(policy) };
    return [{ action: `lambda:${action}`, resource: functionArn(ctx, name, qualifier), conditions: conditionsOf(input), ...said }];
  };
}

interface ConfigurationInput extends FunctionInput {
  readonly Role?: string | undefined;
  readonly Layers?: readonly string[] | undefined;
}

/** Who gives a function a role passes it, and who gives it a layer reads that. */
function onConfiguration(action: string): Permissions<ConfigurationInput> {
  const own = onFunction(action);
  const passed = { "iam:PassedToService": ["lambda.amazonaws.com"] };
  return (input, ctx) => [
    ...own(input, ctx),
    ...(input.Role === undefined ? [] : [{ action: "iam:PassRole", resource: input.Role, conditions: passed }]),
    ...(input.Layers ?? []).map((resource) => ({ action: "lambda:GetLayerVersion", resource })),
  ];
}

function onLayer(action: string): Permissions<LayerInput> {
  return (input, ctx) => {
    const name = (input.LayerName ?? "").split(":").at(-1) ?? "";
    const resource = ctx.arn("lambda", input.VersionNumber === undefined ? `layer:${name}` : `layer:${name}:${input.VersionNumber}`);
    return [{ action: `lambda:${action}`, resource }];
  };
}

function onMapping(action: string): Permissions<{ readonly UUID?: string | undefined }> {
  return (input, ctx) => [{ action: `lambda:${action}`, resource: ctx.arn("lambda", `event-source-mapping:${input.UUID ?? ""}`) }];
}

function onTagged(action: string): Permissions<{ readonly Resource?: string | undefined }> {
  return (input) => [{ action: `lambda:${action}`, resource: input.Resource ?? "*" }];
}

/** What each operation needs, where it is more than its own name on everything. */
export const permissions = {
  AddLayerVersionPermission: onLayer("AddLayerVersionPermission"),
  AddPermission: onFunction("AddPermission"),
  CreateAlias: onFunction("CreateAlias"),
  // Its function is a condition key, not a resource.
  CreateEventSourceMapping: (input: FunctionInput, ctx: Context) => {
    const { name, qualifier } = refOf(ctx, input.FunctionName);
    const conditions = { "lambda:FunctionArn": [functionArn(ctx, name, qualifier)] };
    return [{ action: "lambda:CreateEventSourceMapping", resource: "*", conditions }];
  },
  CreateFunction: onConfiguration("CreateFunction"),
  CreateFunctionUrlConfig: onFunction("CreateFunctionUrlConfig"),
  DeleteAlias: onFunction("DeleteAlias"),
  DeleteEventSourceMapping: onMapping("DeleteEventSourceMapping"),
  DeleteFunction: onFunction("DeleteFunction"),
  DeleteFunctionConcurrency: onFunction("DeleteFunctionConcurrency"),
  DeleteFunctionEventInvokeConfig: onFunction("DeleteFunctionEventInvokeConfig"),
  DeleteFunctionUrlConfig: onFunction("DeleteFunctionUrlConfig"),
  DeleteLayerVersion: onLayer("DeleteLayerVersion"),
  GetAlias: onFunction("GetAlias"),
  GetEventSourceMapping: onMapping("GetEventSourceMapping"),
  GetFunction: onFunction("GetFunction"),
  GetFunctionConcurrency: onFunction("GetFunctionConcurrency"),
  GetFunctionConfiguration: onFunction("GetFunctionConfiguration"),
  GetFunctionEventInvokeConfig: onFunction("GetFunctionEventInvokeConfig"),
  GetFunctionUrlConfig: onFunction("GetFunctionUrlConfig"),
  GetLayerVersion: onLayer("GetLayerVersion"),
  GetLayerVersionByArn: (input: { readonly Arn?: string | undefined }) => [
    { action: "lambda:GetLayerVersion", resource: input.Arn ?? "*" },
  ],
  GetLayerVersionPolicy: onLayer("GetLayerVersionPolicy"),
  GetPolicy: onFunction("GetPolicy"),
  GetRuntimeManagementConfig: onFunction("GetRuntimeManagementConfig"),
  Invoke: onFunction("InvokeFunction"),
  InvokeWithResponseStream: onFunction("InvokeFunction"),
  ListAliases: onFunction("ListAliases"),
  ListFunctionEventInvokeConfigs: onFunction("ListFunctionEventInvokeConfigs"),
  ListFunctionUrlConfigs: onFunction("ListFunctionUrlConfigs"),
  ListTags: onTagged("ListTags"),
  ListVersionsByFunction: onFunction("ListVersionsByFunction"),
  PublishLayerVersion: onLayer("PublishLayerVersion"),
  PublishVersion: onFunction("PublishVersion"),
  PutFunctionConcurrency: onFunction("PutFunctionConcurrency"),
  PutFunctionEventInvokeConfig: onFunction("PutFunctionEventInvokeConfig"),
  RemoveLayerVersionPermission: onLayer("RemoveLayerVersionPermission"),
  RemovePermission: onFunction("RemovePermission"),
  TagResource: onTagged("TagResource"),
  UntagResource: onTagged("UntagResource"),
  UpdateAlias: onFunction("UpdateAlias"),
  UpdateEventSourceMapping: onMapping("UpdateEventSourceMapping"),
  UpdateFunctionCode: onFunction("UpdateFunctionCode"),
  UpdateFunctionConfiguration: onConfiguration("UpdateFunctionConfiguration"),
  UpdateFunctionEventInvokeConfig: onFunction("UpdateFunctionEventInvokeConfig"),
  UpdateFunctionUrlConfig: onFunction("UpdateFunctionUrlConfig"),
} as const;
