/** A route key in parts; `$default` has none. */
export interface RouteKey {
  readonly method: string;
  readonly segments: readonly string[];
}

export interface RouteMatch<T> {
  readonly route: T;
  readonly pathParameters: Readonly<Record<string, string>>;
}

const METHODS = new Set(["ANY", "DELETE", "GET", "HEAD", "OPTIONS", "PATCH", "POST", "PUT"]);

/** `"default"` for `$default`; undefined when the text is no route key. */
export function parseRouteKey(text: string): RouteKey | "default" | undefined {
  if (text === "$default") return "default";
  const [, method = "", path = ""] = /^(\S+) (\/\S*)$/.exec(text) ?? [];
  if (!METHODS.has(method)) return undefined;
  const segments = path.slice(1).split("/");
  const valid = segments.every((segment, index) => {
    if (!/[{}]/.test(segment)) return true;
    return /^\{[\w.:-]+\}$/.test(segment) || (/^\{[\w.:-]+\+\}$/.test(segment) && index === segments.length - 1);
  });
  return valid ? { method, segments } : undefined;
}

interface Candidate<T> {
  readonly route: T;
  readonly key: RouteKey;
  /** The more specific the smaller, segment by segment: 0 text, 1 `{name}`, 2 `{name+}`. */
  readonly ranks: readonly number[];
  readonly greedy: boolean;
}

/**
 * Selects as AWS documents: a full match of path and method, then one with a greedy variable, then `$default`. Among full
 * matches text wins over a variable, further left first; the method itself wins over ANY.
 * https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-develop-routes.html#http-api-develop-routes.evaluation
 */
export class Router<T> {
  readonly #full = new Map<number, Candidate<T>[]>();
  readonly #greedy: Candidate<T>[] = [];
  #fallback: T | undefined;

  constructor(routes: readonly (readonly [string, T])[]) {
    for (const [text, route] of routes) {
      const key = parseRouteKey(text);
      if (key === "default") this.#fallback = route;
      else if (key !== undefined) this.#add(route, key);
    }
    for (const list of [this.#greedy, ...this.#full.values()]) list.sort(bySpecificity);
  }

  #add(route: T, key: RouteKey): void {
    const ranks = key.segments.map((segment) => (segment.endsWith("+}") ? 2 : segment.startsWith("{") ? 1 : 0));
    const candidate = { route, key, ranks, greedy: ranks.at(-1) === 2 };
    if (candidate.greedy) {
      this.#greedy.push(candidate);
      return;
    }
    const same = this.#full.get(key.segments.length) ?? [];
    same.push(candidate);
    this.#full.set(key.segments.length, same);
  }

  /** `path` is decoded and begins with a slash. */
  match(method: string, path: string): RouteMatch<T> | undefined {
    const segments = path.slice(1).split("/");
    // A closing slash makes no other resource.
    if (segments.length > 1 && segments.at(-1) === "") segments.pop();
    for (const candidate of this.#full.get(segments.length) ?? []) {
      const pathParameters = accepts(candidate, method, segments);
      if (pathParameters !== undefined) return { route: candidate.route, pathParameters };
    }
    for (const candidate of this.#greedy) {
      const pathParameters = accepts(candidate, method, segments);
      if (pathParameters !== undefined) return { route: candidate.route, pathParameters };
    }
    return this.#fallback === undefined ? undefined : { route: this.#fallback, pathParameters: {} };
  }
}

function bySpecificity<T>(a: Candidate<T>, b: Candidate<T>): number {
  const length = Math.max(a.ranks.length, b.ranks.length);
  for (let i = 0; i < length; i++) {
    const difference = (a.ranks[i] ?? 3) - (b.ranks[i] ?? 3);
    if (difference !== 0) return difference;
  }
  return Number(a.key.method === "ANY") - Number(b.key.method === "ANY");
}

function accepts<T>({ key, greedy }: Candidate<T>, method: string, segments: readonly string[]): Record<string, string> | undefined {
  if (key.method !== "ANY" && key.method !== method) return undefined;
  if (greedy ? segments.length < key.segments.length : segments.length !== key.segments.length) return undefined;
  const parameters: Record<string, string> = {};
  for (const [index, pattern] of key.segments.entries()) {
    const segment = segments[index] ?? "";
    if (!pattern.startsWith("{")) {
      if (pattern !== segment) return undefined;
    } else if (pattern.endsWith("+}")) {
      const rest = segments.slice(index).join("/");
      if (rest === "") return undefined;
      parameters[pattern.slice(1, -2)] = rest;
    } else if (segment === "") {
      return undefined;
    } else {
      parameters[pattern.slice(1, -1)] = segment;
    }
  }
  return parameters;
}
