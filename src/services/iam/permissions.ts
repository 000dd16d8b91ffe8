import type { Context } from "../../aws/context.ts";
import type { RequiredPermission, ServiceDefinition } from "../../aws/service.ts";
import { arnOf } from "./entities.ts";
import { entities, type Kind } from "./store.ts";

type Permissions = NonNullable<ServiceDefinition<"iam">["permissions"]>;
type Named = Readonly<Record<string, unknown>>;

/** Members that name the resource of an action, the deciding one first. */
const MEMBERS: readonly (readonly [string, Kind])[] = [
  ["GroupName", "group"],
  ["InstanceProfileName", "instance-profile"],
  ["RoleName", "role"],
  ["UserName", "user"],
];

/** A name's ARN; for what is not there yet with the path that it is to get. */
function arnFor(ctx: Context, kind: Kind, name: string, path: unknown): string {
  const row = ctx.get(entities.byName, { kind, name });
  return row === undefined ? arnOf({ account: ctx.account, kind, name, path: typeof path === "string" ? path : "/" }) : arnOf(row);
}

/** https://docs.aws.amazon.com/service-authorization/latest/reference/list_awsidentityandaccessmanagementiam.html */
function resourceOf(ctx: Context, input: Named): string {
  for (const [member, kind] of MEMBERS) {
    const name = input[member];
    if (typeof name === "string") return arnFor(ctx, kind, name, input["Path"]);
  }
  const { PolicyArn: policy, PolicyName: name, PolicySourceArn: source } = input;
  if (typeof policy === "string") return policy;
  if (typeof source === "string") return source;
  return typeof name === "string" ? arnFor(ctx, "policy", name, input["Path"]) : "*";
}

/** Every operation is allowed on what its input names; handing a role to an instance profile is passing the role, too. */
export function permissionsOf(operations: Readonly<Record<string, unknown>>): Permissions {
  const entries = Object.keys(operations).map((operation) => {
    const asks = (input: Named, ctx: Context): RequiredPermission[] => {
      const own = { action: `iam:${operation}`, resource: resourceOf(ctx, input) };
      if (operation !== "AddRoleToInstanceProfile") return [own];
      return [own, { action: "iam:PassRole", resource: arnFor(ctx, "role", String(input["RoleName"]), undefined) }];
    };
    return [operation, asks] as const;
  });
  return Object.fromEntries(entries) as unknown as Permissions;
}
