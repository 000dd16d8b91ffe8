import type { Context } from "../../aws/context.ts";
import { AwsException } from "../../aws/exception.ts";
import type { Operations } from "../../aws/service.ts";
import { arnOf, boundaryMember, create, encodeDocument, find, list, page, remove, roleBody, tagMember, update } from "./entities.ts";
import { profileShape } from "./instance-profiles.ts";
import { requirePolicy } from "./policies.ts";
import { attachments, type EntityRow, inline, members } from "./store.ts";
import { checkTrust } from "./trust.ts";
import { storeUses } from "./usage.ts";
import { conflict } from "./users.ts";

const DEFAULT_SESSION_SECONDS = 3600;

/** The members that lists and instance profiles show. */
export function roleShape(row: EntityRow) {
  const body = roleBody(row);
  return {
    Path: row.path,
    RoleName: row.name,
    RoleId: row.id,
    Arn: arnOf(row),
    CreateDate: new Date(row.created),
    AssumeRolePolicyDocument: encodeDocument(body.trust),
    ...(body.description === undefined ? {} : { Description: body.description }),
    MaxSessionDuration: body.maxSession,
  };
}

export function fullRole(ctx: Context, row: EntityRow) {
  const { lastUsed, lastUsedRegion } = roleBody(row);
  const used = lastUsed === undefined ? {} : { LastUsedDate: new Date(lastUsed), Region: lastUsedRegion };
  return { ...roleShape(row), ...boundaryMember(row), ...tagMember(ctx, row.id), RoleLastUsed: used };
}

export const roleOperations = {
  CreateRole: (input, ctx) => {
    const { RoleName: name = "", Path: path = "/", AssumeRolePolicyDocument: trust = "", PermissionsBoundary: boundary } = input;
    if (path.startsWith("/aws-service-role/")) {
      throw new AwsException("InvalidInputException", "Role path /aws-service-role/ is reserved for service-linked roles.");
    }
    checkTrust(ctx, trust);
    if (boundary !== undefined) requirePolicy(ctx, boundary);
    const description = input.Description === undefined ? {} : { description: input.Description };
    const body = { trust, maxSession: input.MaxSessionDuration ?? DEFAULT_SESSION_SECONDS, ...description };
    const row = create(ctx, { kind: "role", name, path, boundary, body, tags: input.Tags });
    const { RoleLastUsed: _, ...role } = fullRole(ctx, row);
    return { Role: role };
  },

  GetRole: (input, ctx) => {
    storeUses(ctx.cloud);
    return { Role: fullRole(ctx, find(ctx, "role", input.RoleName ?? "")) };
  },

  ListRoles: (input, ctx) => {
    const { items, tail } = list(ctx, "role", input);
    return { Roles: items.map(roleShape), ...tail };
  },

  UpdateRole: (input, ctx) => {
    const role = modifiable(find(ctx, "role", input.RoleName ?? ""));
    const description = input.Description === undefined ? {} : { description: input.Description };
    const maxSession = input.MaxSessionDuration === undefined ? {} : { maxSession: input.MaxSessionDuration };
    update(ctx, role, { body: { ...description, ...maxSession } });
    return {};
  },

  UpdateRoleDescription: (input, ctx) => {
    const role = find(ctx, "role", input.RoleName ?? "");
    return { Role: roleShape(update(ctx, role, { body: { description: input.Description ?? "" } })) };
  },

  UpdateAssumeRolePolicy: (input, ctx) => {
    const role = modifiable(find(ctx, "role", input.RoleName ?? ""));
    checkTrust(ctx, input.PolicyDocument ?? "");
    update(ctx, role, { body: { trust: input.PolicyDocument ?? "" } });
    return {};
  },

  DeleteRole: (input, ctx) => {
    const role = modifiable(find(ctx, "role", input.RoleName ?? ""));
    const { id } = role;
    if (ctx.all(members.containers, { id }).length > 0) throw conflict("must remove roles from instance profile first.");
    if (ctx.all(attachments.of, { id }).length > 0) throw conflict("must detach all policies first.");
    if (ctx.all(inline.of, { id }).length > 0) throw conflict("must delete policies first.");
    remove(ctx, role);
    return {};
  },

  ListInstanceProfilesForRole: (input, ctx) => {
    const role = find(ctx, "role", input.RoleName ?? "");
    const { items, tail } = page(ctx.all(members.containers, { id: role.id }), input, (row) => row.name);
    return { InstanceProfiles: items.map((row) => profileShape(ctx, row)), ...tail };
  },
} satisfies Operations<"iam">;

/** @throws UnmodifiableEntity for a service-linked role */
export function modifiable(role: EntityRow): EntityRow {
  if (role.kind !== "role") return role;
  const { linkedTo } = roleBody(role);
  if (linkedTo !== undefined) {
    throw new AwsException(
      "UnmodifiableEntityException",
      `Cannot perform the operation on the protected role '${role.name}' - this role is only modifiable by AWS`,
    );
  }
  return role;
}
