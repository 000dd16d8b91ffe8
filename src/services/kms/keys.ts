import type { KeySpec, KeyUsageType, OriginType } from "@aws-sdk/client-kms";
import type { Context } from "../../aws/context.ts";
import { AwsException, notImplemented } from "../../aws/exception.ts";
import type { MessageHandler, Operations } from "../../aws/service.ts";
import { insertKey, recordKey } from "./create.ts";
import { findKey, keyArn, notPendingDeletion, ownKey, pageRows } from "./find.ts";
import { newMaterial } from "./material.ts";
import { checkPolicy, defaultPolicy } from "./policies.ts";
import { algorithmsOf, SPECS } from "./specs.ts";
import { type KeyRow, keys, materials } from "./store.ts";
import { putTags } from "./tags.ts";

const DAY = 86_400_000;
const DEFAULT_WINDOW_DAYS = 30;
const MIN_WINDOW_DAYS = 7;

function metadata(ctx: Context, row: KeyRow) {
  const spec = row.spec as KeySpec;
  const current = row.spec === "SYMMETRIC_DEFAULT" ? ctx.get(materials.current, { id: row.id })?.id : undefined;
  return {
    AWSAccountId: row.account,
    KeyId: row.id,
    Arn: keyArn(row),
    CreationDate: new Date(row.created),
    Enabled: row.state === "Enabled",
    Description: row.description,
    KeyUsage: row.usage as KeyUsageType,
    KeyState: row.state,
    ...(row.deletion === null ? {} : { DeletionDate: new Date(row.deletion) }),
    Origin: "AWS_KMS" as OriginType,
    KeyManager: row.manager,
    // The older name of the same thing; clients of either find theirs.
    CustomerMasterKeySpec: spec as "SYMMETRIC_DEFAULT",
    KeySpec: spec,
    ...algorithmsOf(row.spec, row.usage),
    MultiRegion: false,
    ...(current === undefined ? {} : { CurrentKeyMaterialId: current }),
  };
}

/** @throws ValidationException for a spec and usage that do not go together; refuses specs that are not there */
function usageFor(spec: KeySpec, usage: KeyUsageType | undefined): KeyUsageType {
  const possible = SPECS[spec];
  if (possible === undefined) throw notImplemented("kms", "CreateKey", `KeySpec ${spec}`);
  // AWS defaults to ENCRYPT_DECRYPT and makes callers name the usage of every other kind of key.
  const chosen = usage ?? "ENCRYPT_DECRYPT";
  if (usage === undefined && spec !== "SYMMETRIC_DEFAULT") {
    throw new AwsException(
      "ValidationException",
      "You must specify a KeyUsage value for all KMS keys except for symmetric encryption keys.",
      {
        status: 400,
      },
    );
  }
  if (possible[chosen] === undefined) {
    throw new AwsException("ValidationException", `KeyUsage ${chosen} is not compatible with KeySpec ${spec}`, { status: 400 });
  }
  return chosen;
}

