import type { Context } from "../../aws/context.ts";
import type { RequiredPermission, ServiceDefinition } from "../../aws/service.ts";
import { sloArn, sloName } from "./slo/model.ts";

type Permissions = NonNullable<ServiceDefinition<"application-signals">["permissions"]>;
type Named = Readonly<Record<string, unknown>>;

function arnOf(ctx: Context, id: unknown): string {
  const text = typeof id === "string" ? id : "*";
  const name = sloName(ctx, text);
  return name === undefined ? text : sloArn(ctx, name);
}

const onSlos =
  (operation: string, member: string) =>
  (input: Named, ctx: Context): RequiredPermission[] =>
    [input[member]].flat().map((id) => ({ action: `application-signals:${operation}`, resource: arnOf(ctx, id) }));

const BY: Readonly<Record<string, string>> = {
  BatchGetServiceLevelObjectiveBudgetReport: "SloIds",
  BatchUpdateExclusionWindows: "SloIds",
  CreateServiceLevelObjective: "Name",
  DeleteServiceLevelObjective: "Id",
  GetServiceLevelObjective: "Id",
  ListServiceLevelObjectiveExclusionWindows: "Id",
  ListTagsForResource: "ResourceArn",
  TagResource: "ResourceArn",
  UntagResource: "ResourceArn",
  UpdateServiceLevelObjective: "Id",
};

/** https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazoncloudwatchapplicationsignals.html */
export const permissions = Object.fromEntries(
  Object.entries(BY).map(([operation, member]) => [operation, onSlos(operation, member)]),
) as unknown as Permissions;
