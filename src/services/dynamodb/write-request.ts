import type { Context } from "../../aws/context.ts";
import { AwsException } from "../../aws/exception.ts";
import { checkIndexKeys } from "./entries.ts";
import { invalidValues, validation } from "./errors.ts";
import { applyUpdate } from "./expressions/apply-update.ts";
import { Bindings, type Placeholders } from "./expressions/bindings.ts";
import * as cache from "./expressions/cache.ts";
import { checkCondition } from "./expressions/check-condition.ts";
import { checkUpdate } from "./expressions/check-update.ts";
import { evaluate } from "./expressions/evaluate.ts";
import type { Condition, ParsedUpdate, PathPart } from "./expressions/syntax.ts";
import { checkedKey, type Key, keyOfItem } from "./keys.ts";
import { measure } from "./metrics.ts";
import type { Table } from "./table.ts";
import { type Item, normaliseItem, type Tally } from "./values.ts";
import { type Checked, readItem, removeItem, type Stored, storeItem, type WriteSizes } from "./writes.ts";

const MAX_ITEM = 400 * 1_024;

export interface BoundCondition {
  readonly root: Condition;
  readonly bindings: Bindings;
}

/** One write of a request, checked as far as it can be without the item that is there. */
export interface Write {
  readonly table: Table;
  readonly key: Key;
  readonly condition: BoundCondition | undefined;
  /** Whether a failed condition answers with the item. */
  readonly showOld: boolean;
  /** What shall be there afterwards: an item, nothing, or what was there. */
  readonly next: (old: Item | undefined) => Checked | "nothing" | "unchanged";
}

/** Members that all single writes have in common. */
export interface WriteMembers extends Placeholders {
  readonly ConditionExpression?: string | undefined;
  readonly UpdateExpression?: string | undefined;
  readonly ReturnValuesOnConditionCheckFailure?: string | undefined;
}

/** The expressions of one write with their values; `legacy` ones take the place of what is missing. */
export interface BoundExpressions {
  readonly bindings: Bindings;
  readonly condition: BoundCondition | undefined;
  readonly update: ParsedUpdate | undefined;
}

/** @throws AwsException ValidationException for mistakes in any of the expressions */
function bindExpressions(request: WriteMembers, canUpdate: boolean): BoundExpressions {
  const { ConditionExpression: conditionText, UpdateExpression: updateText } = request;
  const some = conditionText !== undefined || updateText !== undefined;
  const missing = canUpdate ? "UpdateExpression and ConditionExpression are null" : "ConditionExpression is null";
  const bindings = new Bindings(request, some, missing);
  if (!some) return { bindings, condition: undefined, update: undefined };
  const update = updateText === undefined ? undefined : cache.update(updateText);
  const condition = conditionText === undefined ? undefined : cache.condition("ConditionExpression", conditionText);
  if (update !== undefined) bindings.use("UpdateExpression", update);
  if (condition !== undefined) bindings.use("ConditionExpression", condition);
  bindings.checkUnused();
  if (update !== undefined) checkUpdate(update, bindings);
  if (condition !== undefined) checkCondition("ConditionExpression", condition.root, bindings);
  return { bindings, condition: condition === undefined ? undefined : { root: condition.root, bindings }, update };
}

/** An item to be put. @throws AwsException ValidationException */
function checkedItem(table: Table, given: Item | undefined): Checked & { readonly key: Key } {
  const tally: Tally = { size: 0, binary: false };
  const item = normaliseItem(given ?? {}, tally);
  const key = keyOfItem(table, item);
  if (table.indexes.length > 0) checkIndexKeys(table.indexes, item);
  if (tally.size > MAX_ITEM) throw validation("Item size has exceeded the maximum allowed size");
  return { item, key, ...tally };
}

export function putWrite(table: Table, given: Item | undefined, request: WriteMembers, legacy?: BoundCondition): Write {
  const { condition } = bindExpressions(request, false);
  const checked = checkedItem(table, given);
  return { table, key: checked.key, condition: condition ?? legacy, showOld: showsOld(request), next: () => checked };
}

