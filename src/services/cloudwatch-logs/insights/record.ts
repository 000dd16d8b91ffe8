import { Instant, isStructure, ofJson, type Value } from "./values.ts";

/** Where events are from: one log group. */
export interface Place {
  readonly group: number;
  /** `<account>:<group>`. */
  readonly log: string;
  streamName(id: number): string;
  /** Of the log group. */
  tag?(key: string): string | undefined;
}

/** One event as a query begins with it. The message is absent where no part of the query looks at it. */
export interface SourceEvent {
  readonly time: number;
  readonly seq: number;
  readonly ingested: number;
  readonly stream: number;
  readonly message?: string;
  /** The message as it came in, where it is shown masked. */
  readonly raw?: string;
  /** What a transformer made of it, or why it could not. */
  readonly transformed?: { readonly message: string | null; readonly error: string | null };
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

  /** It is of the time that `diff` compares with. */
  readonly isPrevious: boolean;

  constructor(event?: SourceEvent, place?: Place, isPrevious = false) {
    this.event = event;
    this.#place = place;
    this.isPrevious = isPrevious;
  }

  /** The same row, to be changed on its own. */
  copy(): Row {
    return this.copyInto(new Row(this.event, this.#place, this.isPrevious));
  }

  protected copyInto(row: Row): Row {
    if (this.#extra !== undefined) row.#extra = new Map(this.#extra);
    row.#discovered = this.#discovered;
    return row;
  }

  /** Of fields that commands made and that were discovered. */
  names(): string[] {
    return [...new Set([...(this.#extra?.keys() ?? []), ...this.discovered().keys()])];
  }

  /** A field's value as the event came in. */
  unmasked(name: string): Value {
    const raw = this.event?.raw;
    if (raw === undefined) return this.get(name);
    return name === "@message" ? raw : (discover(raw).get(name) ?? this.get(name));
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
      if (name.startsWith(TAG)) return this.#place?.tag?.(name.slice(TAG.length)) ?? null;
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
    this.#discovered ??= this.event === undefined ? NOTHING : discoverEvent(this.event);
    return this.#discovered;
  }
}

/** What a `join` made: fields of both sides by their aliases; those without one are the left side's. */
export class JoinedRow extends Row {
  readonly #sides: ReadonlyMap<string, Row | undefined>;
  readonly #left: Row;

  constructor(left: Row, sides: ReadonlyMap<string, Row | undefined>) {
    super(undefined, undefined, left.isPrevious);
    this.#left = left;
    this.#sides = sides;
  }

  override copy(): Row {
    return this.copyInto(new JoinedRow(this.#left, this.#sides));
  }

  override names(): string[] {
    return [...super.names(), ...[...this.#sides].flatMap(([alias, row]) => row?.names().map((name) => `${alias}.${name}`) ?? [])];
  }

  override get(name: string): Value {
    const own = super.get(name);
    if (own !== null) return own;
    const dot = name.indexOf(".");
    const alias = name.slice(0, dot);
    if (dot > 0 && this.#sides.has(alias)) return this.#sides.get(alias)?.get(name.slice(dot + 1)) ?? null;
    return this.#left.get(name);
  }
}

/** https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/CWL_QuerySyntax-examples.html#CWL_QuerySyntax-examples-ResourceTags */
const TAG = "@aws.tag.";
const NOTHING: ReadonlyMap<string, Value> = new Map();

/**
 * Of an event's transformed version where it has one.
 * https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/Transformation-Errors-Metrics.html
 */
export function discoverEvent({ transformed, message = "" }: Pick<SourceEvent, "transformed" | "message">): ReadonlyMap<string, Value> {
  if (transformed === undefined) return discover(message);
  const fields = new Map(discover(transformed.message ?? message));
  return transformed.error === null ? fields : fields.set("@transformationError", transformed.error);
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
