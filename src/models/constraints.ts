import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { generatedDir } from "./generated.ts";

/** What a shape demands of its values: lengths for strings, lists, maps and blobs; a range for numbers. */
export interface Constraint {
  readonly min?: number;
  readonly max?: number;
  readonly pattern?: string;
  readonly enum?: readonly string[];
  /** Names of constrained shapes inside of a list or map. */
  readonly member?: string;
  readonly key?: string;
  readonly value?: string;
}

/** Constraints of one service, from botocore's models. Structures and members are called as in the schemas. */
export interface Constraints {
  /** Structure, member, name of its shape. */
  readonly structures: Readonly<Record<string, Readonly<Record<string, string>>>>;
  readonly shapes: Readonly<Record<string, Constraint>>;
}

const NONE: Constraints = { structures: {}, shapes: {} };
const loaded = new Map<string, Constraints>();

/** Read at the first use of a service; a service without a file has no constraints. */
export function constraintsOf(serviceId: string): Constraints {
  let constraints = loaded.get(serviceId);
  if (constraints === undefined) {
    const file = join(generatedDir(), "constraints", `${serviceId}.json`);
    constraints = existsSync(file) ? (JSON.parse(readFileSync(file, "utf8")) as Constraints) : NONE;
    loaded.set(serviceId, constraints);
  }
  return constraints;
}
