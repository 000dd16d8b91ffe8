/** One page of a list and the token that asks for the next one. */
export interface Page<T> {
  readonly items: T[];
  readonly nextToken: string | undefined;
}

/**
 * Opaque page tokens: the sort key of the last item that was given out, so that a page is found by an
 * index and never by skipping, and items that come and go between two pages shift nothing.
 */
export function encodeToken(key: readonly (string | number)[]): string {
  return Buffer.from(JSON.stringify(key)).toString("base64url");
}

/** The key in a token, or undefined when the token is not one of ours; callers answer with their service's own error. */
export function decodeToken(token: string): (string | number)[] | undefined {
  try {
    const key: unknown = JSON.parse(Buffer.from(token, "base64url").toString("utf8"));
    return Array.isArray(key) && key.every((part) => typeof part === "string" || typeof part === "number") ? key : undefined;
  } catch {
    return undefined;
  }
}

/** Cuts `limit + 1` rows, read in key order, into a page. */
export function pageOf<T>(rows: T[], limit: number, keyOf: (row: T) => readonly (string | number)[]): Page<T> {
  if (rows.length <= limit) return { items: rows, nextToken: undefined };
  const items = rows.slice(0, limit);
  const last = items.at(-1);
  return { items, nextToken: last === undefined ? undefined : encodeToken(keyOf(last)) };
}
