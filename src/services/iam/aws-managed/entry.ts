export interface ManagedStatement {
  readonly Sid?: string;
  readonly Effect: "Allow" | "Deny";
  readonly Action?: string | readonly string[];
  readonly NotAction?: readonly string[];
  readonly Resource: string | readonly string[];
  readonly Condition?: Readonly<Record<string, Readonly<Record<string, string | readonly string[]>>>>;
}

/** One AWS managed policy as its reference page has it. */
export interface ManagedEntry {
  readonly name: string;
  /** `/` when absent. */
  readonly path?: string;
  readonly description: string;
  readonly version: string;
  readonly created: string;
  readonly statements: readonly ManagedStatement[];
}

/** A statement that allows actions, on everything unless told otherwise. */
export function allow(Action: string | readonly string[], Resource: string | readonly string[] = "*"): ManagedStatement {
  return { Effect: "Allow", Action, Resource };
}
