/** Compiled patterns; pure, so one for all clouds. */
const compiled = new Map<string, RegExp>();
const MOST_COMPILED = 2_000;

/**
 * True when a name of a branch or tag, or a path, fits a pattern: `*` stays within one component, `**` crosses them, `?` is one
 * character, `[ ]` a set, `{a,b}` alternatives, `\` takes what follows as it is.
 * https://docs.aws.amazon.com/codepipeline/latest/userguide/syntax-glob.html
 */
export function matchesGlob(pattern: string, text: string): boolean {
  let expression = compiled.get(pattern);
  if (expression === undefined) {
    if (compiled.size >= MOST_COMPILED) compiled.clear();
    expression = compile(pattern);
    compiled.set(pattern, expression);
  }
  return expression.test(text);
}

const LITERAL = /[.*+?^${}()|[\]\\]/g;
const NOTHING = /(?!)/;

function compile(pattern: string): RegExp {
  let source = "";
  let inGroup = false;
  for (let at = 0; at < pattern.length; at++) {
    const letter = pattern[at] ?? "";
    if (letter === "[") {
      const end = pattern.indexOf("]", at + 2);
      if (end < 0) return NOTHING;
      source += setOf(pattern.slice(at + 1, end));
      at = end;
    } else if (letter === "*" && pattern[at + 1] === "*") {
      at++;
      // Java's matcher takes `a/**/b` for `a/b` only with the slash of the pattern: AWS's own example says that it matches.
      const slash = pattern[at + 1] === "/" && (at === 1 || pattern[at - 2] === "/");
      source += slash ? "(?:.*/)?" : ".*";
      if (slash) at++;
    } else if (letter === "*") source += "[^/]*";
    else if (letter === "?") source += "[^/]";
    else if (letter === "{" && !inGroup) {
      inGroup = true;
      source += "(?:";
    } else if (letter === "}" && inGroup) {
      inGroup = false;
      source += ")";
    } else if (letter === "," && inGroup) source += "|";
    else if (letter === "\\" && at + 1 < pattern.length) source += (pattern[++at] ?? "").replace(LITERAL, "\\$&");
    else source += letter.replace(LITERAL, "\\$&");
  }
  if (inGroup) return NOTHING;
  return new RegExp(`^${source}$`, "s");
}

function setOf(inside: string): string {
  const negated = inside.startsWith("!");
  const body = (negated ? inside.slice(1) : inside).replace(/[\\\]^]/g, "\\$&");
  return `(?!/)[${negated ? "^" : ""}${body}]`;
}

export interface Patterns {
  readonly includes?: readonly string[] | undefined;
  readonly excludes?: readonly string[] | undefined;
}

/** Excludes win; without includes everything else is taken. */
export function passes(text: string, patterns: Patterns | undefined): boolean {
  const { includes = [], excludes = [] } = patterns ?? {};
  if (excludes.some((pattern) => matchesGlob(pattern, text))) return false;
  return includes.length === 0 || includes.some((pattern) => matchesGlob(pattern, text));
}
