import { fieldsOf } from "./analysis.ts";
import { Row } from "./record.ts";
import type { Stage } from "./run.ts";
import type { Appended, Command } from "./syntax.ts";
import { numberOf, type Value } from "./values.ts";

type Of<K extends Command["kind"]> = Extract<Command, { readonly kind: K }>;
const forward = (next: Stage): Stage => ({ take: (row) => next.take(row), end: () => next.end() });

/** Instants are no numbers to be added. */
const summand = (value: Value): number | undefined => (typeof value === "object" ? undefined : numberOf(value));

/**
 * A column with the sum of a row, a row with the sums of columns, or both.
 * https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/CWL_QuerySyntax-Addtotals.html
 */
export function addtotals({ fields, name, hasRow, hasColumn }: Of<"addtotals">, before: readonly Command[], next: Stage): Stage {
  const summed = (fields.length > 0 ? fields : fieldsOf(before)).filter((field) => field !== name);
  const totals = new Map<string, number>();
  const withTotal = (row: Row): Row => {
    const numbers = summed.flatMap((field) => summand(row.get(field)) ?? []);
    row.set(name, numbers.length === 0 ? null : numbers.reduce((sum, number) => sum + number, 0));
    return row;
  };
  return {
    take: (row) => {
      if (hasColumn) {
        for (const field of summed) {
          const number = summand(row.get(field));
          if (number !== undefined) totals.set(field, (totals.get(field) ?? 0) + number);
        }
      }
      return next.take(hasRow ? withTotal(row) : row);
    },
    end: () => {
      if (hasColumn) {
        const row = new Row();
        for (const [field, total] of totals) row.set(field, total);
        next.take(hasRow ? withTotal(row) : row);
      }
      next.end();
    },
  };
}

/**
 * Rows of the same values with no longer gap between them are one session. They come in the order of time or against it.
 * https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/CWL_QuerySyntax-Sessionize.html
 */
export function sessionize({ fields, gap, name }: Of<"sessionize">, next: Stage): Stage {
  const open = new Map<string, { last: number; session: number }>();
  let sessions = 0;
  return {
    ...forward(next),
    take: (row) => {
      const time = numberOf(row.get("@timestamp")) ?? 0;
      const key = JSON.stringify(fields.map((field) => row.get(field)));
      const known = open.get(key);
      const session = known !== undefined && Math.abs(time - known.last) <= gap ? known.session : ++sessions;
      open.set(key, { last: time, session });
      row.set(name, session);
      return next.take(row);
    },
  };
}

/** With linear interpolation between the two nearest. */
function quantile(sorted: readonly number[], share: number): number {
  const at = (sorted.length - 1) * share;
  const low = sorted[Math.floor(at)] ?? 0;
  const high = sorted[Math.ceil(at)] ?? 0;
  return low + (high - low) * (at - Math.floor(at));
}

interface Bounds {
  readonly field: string;
  readonly low: number;
  readonly high: number;
}

function boundsOf(rows: readonly Row[], field: string, { factor, usesLower }: Of<"outlier">): Bounds {
  const sorted = rows.flatMap((row) => summand(row.get(field)) ?? []).sort((a, b) => a - b);
  const [first, third] = [quantile(sorted, 0.25), quantile(sorted, 0.75)];
  const reach = factor * (third - first);
  return { field, low: usesLower ? first - reach : Number.NEGATIVE_INFINITY, high: third + reach };
}

/** https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/CWL_QuerySyntax-Outlier.html */
export function outlier(command: Of<"outlier">, next: Stage): Stage {
  const rows: Row[] = [];
  return {
    take: (row) => {
      rows.push(row);
      return true;
    },
    end: () => {
      const bounds = command.fields.map((field) => boundsOf(rows, field, command));
      const isOut = (row: Row, { field, low, high }: Bounds): boolean => {
        const value = summand(row.get(field));
        return value !== undefined && (value < low || value > high);
      };
      for (const row of rows) {
        const out = bounds.filter((bound) => isOut(row, bound));
        if (out.length > 0 && command.isRemoving) continue;
        for (const { field, low, high } of out) row.set(field, Math.min(high, Math.max(low, summand(row.get(field)) ?? 0)));
        if (!next.take(row)) break;
      }
      next.end();
    },
  };
}

/** https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/CWL_QuerySyntax-Appendcols.html */
export function appendcols({ found, commands, overrides, most }: Appended, next: Stage): Stage {
  const fields = fieldsOf(commands);
  let at = 0;
  return {
    ...forward(next),
    take: (row) => {
      const other = at < most ? found[at++] : undefined;
      for (const field of other === undefined ? [] : fields) {
        const value = other?.get(field) ?? null;
        if (value !== null && (overrides || row.get(field) === null)) row.set(field, value);
      }
      return next.take(row);
    },
  };
}
