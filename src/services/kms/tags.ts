import type { Context } from "../../aws/context.ts";
import { AwsException } from "../../aws/exception.ts";
import type { Operations } from "../../aws/service.ts";
import { recordKey } from "./create.ts";
import { findKey, notPendingDeletion, ownKey, pageRows } from "./find.ts";
import { tags } from "./store.ts";

const MAX_TAGS = 50;

/** @throws TagException, LimitExceededException */
export function putTags(
  ctx: Context,
  keyId: string,
  list: readonly { TagKey?: string | undefined; TagValue?: string | undefined }[],
): void {
  const seen = new Set<string>();
  for (const { TagKey: key = "", TagValue: value = "" } of list) {
    if (seen.has(key)) throw new AwsException("TagException", "Duplicate tag keys");
    seen.add(key);
    ctx.run(tags.put, { key_id: keyId, key, value });
  }
  if (ctx.all(tags.of, { id: keyId }).length > MAX_TAGS) throw new AwsException("TagException", "Too many tags");
}

export const tagOperations = {
  TagResource: (input, ctx) => {
    const row = notPendingDeletion(ownKey(ctx, input.KeyId, "TagResource"));
    ctx.tx(() => {
      putTags(ctx, row.id, input.Tags ?? []);
      recordKey(ctx, "key tagged", row);
    });
    return {};
  },

  UntagResource: (input, ctx) => {
    const row = notPendingDeletion(ownKey(ctx, input.KeyId, "UntagResource"));
    ctx.tx(() => {
      for (const key of input.TagKeys ?? []) ctx.run(tags.remove, { key_id: row.id, key });
      recordKey(ctx, "key untagged", row);
    });
    return {};
  },

  ListResourceTags: (input, ctx) => {
    const { id } = findKey(ctx, input.KeyId);
    type Row = { key: string; value: string };
    const read = (after: string, limit: number): Row[] =>
      ctx
        .all(tags.of, { id })
        .filter(({ key }) => key > after)
        .slice(0, limit);
    const { items, tail } = pageRows<Row>(input, MAX_TAGS, ({ key }) => key, read);
    return { Tags: items.map(({ key, value }) => ({ TagKey: key, TagValue: value })), ...tail };
  },
} satisfies Operations<"kms">;
