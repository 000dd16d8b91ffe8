import type { Cloud } from "./context.ts";

/** What lives in memory beside each running cloud, made when it is first asked for. It must be able to begin empty. */
export function perCloud<T>(make: (cloud: Cloud) => T): (cloud: Cloud) => T {
  const known = new WeakMap<Cloud, { readonly value: T }>();
  return (cloud) => {
    const there = known.get(cloud);
    if (there !== undefined) return there.value;
    const value = make(cloud);
    known.set(cloud, { value });
    return value;
  };
}
