import { numberOf, stringOf, type Value } from "./values.ts";

/** What it makes of its arguments. */
export type Run = (args: readonly Value[], now: number) => Value;

/** A function of values; nothing in gives nothing out unless it says otherwise. */
export interface ScalarFunction {
  readonly least: number;
  readonly most: number;
  readonly run: Run;
  /**
   * Made ready once for all rows, where some arguments must be constants; undefined stands for those that are none.
   * Undefined when they cannot be read.
   */
  readonly ready?: (constants: readonly (Value | undefined)[]) => Run | undefined;
}

export const MANY = Number.POSITIVE_INFINITY;

export const ofNumber = (run: (value: number) => Value): ScalarFunction => ({
  least: 1,
  most: 1,
  run: ([value = null]) => {
    const number = numberOf(value);
    return number === undefined ? null : run(number);
  },
});

export const ofString = (run: (value: string) => Value): ScalarFunction => ({
  least: 1,
  most: 1,
  run: ([value = null]) => {
    const text = stringOf(value);
    return text === undefined ? null : run(text);
  },
});

/** Of two texts. */
export const ofStrings = (run: (one: string, other: string) => Value): ScalarFunction => ({
  least: 2,
  most: 2,
  run: ([one = null, other = null]) => {
    const [a, b] = [stringOf(one), stringOf(other)];
    return a === undefined || b === undefined ? null : run(a, b);
  },
});
