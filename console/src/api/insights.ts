import { call } from "./client.ts";

/** What a query of Logs Insights answers. */
export interface QueryResults {
  readonly status: string;
  readonly results: readonly (readonly { readonly field: string; readonly value: string }[])[];
  readonly statistics: { readonly recordsMatched?: number; readonly recordsScanned?: number };
}

export type Row = Readonly<Record<string, string>>;

/** Starts a query and asks for its results until they are whole. @throws CallError */
export async function runQuery(region: string, input: object): Promise<QueryResults> {
  const { queryId } = (await call(region, "cloudwatch-logs", "StartQuery", input)) as { queryId: string };
  for (;;) {
    const answer = (await call(region, "cloudwatch-logs", "GetQueryResults", { queryId })) as QueryResults;
    if (answer.status !== "Scheduled" && answer.status !== "Running") return answer;
  }
}

export const rowsOf = ({ results }: QueryResults): Row[] =>
  results.map((row) => Object.fromEntries(row.map(({ field, value }) => [field, value])));

export const fieldsOf = ({ results }: QueryResults): string[] =>
  [...new Set(results.flatMap((row) => row.map(({ field }) => field)))].filter((field) => field !== "@ptr");

export interface OverTime {
  /** Virtual ms, ascending. */
  readonly times: readonly number[];
  readonly series: readonly { readonly label: string; readonly values: readonly (number | null)[] }[];
}

/** What was counted by `bin(…)`, one series for each number and each value of what else it was counted by; undefined without a bin. */
export function overTime(rows: readonly Row[], fields: readonly string[]): OverTime | undefined {
  const bin = fields.find((field) => /^(bin|datefloor|dateceil)\(/i.test(field));
  if (bin === undefined) return undefined;
  const instant = (row: Row): number => Date.parse(`${(row[bin] ?? "").replace(" ", "T")}Z`);
  const isNumber = (field: string): boolean => rows.every((row) => row[field] === undefined || !Number.isNaN(Number(row[field])));
  const others = fields.filter((field) => field !== bin);
  const numbers = others.filter(isNumber);
  const keys = others.filter((field) => !isNumber(field));
  const times = [...new Set(rows.map(instant))].sort((a, b) => a - b);
  const series = new Map<string, Map<number, number>>();
  for (const row of rows) {
    for (const field of numbers) {
      const label = [...keys.map((key) => row[key] ?? ""), ...(numbers.length > 1 || keys.length === 0 ? [field] : [])].join(" ");
      const values = series.get(label) ?? new Map<number, number>();
      series.set(label, values);
      if (row[field] !== undefined) values.set(instant(row), Number(row[field]));
    }
  }
  return { times, series: [...series].map(([label, values]) => ({ label, values: times.map((time) => values.get(time) ?? null) })) };
}
