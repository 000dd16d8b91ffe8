import type { GrantConstraints, GrantOperation } from "@aws-sdk/client-kms";
import type { Context } from "../../aws/context.ts";
import { AwsException } from "../../aws/exception.ts";
import type { Operations } from "../../aws/service.ts";
import { recordKey } from "./create.ts";
import { findKey, keyArn, notPendingDeletion, pageRows, stopDryRun } from "./find.ts";
import { type GrantRow, grants, keys } from "./store.ts";

interface GrantBody {
  readonly Operations: GrantOperation[];
  readonly Constraints?: GrantConstraints;
}

const PAGE = 50;

function shape(row: GrantRow) {
  return {
    KeyId: keyArn({ account: row.account, region: row.region, id: row.key_id }),
    GrantId: row.id,
    Name: row.name ?? "",
    CreationDate: new Date(row.created),
    GranteePrincipal: row.grantee,
    ...(row.retiring === null ? {} : { RetiringPrincipal: row.retiring }),
    IssuingAccount: `arn:aws:iam::${row.account}:root`,
    ...(JSON.parse(row.body) as GrantBody),
  };
}

function remove(ctx: Context, row: GrantRow, type: string): Record<never, never> {
  ctx.tx(() => {
    ctx.run(grants.remove, { id: row.id });
    const key = ctx.get(keys.get, { id: row.key_id });
    if (key !== undefined) recordKey(ctx, type, key, { grant: row.id });
  });
  return {};
}

function existing(ctx: Context, keyId: string | undefined, id: string | undefined): GrantRow {
  const row = ctx.get(grants.get, { key_id: findKey(ctx, keyId).id, id: id ?? "" });
  if (row === undefined) throw new AwsException("NotFoundException", `Grant ID ${id} not found`);
  return row;
}

export const grantOperations = {
  CreateGrant: (input, ctx) => {
    const key = notPendingDeletion(findKey(ctx, input.KeyId));
    if (key.state === "Disabled") throw new AwsException("DisabledException", `${keyArn(key)} is disabled.`);
    stopDryRun(input);
    const body: GrantBody = {
      Operations: input.Operations ?? [],
      ...(input.Constraints === undefined ? {} : { Constraints: input.Constraints }),
    };
    const wanted = { grantee: input.GranteePrincipal ?? "", retiring: input.RetiringPrincipal ?? null, body: JSON.stringify(body) };
    return ctx.tx(() => {
      const same = input.Name === undefined ? undefined : ctx.get(grants.named, { key_id: key.id, name: input.Name });
      // The same request under the same name is the same grant: https://docs.aws.amazon.com/kms/latest/APIReference/API_CreateGrant.html
      if (same !== undefined && same.grantee === wanted.grantee && same.retiring === wanted.retiring && same.body === wanted.body) {
        return { GrantToken: same.token, GrantId: same.id };
      }
      const { ids } = ctx.cloud;
      const id = ids.hex(64);
      const token = Buffer.from(ids.bytes(96)).toString("base64url");
      ctx.run(grants.insert, { id, key_id: key.id, token, created: ctx.now, name: input.Name ?? null, ...wanted });
      ctx.claim(id);
      recordKey(ctx, "grant created", key, { grant: id, grantee: wanted.grantee });
      return { GrantToken: token, GrantId: id };
    });
  },

  ListGrants: (input, ctx) => {
    const key = findKey(ctx, input.KeyId);
    const read = (after: string, limit: number): GrantRow[] =>
      ctx
        .all(grants.ofKey, { key_id: key.id, after, limit: Number.MAX_SAFE_INTEGER })
        .filter((row) => input.GrantId === undefined || row.id === input.GrantId)
        .filter((row) => input.GranteePrincipal === undefined || row.grantee === input.GranteePrincipal)
        .slice(0, limit);
    const { items, tail } = pageRows<GrantRow>(input, PAGE, ({ id }) => id, read);
    return { Grants: items.map(shape), ...tail };
  },

  ListRetirableGrants: (input, ctx) => {
    const retiring = input.RetiringPrincipal ?? "";
    const read = (after: string, limit: number): GrantRow[] => ctx.all(grants.retirable, { retiring, after, limit });
    const { items, tail } = pageRows<GrantRow>(input, PAGE, ({ id }) => id, read);
    return { Grants: items.map(shape), ...tail };
  },

  RetireGrant: (input, ctx) => {
    if (input.GrantToken === undefined) {
      const row = existing(ctx, input.KeyId, input.GrantId);
      stopDryRun(input);
      return remove(ctx, row, "grant retired");
    }
    const row = ctx.get(grants.byToken, { token: input.GrantToken });
    if (row === undefined) throw new AwsException("InvalidGrantTokenException", "The grant token is not one of this account and region.");
    stopDryRun(input);
    return remove(ctx, row, "grant retired");
  },

  RevokeGrant: (input, ctx) => {
    const row = existing(ctx, input.KeyId, input.GrantId);
    stopDryRun(input);
    return remove(ctx, row, "grant revoked");
  },
} satisfies Operations<"kms">;
