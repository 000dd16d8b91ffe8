import { addNumbers, subtractNumbers } from "../decimal.ts";
import { validation } from "../errors.ts";
import { type AttributeValue, copy, equal, type Item } from "../values.ts";
import type { Bindings } from "./bindings.ts";
import { operandValue } from "./evaluate.ts";
import { valueAt } from "./paths.ts";
import type { ParsedUpdate, PathPart, UpdateOperand, UpdateValue } from "./syntax.ts";

/** Stands where a list element was removed, until all actions are done: indexes in one expression mean the list as it was. */
const REMOVED: AttributeValue = { NULL: false };

/**
 * The item after an update; the one given stays as it is. All values are taken from the item as it was.
 * @throws AwsException ValidationException when the update does not fit the item
 */
export function applyUpdate(update: ParsedUpdate, before: Item, bindings: Bindings): Item {
  const item: Item = { ...before };
  const copied = new Set<string>();
  const lists = new Set<AttributeValue[]>();
  const changes = update.actions.map((action) => {
    const path = bindings.path(action.path);
    const current = action.kind === "ADD" || action.kind === "DELETE" ? valueAt(before, path) : undefined;
    if (action.kind === "SET") return { path, value: setValue(action.value, before, bindings) };
    if (action.kind === "REMOVE") return { path, value: undefined };
    const operand = operandValue(action.operand, before, bindings) ?? REMOVED;
    return { path, value: action.kind === "ADD" ? added(current, operand) : without(current, operand) };
  });
  // Elements beyond a list's end are appended in the order of their indexes.
  for (const { path, value } of changes.sort(byLastIndex)) {
    const [top] = path;
    if (path.length > 1 && typeof top === "string" && !copied.has(top)) {
      copied.add(top);
      const old = item[top];
      if (old !== undefined) item[top] = copy(old);
    }
    place(item, path, value, lists);
  }
  for (const list of lists) list.splice(0, list.length, ...list.filter((element) => element !== REMOVED));
  return item;
}

function byLastIndex(a: { path: readonly PathPart[] }, b: { path: readonly PathPart[] }): number {
  const [left, right] = [a.path.at(-1), b.path.at(-1)];
  return typeof left === "number" && typeof right === "number" ? left - right : 0;
}

function invalidPath(): Error {
  return validation("The document path provided in the update expression is invalid for update");
}

function wrongOperand(): Error {
  return validation("An operand in the update expression has an incorrect data type");
}

function place(item: Item, path: readonly PathPart[], value: AttributeValue | undefined, lists: Set<AttributeValue[]>): void {
  const last = path.at(-1);
  const parent = path.length === 1 ? { M: item } : valueAt(item, path.slice(0, -1));
  if (parent === undefined || last === undefined) throw invalidPath();
  if (typeof last === "string") {
    if (parent.M === undefined) throw invalidPath();
    if (value === undefined) delete parent.M[last];
    else parent.M[last] = value;
    return;
  }
  if (parent.L === undefined) throw invalidPath();
  lists.add(parent.L);
  if (value !== undefined) parent.L[Math.min(last, parent.L.length)] = value;
  else if (last < parent.L.length) parent.L[last] = REMOVED;
}

function setValue(value: UpdateValue, item: Item, bindings: Bindings): AttributeValue {
  if (value.kind !== "plus" && value.kind !== "minus") return copy(updateOperand(value, item, bindings));
  const left = updateOperand(value.left, item, bindings).N;
  const right = updateOperand(value.right, item, bindings).N;
  if (left === undefined || right === undefined) throw wrongOperand();
  return { N: value.kind === "plus" ? addNumbers(left, right) : subtractNumbers(left, right) };
}

function updateOperand(operand: UpdateOperand, item: Item, bindings: Bindings): AttributeValue {
  if (operand.kind === "if_not_exists") {
    return valueAt(item, bindings.path(operand.path)) ?? updateOperand(operand.otherwise, item, bindings);
  }
  if (operand.kind === "list_append") {
    const left = updateOperand(operand.left, item, bindings).L;
    const right = updateOperand(operand.right, item, bindings).L;
    if (left === undefined || right === undefined) throw wrongOperand();
    return { L: [...left, ...right] };
  }
  const value = operandValue(operand, item, bindings);
  if (value === undefined) throw validation("The provided expression refers to an attribute that does not exist in the item");
  return value;
}

function added(current: AttributeValue | undefined, operand: AttributeValue): AttributeValue {
  if (current === undefined) return copy(operand);
  if (current.N !== undefined && operand.N !== undefined) return { N: addNumbers(current.N, operand.N) };
  if (current.SS !== undefined && operand.SS !== undefined) return { SS: [...new Set([...current.SS, ...operand.SS])] };
  if (current.NS !== undefined && operand.NS !== undefined) return { NS: [...new Set([...current.NS, ...operand.NS])] };
  if (current.L !== undefined && operand.L !== undefined) return { L: [...current.L, ...operand.L] };
  const { BS } = current;
  if (BS === undefined || operand.BS === undefined) throw wrongOperand();
  return { BS: [...BS, ...operand.BS.filter((member) => !BS.some((known) => equal({ B: known }, { B: member })))] };
}

function without(current: AttributeValue | undefined, operand: AttributeValue): AttributeValue | undefined {
  if (current === undefined) return undefined;
  const { SS, NS, BS } = operand;
  if (current.SS !== undefined && SS !== undefined) {
    const left = current.SS.filter((member) => !SS.includes(member));
    return left.length === 0 ? undefined : { SS: left };
  }
  if (current.NS !== undefined && NS !== undefined) {
    const left = current.NS.filter((member) => !NS.includes(member));
    return left.length === 0 ? undefined : { NS: left };
  }
  if (current.BS === undefined || BS === undefined) throw wrongOperand();
  const left = current.BS.filter((member) => !BS.some((gone) => equal({ B: gone }, { B: member })));
  return left.length === 0 ? undefined : { BS: left };
}
