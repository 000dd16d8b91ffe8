/** Java's `\p{Print}`, which JavaScript does not have. */
const PRINTABLE = "[\\x20-\\x7e]";

/**
 * The models' patterns are Java's. A leading `(?s)` or `(?i)` becomes a flag; what JavaScript cannot read is undefined,
 * and then nothing is checked. The whole value must match, as Java's `matches` has it.
 */
export function compilePattern(pattern: string): RegExp | undefined {
  const inline = /^\^?\(\?([si]+)\)/.exec(pattern);
  const flags = inline?.[1] ?? "";
  const source = `^(?:${inline === null ? pattern : pattern.replace(inline[0], "")})$`.replaceAll("\\p{Print}", PRINTABLE);
  // Without the flag `u`, `\p{L}` would mean the letter p.
  const attempts = /\\p\{/i.test(source) ? [`u${flags}`] : [`u${flags}`, flags];
  for (const candidate of [source, withoutNeedlessEscapes(source)]) {
    for (const attempt of attempts) {
      try {
        return new RegExp(candidate, attempt);
      } catch {
        // The next reading may do.
      }
    }
  }
  return undefined;
}

/** With `u`, only syntax characters may be escaped. */
function withoutNeedlessEscapes(source: string): string {
  return source.replaceAll(/\\([^\w\s^$\\.*+?()[\]{}|/-])/g, "$1");
}
