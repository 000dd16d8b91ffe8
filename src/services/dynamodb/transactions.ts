import { createHash } from "node:crypto";
import type { CancellationReason, TransactGetItem, TransactWriteItem, TransactWriteItemsInput } from "@aws-sdk/client-dynamodb";
import type { Context } from "../../aws/context.ts";
import { AwsException } from "../../aws/exception.ts";
import type { Operations } from "../../aws/service.ts";
import { Consumption, readUnits } from "./capacity.ts";
import { validation } from "./errors.ts";
import { project } from "./expressions/paths.ts";
import { collectionMetrics } from "./items.ts";
import { checkedKey, keyId } from "./keys.ts";
import { boundProjection } from "./read-request.ts";
import { deleteOldTokens, putToken, selectToken } from "./store.ts";
import { activeTable } from "./table.ts";
import { checkWrite, commit, conditionFailed, deleteWrite, meets, putWrite, updateWrite, type Write } from "./write-request.ts";
import { readItem, type Stored } from "./writes.ts";

const MAX_BYTES = 4 * 1_024 * 1_024;
/** https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/transaction-apis.html#transaction-apis-txwriteitems-idempotency */
const TOKEN_MS = 10 * 60_000;

export const transactionOperations: Operations<"dynamodb"> = {
  TransactWriteItems: (input, ctx) => {
    const token = input.ClientRequestToken;
    const writes = (input.TransactItems ?? []).map((item) => writeOf(ctx, item));
    checkDistinct(writes);
    const consumed = new Consumption(true);
    const metrics: Record<string, NonNullable<ReturnType<typeof collectionMetrics>>[]> = {};
    ctx.tx(() => {
      if (token !== undefined && isRepeated(ctx, token, input)) {
        // A repeated request changes nothing, and is paid for as a read of what it would have written.
        for (const { table, key } of writes) consumed.read(table, readUnits(readItem(ctx, table, key)?.size ?? 0, "transaction"));
        return;
      }
      for (const decided of decide(ctx, writes)) {
        const { sizes, item, old } = commit(ctx, decided.write, decided);
        consumed.write(decided.write.table, sizes);
        const shown = item ?? old;
        const metric =
          input.ReturnItemCollectionMetrics === "SIZE" && shown !== undefined ? collectionMetrics(ctx, decided.write, shown) : undefined;
        const name = decided.write.table.name;
        if (metric !== undefined) metrics[name] = [...(metrics[name] ?? []), metric];
      }
    });
    const report = consumed.finish(ctx, input.ReturnConsumedCapacity);
    return {
      ...(report === undefined ? {} : { ConsumedCapacity: report }),
      ...(Object.keys(metrics).length === 0 ? {} : { ItemCollectionMetrics: metrics }),
    };
  },
  TransactGetItems: (input, ctx) => {
    const consumed = new Consumption(true);
    const gets = (input.TransactItems ?? []).map((item) => getOf(ctx, item));
    const ids = gets.map(({ table, key }) => keyId(table, key));
    if (new Set(ids).size < ids.length) throw validation("Transaction request cannot include multiple operations on one item");
    let bytes = 0;
    const responses = gets.map(({ table, key, paths }) => {
      const stored = readItem(ctx, table, key);
      bytes += stored?.size ?? 0;
      consumed.read(table, readUnits(stored?.size ?? 0, "transaction"));
      if (stored === undefined) return {};
      return { Item: paths === undefined ? stored.item : project(stored.item, paths) };
    });
    if (bytes > MAX_BYTES) throw validation("Aggregated size of items in the transaction exceeds 4 MB");
    const report = consumed.finish(ctx, input.ReturnConsumedCapacity);
    return { Responses: responses, ...(report === undefined ? {} : { ConsumedCapacity: report }) };
  },
};

function writeOf(ctx: Context, { ConditionCheck, Put, Delete, Update }: TransactWriteItem): Write {
  const given = [ConditionCheck, Put, Delete, Update].filter((action) => action !== undefined);
  const [only] = given;
  if (only === undefined || given.length > 1) {
    throw validation("TransactItems can only contain one of Check, Put, Update or Delete");
  }
  const table = activeTable(ctx, only.TableName);
  if (Put !== undefined) return putWrite(table, Put.Item, Put);
  if (Delete !== undefined) return deleteWrite(table, Delete.Key, Delete);
  if (Update !== undefined) return updateWrite(table, Update.Key, Update);
  return checkWrite(table, ConditionCheck?.Key, ConditionCheck ?? {});
}

function getOf(ctx: Context, { Get }: TransactGetItem) {
  const table = activeTable(ctx, Get?.TableName);
  return { table, key: checkedKey(table, Get?.Key).key, paths: boundProjection(Get ?? {}) };
}

function checkDistinct(writes: readonly Write[]): void {
  const ids = writes.map(({ table, key }) => keyId(table, key));
  if (new Set(ids).size < ids.length) throw validation("Transaction request cannot include multiple operations on one item");
}

interface Decided {
  readonly write: Write;
  readonly old: Stored | undefined;
  readonly next: ReturnType<Write["next"]>;
}

/**
 * Looks at all items before anything is written.
 * @throws AwsException TransactionCanceledException with a reason for each item, in order
 */
function decide(ctx: Context, writes: readonly Write[]): Decided[] {
  const decided: Decided[] = [];
  const reasons: CancellationReason[] = [];
  let bytes = 0;
  for (const write of writes) {
    const old = readItem(ctx, write.table, write.key);
    if (!meets(write.condition, old?.item)) {
      const { message } = conditionFailed(undefined, false);
      const item = write.showOld && old !== undefined ? { Item: old.item } : {};
      reasons.push({ Code: "ConditionalCheckFailed", Message: message, ...item });
      continue;
    }
    try {
      const next = write.next(old?.item);
      bytes += typeof next === "string" ? (old?.size ?? 0) : next.size;
      decided.push({ write, old, next });
      reasons.push({ Code: "None" });
    } catch (error) {
      if (!(error instanceof AwsException)) throw error;
      reasons.push({ Code: "ValidationError", Message: error.message });
    }
  }
  if (reasons.some(({ Code }) => Code !== "None")) throw cancelled(reasons);
  if (bytes > MAX_BYTES) throw validation("Aggregated size of items in the transaction exceeds 4 MB");
  return decided;
}

function cancelled(reasons: readonly CancellationReason[]): AwsException {
  const codes = reasons.map(({ Code }) => Code).join(", ");
  return new AwsException(
    "TransactionCanceledException",
    `Transaction cancelled, please refer cancellation reasons for specific reasons [${codes}]`,
    { members: { CancellationReasons: reasons } },
  );
}

/** Notes a token, or finds that the same request was carried out under it. @throws AwsException IdempotentParameterMismatchException */
function isRepeated(ctx: Context, token: string, input: TransactWriteItemsInput): boolean {
  const request = createHash("sha256").update(JSON.stringify(input.TransactItems)).digest("hex");
  const known = ctx.get(selectToken, { token, now: ctx.now });
  if (known === undefined) {
    ctx.run(deleteOldTokens, { now: ctx.now });
    ctx.run(putToken, { token, request, expires: ctx.now + TOKEN_MS });
    return false;
  }
  if (known.request === request) return true;
  throw new AwsException(
    "IdempotentParameterMismatchException",
    "DynamoDB rejected the request because you retried a request with a different payload but with an idempotent token that was already used.",
  );
}
