import type { Cloud } from "../../aws/context.ts";
import type { LiveStage } from "./live.ts";

/** Stages as they are served, by API and stage name; made from the tables whenever they are missing. */
const caches = new WeakMap<Cloud, Map<string, Map<string, LiveStage | undefined>>>();

export function cachedStages(cloud: Cloud, apiId: string): Map<string, LiveStage | undefined> {
  let apis = caches.get(cloud);
  if (apis === undefined) {
    apis = new Map();
    caches.set(cloud, apis);
  }
  let stages = apis.get(apiId);
  if (stages === undefined) {
    stages = new Map();
    apis.set(apiId, stages);
  }
  return stages;
}

/** To be called in the transaction that changes an API: what is served is read anew after it, whatever its end. */
export function forgetApi(cloud: Cloud, apiId: string): void {
  const drop = (): void => void caches.get(cloud)?.delete(apiId);
  drop();
  cloud.store.afterCommit(drop);
}

export function forgetAllApis(cloud: Cloud): void {
  caches.delete(cloud);
}
