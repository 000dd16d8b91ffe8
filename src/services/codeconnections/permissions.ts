import type { Context } from "../../aws/context.ts";
import type { RequiredPermission } from "../../aws/service.ts";
import type { Prefix } from "./items.ts";

type Members = Readonly<Record<string, unknown>>;

const BY_ARN: Readonly<Record<string, readonly string[]>> = {
  ConnectionArn: ["GetConnection", "DeleteConnection"],
  HostArn: ["GetHost", "UpdateHost", "DeleteHost"],
  ResourceArn: ["TagResource", "UntagResource", "ListTagsForResource"],
};

/** https://docs.aws.amazon.com/service-authorization/latest/reference/list_awscodeconnections.html */
export function permissionsOf(prefix: Prefix) {
  const entries = Object.entries(BY_ARN).flatMap(([member, operations]) =>
    operations.map((operation) => {
      const ask = (input: object, _ctx: Context): RequiredPermission[] => [
        { action: `${prefix}:${operation}`, resource: String((input as Members)[member] ?? "*") },
      ];
      return [operation, ask] as const;
    }),
  );
  return Object.fromEntries(entries) as Record<string, (input: object, ctx: Context) => RequiredPermission[]>;
}
