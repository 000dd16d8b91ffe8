import type { Context } from "../../aws/context.ts";
import { AwsException } from "../../aws/exception.ts";
import type { Operations } from "../../aws/service.ts";
import type { Ids } from "../../kernel/ids.ts";
import { changed, find, page } from "./entities.ts";
import { entities, type KeyRow, keys } from "./store.ts";
import { storeUses } from "./usage.ts";

const MAX_KEYS = 2;
const BASE32 = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";

/**
 * An access key id: its prefix, then the account in 40 of the 80 bits that follow, which is how AWS can tell the account of
 * any key (`GetAccessKeyInfo`) without looking it up.
 */
export function newAccessKeyId(ids: Ids, prefix: "AKIA" | "ASIA", account: string): string {
  const [tail = 0, ...random] = ids.bytes(5);
  const head = (1n << 47n) | (BigInt(account) << 7n) | BigInt(tail & 0x7f);
  let bits = head << 32n;
  for (const [i, byte] of random.entries()) bits |= BigInt(byte) << BigInt(24 - 8 * i);
  let text = "";
  for (let shift = 75n; shift >= 0n; shift -= 5n) text += BASE32[Number((bits >> shift) & 31n)];
  return prefix + text;
}

/** 40 characters, as AWS's secrets have. */
export function newSecret(ids: Ids): string {
  return Buffer.from(ids.bytes(30)).toString("base64");
}

/** The user named, or the one who asks. @throws NoSuchEntity, ValidationError for the root */
export function userOrCaller(ctx: Context, name: string | undefined): string {
  if (name !== undefined) return name;
  if (ctx.principal.type === "user") return ctx.principal.arn.split("/").at(-1) ?? "";
  throw new AwsException("ValidationError", "Must specify userName when calling with non-User credentials", { status: 400 });
}

export const accessKeyOperations = {
  CreateAccessKey: (input, ctx) => {
    const user = find(ctx, "user", userOrCaller(ctx, input.UserName));
    return ctx.tx(() => {
      if (ctx.all(keys.of, { id: user.id }).length >= MAX_KEYS) {
        throw new AwsException("LimitExceededException", `Cannot exceed quota for AccessKeysPerUser: ${MAX_KEYS}`);
      }
      const id = newAccessKeyId(ctx.cloud.ids, "AKIA", ctx.account);
      const secret = newSecret(ctx.cloud.ids);
      ctx.run(keys.insert, { id, user_id: user.id, secret, created: ctx.now });
      ctx.claim(id);
      changed(ctx, "access key created", user, { accessKeyId: id });
      return {
        AccessKey: { UserName: user.name, AccessKeyId: id, Status: "Active", SecretAccessKey: secret, CreateDate: new Date(ctx.now) },
      };
    });
  },

  ListAccessKeys: (input, ctx) => {
    const user = find(ctx, "user", userOrCaller(ctx, input.UserName));
    const { items, tail } = page(ctx.all(keys.of, { id: user.id }), input, (key) => key.id);
    return {
      AccessKeyMetadata: items.map((key) => ({
        UserName: user.name,
        AccessKeyId: key.id,
        Status: key.status,
        CreateDate: new Date(key.created),
      })),
      ...tail,
    };
  },

  UpdateAccessKey: (input, ctx) => {
    if (input.Status === "Expired") {
      throw new AwsException("InvalidInputException", "Access key status can be set to Active or Inactive only.");
    }
    const { key, user } = keyOf(ctx, input.UserName, input.AccessKeyId ?? "");
    ctx.tx(() => {
      ctx.run(keys.setStatus, { id: key.id, status: input.Status ?? key.status });
      changed(ctx, "access key updated", user, { accessKeyId: key.id, status: input.Status });
    });
    return {};
  },

  DeleteAccessKey: (input, ctx) => {
    const { key, user } = keyOf(ctx, input.UserName, input.AccessKeyId ?? "");
    ctx.tx(() => {
      ctx.run(keys.remove, { id: key.id });
      changed(ctx, "access key deleted", user, { accessKeyId: key.id });
    });
    return {};
  },

  GetAccessKeyLastUsed: (input, ctx) => {
    storeUses(ctx.cloud);
    const id = input.AccessKeyId ?? "";
    const key = ctx.get(keys.get, { id });
    const user = key === undefined ? undefined : ctx.get(entities.byId, { id: key.user_id });
    if (key === undefined || user === undefined || key.account !== ctx.account) throw missing(id);
    const used = key.used === null ? {} : { LastUsedDate: new Date(key.used) };
    return {
      UserName: user.name,
      AccessKeyLastUsed: { ...used, ServiceName: key.used_service ?? "N/A", Region: key.used_region ?? "N/A" },
    };
  },
} satisfies Operations<"iam">;

function keyOf(ctx: Context, userName: string | undefined, id: string) {
  const user = find(ctx, "user", userOrCaller(ctx, userName));
  const key: KeyRow | undefined = ctx.get(keys.get, { id });
  if (key === undefined || key.user_id !== user.id) throw missing(id);
  return { key, user };
}

function missing(id: string): AwsException {
  return new AwsException("NoSuchEntityException", `The Access Key with id ${id} cannot be found.`);
}
