import type { Context } from "../../aws/context.ts";
import { AwsException } from "../../aws/exception.ts";
import type { Operations } from "../../aws/service.ts";
import { recordKey } from "./create.ts";
import { findKey, notPendingDeletion, pageRows } from "./find.ts";
import { type AliasRow, aliases, keys } from "./store.ts";

/** @throws ValidationException, NotAuthorizedException for names that AWS keeps for itself */
function checkName(name: string): void {
  if (!name.startsWith("alias/")) {
    throw new AwsException(
      "ValidationException",
      'Alias must start with the prefix "alias/". Please see http://docs.aws.amazon.com/kms/latest/developerguide/kms-alias.html',
      { status: 400 },
    );
  }
  if (name.startsWith("alias/aws/")) throw new AwsException("NotAuthorizedException", "", { status: 400 });
  if (!/^alias\/[a-zA-Z0-9/_-]+$/.test(name)) {
    throw new AwsException("ValidationException", "Alias contains invalid characters for an alias", { status: 400 });
  }
}

function aliasArn(ctx: Context, name: string): string {
  return ctx.arn("kms", name);
}

function existing(ctx: Context, name: string): AliasRow {
  const alias = ctx.get(aliases.get, { name });
  if (alias === undefined) throw new AwsException("NotFoundException", `Alias ${aliasArn(ctx, name)} is not found.`);
  return alias;
}

export const aliasOperations = {
  CreateAlias: (input, ctx) => {
    const name = input.AliasName ?? "";
    checkName(name);
    if (input.TargetKeyId?.includes("alias/")) {
      throw new AwsException("ValidationException", "Aliases must refer to keys. Not aliases", { status: 400 });
    }
    ctx.tx(() => {
      const key = notPendingDeletion(findKey(ctx, input.TargetKeyId));
      if (ctx.get(aliases.get, { name }) !== undefined) {
        throw new AwsException("AlreadyExistsException", `An alias with the name ${aliasArn(ctx, name)} already exists`);
      }
      ctx.run(aliases.insert, { name, key_id: key.id, now: ctx.now });
      ctx.claim(name);
      recordKey(ctx, "alias created", key, { alias: name });
    });
    return {};
  },

  UpdateAlias: (input, ctx) => {
    const name = input.AliasName ?? "";
    checkName(name);
    const alias = existing(ctx, name);
    const key = notPendingDeletion(findKey(ctx, input.TargetKeyId));
    const current = ctx.get(keys.get, { id: alias.key_id });
    if (
      current !== undefined &&
      (current.usage !== key.usage || (current.spec === "SYMMETRIC_DEFAULT") !== (key.spec === "SYMMETRIC_DEFAULT"))
    ) {
      throw new AwsException("ValidationException", "The current and new KMS keys must be of the same type and have the same key usage.", {
        status: 400,
      });
    }
    ctx.tx(() => {
      ctx.run(aliases.point, { name, key_id: key.id, now: ctx.now });
      recordKey(ctx, "alias updated", key, { alias: name });
    });
    return {};
  },

  DeleteAlias: (input, ctx) => {
    const name = input.AliasName ?? "";
    checkName(name);
    const alias = existing(ctx, name);
    ctx.tx(() => {
      ctx.run(aliases.remove, { name });
      const key = ctx.get(keys.get, { id: alias.key_id });
      if (key !== undefined) recordKey(ctx, "alias deleted", key, { alias: name });
    });
    return {};
  },

  ListAliases: (input, ctx) => {
    const id = input.KeyId === undefined ? undefined : findKey(ctx, input.KeyId).id;
    const read = (after: string, limit: number): AliasRow[] =>
      id === undefined ? ctx.all(aliases.page, { after, limit }) : ctx.all(aliases.ofKey, { id, after, limit });
    const { items, tail } = pageRows<AliasRow>(input, 50, ({ name }) => name, read);
    const shapes = items.map((row) => ({
      AliasName: row.name,
      AliasArn: aliasArn(ctx, row.name),
      TargetKeyId: row.key_id,
      CreationDate: new Date(row.created),
      LastUpdatedDate: new Date(row.updated),
    }));
    return { Aliases: shapes, ...tail };
  },
} satisfies Operations<"kms">;
