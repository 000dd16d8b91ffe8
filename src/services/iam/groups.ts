import type { Operations } from "../../aws/service.ts";
import { create, find, list, page, remove, update } from "./entities.ts";
import { attachments, inline, members } from "./store.ts";
import { conflict, groupShape, requireFree, userShape } from "./users.ts";

export const groupOperations = {
  CreateGroup: (input, ctx) => ({
    Group: groupShape(create(ctx, { kind: "group", name: input.GroupName ?? "", path: input.Path ?? "/", body: {} })),
  }),

  GetGroup: (input, ctx) => {
    const group = find(ctx, "group", input.GroupName ?? "");
    const { items, tail } = page(ctx.all(members.of, { id: group.id }), input, (row) => row.name);
    return { Group: groupShape(group), Users: items.map(userShape), ...tail };
  },

  ListGroups: (input, ctx) => {
    const { items, tail } = list(ctx, "group", input);
    return { Groups: items.map(groupShape), ...tail };
  },

  UpdateGroup: (input, ctx) => {
    const group = find(ctx, "group", input.GroupName ?? "");
    const { NewGroupName: name = group.name, NewPath: path = group.path } = input;
    if (name.toLowerCase() !== group.name.toLowerCase()) requireFree(ctx, "group", name);
    update(ctx, group, { name, path });
    return {};
  },

  DeleteGroup: (input, ctx) => {
    const group = find(ctx, "group", input.GroupName ?? "");
    const { id } = group;
    if (ctx.all(members.of, { id }).length > 0) throw conflict("must remove users from group first.");
    if (ctx.all(attachments.of, { id }).length > 0) throw conflict("must detach all policies first.");
    if (ctx.all(inline.of, { id }).length > 0) throw conflict("must delete policies first.");
    remove(ctx, group);
    return {};
  },
} satisfies Operations<"iam">;
