import { OrreryError } from "../kernel/errors.ts";

export type Query = URLSearchParams;
export type Body = Readonly<Record<string, unknown>>;
/** Answers one `METHOD path` of the product's own API. */
export type Answer = (query: Query, body: Body) => unknown;

/** @throws OrreryError UsageError */
export function stringOf(body: Body, name: string): string {
  const value = body[name];
  if (typeof value !== "string") throw new OrreryError("UsageError", `"${name}" must be a string in the request body`);
  return value;
}

/** @throws OrreryError UsageError */
export function numberOf(body: Body, name: string): number {
  const value = body[name];
  if (typeof value !== "number" || !Number.isFinite(value))
    throw new OrreryError("UsageError", `"${name}" must be a number in the request body`);
  return value;
}

/** @throws OrreryError UsageError */
export function queryOf(query: Query, name: string): string {
  const value = query.get(name);
  if (value === null || value === "") throw new OrreryError("UsageError", `"${name}" must be given in the query`);
  return value;
}
