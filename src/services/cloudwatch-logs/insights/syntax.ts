import type { Row } from "./record.ts";

/** Which log groups a query, a join or a subquery reads. */
export interface Source {
  readonly names?: readonly string[];
  readonly prefixes?: readonly string[];
  readonly accounts?: readonly string[];
  readonly classes?: readonly string[];
}

/** An expression of a query. */
export type Expression =
  | { readonly kind: "value"; readonly value: string | number | boolean | null }
  | { readonly kind: "regex"; readonly source: string }
  | { readonly kind: "period"; readonly text: string }
  | { readonly kind: "field"; readonly name: string }
  | { readonly kind: "list"; readonly items: readonly Expression[] }
  | Subquery
  | { readonly kind: "not"; readonly of: Expression }
  | { readonly kind: "negative"; readonly of: Expression }
  | { readonly kind: "binary"; readonly operator: string; readonly left: Expression; readonly right: Expression }
  | { readonly kind: "call"; readonly name: string; readonly args: readonly Expression[]; readonly start: number; readonly end: number };

/** A query within `in (…)`. It runs before the one around it, and leaves what it found here. */
export interface Subquery {
  readonly kind: "subquery";
  readonly source: Source;
  readonly commands: readonly Command[];
  readonly found: string[];
}

/** The other side of a `join`, which is read before the query runs and left here. */
export interface Join {
  readonly kind: "join";
  readonly keepsUnmatched: boolean;
  readonly left: string;
  readonly right: string;
  readonly leftField: string;
  readonly rightField: string;
  readonly source: Source;
  readonly found: Row[];
}

/** The query of an `appendcols`, which runs before the one around it and leaves its rows here; without a source it reads the same groups. */
export interface Appended {
  readonly kind: "appendcols";
  readonly source: Source | undefined;
  readonly commands: readonly Command[];
  readonly overrides: boolean;
  readonly most: number;
  readonly found: Row[];
}

/** A table to look something up in, which is read before the query runs: its header and its records are left here. */
export interface Lookup {
  readonly kind: "lookup";
  readonly table: string;
  readonly isNetwork: boolean;
  readonly keys: readonly { readonly column: string; readonly field: string }[];
  readonly outputs: readonly { readonly column: string; readonly name: string }[];
  /** Fields that a row has stay what they are. */
  readonly keepsOwn: boolean;
  readonly found: (readonly string[])[];
}

/** An expression with the name under which its value goes on. */
export interface Named {
  readonly expression: Expression;
  readonly name: string;
}

export const PERIODS = ["previous", "previousday", "previousweek", "previousmonth"] as const;
export type DiffPeriod = (typeof PERIODS)[number];

export type Command =
  | { readonly kind: "fields"; readonly fields: readonly Named[] }
  | { readonly kind: "display"; readonly fields: readonly Named[] }
  | { readonly kind: "filter"; readonly condition: Expression }
  /** `field` is what groups must have an index on. */
  | { readonly kind: "filterIndex"; readonly condition: Expression; readonly field: string }
  | { readonly kind: "stats"; readonly values: readonly Named[]; readonly by: readonly Named[] }
  | { readonly kind: "sort"; readonly keys: readonly { readonly expression: Expression; readonly descending: boolean }[] }
  | { readonly kind: "limit"; readonly count: number }
  | { readonly kind: "dedup"; readonly fields: readonly Expression[] }
  | { readonly kind: "parse"; readonly of: Expression; readonly pattern: RegExp; readonly names: readonly string[] }
  | { readonly kind: "unnest"; readonly of: Expression; readonly name: string }
  | { readonly kind: "pattern"; readonly of: Expression }
  | { readonly kind: "diff"; readonly period: DiffPeriod }
  /** Names may end in a star; none means all. */
  | { readonly kind: "filldown"; readonly names: readonly string[] }
  | { readonly kind: "fillmissing"; readonly constants: readonly { readonly name: string; readonly value: string | number }[] }
  | { readonly kind: "accum"; readonly of: Expression; readonly name: string }
  | { readonly kind: "autoregress"; readonly of: Expression; readonly lags: readonly { readonly lag: number; readonly name: string }[] }
  | { readonly kind: "countFrequent"; readonly fields: readonly Named[] }
  | {
      readonly kind: "addtotals";
      readonly fields: readonly string[];
      readonly name: string;
      readonly hasRow: boolean;
      readonly hasColumn: boolean;
    }
  /** `gap` in ms. */
  | { readonly kind: "sessionize"; readonly fields: readonly string[]; readonly gap: number; readonly name: string }
  /** `factor` of the range between the quartiles. */
  | {
      readonly kind: "outlier";
      readonly fields: readonly string[];
      readonly isRemoving: boolean;
      readonly factor: number;
      readonly usesLower: boolean;
    }
  | Appended
  | Lookup
  | Join;
