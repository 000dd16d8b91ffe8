import type { Context } from "../../aws/context.ts";
import { AwsException } from "../../aws/exception.ts";
import type { Operations } from "../../aws/service.ts";
import { changed, encodeDocument, find, type PageInput, page } from "./entities.ts";
import { modifiable } from "./roles.ts";
import { inline } from "./store.ts";
import { checkDocument } from "./trust.ts";

type Holder = "user" | "role" | "group";

/** All inline policies of one entity together, without white space: https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html */
const MAX_CHARACTERS: Readonly<Record<Holder, number>> = { user: 2048, role: 10_240, group: 5120 };

interface Named {
  readonly PolicyName?: string | undefined;
}

function put(ctx: Context, kind: Holder, name: string, input: Named & { readonly PolicyDocument?: string | undefined }) {
  const holder = modifiable(find(ctx, kind, name));
  const { PolicyName: policy = "", PolicyDocument: document = "" } = input;
  checkDocument(document, "identity");
  ctx.tx(() => {
    ctx.run(inline.put, { entity_id: holder.id, name: policy, document });
    const total = ctx.all(inline.of, { id: holder.id }).reduce((sum, entry) => sum + entry.document.replace(/\s/g, "").length, 0);
    if (total > MAX_CHARACTERS[kind]) {
      throw new AwsException("LimitExceededException", `Maximum policy size of ${MAX_CHARACTERS[kind]} bytes exceeded for ${kind} ${name}`);
    }
    ctx.claim(policy);
    changed(ctx, "inline policy put", holder, { policy });
  });
  return {};
}

function get(ctx: Context, kind: Holder, name: string, { PolicyName: policy = "" }: Named) {
  const holder = find(ctx, kind, name);
  const row = ctx.get(inline.get, { id: holder.id, name: policy });
  if (row === undefined) throw missing(kind, policy);
  return { holder: holder.name, PolicyName: row.name, PolicyDocument: encodeDocument(row.document) };
}

function remove(ctx: Context, kind: Holder, name: string, { PolicyName: policy = "" }: Named) {
  const holder = modifiable(find(ctx, kind, name));
  ctx.tx(() => {
    if (ctx.run(inline.remove, { id: holder.id, name: policy }) === 0) throw missing(kind, policy);
    changed(ctx, "inline policy deleted", holder, { policy });
  });
  return {};
}

function list(ctx: Context, kind: Holder, name: string, input: PageInput) {
  const holder = find(ctx, kind, name);
  const { items, tail } = page(ctx.all(inline.of, { id: holder.id }), input, (row) => row.name);
  return { PolicyNames: items.map((row) => row.name), ...tail };
}

function missing(kind: Holder, policy: string): AwsException {
  return new AwsException("NoSuchEntityException", `The ${kind} policy with name ${policy} cannot be found.`);
}

export const inlineOperations = {
  PutUserPolicy: (input, ctx) => put(ctx, "user", input.UserName ?? "", input),
  PutRolePolicy: (input, ctx) => put(ctx, "role", input.RoleName ?? "", input),
  PutGroupPolicy: (input, ctx) => put(ctx, "group", input.GroupName ?? "", input),
  GetUserPolicy: (input, ctx) => {
    const { holder, ...policy } = get(ctx, "user", input.UserName ?? "", input);
    return { UserName: holder, ...policy };
  },
  GetRolePolicy: (input, ctx) => {
    const { holder, ...policy } = get(ctx, "role", input.RoleName ?? "", input);
    return { RoleName: holder, ...policy };
  },
  GetGroupPolicy: (input, ctx) => {
    const { holder, ...policy } = get(ctx, "group", input.GroupName ?? "", input);
    return { GroupName: holder, ...policy };
  },
  DeleteUserPolicy: (input, ctx) => remove(ctx, "user", input.UserName ?? "", input),
  DeleteRolePolicy: (input, ctx) => remove(ctx, "role", input.RoleName ?? "", input),
  DeleteGroupPolicy: (input, ctx) => remove(ctx, "group", input.GroupName ?? "", input),
  ListUserPolicies: (input, ctx) => list(ctx, "user", input.UserName ?? "", input),
  ListRolePolicies: (input, ctx) => list(ctx, "role", input.RoleName ?? "", input),
  ListGroupPolicies: (input, ctx) => list(ctx, "group", input.GroupName ?? "", input),
} satisfies Operations<"iam">;
