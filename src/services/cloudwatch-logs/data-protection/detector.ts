import type { Identifier } from "./identifiers/identifier.ts";

/** One occurrence of sensitive data: offsets of characters, the end not included. */
export interface Finding {
  readonly name: string;
  readonly start: number;
  readonly end: number;
}

/** Keywords stand at most so many characters away from the data. CWL-managed-data-identifiers.html */
const NEAR = 30;

export type Detector = (message: string) => Finding[];

const escaped = (text: string): string => text.replaceAll(/[.*+?^${}()|[\]\\/]/g, String.raw`\$&`);

/** Spaces in a keyword may be missing, or be an underscore or a hyphen. */
function keywordPattern(keywords: readonly string[]): RegExp {
  const sources = keywords.map((keyword) => {
    const source = escaped(keyword).replaceAll(" ", "[ _-]?");
    return `${/^[\p{L}\p{N}]/u.test(keyword) ? String.raw`(?<![\p{L}\p{N}])` : ""}${source}${/[\p{L}\p{N}]$/u.test(keyword) ? String.raw`(?![\p{L}])` : ""}`;
  });
  return new RegExp(sources.join("|"), "giu");
}

/** Finds all that is sensitive in a message, in the order of the identifiers. */
export function detectorOf(identifiers: ReadonlyMap<string, Identifier>): Detector {
  const each = [...identifiers].map(([name, identifier]) => {
    const keywords = identifier.keywords === undefined ? undefined : keywordPattern(identifier.keywords);
    return (message: string) => findAll(name, identifier, keywords, message);
  });
  return (message) => each.flatMap((find) => find(message));
}

function findAll(name: string, { pattern, alone, check }: Identifier, keywords: RegExp | undefined, message: string): Finding[] {
  const found: Finding[] = [];
  // Where keywords stand is only looked for when there is something that they could stand near.
  let words: readonly (readonly [number, number])[] | undefined;
  for (const match of message.matchAll(typeof pattern === "function" ? pattern() : pattern)) {
    const text = match[0];
    const start = match.index;
    const end = start + text.length;
    if (text === "" || check?.(text) === false) continue;
    if (keywords !== undefined && alone?.test(text) !== true) {
      words ??= [...message.matchAll(keywords)].map((word) => [word.index, word.index + word[0].length] as const);
      if (!words.some(([from, to]) => (to <= start && start - to <= NEAR) || (from >= end && from - end <= NEAR))) continue;
    }
    found.push({ name, start, end });
  }
  return found;
}

/** The message with asterisks in place of what was found. */
export function masked(message: string, findings: readonly Pick<Finding, "start" | "end">[]): string {
  let text = message;
  for (const { start, end } of findings) text = text.slice(0, start) + "*".repeat(end - start) + text.slice(end);
  return text;
}
