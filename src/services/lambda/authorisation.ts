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

/** https://docs.aws.amazon.com/service-authorization/latest/reference/list_awslambda.html: the function, or what its Qualifier names. */
function onFunction(action: string): Permissions<FunctionInput> {
  return (input, ctx) => {
    const { name, qualifier } = refOf(ctx, input.FunctionName, input.Qualifier);
    const policy = getPart(ctx, "policy", name, qualifier ?? "");
    const said = policy === undefined ? {} : { policy: policyText(policy) };
    return [{ action: `lambda:${action}`, resource: functionArn(ctx, name, qualifier), ...said }];
  };
}

function onLayer(action: string): Permissions<LayerInput> {
  return (input, ctx) => {
    const name = (input.LayerName ?? "").split(":").at(-1) ?? "";
    const resource = ctx.arn("lambda", input.VersionNumber === undefined ? `layer:${name}` : `layer:${name}:${input.VersionNumber}`);
    return [{ action: `lambda:${action}`, resource }];
  };
}

/** What each operation needs, where it is more than its own name on everything. */
export const permissions = {
  AddPermission: onFunction("AddPermission"),
  CreateAlias: onFunction("CreateAlias"),
  CreateFunction: onFunction("CreateFunction"),
  CreateFunctionUrlConfig: onFunction("CreateFunctionUrlConfig"),
  DeleteAlias: onFunction("DeleteAlias"),
  DeleteFunction: onFunction("DeleteFunction"),
  DeleteFunctionConcurrency: onFunction("DeleteFunctionConcurrency"),
  DeleteFunctionEventInvokeConfig: onFunction("DeleteFunctionEventInvokeConfig"),
  DeleteFunctionUrlConfig: onFunction("DeleteFunctionUrlConfig"),
  DeleteLayerVersion: onLayer("DeleteLayerVersion"),
  GetAlias: onFunction("GetAlias"),
  GetFunction: onFunction("GetFunction"),
  GetFunctionConcurrency: onFunction("GetFunctionConcurrency"),
  GetFunctionConfiguration: onFunction("GetFunctionConfiguration"),
  GetFunctionEventInvokeConfig: onFunction("GetFunctionEventInvokeConfig"),
  GetFunctionUrlConfig: onFunction("GetFunctionUrlConfig"),
  GetLayerVersion: onLayer("GetLayerVersion"),
  GetPolicy: onFunction("GetPolicy"),
  Invoke: onFunction("InvokeFunction"),
  InvokeWithResponseStream: onFunction("InvokeFunction"),
  ListAliases: onFunction("ListAliases"),
  ListVersionsByFunction: onFunction("ListVersionsByFunction"),
  PublishLayerVersion: onLayer("PublishLayerVersion"),
  PublishVersion: onFunction("PublishVersion"),
  PutFunctionConcurrency: onFunction("PutFunctionConcurrency"),
  PutFunctionEventInvokeConfig: onFunction("PutFunctionEventInvokeConfig"),
  RemovePermission: onFunction("RemovePermission"),
  UpdateAlias: onFunction("UpdateAlias"),
  UpdateFunctionCode: onFunction("UpdateFunctionCode"),
  UpdateFunctionConfiguration: onFunction("UpdateFunctionConfiguration"),
  UpdateFunctionUrlConfig: onFunction("UpdateFunctionUrlConfig"),
} as const;
