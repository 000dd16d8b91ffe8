import type { Context } from "../../aws/context.ts";
import { AwsException } from "../../aws/exception.ts";
import type { Operations } from "../../aws/service.ts";
import { userOrCaller } from "./access-keys.ts";
import { arnOf, boundaryMember, changed, create, find, list, page, remove, tagMember, update } from "./entities.ts";
import { requirePolicy } from "./policies.ts";
import { attachments, type EntityRow, inline, keys, members, serviceCredentials } from "./store.ts";

export function userShape(row: EntityRow) {
  return { Path: row.path, UserName: row.name, UserId: row.id, Arn: arnOf(row), CreateDate: new Date(row.created) };
}

function fullUser(ctx: Context, row: EntityRow) {
  return { ...userShape(row), ...boundaryMember(row), ...tagMember(ctx, row.id) };
}

export const userOperations = {
  CreateUser: (input, ctx) => {
    if (input.PermissionsBoundary !== undefined) requirePolicy(ctx, input.PermissionsBoundary);
    const { UserName: name = "", Path: path = "/", PermissionsBoundary: boundary, Tags: tags } = input;
    return { User: fullUser(ctx, create(ctx, { kind: "user", name, path, boundary, tags, body: {} })) };
  },

  GetUser: (input, ctx) => {
    if (input.UserName === undefined && ctx.principal.type === "root") return { User: rootUser(ctx) };
    return { User: fullUser(ctx, find(ctx, "user", userOrCaller(ctx, input.UserName))) };
  },

  ListUsers: (input, ctx) => {
    const { items, tail } = list(ctx, "user", input);
    // ListUsers leaves out tags and boundary: https://docs.aws.amazon.com/IAM/latest/APIReference/API_ListUsers.html
    return { Users: items.map(userShape), ...tail };
  },

  UpdateUser: (input, ctx) => {
    const user = find(ctx, "user", input.UserName ?? "");
    const { NewUserName: name = user.name, NewPath: path = user.path } = input;
    if (name.toLowerCase() !== user.name.toLowerCase()) requireFree(ctx, "user", name);
    update(ctx, user, { name, path });
    return {};
  },

  DeleteUser: (input, ctx) => {
    const user = find(ctx, "user", input.UserName ?? "");
    const { id } = user;
    if (ctx.all(members.containers, { id }).length > 0) throw conflict("must remove user from all groups first.");
    if (ctx.all(attachments.of, { id }).length > 0) throw conflict("must detach all policies first.");
    if (ctx.all(inline.of, { id }).length > 0) throw conflict("must delete policies first.");
    if (ctx.all(keys.of, { id }).length > 0) throw conflict("must delete access keys first.");
    if (ctx.all(serviceCredentials.of, { id }).length > 0) throw conflict("must delete service-specific credentials first.");
    remove(ctx, user);
    return {};
  },

  AddUserToGroup: (input, ctx) => {
    const group = find(ctx, "group", input.GroupName ?? "");
    const user = find(ctx, "user", input.UserName ?? "");
    ctx.tx(() => {
      if (
        ctx.all(members.containers, { id: user.id }).length >= 10 &&
        !ctx.all(members.of, { id: group.id }).some(({ id }) => id === user.id)
      ) {
        throw new AwsException("LimitExceededException", "Cannot exceed quota for GroupsPerUser: 10");
      }
      ctx.run(members.insert, { container_id: group.id, member_id: user.id });
      changed(ctx, "user added to group", group, { user: user.name });
    });
    return {};
  },

  RemoveUserFromGroup: (input, ctx) => {
    const group = find(ctx, "group", input.GroupName ?? "");
    const user = find(ctx, "user", input.UserName ?? "");
    ctx.tx(() => {
      ctx.run(members.remove, { container_id: group.id, member_id: user.id });
      changed(ctx, "user removed from group", group, { user: user.name });
    });
    return {};
  },

  ListGroupsForUser: (input, ctx) => {
    const user = find(ctx, "user", input.UserName ?? "");
    const { items, tail } = page(ctx.all(members.containers, { id: user.id }), input, (row) => row.name);
    return { Groups: items.map(groupShape), ...tail };
  },
} satisfies Operations<"iam">;

export function groupShape(row: EntityRow) {
  return { Path: row.path, GroupName: row.name, GroupId: row.id, Arn: arnOf(row), CreateDate: new Date(row.created) };
}

export function requireFree(ctx: Context, kind: "user" | "group", name: string): void {
  const label = kind === "user" ? "User" : "Group";
  let taken = true;
  try {
    find(ctx, kind, name);
  } catch {
    taken = false;
  }
  if (taken) throw new AwsException("EntityAlreadyExistsException", `${label} with name ${name} already exists.`);
}

export function conflict(what: string): AwsException {
  return new AwsException("DeleteConflictException", `Cannot delete entity, ${what}`);
}

/** The root has no IAM user; AWS answers with the account in the place of one, without a name. */
function rootUser(ctx: Context) {
  return { Path: "/", UserName: "", UserId: ctx.account, Arn: ctx.principal.arn, CreateDate: new Date(0) };
}
