import type { Context } from "../../aws/context.ts";
import type { RequiredPermission, ServiceDefinition } from "../../aws/service.ts";

type Permissions = NonNullable<ServiceDefinition<"ecr">["permissions"]>;
type Named = Readonly<Record<string, unknown>>;

/** https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazonelasticcontainerregistry.html */
function asked(operation: string, input: Named, ctx: Context): RequiredPermission[] {
  const action = `ecr:${operation}`;
  const { repositoryName: name, repositoryNames: names, resourceArn: arn } = input;
  if (typeof arn === "string") return [{ action, resource: arn }];
  const list = typeof name === "string" ? [name] : Array.isArray(names) ? names.map(String) : [];
  if (list.length === 0) return [{ action, resource: "*" }];
  return list.map((repository) => ({ action, resource: ctx.arn("ecr", `repository/${repository}`) }));
}

export function permissionsOf(operations: Readonly<Record<string, unknown>>): Permissions {
  const entries = Object.keys(operations).map((name) => [name, (input: Named, ctx: Context) => asked(name, input, ctx)] as const);
  return Object.fromEntries(entries) as unknown as Permissions;
}
