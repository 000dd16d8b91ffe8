import type { HttpModel, OperationModel } from "./model.ts";

type Segment = { readonly literal: string } | { readonly label: string; readonly greedy: boolean };

/** The condition under which a request is for an operation. */
export interface Route {
  readonly operation: OperationModel;
  readonly segments: readonly Segment[];
  readonly greedy: boolean;
  /** Query keys of the URI pattern; an empty value means that any will do. */
  readonly literals: readonly (readonly [string, string])[];
  readonly requiredQuery: readonly string[];
  readonly requiredHeaders: readonly string[];
  /** For S3: whether the request must name a bucket, or must not. */
  readonly bucket: "needed" | "forbidden" | "any";
  /** The higher, the more specific. */
  readonly score: number;
}

/**
 * S3's URI patterns begin after the bucket, which its clients place in the host or in the path. Its `x-id` keys are
 * left out: only the JavaScript client sends them, so operations of one pattern are told apart by what they require.
 */
export function routeOf(operation: OperationModel, http: HttpModel, s3: boolean): Route {
  const [path = "", query = ""] = http.uri.split("?");
  const segments = path.split("/").slice(1).map(segmentOf);
  const literals = [...new URLSearchParams(query)].filter(([key]) => key !== "x-id");
  const required = (kind: "query" | "header"): string[] =>
    http.input.filter((binding) => binding.kind === kind && binding.required).map(({ wire }) => wire);
  const requiredQuery = required("query");
  const requiredHeaders = required("header");
  const hasBucket = http.input.some(({ kind, name }) => kind === "label" && name === "Bucket");
  return {
    operation,
    segments,
    greedy: segments.some((segment) => "greedy" in segment && segment.greedy),
    literals,
    requiredQuery,
    requiredHeaders,
    bucket: s3 ? (hasBucket ? "needed" : "forbidden") : "any",
    score: literals.length * 1000 + (requiredQuery.length + requiredHeaders.length) * 100 + segments.reduce((sum, s) => sum + weight(s), 0),
  };
}

function segmentOf(text: string): Segment {
  const match = /^\{([^+}]+)(\+)?\}$/.exec(text);
  return match?.[1] === undefined ? { literal: text } : { label: match[1], greedy: match[2] !== undefined };
}

function weight(segment: Segment): number {
  if ("literal" in segment) return segment.literal === "" ? 0 : 10;
  return segment.greedy ? 0 : 5;
}

/** What routing looks at. `path` starts with a slash, still percent-encoded, without the bucket. */
export interface RouteRequest {
  readonly method: string;
  readonly path: string;
  readonly hasBucket: boolean;
  query(key: string): string | undefined;
  hasHeader(name: string): boolean;
}

export interface RouteMatch {
  readonly operation: OperationModel;
  /** Decoded. */
  readonly labels: Record<string, string>;
}

/** The most specific route that fits. @throws URIError when a label is not well-formed percent-encoding */
export function matchRoute(routes: ReadonlyMap<string, readonly Route[]>, request: RouteRequest): RouteMatch | undefined {
  const parts = request.path.split("/").slice(1);
  for (const route of routes.get(request.method) ?? []) {
    if (!fits(route, parts, request)) continue;
    const labels = labelsOf(route, parts);
    if (labels !== undefined) return { operation: route.operation, labels };
  }
  return undefined;
}

function fits(route: Route, parts: readonly string[], request: RouteRequest): boolean {
  const count = route.segments.length;
  if (route.greedy) {
    if (parts.length < count) return false;
  } else if (parts.length !== count && !(parts.length === count + 1 && parts.at(-1) === "")) return false;
  if (route.bucket !== "any" && (route.bucket === "needed") !== request.hasBucket) return false;
  for (const [key, value] of route.literals) {
    const got = request.query(key);
    if (got === undefined || (value !== "" && got !== value)) return false;
  }
  for (const key of route.requiredQuery) if (request.query(key) === undefined) return false;
  for (const name of route.requiredHeaders) if (!request.hasHeader(name)) return false;
  return true;
}

/** Undefined when the path does not fit; an empty label does not fit either. */
function labelsOf(route: Route, parts: readonly string[]): Record<string, string> | undefined {
  const labels: Record<string, string> = {};
  let at = 0;
  for (const [index, segment] of route.segments.entries()) {
    if ("literal" in segment) {
      if (parts[at++] !== segment.literal) return undefined;
      continue;
    }
    const taken = segment.greedy ? parts.length - at - (route.segments.length - index - 1) : 1;
    const value = parts.slice(at, at + taken).join("/");
    if (value === "") return undefined;
    labels[segment.label] = value.includes("%") ? decodeURIComponent(value) : value;
    at += taken;
  }
  return labels;
}
