import type { KeyUsageType } from "@aws-sdk/client-kms";
import { parseArn } from "../../aws/arn.ts";
import type { Context } from "../../aws/context.ts";
import { AwsException } from "../../aws/exception.ts";
import { decodeToken, encodeToken } from "../../aws/paging.ts";
import { serviceKey } from "./aws-managed.ts";
import { aliases, type KeyRow, keys } from "./store.ts";

const KEY_ID = /^(mrk-[0-9a-f]{32}|[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12})$/;

export function keyArn(row: Pick<KeyRow, "account" | "region" | "id">): string {
  return `arn:aws:kms:${row.region}:${row.account}:key/${row.id}`;
}

/**
 * The key behind a key id, key ARN, alias name or alias ARN. AWS's own keys (`alias/aws/s3`) come into being when they are
 * first asked for. @throws NotFoundException, InvalidArnException
 */
export function findKey(ctx: Context, keyId: string | undefined): KeyRow {
  const id = keyId ?? "";
  if (id.startsWith("alias/")) return behindAlias(ctx, id, ctx.account, ctx.region);
  if (!id.startsWith("arn:")) {
    if (!KEY_ID.test(id)) throw new AwsException("NotFoundException", `Invalid keyId '${id}'`);
    return existing(ctx.get(keys.get, { id }), `arn:aws:kms:${ctx.region}:${ctx.account}:key/${id}`);
  }
  const arn = parseArn(id);
  if (arn === undefined || arn.service !== "kms") throw new AwsException("InvalidArnException", `Invalid arn ${id}`);
  if (arn.region !== ctx.region) throw new AwsException("NotFoundException", `Invalid arn ${arn.region}`);
  if (arn.resource.startsWith("alias/")) return behindAlias(ctx, arn.resource, arn.account, arn.region);
  const found = ctx.get(keys.anywhere, { owner: arn.account, home: arn.region, id: arn.resource.replace(/^key\//, "") });
  return existing(found, id);
}

function behindAlias(ctx: Context, name: string, account: string, region: string): KeyRow {
  const alias = ctx.get(aliases.anywhere, { name, owner: account, home: region });
  const key = alias === undefined ? undefined : ctx.get(keys.anywhere, { owner: account, home: region, id: alias.key_id });
  if (key !== undefined) return key;
  const made = account === ctx.account ? serviceKey(ctx, name) : undefined;
  if (made === undefined) throw new AwsException("NotFoundException", `Alias arn:aws:kms:${region}:${account}:${name} is not found.`);
  return made;
}

function existing(row: KeyRow | undefined, arn: string): KeyRow {
  if (row === undefined) throw new AwsException("NotFoundException", `Key '${arn}' does not exist`);
  return row;
}

/** @throws KMSInvalidStateException while the deletion is pending */
export function notPendingDeletion(row: KeyRow): KeyRow {
  if (row.state === "PendingDeletion") throw new AwsException("KMSInvalidStateException", `${keyArn(row)} is pending deletion.`);
  return row;
}

/**
 * A key that may be used now, for this operation. https://docs.aws.amazon.com/kms/latest/developerguide/key-state.html
 * @throws DisabledException, KMSInvalidStateException, InvalidKeyUsageException
 */
export function usableKey(ctx: Context, keyId: string | undefined, usage: KeyUsageType, operation: string): KeyRow {
  const row = notPendingDeletion(findKey(ctx, keyId));
  if (row.state === "Disabled") throw new AwsException("DisabledException", `${keyArn(row)} is disabled.`);
  if (row.usage !== usage) {
    throw new AwsException("InvalidKeyUsageException", `${keyArn(row)} key usage is ${row.usage} which is not valid for ${operation}.`);
  }
  return row;
}

/** Only the customer's own keys may be changed. @throws AccessDeniedException for AWS's */
export function ownKey(ctx: Context, keyId: string | undefined, action: string): KeyRow {
  const row = findKey(ctx, keyId);
  if (row.manager === "AWS") {
    throw new AwsException(
      "AccessDeniedException",
      `User: ${ctx.principal.arn} is not authorized to perform: kms:${action} on resource: ${keyArn(row)} because no resource-based policy allows the kms:${action} action`,
      { status: 400 },
    );
  }
  return row;
}

/** `DryRun: true` goes no further than this. @throws DryRunOperationException */
export function stopDryRun(input: { readonly DryRun?: boolean | undefined }): void {
  if (input.DryRun === true) {
    throw new AwsException("DryRunOperationException", "The request would have succeeded, but the DryRun option is set.");
  }
}

export interface PageInput {
  readonly Marker?: string | undefined;
  readonly Limit?: number | undefined;
}

/** Cuts one page; `read` gives rows after a key in its order. @throws InvalidMarkerException */
export function pageRows<T>(input: PageInput, size: number, keyOf: (row: T) => string, read: (after: string, limit: number) => T[]) {
  const [after = ""] = input.Marker === undefined ? [] : (decodeToken(input.Marker) ?? [undefined]);
  if (typeof after !== "string") throw new AwsException("InvalidMarkerException", "Could not deserialize marker");
  const limit = input.Limit ?? size;
  const rows = read(after, limit + 1);
  const items = rows.slice(0, limit);
  const last = items.at(-1);
  if (rows.length <= limit || last === undefined) return { items, tail: { Truncated: false } };
  return { items, tail: { Truncated: true, NextMarker: encodeToken([keyOf(last)]) } };
}
