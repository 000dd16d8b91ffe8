import { validation } from "../errors.ts";
import { type TypeName, typeOf } from "../values.ts";
import type { Bindings } from "./bindings.ts";
import { checkOverlaps } from "./paths.ts";
import type { ParsedUpdate, UpdateOperand } from "./syntax.ts";

const TYPE_WORDS: Readonly<Record<TypeName, string>> = {
  S: "STRING",
  N: "NUMBER",
  B: "BINARY",
  SS: "STRING_SET",
  NS: "NUMBER_SET",
  BS: "BINARY_SET",
  M: "MAP",
  L: "LIST",
  BOOL: "BOOLEAN",
  NULL: "NULL",
};
const ADDABLE: ReadonlySet<TypeName> = new Set(["N", "SS", "NS", "BS"]);
const DELETABLE: ReadonlySet<TypeName> = new Set(["SS", "NS", "BS"]);

/**
 * Finds mistakes of an update that do not depend on the item.
 * @throws AwsException ValidationException
 */
export function checkUpdate(update: ParsedUpdate, bindings: Bindings): void {
  checkOverlaps(
    "UpdateExpression",
    update.actions.map(({ path }) => bindings.path(path)),
  );
  for (const action of update.actions) {
    if (action.kind === "SET") {
      const { value } = action;
      if (value.kind === "plus" || value.kind === "minus") {
        for (const operand of [value.left, value.right]) checkOperand(operand, value.kind === "plus" ? "+" : "-", "N", bindings);
      } else if (value.kind === "list_append") {
        for (const operand of [value.left, value.right]) checkOperand(operand, "list_append", "L", bindings);
      }
    } else if (action.kind !== "REMOVE" && action.operand.kind === "value") {
      const type = typeOf(bindings.value(action.operand.name));
      if (!(action.kind === "ADD" ? ADDABLE : DELETABLE).has(type)) {
        throw validation(
          `Invalid UpdateExpression: Incorrect operand type for operator or function; operator: ${action.kind}, operand type: ${TYPE_WORDS[type]}, typeSet: ALLOWED_FOR_${action.kind}_OPERAND`,
        );
      }
    }
  }
}

function checkOperand(operand: UpdateOperand, operator: string, wanted: TypeName, bindings: Bindings): void {
  if (operand.kind !== "value") return;
  const type = typeOf(bindings.value(operand.name));
  if (type === wanted) return;
  throw validation(
    `Invalid UpdateExpression: Incorrect operand type for operator or function; operator or function: ${operator}, operand type: ${type}`,
  );
}
