export const MINUTE_MS = 60_000;

/** The beginning of the next minute, virtual ms. */
export function nextMinute(now: number): number {
  return (Math.floor(now / MINUTE_MS) + 1) * MINUTE_MS;
}
