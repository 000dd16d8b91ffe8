/** Statistics of a part of the samples. */
export interface Trim {
  readonly kind: "TM" | "TC" | "TS" | "WM" | "PR";
  readonly low: number | undefined;
  readonly high: number | undefined;
  /** The bounds are percentages of the samples, else values. */
  readonly percent: boolean;
}

const SHORT = /^(tm|tc|ts|wm)(\d{1,2}(?:\.\d{1,10})?)$/i;
const LONG = /^(TM|TC|TS|WM|PR)\((\d+(?:\.\d+)?%?)?:(\d+(?:\.\d+)?%?)?\)$/i;

/**
 * Reads `tm90`, `TM(10%:90%)`, `TC(:500)`, `PR(100:2000)`, `IQM`.
 * https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/Statistics-definitions.html
 */
export function parseTrim(name: string): Trim | undefined {
  if (/^iqm$/i.test(name)) return { kind: "TM", low: 25, high: 75, percent: true };
  const short = SHORT.exec(name);
  if (short !== null) return { kind: kindOf(short[1]), low: undefined, high: Number(short[2]), percent: true };
  const [, kind, low, high] = LONG.exec(name) ?? [];
  if (kind === undefined || (low === undefined && high === undefined)) return undefined;
  const given = [low, high].filter((bound) => bound !== undefined);
  const percent = given.every((bound) => bound.endsWith("%"));
  // A rank is of values, and the others do not mix both.
  if (percent ? kindOf(kind) === "PR" : given.some((bound) => bound.endsWith("%"))) return undefined;
  const number = (bound: string | undefined): number | undefined => (bound === undefined ? undefined : Number.parseFloat(bound));
  return { kind: kindOf(kind), low: number(low), high: number(high), percent };
}

function kindOf(text: string | undefined): Trim["kind"] {
  return (text ?? "TM").toUpperCase() as Trim["kind"];
}

type Samples = readonly (readonly [value: number, count: number])[];

/** Samples within the bounds: by rank for percentages, above the low one and up to the high one for values. */
function within(samples: Samples, { low, high, percent }: Trim, count: number): Samples {
  if (!percent) {
    return samples.filter(([value]) => (low === undefined || value > low) && (high === undefined || value <= high));
  }
  const [from, to] = [((low ?? 0) / 100) * count, ((high ?? 100) / 100) * count];
  let seen = 0;
  return samples.flatMap(([value, times]): [number, number][] => {
    const kept = Math.min(seen + times, to) - Math.max(seen, from);
    seen += times;
    return kept > 0 ? [[value, kept]] : [];
  });
}

/** The statistic; undefined when nothing is within the bounds. `samples` are in ascending order. */
export function trimmed(samples: Samples, trim: Trim, count: number): number | undefined {
  const kept = within(samples, trim, count);
  const keptCount = kept.reduce((sum, [, times]) => sum + times, 0);
  const keptSum = kept.reduce((sum, [value, times]) => sum + value * times, 0);
  if (trim.kind === "TC") return keptCount;
  if (trim.kind === "TS") return keptSum;
  if (trim.kind === "PR") return (100 * keptCount) / count;
  if (keptCount === 0) return undefined;
  if (trim.kind === "TM") return keptSum / keptCount;
  return winsorized(samples, kept, count);
}

/** What lies outside counts as the outermost value that lies inside. */
function winsorized(samples: Samples, kept: Samples, count: number): number {
  const lowest = kept[0]?.[0] ?? 0;
  const highest = kept.at(-1)?.[0] ?? 0;
  return samples.reduce((sum, [value, times]) => sum + Math.min(Math.max(value, lowest), highest) * times, 0) / count;
}
