/**
 * The JSONPath of rule targets: dots, brackets with an index, a quoted name or a star.
 * https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-transform-target-input.html
 */
type Step = string | number | typeof EVERY;
const EVERY = Symbol("*");

/** The value at a path; a list for a path with stars; undefined when nothing is there or the path is not one. */
export function selectPath(root: unknown, path: string): unknown {
  const steps = parsePath(path);
  if (steps === undefined) return undefined;
  let found: unknown[] = [root];
  for (const step of steps) found = found.flatMap((value) => children(value, step));
  return steps.includes(EVERY) ? (found.length === 0 ? undefined : found) : found[0];
}

/** True for paths that `selectPath` can follow. */
export function isPath(path: string): boolean {
  return parsePath(path) !== undefined;
}

function parsePath(path: string): Step[] | undefined {
  if (!path.startsWith("$")) return undefined;
  const steps: Step[] = [];
  const token = /\.(\*|[^.[\]]+)|\[(?:(\d+)|'([^']*)'|"([^"]*)"|(\*))\]/y;
  token.lastIndex = 1;
  while (token.lastIndex < path.length) {
    const match = token.exec(path);
    if (match === null) return undefined;
    const [, name, index, single, double, star] = match;
    if (star !== undefined || name === "*") steps.push(EVERY);
    else if (index !== undefined) steps.push(Number(index));
    else steps.push(name ?? single ?? double ?? "");
  }
  return steps;
}

function children(value: unknown, step: Step): unknown[] {
  if (typeof value !== "object" || value === null) return [];
  if (step === EVERY) return Object.values(value);
  const key = String(step);
  return Object.hasOwn(value, key) ? [(value as Record<string, unknown>)[key]] : [];
}
