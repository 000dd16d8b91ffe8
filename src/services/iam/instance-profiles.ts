import type { Context } from "../../aws/context.ts";
import { AwsException } from "../../aws/exception.ts";
import type { Operations } from "../../aws/service.ts";
import { arnOf, changed, create, find, list, remove, tagMember } from "./entities.ts";
import { roleShape } from "./roles.ts";
import { type EntityRow, members } from "./store.ts";
import { conflict } from "./users.ts";

export function profileShape(ctx: Context, row: EntityRow) {
  return {
    Path: row.path,
    InstanceProfileName: row.name,
    InstanceProfileId: row.id,
    Arn: arnOf(row),
    CreateDate: new Date(row.created),
    Roles: ctx.all(members.of, { id: row.id }).map(roleShape),
    ...tagMember(ctx, row.id),
  };
}

export const instanceProfileOperations = {
  CreateInstanceProfile: (input, ctx) => {
    const { InstanceProfileName: name = "", Path: path = "/", Tags: tags } = input;
    return { InstanceProfile: profileShape(ctx, create(ctx, { kind: "instance-profile", name, path, tags, body: {} })) };
  },

  GetInstanceProfile: (input, ctx) => ({
    InstanceProfile: profileShape(ctx, find(ctx, "instance-profile", input.InstanceProfileName ?? "")),
  }),

  ListInstanceProfiles: (input, ctx) => {
    const { items, tail } = list(ctx, "instance-profile", input);
    return { InstanceProfiles: items.map((row) => profileShape(ctx, row)), ...tail };
  },

  DeleteInstanceProfile: (input, ctx) => {
    const profile = find(ctx, "instance-profile", input.InstanceProfileName ?? "");
    if (ctx.all(members.of, { id: profile.id }).length > 0) throw conflict("must remove roles from instance profile first.");
    remove(ctx, profile);
    return {};
  },

  AddRoleToInstanceProfile: (input, ctx) => {
    const profile = find(ctx, "instance-profile", input.InstanceProfileName ?? "");
    const role = find(ctx, "role", input.RoleName ?? "");
    ctx.tx(() => {
      if (ctx.all(members.of, { id: profile.id }).length > 0) {
        throw new AwsException("LimitExceededException", "Cannot exceed quota for InstanceSessionsPerInstanceProfile: 1");
      }
      ctx.run(members.insert, { container_id: profile.id, member_id: role.id });
      changed(ctx, "role added to instance profile", profile, { role: role.name });
    });
    return {};
  },

  RemoveRoleFromInstanceProfile: (input, ctx) => {
    const profile = find(ctx, "instance-profile", input.InstanceProfileName ?? "");
    const role = find(ctx, "role", input.RoleName ?? "");
    ctx.tx(() => {
      const removed = ctx.run(members.remove, { container_id: profile.id, member_id: role.id });
      if (removed === 0) {
        throw new AwsException("NoSuchEntityException", `The role with name ${role.name} cannot be found.`);
      }
      changed(ctx, "role removed from instance profile", profile, { role: role.name });
    });
    return {};
  },
} satisfies Operations<"iam">;
