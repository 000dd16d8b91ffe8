import type { Context } from "../../aws/context.ts";
import type { RequiredPermission, ServiceDefinition } from "../../aws/service.ts";
import { readReference, resourceOf } from "./names.ts";

type Permissions = NonNullable<ServiceDefinition<"ssm">["permissions"]>;

interface Named {
  readonly Name?: string | undefined;
}
interface Tagged {
  readonly ResourceId?: string | undefined;
}

/** Versions and labels are no part of a parameter's ARN. */
function on(ctx: Context, action: string, name: string | undefined): RequiredPermission {
  const resource = name?.startsWith("arn:")
    ? name.split(":").slice(0, 6).join(":")
    : ctx.arn("ssm", resourceOf(readReference(name ?? "").name));
  return { action: `ssm:${action}`, resource };
}

const named =
  (action: string) =>
  (input: Named, ctx: Context): RequiredPermission[] => [on(ctx, action, input.Name)];
const tagged =
  (action: string) =>
  (input: Tagged, ctx: Context): RequiredPermission[] => [on(ctx, action, input.ResourceId)];

/** https://docs.aws.amazon.com/service-authorization/latest/reference/list_awssystemsmanager.html */
export const permissions: Permissions = {
  AddTagsToResource: tagged("AddTagsToResource"),
  DeleteParameter: named("DeleteParameter"),
  DeleteParameters: (input, ctx) => (input.Names ?? []).map((name) => on(ctx, "DeleteParameters", name)),
  DescribeParameters: (_, ctx) => [{ action: "ssm:DescribeParameters", resource: ctx.arn("ssm", "*") }],
  GetParameter: named("GetParameter"),
  GetParameterHistory: named("GetParameterHistory"),
  GetParameters: (input, ctx) => (input.Names ?? []).map((name) => on(ctx, "GetParameters", name)),
  GetParametersByPath: (input, ctx) => [{ action: "ssm:GetParametersByPath", resource: ctx.arn("ssm", resourceOf(input.Path ?? "/")) }],
  LabelParameterVersion: named("LabelParameterVersion"),
  ListTagsForResource: tagged("ListTagsForResource"),
  // https://docs.aws.amazon.com/systems-manager/latest/userguide/sysman-paramstore-access.html: tags need a permission of their own.
  PutParameter: (input, ctx) => {
    const own = on(ctx, "PutParameter", input.Name);
    return (input.Tags?.length ?? 0) === 0 ? [own] : [own, on(ctx, "AddTagsToResource", input.Name)];
  },
  RemoveTagsFromResource: tagged("RemoveTagsFromResource"),
  UnlabelParameterVersion: named("UnlabelParameterVersion"),
};
