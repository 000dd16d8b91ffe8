import { sameValue } from "./engine/types.ts";
import { isRecord } from "./template/parse.ts";

/** One property that is not as the template has it; values as JSON, paths as JSON pointers. */
export interface Difference {
  readonly PropertyPath: string;
  readonly ExpectedValue: string;
  readonly ActualValue: string;
  readonly DifferenceType: "ADD" | "REMOVE" | "NOT_EQUAL";
}

function text(value: unknown): string {
  if (value === undefined) return "null";
  return typeof value === "string" ? value : JSON.stringify(value);
}

/** A document may be text on one side and an object on the other. */
function parsed(value: unknown, other: unknown): unknown {
  if (typeof value !== "string" || typeof other !== "object") return value;
  try {
    return JSON.parse(value) as unknown;
  } catch {
    return value;
  }
}

/**
 * What differs, as deep down as it can be told. A dynamic reference is not compared: its value is not the template's.
 * https://docs.aws.amazon.com/AWSCloudFormation/latest/APIReference/API_PropertyDifference.html
 */
export function differences(expected: unknown, actual: unknown, path = ""): Difference[] {
  const a = parsed(expected, actual);
  const b = parsed(actual, expected);
  if (sameValue(a, b) || (typeof a === "string" && a.includes("{{resolve:"))) return [];
  if (Array.isArray(a) && Array.isArray(b)) {
    const length = Math.max(a.length, b.length);
    return Array.from({ length }, (_, index) => index).flatMap((index) => inner(a[index], b[index], `${path}/${index}`));
  }
  if (isRecord(a) && isRecord(b)) {
    const names = [...new Set([...Object.keys(a), ...Object.keys(b)])];
    return names.flatMap((name) => inner(a[name], b[name], `${path}/${name.replaceAll("~", "~0").replaceAll("/", "~1")}`));
  }
  return [{ PropertyPath: path, ExpectedValue: text(a), ActualValue: text(b), DifferenceType: "NOT_EQUAL" }];
}

function inner(a: unknown, b: unknown, path: string): Difference[] {
  if (a === undefined && b === undefined) return [];
  if (a === undefined) return [{ PropertyPath: path, ExpectedValue: text(a), ActualValue: text(b), DifferenceType: "ADD" }];
  if (b === undefined) return [{ PropertyPath: path, ExpectedValue: text(a), ActualValue: text(b), DifferenceType: "REMOVE" }];
  return differences(a, b, path);
}
