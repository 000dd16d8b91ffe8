import type { EntityType } from "@aws-sdk/client-iam";
import type { Context } from "../../aws/context.ts";
import type { Operations } from "../../aws/service.ts";
import { attachedShapes } from "./attachments.ts";
import { type AwsManagedPolicy, managedPolicy } from "./aws-managed.ts";
import { boundaryMember, encodeDocument, page, tagMember } from "./entities.ts";
import { profileShape } from "./instance-profiles.ts";
import { isAwsManaged, policyShape, versionsOf } from "./policies.ts";
import { fullRole } from "./roles.ts";
import { attachments, type EntityRow, entities, inline, type Kind, members } from "./store.ts";
import { storeUses } from "./usage.ts";
import { groupShape, userShape } from "./users.ts";

function all(ctx: Context, kind: Kind): EntityRow[] {
  return ctx.all(entities.page, { kind, prefix: "/", after: "", limit: Number.MAX_SAFE_INTEGER });
}

function inlineShapes(ctx: Context, { id }: EntityRow) {
  return ctx.all(inline.of, { id }).map(({ name, document }) => ({ PolicyName: name, PolicyDocument: encodeDocument(document) }));
}

function userDetail(ctx: Context, row: EntityRow) {
  const policies = inlineShapes(ctx, row);
  return {
    ...userShape(row),
    ...(policies.length === 0 ? {} : { UserPolicyList: policies }),
    GroupList: ctx.all(members.containers, { id: row.id }).map(({ name }) => name),
    AttachedManagedPolicies: attachedShapes(ctx, row),
    ...boundaryMember(row),
    ...tagMember(ctx, row.id),
  };
}

function groupDetail(ctx: Context, row: EntityRow) {
  return { ...groupShape(row), GroupPolicyList: inlineShapes(ctx, row), AttachedManagedPolicies: attachedShapes(ctx, row) };
}

function roleDetail(ctx: Context, row: EntityRow) {
  const { Description: _, MaxSessionDuration: __, ...role } = fullRole(ctx, row);
  return {
    ...role,
    InstanceProfileList: ctx.all(members.containers, { id: row.id }).map((profile) => profileShape(ctx, profile)),
    RolePolicyList: inlineShapes(ctx, row),
    AttachedManagedPolicies: attachedShapes(ctx, row),
  };
}

function policyDetail(ctx: Context, policy: EntityRow | AwsManagedPolicy) {
  return { ...policyShape(ctx, policy), PolicyVersionList: versionsOf(ctx, policy) };
}

/** One line of the whole list, which is one list so that a marker can stand anywhere in it. */
type Item = { readonly type: EntityType; readonly key: string; readonly row: EntityRow | AwsManagedPolicy };

function itemsOf(ctx: Context): Item[] {
  const own = (type: EntityType, kind: Kind): Item[] => all(ctx, kind).map((row) => ({ type, key: `${type}/${row.id}`, row }));
  // AWS's policies appear once somebody has them.
  const aws = ctx
    .all(attachments.distinct, {})
    .map(({ policy_arn: arn }) => managedPolicy(arn))
    .filter((policy) => policy !== undefined)
    .map((row) => ({ type: "AWSManagedPolicy" as const, key: `AWSManagedPolicy/${row.id}`, row }));
  return [...own("User", "user"), ...own("Group", "group"), ...own("Role", "role"), ...own("LocalManagedPolicy", "policy"), ...aws];
}

export const detailOperations = {
  GetAccountAuthorizationDetails: (input, ctx) => {
    storeUses(ctx.cloud);
    const wanted = itemsOf(ctx).filter(
      ({ type }) => input.Filter === undefined || input.Filter.length === 0 || input.Filter.includes(type),
    );
    const { items, tail } = page(wanted, input, ({ key }) => key);
    const rows = (type: EntityType): EntityRow[] =>
      items.flatMap((item) => (item.type === type && !isAwsManaged(item.row) ? [item.row] : []));
    return {
      UserDetailList: rows("User").map((row) => userDetail(ctx, row)),
      GroupDetailList: rows("Group").map((row) => groupDetail(ctx, row)),
      RoleDetailList: rows("Role").map((row) => roleDetail(ctx, row)),
      Policies: items.filter(({ type }) => type.endsWith("Policy")).map(({ row }) => policyDetail(ctx, row)),
      ...tail,
    };
  },
} satisfies Operations<"iam">;
