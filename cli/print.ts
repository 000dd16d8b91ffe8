import pc from "picocolors";

/** Writes to standard output; colours only where it is a terminal. */
export function print(text = ""): void {
  process.stdout.write(`${text}\n`);
}

/** From here on it does not matter whether anybody reads: a server outlives its terminal, other commands end with their reader. */
export function goOnUnread(): void {
  for (const stream of [process.stdout, process.stderr]) stream.removeAllListeners("error").on("error", () => undefined);
}

export function printJson(value: unknown): void {
  print(JSON.stringify(value, null, 2));
}

export function fail(text: string): void {
  process.stderr.write(`${pc.red("error")} ${text}\n`);
}

/** Rows as columns, two spaces apart; the last column is not padded. */
export function table(rows: readonly (readonly string[])[]): string {
  const widths: number[] = [];
  for (const row of rows) for (const [i, cell] of row.entries()) widths[i] = Math.max(widths[i] ?? 0, cell.length);
  return rows.map((row) => row.map((cell, i) => (i === row.length - 1 ? cell : cell.padEnd(widths[i] ?? 0))).join("  ")).join("\n");
}

/** `2026-11-23 10:04:05` in UTC. */
export function time(ms: number): string {
  return new Date(ms).toISOString().replace("T", " ").slice(0, 19);
}

/** A span of ms as people say it: `850 ms`, `12.3 s`, `4 min 05 s`. */
export function span(ms: number): string {
  if (ms < 1_000) return `${Math.round(ms)} ms`;
  if (ms < 60_000) return `${(ms / 1_000).toFixed(1)} s`;
  return `${Math.floor(ms / 60_000)} min ${String(Math.round((ms % 60_000) / 1_000)).padStart(2, "0")} s`;
}
