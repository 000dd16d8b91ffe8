import type { IncomingMessage, ServerResponse } from "node:http";
import { AwsException } from "../aws/exception.ts";
import type { AnyService } from "../aws/service.ts";
import type { Orrery } from "../compose.ts";
import type { ExtraEndpoint } from "../gateway/app.ts";
import type { ClockMode } from "../kernel/clock.ts";
import { OrreryError } from "../kernel/errors.ts";
import type { TimelineFilter } from "../kernel/events.ts";
import { type Answer, type Body, numberOf, type Query, stringOf } from "./body.ts";
import { coverageOf } from "./coverage.ts";
import { isForeign, readJson, send } from "./http.ts";
import { outboxAnswers } from "./outbox.ts";
import { rehearsalAnswers } from "./rehearsal.ts";
import { signalsAnswers } from "./signals.ts";

const PREFIX = "/_orrery/";

/** The product's own HTTP API: what no AWS service has. Errors are `{"code","message"}` with status 400, 403 or 404. */
export function introspection(orrery: Orrery, services: readonly AnyService[]): ExtraEndpoint {
  const answers = answersOf(orrery, services);
  return {
    name: "introspection",
    matches: (_host, path) => path.startsWith(PREFIX),
    handle: async (_cloud, request, response) => {
      const url = new URL(request.url ?? "/", "http://localhost");
      const key = `${request.method ?? "GET"} ${url.pathname.slice(PREFIX.length)}`;
      if (isForeign(request)) return send(response, 403, { code: "ForeignOrigin", message: "only pages of this server may use its API" });
      if (key === "GET timeline" && url.searchParams.has("follow")) return follow(orrery, url.searchParams, request, response);
      const answer = answers[key];
      if (answer === undefined) return send(response, 404, { code: "NotFound", message: `there is no ${key}` });
      try {
        send(response, 200, (await answer(url.searchParams, await readJson(request))) ?? {});
      } catch (error) {
        if (!(error instanceof OrreryError || error instanceof AwsException)) throw error;
        send(response, 400, { code: error.code, message: error.message });
      }
    },
  };
}

function answersOf(orrery: Orrery, services: readonly AnyService[]): Record<string, Answer> {
  const { cloud } = orrery;
  return {
    "GET health": () => ({ status: "running", endpoint: orrery.endpoint }),
    "GET status": () => statusOf(orrery),
    "GET coverage": () => coverageOf(services),
    "GET timeline": (query) => ({ events: cloud.timeline.read(filterOf(query)) }),
    "GET clock": () => clockOf(orrery),
    "GET dead-letters": () => ({ messages: cloud.scheduler.deadLetters() }),
    "POST clock/mode": (_query, body) => {
      cloud.clock.setMode(modeOf(body));
      return clockOf(orrery);
    },
    "POST clock/advance": async (_query, body) => {
      await cloud.clock.advance(numberOf(body, "ms"));
      return clockOf(orrery);
    },
    "POST clock/next": async () => ({ fired: (await cloud.clock.next()) ?? null, ...clockOf(orrery) }),
    ...rehearsalAnswers(cloud),
    ...outboxAnswers(cloud),
    ...signalsAnswers(cloud),
    "POST reset": () => orrery.reset(),
    "GET snapshots": () => ({ snapshots: orrery.snapshots.list() }),
    "POST snapshots/save": (_query, body) => orrery.snapshots.save(stringOf(body, "name")),
    "POST snapshots/load": (_query, body) => orrery.snapshots.load(stringOf(body, "name")),
    ...Object.fromEntries(services.flatMap((service) => Object.entries(service.introspection?.(cloud) ?? {}))),
  };
}

function statusOf(orrery: Orrery): object {
  const { cloud } = orrery;
  return {
    endpoint: orrery.endpoint,
    dataDir: orrery.dataDir,
    pid: process.pid,
    memoryBytes: process.memoryUsage.rss(),
    events: cloud.timeline.last(),
    running: cloud.clock.activity,
    deadLetters: cloud.scheduler.deadLetters().length,
    clock: cloud.clock.state,
  };
}

/** The clock with what runs and what is due next. */
export function clockOf(orrery: Pick<Orrery, "cloud">): object {
  const { clock, scheduler } = orrery.cloud;
  const messages = scheduler.upcoming(10).map(({ due, type, payload }) => ({ due, what: type, payload }));
  return { ...clock.state, running: clock.activity, next: messages };
}

function modeOf(body: Body): ClockMode {
  const mode = stringOf(body, "mode");
  const until = body["until"] === undefined ? {} : { until: numberOf(body, "until") };
  if (mode === "real" || mode === "hold") return { mode };
  if (mode === "skip") return { mode, ...until };
  if (mode === "warp") return { mode, factor: numberOf(body, "factor"), ...until };
  throw new OrreryError("ClockModeInvalid", `there is no clock mode "${mode}": choose real, skip, warp or hold`);
}

function filterOf(query: Query): TimelineFilter {
  const text = (name: "source" | "type" | "cause" | "resource"): object => {
    const value = query.get(name);
    return value === null ? {} : { [name]: value };
  };
  return {
    after: Number(query.get("after") ?? 0) || 0,
    limit: Math.min(Number(query.get("limit") ?? 1_000) || 1_000, 10_000),
    ...text("source"),
    ...text("type"),
    ...text("cause"),
    ...text("resource"),
  };
}

/** One JSON object a line: what is there already, then each new event until the client goes. */
function follow(orrery: Orrery, query: Query, request: IncomingMessage, response: ServerResponse): Promise<void> {
  const { timeline } = orrery.cloud;
  const filter = filterOf(query);
  response.writeHead(200, { "content-type": "application/x-ndjson", "cache-control": "no-store" });
  let position = filter.after ?? 0;
  const flush = (): void => {
    for (
      let events = timeline.read({ ...filter, after: position });
      events.length > 0;
      events = timeline.read({ ...filter, after: position })
    ) {
      for (const event of events) response.write(`${JSON.stringify(event)}\n`);
      position = events.at(-1)?.position ?? position;
    }
  };
  flush();
  return new Promise((resolve) => {
    const end = timeline.listen(flush);
    const close = (): void => {
      end();
      forget();
      response.end();
      resolve();
    };
    request.on("close", close);
    const forget = orrery.cloud.lifecycle.onStop("a timeline that is followed", close);
  });
}
