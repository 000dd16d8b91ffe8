import type { AttributeValue } from "../values.ts";

/** A name, a `#placeholder`, or a list index. */
export type PathPart = string | number;

export type Operand =
  | { readonly kind: "path"; readonly parts: readonly PathPart[] }
  | { readonly kind: "value"; readonly name: string }
  /** Of requests in the old form, which have their values in place. */
  | { readonly kind: "literal"; readonly value: AttributeValue }
  | { readonly kind: "size"; readonly of: Operand };

export type Comparator = "=" | "<>" | "<" | "<=" | ">" | ">=";
export type ConditionFunction = "attribute_exists" | "attribute_not_exists" | "attribute_type" | "begins_with" | "contains";

export type Condition =
  | { readonly kind: "compare"; readonly operator: Comparator; readonly left: Operand; readonly right: Operand }
  | { readonly kind: "between"; readonly operand: Operand; readonly low: Operand; readonly high: Operand }
  | { readonly kind: "in"; readonly operand: Operand; readonly options: readonly Operand[] }
  | { readonly kind: "function"; readonly name: ConditionFunction; readonly args: readonly Operand[] }
  | { readonly kind: "and" | "or"; readonly left: Condition; readonly right: Condition }
  | { readonly kind: "not"; readonly condition: Condition };

export type UpdateOperand =
  | Operand
  | { readonly kind: "if_not_exists"; readonly path: readonly PathPart[]; readonly otherwise: UpdateOperand }
  | { readonly kind: "list_append"; readonly left: UpdateOperand; readonly right: UpdateOperand };

export type UpdateValue =
  | UpdateOperand
  | { readonly kind: "plus"; readonly left: UpdateOperand; readonly right: UpdateOperand }
  | { readonly kind: "minus"; readonly left: UpdateOperand; readonly right: UpdateOperand };

export type UpdateAction =
  | { readonly kind: "SET"; readonly path: readonly PathPart[]; readonly value: UpdateValue }
  | { readonly kind: "REMOVE"; readonly path: readonly PathPart[] }
  | { readonly kind: "ADD" | "DELETE"; readonly path: readonly PathPart[]; readonly operand: Operand };

/** Placeholders that an expression uses. */
export interface Uses {
  readonly names: readonly string[];
  readonly values: readonly string[];
}
export interface ParsedCondition extends Uses {
  readonly root: Condition;
}
export interface ParsedProjection extends Uses {
  readonly paths: readonly (readonly PathPart[])[];
}
export interface ParsedUpdate extends Uses {
  readonly actions: readonly UpdateAction[];
}
