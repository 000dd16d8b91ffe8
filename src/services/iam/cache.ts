import type { Cloud } from "../../aws/context.ts";
import type { KnownKey } from "../../aws/identity.ts";
import type { Facts } from "./principals.ts";

interface Caches {
  readonly keys: Map<string, KnownKey>;
  readonly facts: Map<string, Facts>;
}

/** More than any test or application has at a time; when it is full it starts anew. */
const CAPACITY = 2_000;

const caches = new WeakMap<Cloud, Caches>();

function cacheOf(cloud: Cloud): Caches {
  let cache = caches.get(cloud);
  if (cache === undefined) {
    cache = { keys: new Map(), facts: new Map() };
    caches.set(cloud, cache);
    cloud.lifecycle.onReset(() => clear(cloud));
  }
  return cache;
}

function clear(cloud: Cloud): void {
  const cache = caches.get(cloud);
  cache?.keys.clear();
  cache?.facts.clear();
}

/** Forgets what was read, now for this transaction's own reads and again once it is committed. */
export function invalidate(cloud: Cloud): void {
  clear(cloud);
  cloud.store.afterCommit(() => clear(cloud));
}

function remembered<V>(map: Map<string, V>, key: string, read: () => V | undefined): V | undefined {
  const known = map.get(key);
  if (known !== undefined) return known;
  const value = read();
  if (value === undefined) return undefined;
  if (map.size >= CAPACITY) map.clear();
  map.set(key, value);
  return value;
}

/** What `read` says of an access key, remembered until IAM changes. Keys that nobody issued are asked for again. */
export function cachedKey(cloud: Cloud, accessKeyId: string, read: () => KnownKey | undefined): KnownKey | undefined {
  return remembered(cacheOf(cloud).keys, accessKeyId, read);
}

/** What `read` says of a principal, remembered until IAM changes. */
export function cachedFacts(cloud: Cloud, principal: string, read: () => Facts): Facts {
  return remembered(cacheOf(cloud).facts, principal, read) ?? read();
}