export function deleteWrite(table: Table, given: Item | undefined, request: WriteMembers, legacy?: BoundCondition): Write {
  const { condition } = bindExpressions(request, false);
  const { key } = checkedKey(table, given);
  return { table, key, condition: condition ?? legacy, showOld: showsOld(request), next: () => "nothing" };
}

export function checkWrite(table: Table, given: Item | undefined, request: WriteMembers): Write {
  return { ...deleteWrite(table, given, request), next: () => "unchanged" };
}

/** Also answers the paths that the update names, for ReturnValues. */
export function updateWrite(
  table: Table,
  given: Item | undefined,
  request: WriteMembers,
  legacy: { readonly condition?: BoundCondition | undefined; readonly update?: BoundUpdate | undefined } = {},
): Write & { readonly paths: readonly PathPart[][] } {
  const bound = bindExpressions(request, true);
  const { key, attributes } = checkedKey(table, given);
  const update: BoundUpdate | undefined = bound.update === undefined ? legacy.update : { root: bound.update, bindings: bound.bindings };
  const paths = (update?.root.actions ?? []).map(({ path }) => update?.bindings.path(path) ?? []);
  for (const [name] of paths) {
    if (table.keys.some((attribute) => attribute.name === name)) {
      throw invalidValues(`Cannot update attribute ${name}. This attribute is part of the key`);
    }
  }
  const next = (old: Item | undefined): Checked => {
    const before = old ?? attributes;
    return checkedUpdate(table, update === undefined ? before : applyUpdate(update.root, before, update.bindings));
  };
  return { table, key, condition: bound.condition ?? legacy.condition, showOld: showsOld(request), next, paths };
}

export interface BoundUpdate {
  readonly root: ParsedUpdate;
  readonly bindings: Bindings;
}

function checkedUpdate(table: Table, given: Item): Checked {
  const tally: Tally = { size: 0, binary: false };
  const item = normaliseItem(given, tally);
  if (table.indexes.length > 0) checkIndexKeys(table.indexes, item);
  if (tally.size > MAX_ITEM) throw validation("Item size to update has exceeded the maximum allowed size");
  return { item, ...tally };
}

function showsOld({ ReturnValuesOnConditionCheckFailure: wanted }: WriteMembers): boolean {
  return wanted === "ALL_OLD";
}

export function meets(condition: BoundCondition | undefined, old: Item | undefined): boolean {
  return condition === undefined || evaluate(condition.root, old ?? {}, condition.bindings);
}

export function conditionFailed(old: Item | undefined, show: boolean): AwsException {
  return new AwsException("ConditionalCheckFailedException", "The conditional request failed", {
    ...(show && old !== undefined ? { members: { Item: old } } : {}),
  });
}

/** What a write found and left. */
export interface Written {
  readonly old: Item | undefined;
  readonly item: Item | undefined;
  readonly sizes: WriteSizes;
}

/**
 * Carries one write out.
 * @throws AwsException ConditionalCheckFailedException
 */
export function perform(ctx: Context, write: Write): Written {
  const old = readItem(ctx, write.table, write.key);
  if (!meets(write.condition, old?.item)) {
    measure(ctx, { metric: "ConditionalCheckFailedRequests", table: write.table.name }, 1);
    throw conditionFailed(old?.item, write.showOld);
  }
  return commit(ctx, write, { old, next: write.next(old?.item) });
}

/** Stores what a write has decided. */
export function commit(
  ctx: Context,
  { table, key }: Write,
  decided: { readonly old: Stored | undefined; readonly next: ReturnType<Write["next"]> },
): Written {
  const { old, next } = decided;
  if (next === "unchanged" || (next === "nothing" && old === undefined)) {
    return { old: old?.item, item: old?.item, sizes: { table: old?.size ?? 0, indexes: [] } };
  }
  const sizes = ctx.tx(() =>
    next === "nothing"
      ? old === undefined
        ? { table: 0, indexes: [] }
        : removeItem(ctx, table, key, old)
      : storeItem(ctx, { table, key, old }, next),
  );
  return { old: old?.item, item: next === "nothing" ? undefined : next.item, sizes };
}
