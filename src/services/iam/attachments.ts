import type { Context } from "../../aws/context.ts";
import { AwsException } from "../../aws/exception.ts";
import type { Operations } from "../../aws/service.ts";
import { arnOf, changed, find, type PageInput, page, update } from "./entities.ts";
import { isAwsManaged, requirePolicy } from "./policies.ts";
import { modifiable } from "./roles.ts";
import { attachments, type EntityRow, entities, type Kind } from "./store.ts";

type Holder = "user" | "role" | "group";

const QUOTA: Readonly<Record<Holder, string>> = { user: "PoliciesPerUser", role: "PoliciesPerRole", group: "PoliciesPerGroup" };
const MAX_ATTACHED = 10;

function attach(ctx: Context, kind: Holder, name: string, arn = "") {
  const holder = modifiable(find(ctx, kind, name));
  requirePolicy(ctx, arn);
  ctx.tx(() => {
    ctx.run(attachments.insert, { entity_id: holder.id, policy_arn: arn });
    if (ctx.all(attachments.of, { id: holder.id }).length > MAX_ATTACHED) {
      throw new AwsException("LimitExceededException", `Cannot exceed quota for ${QUOTA[kind]}: ${MAX_ATTACHED}`);
    }
    changed(ctx, "policy attached", holder, { policy: arn });
  });
  return {};
}

function detach(ctx: Context, kind: Holder, name: string, arn = "") {
  const holder = modifiable(find(ctx, kind, name));
  ctx.tx(() => {
    if (ctx.run(attachments.remove, { entity_id: holder.id, policy_arn: arn }) === 0) {
      throw new AwsException("NoSuchEntityException", `Policy ${arn} was not found.`);
    }
    changed(ctx, "policy detached", holder, { policy: arn });
  });
  return {};
}

function listAttached(ctx: Context, kind: Holder, name: string, input: PageInput & { readonly PathPrefix?: string | undefined }) {
  const holder = find(ctx, kind, name);
  const prefix = input.PathPrefix ?? "/";
  const shapes = attachedShapes(ctx, holder).filter(({ PolicyArn }) => `/${PolicyArn.split(":policy/")[1] ?? ""}`.startsWith(prefix));
  const { items, tail } = page(shapes, input, ({ PolicyArn }) => PolicyArn);
  return { AttachedPolicies: items, ...tail };
}

export function attachedShapes(ctx: Context, holder: EntityRow) {
  return ctx
    .all(attachments.of, { id: holder.id })
    .map(({ policy_arn: arn }) => ({ PolicyName: arn.split("/").at(-1) ?? "", PolicyArn: arn }));
}

function setBoundary(ctx: Context, kind: Holder, name: string, arn: string | null) {
  const holder = modifiable(find(ctx, kind, name));
  if (arn !== null) requirePolicy(ctx, arn);
  else if (holder.boundary === null) {
    throw new AwsException("NoSuchEntityException", `The ${kind} with name ${name} does not have a permissions boundary.`);
  }
  update(ctx, holder, { boundary: arn });
  return {};
}

interface EntityFilter {
  readonly EntityFilter?: string | undefined;
  readonly PathPrefix?: string | undefined;
  readonly PolicyUsageFilter?: string | undefined;
}

/** Who has the policy attached or as its boundary, once each. */
function holdersOf(ctx: Context, arn: string, filter: EntityFilter): EntityRow[] {
  const attached = filter.PolicyUsageFilter === "PermissionsBoundary" ? [] : ctx.all(attachments.entities, { arn });
  const bounded = filter.PolicyUsageFilter === "PermissionsPolicy" ? [] : ctx.all(entities.boundedBy, { arn });
  const all = new Map([...attached, ...bounded].map((row) => [row.id, row]));
  const kind = filter.EntityFilter?.toLowerCase();
  return [...all.values()]
    .filter((row) => kind === undefined || row.kind === kind)
    .filter((row) => row.path.startsWith(filter.PathPrefix ?? "/"))
    .sort((a, b) => (a.id < b.id ? -1 : 1));
}

function ofKind(rows: readonly EntityRow[], kind: Kind): EntityRow[] {
  return rows.filter((row) => row.kind === kind);
}

export const attachmentOperations = {
  AttachUserPolicy: (input, ctx) => attach(ctx, "user", input.UserName ?? "", input.PolicyArn),
  AttachRolePolicy: (input, ctx) => attach(ctx, "role", input.RoleName ?? "", input.PolicyArn),
  AttachGroupPolicy: (input, ctx) => attach(ctx, "group", input.GroupName ?? "", input.PolicyArn),
  DetachUserPolicy: (input, ctx) => detach(ctx, "user", input.UserName ?? "", input.PolicyArn),
  DetachRolePolicy: (input, ctx) => detach(ctx, "role", input.RoleName ?? "", input.PolicyArn),
  DetachGroupPolicy: (input, ctx) => detach(ctx, "group", input.GroupName ?? "", input.PolicyArn),
  ListAttachedUserPolicies: (input, ctx) => listAttached(ctx, "user", input.UserName ?? "", input),
  ListAttachedRolePolicies: (input, ctx) => listAttached(ctx, "role", input.RoleName ?? "", input),
  ListAttachedGroupPolicies: (input, ctx) => listAttached(ctx, "group", input.GroupName ?? "", input),
  PutUserPermissionsBoundary: (input, ctx) => setBoundary(ctx, "user", input.UserName ?? "", input.PermissionsBoundary ?? ""),
  PutRolePermissionsBoundary: (input, ctx) => setBoundary(ctx, "role", input.RoleName ?? "", input.PermissionsBoundary ?? ""),
  DeleteUserPermissionsBoundary: (input, ctx) => setBoundary(ctx, "user", input.UserName ?? "", null),
  DeleteRolePermissionsBoundary: (input, ctx) => setBoundary(ctx, "role", input.RoleName ?? "", null),

  ListEntitiesForPolicy: (input, ctx) => {
    const policy = requirePolicy(ctx, input.PolicyArn ?? "");
    const arn = isAwsManaged(policy) ? policy.arn : arnOf(policy);
    const { items, tail } = page(holdersOf(ctx, arn, input), input, (row) => row.id);
    return {
      PolicyUsers: ofKind(items, "user").map((row) => ({ UserName: row.name, UserId: row.id })),
      PolicyGroups: ofKind(items, "group").map((row) => ({ GroupName: row.name, GroupId: row.id })),
      PolicyRoles: ofKind(items, "role").map((row) => ({ RoleName: row.name, RoleId: row.id })),
      ...tail,
    };
  },
} satisfies Operations<"iam">;
