/** Keys and values of a query string or form, in order, decoded. Cheaper than URLSearchParams where it is most often empty. */
export class Query {
  static readonly empty = new Query([]);
  readonly pairs: readonly (readonly [string, string])[];

  constructor(pairs: readonly (readonly [string, string])[]) {
    this.pairs = pairs;
  }

  /** `text` without its question mark; malformed percent-encoding is kept as it stands. */
  static parse(text: string): Query {
    if (text === "") return Query.empty;
    const pairs: [string, string][] = [];
    for (const part of text.split("&")) {
      if (part === "") continue;
      const equals = part.indexOf("=");
      if (equals < 0) pairs.push([decode(part), ""]);
      else pairs.push([decode(part.slice(0, equals)), decode(part.slice(equals + 1))]);
    }
    return new Query(pairs);
  }

  get(key: string): string | undefined {
    for (const [name, value] of this.pairs) if (name === key) return value;
    return undefined;
  }

  has(key: string): boolean {
    return this.get(key) !== undefined;
  }

  all(key: string): string[] {
    return this.pairs.filter(([name]) => name === key).map(([, value]) => value);
  }
}

function decode(text: string): string {
  const spaced = text.includes("+") ? text.replaceAll("+", " ") : text;
  if (!spaced.includes("%")) return spaced;
  try {
    return decodeURIComponent(spaced);
  } catch {
    return spaced;
  }
}
