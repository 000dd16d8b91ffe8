type Step = { readonly key: string } | { readonly every: true } | { readonly deep: string };

/** Dots, brackets with an index or a quoted name, stars, and `..name`; undefined for what is more than that. */
function parsePath(path: string): Step[] | undefined {
  if (!path.startsWith("$")) return undefined;
  const steps: Step[] = [];
  const token = /\.\.([\w-]+)|\.(\*|[\w$@-]+)|\[(?:(\d+)|'([^']*)'|"([^"]*)"|(\*))\]/y;
  token.lastIndex = 1;
  while (token.lastIndex < path.length) {
    const match = token.exec(path);
    if (match === null) return undefined;
    const [, deep, name, index, single, double, star] = match;
    if (deep !== undefined) steps.push({ deep });
    else if (star !== undefined || name === "*") steps.push({ every: true });
    else steps.push({ key: name ?? index ?? single ?? double ?? "" });
  }
  return steps;
}

export function isPath(path: string): boolean {
  return parsePath(path) !== undefined;
}

/** All values at a path; none when nothing is there. https://github.com/json-path/JsonPath */
export function valuesAt(root: unknown, path: string): unknown[] {
  let found: unknown[] = [root];
  for (const step of parsePath(path) ?? []) found = found.flatMap((value) => follow(value, step));
  return found;
}

function follow(value: unknown, step: Step): unknown[] {
  if (typeof value !== "object" || value === null) return [];
  if ("every" in step) return Object.values(value);
  if ("key" in step) return Object.hasOwn(value, step.key) ? [(value as Record<string, unknown>)[step.key]] : [];
  const own = Object.hasOwn(value, step.deep) ? [(value as Record<string, unknown>)[step.deep]] : [];
  return [...own, ...Object.values(value).flatMap((child: unknown) => follow(child, step))];
}
