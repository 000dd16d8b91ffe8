import { randomBytes } from "node:crypto";
import type { Context } from "../../aws/context.ts";
import { AwsException } from "../../aws/exception.ts";
import type { MessageHandler, Operations } from "../../aws/service.ts";
import { insertMaterial, recordKey } from "./create.ts";
import { findKey, keyArn, notPendingDeletion, ownKey, pageRows } from "./find.ts";
import { type KeyRow, keys, type MaterialRow, materials } from "./store.ts";

const DAY = 86_400_000;
const DEFAULT_PERIOD_DAYS = 365;
/** https://docs.aws.amazon.com/kms/latest/developerguide/rotating-keys-on-demand.html */
const MAX_ON_DEMAND = 25;

/** @throws UnsupportedOperationException for all but symmetric keys */
function symmetric(row: KeyRow): KeyRow {
  if (row.spec !== "SYMMETRIC_DEFAULT") {
    throw new AwsException("UnsupportedOperationException", `${keyArn(row)} key spec is ${row.spec} which is not valid for key rotation.`);
  }
  return row;
}

function enabled(row: KeyRow): KeyRow {
  if (row.state === "Disabled") throw new AwsException("DisabledException", `${keyArn(row)} is disabled.`);
  return row;
}

function rotate(ctx: Context, row: KeyRow, kind: "AUTOMATIC" | "ON_DEMAND"): void {
  const number = (ctx.get(materials.current, { id: row.id })?.number ?? 0) + 1;
  insertMaterial(ctx, row.id, { number, bytes: randomBytes(32), rotation: kind });
  // https://docs.aws.amazon.com/kms/latest/developerguide/kms-events.html
  ctx.emit({
    source: "aws.kms",
    type: "KMS CMK Rotation",
    resources: [keyArn(row)],
    detail: { "key-id": row.id, "key-origin": "AWS_KMS", "rotation-type": kind },
    bus: true,
  });
}

export const rotationOperations = {
  EnableKeyRotation: (input, ctx) => {
    const row = enabled(notPendingDeletion(symmetric(ownKey(ctx, input.KeyId, "EnableKeyRotation"))));
    const days = input.RotationPeriodInDays ?? DEFAULT_PERIOD_DAYS;
    const next = ctx.now + days * DAY;
    ctx.tx(() => {
      ctx.run(keys.setRotation, { id: row.id, days, next });
      ctx.send("kms.rotate-key", { key: row.id }, { at: next, quiet: true });
      recordKey(ctx, "key rotation enabled", row, { days });
    });
    return {};
  },

  DisableKeyRotation: (input, ctx) => {
    const row = enabled(notPendingDeletion(symmetric(ownKey(ctx, input.KeyId, "DisableKeyRotation"))));
    ctx.tx(() => {
      ctx.run(keys.setRotation, { id: row.id, days: null, next: null });
      recordKey(ctx, "key rotation disabled", row);
    });
    return {};
  },

  GetKeyRotationStatus: (input, ctx) => {
    const row = symmetric(findKey(ctx, input.KeyId));
    const on = row.rotation_days !== null && row.state !== "PendingDeletion";
    return {
      KeyId: keyArn(row),
      KeyRotationEnabled: on,
      ...(on && row.rotation_days !== null ? { RotationPeriodInDays: row.rotation_days } : {}),
      ...(on && row.next_rotation !== null ? { NextRotationDate: new Date(row.next_rotation) } : {}),
    };
  },

  RotateKeyOnDemand: (input, ctx) => {
    const row = enabled(notPendingDeletion(symmetric(ownKey(ctx, input.KeyId, "RotateKeyOnDemand"))));
    const made = ctx.all(materials.of, { id: row.id }).filter(({ rotation }) => rotation === "ON_DEMAND").length;
    if (made >= MAX_ON_DEMAND) {
      throw new AwsException(
        "LimitExceededException",
        `The maximum number of on-demand rotations, ${MAX_ON_DEMAND}, is reached for ${keyArn(row)}.`,
      );
    }
    ctx.tx(() => rotate(ctx, row, "ON_DEMAND"));
    return { KeyId: keyArn(row) };
  },

  ListKeyRotations: (input, ctx) => {
    const row = symmetric(findKey(ctx, input.KeyId));
    const all = ctx.all(materials.of, { id: row.id });
    const current = all.at(-1)?.number;
    const wanted = input.IncludeKeyMaterial === "ALL_KEY_MATERIAL" ? all : all.filter(({ rotation }) => rotation !== null);
    const read = (after: string, limit: number): MaterialRow[] => wanted.filter(({ number }) => number > Number(after)).slice(0, limit);
    const { items, tail } = pageRows<MaterialRow>(input, 100, ({ number }) => String(number), read);
    const rotations = items.map((material) => ({
      KeyId: keyArn(row),
      KeyMaterialId: material.id,
      KeyMaterialState: material.number === current ? ("CURRENT" as const) : ("NON_CURRENT" as const),
      ...(material.rotation === null ? {} : { RotationDate: new Date(material.created), RotationType: material.rotation }),
    }));
    return { Rotations: rotations, ...tail };
  },
} satisfies Operations<"kms">;

/** Rotates when the row says that it is time; messages of an earlier schedule find a row that says otherwise, and end. */
export const rotateKey: MessageHandler = (ctx, { payload, due }) => {
  const row = ctx.get(keys.get, { id: String(payload["key"]) });
  if (row === undefined || row.rotation_days === null || row.next_rotation !== due || row.state === "PendingDeletion") return;
  const days = row.rotation_days;
  const next = due + days * DAY;
  ctx.tx(() => {
    // AWS does not rotate a disabled key, and catches up when it is enabled again; here the next period does.
    if (row.state === "Enabled") rotate(ctx, row, "AUTOMATIC");
    ctx.run(keys.setRotation, { id: row.id, days, next });
    ctx.send("kms.rotate-key", { key: row.id }, { at: next, quiet: true });
  });
};
