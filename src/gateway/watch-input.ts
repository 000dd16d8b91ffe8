import type { Values } from "../models/schema.ts";

export interface WatchedInput {
  readonly input: Values;
  /** Members that came with the request and were never looked at. */
  unread(): string[];
}

/** Records which top-level members of an input are looked at. For strict mode only, as it costs something at each access. */
export function watchInput(values: Values): WatchedInput {
  const read = new Set<string | symbol>();
  const input = new Proxy(values, {
    get: (target, key) => {
      read.add(key);
      return Reflect.get(target, key) as unknown;
    },
    has: (target, key) => {
      read.add(key);
      return Reflect.has(target, key);
    },
  });
  return { input, unread: () => Object.keys(values).filter((key) => values[key] !== undefined && !read.has(key)) };
}
