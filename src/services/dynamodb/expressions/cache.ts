import { parseCondition } from "./parse-condition.ts";
import { parseProjection } from "./parse-projection.ts";
import { parseUpdate } from "./parse-update.ts";
import type { ParsedCondition, ParsedProjection, ParsedUpdate } from "./syntax.ts";
import type { ExpressionKind } from "./tokens.ts";

/** A parse result depends on the text alone, so that clouds may share it; the oldest goes first. */
class ParseCache<T> {
  readonly #entries = new Map<string, T>();
  readonly #limit = 1_000;

  get(key: string, parse: () => T): T {
    const known = this.#entries.get(key);
    if (known !== undefined) return known;
    const parsed = parse();
    if (this.#entries.size >= this.#limit) {
      const [oldest] = this.#entries.keys();
      if (oldest !== undefined) this.#entries.delete(oldest);
    }
    this.#entries.set(key, parsed);
    return parsed;
  }
}

const conditions = new ParseCache<ParsedCondition>();
export const projections = new ParseCache<ParsedProjection>();
const updates = new ParseCache<ParsedUpdate>();

export function condition(kind: ExpressionKind, text: string): ParsedCondition {
  return conditions.get(`${kind} ${text}`, () => parseCondition(kind, text));
}

export function projection(text: string): ParsedProjection {
  return projections.get(text, () => parseProjection(text));
}

export function update(text: string): ParsedUpdate {
  return updates.get(text, () => parseUpdate(text));
}