export const keyOperations = {
  CreateKey: async (input, ctx) => {
    if (input.MultiRegion === true) throw notImplemented("kms", "CreateKey", "MultiRegion");
    if (input.Origin !== undefined && input.Origin !== "AWS_KMS") throw notImplemented("kms", "CreateKey", `Origin ${input.Origin}`);
    if (input.CustomKeyStoreId !== undefined) throw notImplemented("kms", "CreateKey", "CustomKeyStoreId");
    const spec = input.KeySpec ?? input.CustomerMasterKeySpec ?? "SYMMETRIC_DEFAULT";
    const usage = usageFor(spec, input.KeyUsage);
    if (input.Policy !== undefined) checkPolicy(ctx, input.Policy, input.BypassPolicyLockoutSafetyCheck);
    const policy = input.Policy ?? defaultPolicy(ctx);
    const material = await newMaterial(spec);
    return ctx.tx(() => {
      const row = insertKey(ctx, { spec, usage, description: input.Description ?? "", policy, manager: "CUSTOMER" }, material);
      putTags(ctx, row.id, input.Tags ?? []);
      return { KeyMetadata: metadata(ctx, row) };
    });
  },

  DescribeKey: (input, ctx) => ({ KeyMetadata: metadata(ctx, findKey(ctx, input.KeyId)) }),

  ListKeys: (input, ctx) => {
    const { items, tail } = pageRows<KeyRow>(
      input,
      100,
      ({ id }) => id,
      (after, limit) => ctx.all(keys.page, { after, limit }),
    );
    return { Keys: items.map((row) => ({ KeyId: row.id, KeyArn: keyArn(row) })), ...tail };
  },

  UpdateKeyDescription: (input, ctx) => {
    const row = notPendingDeletion(ownKey(ctx, input.KeyId, "UpdateKeyDescription"));
    ctx.tx(() => {
      ctx.run(keys.setDescription, { id: row.id, description: input.Description ?? "" });
      recordKey(ctx, "key description updated", row);
    });
    return {};
  },

  EnableKey: (input, ctx) => setState(ctx, notPendingDeletion(ownKey(ctx, input.KeyId, "EnableKey")), "Enabled"),

  DisableKey: (input, ctx) => setState(ctx, notPendingDeletion(ownKey(ctx, input.KeyId, "DisableKey")), "Disabled"),

  ScheduleKeyDeletion: (input, ctx) => {
    const row = notPendingDeletion(ownKey(ctx, input.KeyId, "ScheduleKeyDeletion"));
    const days = input.PendingWindowInDays ?? DEFAULT_WINDOW_DAYS;
    if (days < MIN_WINDOW_DAYS || days > DEFAULT_WINDOW_DAYS) {
      throw new AwsException(
        "ValidationException",
        `PendingWindowInDays must be between ${MIN_WINDOW_DAYS} and ${DEFAULT_WINDOW_DAYS} days.`,
        {
          status: 400,
        },
      );
    }
    const deletion = ctx.now + days * DAY;
    ctx.tx(() => {
      ctx.run(keys.setState, { id: row.id, state: "PendingDeletion", deletion });
      ctx.send("kms.delete-key", { key: row.id }, { at: deletion, quiet: true });
      recordKey(ctx, "key deletion scheduled", row, { deletion });
    });
    return { KeyId: keyArn(row), DeletionDate: new Date(deletion), KeyState: "PendingDeletion", PendingWindowInDays: days };
  },

  CancelKeyDeletion: (input, ctx) => {
    const row = ownKey(ctx, input.KeyId, "CancelKeyDeletion");
    if (row.state !== "PendingDeletion") throw new AwsException("KMSInvalidStateException", `${keyArn(row)} is not pending deletion.`);
    setState(ctx, row, "Disabled");
    return { KeyId: keyArn(row) };
  },
} satisfies Operations<"kms">;

function setState(ctx: Context, row: KeyRow, state: "Enabled" | "Disabled"): Record<never, never> {
  if (row.state === state) return {};
  ctx.tx(() => {
    ctx.run(keys.setState, { id: row.id, state, deletion: null });
    recordKey(ctx, state === "Enabled" ? "key enabled" : "key disabled", row, { from: row.state });
  });
  return {};
}

/**
 * The end of the waiting period. A cancelled deletion leaves its message behind, and a later one has its own: the row alone
 * says whether, and when, the key goes.
 */
export const deleteKey: MessageHandler = (ctx, { payload }) => {
  const row = ctx.get(keys.get, { id: String(payload["key"]) });
  if (row === undefined || row.state !== "PendingDeletion" || row.deletion === null || row.deletion > ctx.now) return;
  ctx.tx(() => {
    ctx.run(keys.remove, { id: row.id });
    // https://docs.aws.amazon.com/kms/latest/developerguide/kms-events.html
    const arn = keyArn(row);
    ctx.emit({ source: "aws.kms", type: "KMS CMK Deletion", resources: [arn], detail: { "key-id": row.id }, bus: true });
  });
};
