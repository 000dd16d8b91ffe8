/** An expression of a query. */
export type Expression =
  | { readonly kind: "value"; readonly value: string | number | boolean | null }
  | { readonly kind: "regex"; readonly source: string }
  | { readonly kind: "period"; readonly text: string }
  | { readonly kind: "field"; readonly name: string }
  | { readonly kind: "list"; readonly items: readonly Expression[] }
  | { readonly kind: "not"; readonly of: Expression }
  | { readonly kind: "negative"; readonly of: Expression }
  | { readonly kind: "binary"; readonly operator: string; readonly left: Expression; readonly right: Expression }
  | { readonly kind: "call"; readonly name: string; readonly args: readonly Expression[]; readonly start: number; readonly end: number };

/** An expression with the name under which its value goes on. */
export interface Named {
  readonly expression: Expression;
  readonly name: string;
}

export type Command =
  | { readonly kind: "fields"; readonly fields: readonly Named[] }
  | { readonly kind: "display"; readonly fields: readonly Named[] }
  | { readonly kind: "filter"; readonly condition: Expression }
  | { readonly kind: "stats"; readonly values: readonly Named[]; readonly by: readonly Named[] }
  | { readonly kind: "sort"; readonly keys: readonly { readonly expression: Expression; readonly descending: boolean }[] }
  | { readonly kind: "limit"; readonly count: number }
  | { readonly kind: "dedup"; readonly fields: readonly Expression[] }
  | { readonly kind: "parse"; readonly of: Expression; readonly pattern: RegExp; readonly names: readonly string[] };
