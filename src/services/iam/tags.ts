import type { Context } from "../../aws/context.ts";
import type { Operations } from "../../aws/service.ts";
import { changed, find, type PageInput, page, putTags, type Tag, tagsOf } from "./entities.ts";
import { ownPolicy } from "./policies.ts";
import { type EntityRow, tags } from "./store.ts";

function add(ctx: Context, row: EntityRow, list: readonly Tag[] = []) {
  ctx.tx(() => {
    putTags(ctx, row.id, list);
    changed(ctx, `${row.kind} tagged`, row);
  });
  return {};
}

function take(ctx: Context, row: EntityRow, names: readonly string[] = []) {
  ctx.tx(() => {
    for (const key of names) ctx.run(tags.remove, { id: row.id, key });
    changed(ctx, `${row.kind} untagged`, row);
  });
  return {};
}

function list(ctx: Context, row: EntityRow, input: PageInput) {
  const { items, tail } = page(tagsOf(ctx, row.id), input, ({ Key }) => Key);
  return { Tags: items, ...tail };
}

export const tagOperations = {
  TagUser: (input, ctx) => add(ctx, find(ctx, "user", input.UserName ?? ""), input.Tags),
  TagRole: (input, ctx) => add(ctx, find(ctx, "role", input.RoleName ?? ""), input.Tags),
  TagPolicy: (input, ctx) => add(ctx, ownPolicy(ctx, input.PolicyArn ?? ""), input.Tags),
  TagInstanceProfile: (input, ctx) => add(ctx, find(ctx, "instance-profile", input.InstanceProfileName ?? ""), input.Tags),
  UntagUser: (input, ctx) => take(ctx, find(ctx, "user", input.UserName ?? ""), input.TagKeys),
  UntagRole: (input, ctx) => take(ctx, find(ctx, "role", input.RoleName ?? ""), input.TagKeys),
  UntagPolicy: (input, ctx) => take(ctx, ownPolicy(ctx, input.PolicyArn ?? ""), input.TagKeys),
  UntagInstanceProfile: (input, ctx) => take(ctx, find(ctx, "instance-profile", input.InstanceProfileName ?? ""), input.TagKeys),
  ListUserTags: (input, ctx) => list(ctx, find(ctx, "user", input.UserName ?? ""), input),
  ListRoleTags: (input, ctx) => list(ctx, find(ctx, "role", input.RoleName ?? ""), input),
  ListPolicyTags: (input, ctx) => list(ctx, ownPolicy(ctx, input.PolicyArn ?? ""), input),
  ListInstanceProfileTags: (input, ctx) => list(ctx, find(ctx, "instance-profile", input.InstanceProfileName ?? ""), input),
} satisfies Operations<"iam">;
