import type { Cloud } from "../aws/context.ts";
import { OrreryError } from "../kernel/errors.ts";
import type { FaultEffect } from "../kernel/faults.ts";
import { Load, type LoadRequest } from "../rehearsal/load.ts";
import { why } from "../rehearsal/why.ts";
import { type Answer, type Body, numberOf, queryOf, stringOf } from "./body.ts";

/** Loads that have ended are forgotten, oldest first, beyond this many. */
const KEPT_LOADS = 100;

/** Load, faults and causes, as parts of the API under `/_orrery/`. */
export function rehearsalAnswers(cloud: Cloud): Record<string, Answer> {
  const loads = new Map<string, Load>();
  const endLoads = (): void => {
    for (const load of loads.values()) load.stop();
    loads.clear();
  };
  cloud.lifecycle.onStop("loads", endLoads);
  cloud.lifecycle.onReset(endLoads);
  const find = (id: string): Load => {
    const load = loads.get(id);
    if (load === undefined) throw new OrreryError("UsageError", `there is no load "${id}"`);
    return load;
  };
  return {
    "GET why": (query) => ({ events: why(cloud.timeline, queryOf(query, "of")) }),
    "GET faults": () => ({ faults: cloud.faults.active }),
    "POST faults/put": (_query, body) => {
      cloud.faults.put({
        id: stringOf(body, "id"),
        point: stringOf(body, "point"),
        where: (body["where"] ?? {}) as Record<string, string>,
        percent: numberOf(body, "percent"),
        effect: effectOf(body),
        ...(body["until"] === undefined ? {} : { until: numberOf(body, "until") }),
      });
    },
    "POST faults/remove": (_query, body) => ({ removed: cloud.faults.remove(stringOf(body, "id")) }),
    "GET loads": () => ({ loads: [...loads.values()].map(stateOf) }),
    "GET load": (query) => stateOf(find(queryOf(query, "id"))),
    "POST load/start": (_query, body) => {
      const load = new Load(`load-${cloud.ids.hex(8)}`, specOf(body), cloud.clock);
      forgetOld(loads);
      loads.set(load.id, load);
      return stateOf(load);
    },
    "POST load/stop": async (_query, body) => {
      const load = find(stringOf(body, "id"));
      load.stop();
      await load.ended;
      return stateOf(load);
    },
  };
}

function forgetOld(loads: Map<string, Load>): void {
  for (const [id, load] of loads) {
    if (loads.size < KEPT_LOADS) return;
    if (!load.isRunning) loads.delete(id);
  }
}

function stateOf(load: Load): object {
  return { id: load.id, running: load.isRunning, url: load.spec.url, report: load.report() };
}

function effectOf(body: Body): FaultEffect {
  const delay = body["delayMs"] === undefined ? {} : { delayMs: numberOf(body, "delayMs") };
  if (body["code"] === undefined) return delay;
  const status = body["status"] === undefined ? 500 : numberOf(body, "status");
  return { ...delay, error: { code: stringOf(body, "code"), message: String(body["message"] ?? "a fault was injected"), status } };
}

function specOf(body: Body): Load["spec"] {
  const given = body["requests"];
  return {
    url: stringOf(body, "url"),
    rate: numberOf(body, "rate"),
    requests: Array.isArray(given) && given.length > 0 ? given.map(requestOf) : [requestOf({})],
    seed: body["seed"] === undefined ? "orrery" : String(body["seed"]),
    versionHeader: body["versionHeader"] === undefined ? "x-version" : stringOf(body, "versionHeader").toLowerCase(),
    ...(body["durationMs"] === undefined ? {} : { durationMs: numberOf(body, "durationMs") }),
  };
}

/** A body that is no text is sent as JSON. */
function requestOf(given: unknown): LoadRequest {
  if (typeof given !== "object" || given === null)
    throw new OrreryError("UsageError", "a request of a load is an object with method, path, headers, body and weight");
  const { method = "GET", path = "", headers = {}, body = "", weight = 1 } = given as Record<string, unknown>;
  const isText = typeof body === "string";
  return {
    method: String(method).toUpperCase(),
    path: String(path),
    headers: { ...(isText ? {} : { "content-type": "application/json" }), ...(headers as Record<string, string>) },
    body: isText ? body : JSON.stringify(body),
    weight: Number(weight),
  };
}
