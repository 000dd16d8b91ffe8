import { Instant, isStructure, ofJson, type Value } from "./values.ts";

/** Where events are from: one log group. */
export interface Place {
  readonly group: number;
  /** `<account>:<group>`. */
  readonly log: string;
  streamName(id: number): string;
}

/** One event as a query begins with it. The message is absent where no part of the query looks at it. */
export interface SourceEvent {
  readonly time: number;
  readonly seq: number;
  readonly ingested: number;
  readonly stream: number;
  readonly message?: string;
}

const MOST_FIELDS = 200;
const REPORT =
  /^REPORT RequestId: (\S+)\s+Duration: ([\d.]+) ms\s+Billed Duration: ([\d.]+) ms\s+Memory Size: (\d+) MB\s+Max Memory Used: (\d+) MB(?:\s+Init Duration: ([\d.]+) ms)?/;
const LIFE = /^(START|END) RequestId: (\S+)/;
const MB = 1_000_000;

/** A row on its way through a query: an event with its discovered fields, or what `stats` made, and what commands added. */
export class Row {
  readonly event: SourceEvent | undefined;
  readonly #place: Place | undefined;
  /** Made when it is needed: most rows of most queries never have any. */
  #extra: Map<string, Value> | undefined;
  #discovered: ReadonlyMap<string, Value> | undefined;

  constructor(event?: SourceEvent, place?: Place) {
    this.event = event;
    this.#place = place;
  }

  /** What GetLogRecord finds the event by: `<group>/<time>/<seq>`, opaque for clients. */
  get pointer(): string {
    return Buffer.from(`${this.#place?.group ?? 0}/${this.event?.time ?? 0}/${this.event?.seq ?? 0}`).toString("base64");
  }

  set(name: string, value: Value): void {
    this.#extra ??= new Map();
    this.#extra.set(name, value);
  }

  /** Null for a field that is not there. */
  get(name: string): Value {
    const own = this.#extra?.get(name);
    if (own !== undefined) return own;
    const { event } = this;
    if (event !== undefined) {
      if (name === "@timestamp") return new Instant(event.time);
      if (name === "@message") return event.message ?? null;
      if (name === "@logStream") return this.#place?.streamName(event.stream) ?? null;
      if (name === "@log") return this.#place?.log ?? null;
      if (name === "@ingestionTime") return new Instant(event.ingested);
      if (name === "@ptr") return this.pointer;
      const found = this.discovered().get(name);
      if (found !== undefined) return found;
    }
    return this.#inStructure(name);
  }

  /** `json.users.0.name` of a field that is a structure. */
  #inStructure(name: string): Value {
    if (this.#extra === undefined) return null;
    for (let dot = name.indexOf("."); dot > 0; dot = name.indexOf(".", dot + 1)) {
      const base = this.#extra.get(name.slice(0, dot));
      if (base === undefined || !isStructure(base)) continue;
      let found: unknown = base.json;
      for (const part of name.slice(dot + 1).split("."))
        found = typeof found === "object" && found !== null ? (found as Record<string, unknown>)[part] : undefined;
      return ofJson(found);
    }
    return null;
  }

  /** Fields found in the message: of JSON by their paths, of Lambda's lines by their meaning. */
  discovered(): ReadonlyMap<string, Value> {
    this.#discovered ??= discover(this.event?.message ?? "");
    return this.#discovered;
  }
}

/** https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/CWL_AnalyzeLogData-discoverable-fields.html */
export function discover(message: string): ReadonlyMap<string, Value> {
  const fields = new Map<string, Value>();
  const at = message.indexOf("{");
  if (at >= 0 && message.trimEnd().endsWith("}")) {
    try {
      flatten(JSON.parse(message.slice(at)) as unknown, "", fields);
    } catch {
      // No JSON after all.
    }
  }
  const report = REPORT.exec(message);
  if (report !== null) {
    const [, id = "", duration, billed, size, used, init] = report;
    fields.set("@type", "REPORT").set("@requestId", id).set("@duration", Number(duration)).set("@billedDuration", Number(billed));
    fields.set("@memorySize", Number(size) * MB).set("@maxMemoryUsed", Number(used) * MB);
    if (init !== undefined) fields.set("@initDuration", Number(init));
    return fields;
  }
  const life = LIFE.exec(message);
  if (life !== null) fields.set("@type", life[1] ?? "").set("@requestId", life[2] ?? "");
  return fields;
}

function flatten(value: unknown, path: string, fields: Map<string, Value>): void {
  if (typeof value === "object" && value !== null) {
    for (const [key, inner] of Object.entries(value)) flatten(inner, path === "" ? key : `${path}.${key}`, fields);
  } else if (path !== "" && fields.size < MOST_FIELDS) fields.set(path, ofJson(value));
}
