import type { Mode } from "../store.ts";

/** An execution in front of a stage. `number` tells which one was started later, `arrived` which one came later. */
export interface Waiting {
  readonly id: string;
  readonly number: number;
  readonly arrived: number;
}

export interface Entrance {
  readonly mode: Mode;
  /** An execution is in the stage. */
  readonly occupied: boolean;
  /** The inbound transition is enabled. */
  readonly enabled: boolean;
  readonly waiting: readonly Waiting[];
}

/** Who goes in, if anyone, and who is superseded by whom. */
export interface Admission {
  readonly enters: string | undefined;
  readonly superseded: readonly { readonly id: string; readonly by: string }[];
}

/**
 * What happens in front of a stage. SUPERSEDED keeps only the execution that was started last; QUEUED lets them in as they
 * came. In both modes only one goes in, and only when the stage is free and its transition enabled.
 * https://docs.aws.amazon.com/codepipeline/latest/userguide/concepts-how-it-works.html
 */
export function decideEntry({ mode, occupied, enabled, waiting }: Entrance): Admission {
  const first = mode === "QUEUED" ? firstBy(waiting, (one) => one.arrived) : firstBy(waiting, (one) => -one.number);
  if (first === undefined) return { enters: undefined, superseded: [] };
  const superseded = mode === "SUPERSEDED" ? waiting.filter((one) => one !== first).map(({ id }) => ({ id, by: first.id })) : [];
  return { enters: occupied || !enabled ? undefined : first.id, superseded };
}

function firstBy(waiting: readonly Waiting[], key: (one: Waiting) => number): Waiting | undefined {
  return waiting.toSorted((a, b) => key(a) - key(b))[0];
}
