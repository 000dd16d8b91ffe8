import type { Cloud } from "../../aws/context.ts";
import { entities, keys, sessions } from "./store.ts";

interface Use {
  /** Virtual ms. */
  readonly at: number;
  readonly service: string;
  readonly region: string;
}

/** AWS's own reports lag by hours; what asks for them here is told at once, as `storeUses` comes first. */
const EVERY_MS = 60_000;

const uses = new WeakMap<Cloud, Map<string, Use>>();

function usesOf(cloud: Cloud): Map<string, Use> {
  let known = uses.get(cloud);
  if (known === undefined) {
    known = new Map();
    uses.set(cloud, known);
  }
  return known;
}

/** Remembers the latest use of an access key; no more than a map entry, as it is done for every request. */
export function noteUse(cloud: Cloud, accessKeyId: string, { service, region }: Omit<Use, "at">): void {
  usesOf(cloud).set(accessKeyId, { at: cloud.clock.now(), service, region });
}

/** Stores what was remembered: of a user's key the key's use, of a role's session the role's. */
export function storeUses(cloud: Cloud): void {
  const known = usesOf(cloud);
  if (known.size === 0) return;
  const batch = [...known];
  known.clear();
  cloud.store.tx(() => {
    for (const [id, { at, service, region }] of batch) {
      if (!id.startsWith("ASIA")) {
        cloud.store.run(keys.setUsed, { id, used: at, service, region });
        continue;
      }
      const role = cloud.store.get(sessions.get, { id })?.entity_id ?? null;
      if (role !== null) cloud.store.run(entities.setRoleUsed, { id: role, used: at, region });
    }
  });
}

/** Stores uses now and then and at the end; a reset forgets them. */
export function startUsage(cloud: Cloud): void {
  const stop = cloud.clock.wallInterval(EVERY_MS, () => storeUses(cloud));
  cloud.lifecycle.onReset(() => usesOf(cloud).clear());
  cloud.lifecycle.onStop("the last uses of keys and roles", () => {
    stop();
    storeUses(cloud);
  });
}
