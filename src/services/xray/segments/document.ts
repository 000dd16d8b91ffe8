/** What of a segment document Orrery reads; the rest is kept as it came. https://docs.aws.amazon.com/xray/latest/devguide/xray-api-segmentdocuments.html */
export interface SegmentDocument {
  readonly id: string;
  readonly name: string;
  readonly trace_id?: string;
  readonly parent_id?: string;
  /** Seconds since the epoch. */
  readonly start_time: number;
  readonly end_time?: number;
  readonly in_progress?: boolean;
  /** `subsegment` for one that was sent by itself. */
  readonly type?: string;
  readonly namespace?: string;
  readonly origin?: string;
  readonly inferred?: boolean;
  readonly user?: string;
  readonly resource_arn?: string;
  readonly error?: boolean;
  readonly throttle?: boolean;
  readonly fault?: boolean;
  readonly cause?: string | Cause;
  readonly http?: HttpBlock;
  readonly aws?: AwsBlock;
  readonly sql?: Readonly<Record<string, unknown>>;
  readonly annotations?: Readonly<Record<string, Annotation>>;
  readonly metadata?: Readonly<Record<string, unknown>>;
  readonly links?: readonly TraceLink[];
  readonly subsegments?: readonly SegmentDocument[];
}

export type Annotation = string | number | boolean;

export interface HttpBlock {
  readonly request?: {
    readonly method?: string;
    readonly url?: string;
    readonly user_agent?: string;
    readonly client_ip?: string;
    readonly x_forwarded_for?: boolean;
    readonly traced?: boolean;
  };
  readonly response?: { readonly status?: number; readonly content_length?: number };
}

export interface AwsBlock {
  readonly account_id?: string;
  readonly region?: string;
  readonly operation?: string;
  readonly request_id?: string;
  readonly table_name?: string;
  readonly bucket_name?: string;
  readonly queue_url?: string;
  readonly topic_arn?: string;
  readonly function_name?: string;
  readonly resource_names?: readonly string[];
  readonly ec2?: { readonly instance_id?: string; readonly availability_zone?: string };
  readonly xray?: { readonly sdk?: string };
}

export interface Cause {
  readonly exceptions?: readonly {
    readonly id?: string;
    readonly message?: string;
    readonly type?: string;
    readonly remote?: boolean;
  }[];
}

/** https://docs.aws.amazon.com/xray/latest/devguide/xray-services-sqs.html: a batch is not of one trace, it names those that its messages came from. */
export interface TraceLink {
  readonly trace_id: string;
  readonly id?: string;
}

/** What is wrong with a document, as `ErrorCode`. */
export type SegmentError =
  | "ParseError"
  | "SegmentTooLarge"
  | "MissingId"
  | "MissingName"
  | "MissingTraceId"
  | "MissingStartTime"
  | "MissingEndTime"
  | "MissingParentId"
  | "InvalidId"
  | "InvalidName"
  | "InvalidTraceId"
  | "InvalidStartTime"
  | "InvalidEndTime";

export type Parsed =
  | { readonly document: SegmentDocument & { readonly trace_id: string } }
  | { readonly error: SegmentError; readonly id?: string };

const MOST_BYTES = 64 * 1024;
const MOST_DEEP = 64;
const ID = /^[0-9a-f]{16}$/;
const TRACE_ID = /^1-[0-9a-f]{8}-[0-9a-f]{24}$/;
const NAME = /^[\p{L}\p{N}\p{Z}_.:/%&#=+\\\-@*]{1,200}$/u;

/** One document as it was sent. The rules are those of the page above; the codes but `InvalidTraceId` are not documented. */
export function parseDocument(text: string): Parsed {
  if (Buffer.byteLength(text) > MOST_BYTES) return { error: "SegmentTooLarge" };
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return { error: "ParseError" };
  }
  if (typeof value !== "object" || value === null || Array.isArray(value)) return { error: "ParseError" };
  const plain = value as Record<string, unknown>;
  const error = errorOf(plain);
  const { id } = plain;
  if (error !== undefined) return typeof id === "string" ? { error, id } : { error };
  return { document: cleaned(plain, 0) as unknown as SegmentDocument & { trace_id: string } };
}

function errorOf(plain: Record<string, unknown>): SegmentError | undefined {
  if (plain["id"] === undefined) return "MissingId";
  if (typeof plain["id"] !== "string" || !ID.test(plain["id"].toLowerCase())) return "InvalidId";
  if (plain["name"] === undefined) return "MissingName";
  if (typeof plain["name"] !== "string" || !NAME.test(plain["name"])) return "InvalidName";
  if (plain["trace_id"] === undefined) return "MissingTraceId";
  if (typeof plain["trace_id"] !== "string" || !TRACE_ID.test(plain["trace_id"].toLowerCase())) return "InvalidTraceId";
  if (plain["start_time"] === undefined) return "MissingStartTime";
  if (!isTime(plain["start_time"])) return "InvalidStartTime";
  if (plain["type"] === "subsegment" && typeof plain["parent_id"] !== "string") return "MissingParentId";
  if (plain["end_time"] === undefined) return plain["in_progress"] === true ? undefined : "MissingEndTime";
  return isTime(plain["end_time"]) && plain["end_time"] >= plain["start_time"] ? undefined : "InvalidEndTime";
}

function isTime(value: unknown): value is number {
  return typeof value === "number" && Number.isFinite(value) && value > 0;
}

/** Without what does not comply with the schema: annotations that are not scalars, subsegments that are no objects. */
function cleaned(plain: Record<string, unknown>, depth: number): Record<string, unknown> {
  const kept = { ...plain };
  for (const key of ["id", "trace_id", "parent_id"]) if (typeof kept[key] === "string") kept[key] = kept[key].toLowerCase();
  for (const key of ["http", "aws", "sql", "metadata", "service"]) if (!isObject(kept[key])) delete kept[key];
  if (isObject(kept["annotations"])) {
    const scalar = Object.entries(kept["annotations"]).filter(([, value]) => ["string", "number", "boolean"].includes(typeof value));
    kept["annotations"] = Object.fromEntries(scalar);
  } else delete kept["annotations"];
  const { subsegments } = kept;
  delete kept["subsegments"];
  if (!Array.isArray(subsegments) || depth >= MOST_DEEP) return kept;
  const usable = subsegments.filter(
    (entry): entry is Record<string, unknown> =>
      isObject(entry) && typeof entry["id"] === "string" && typeof entry["name"] === "string" && isTime(entry["start_time"]),
  );
  if (usable.length > 0) kept["subsegments"] = usable.map((entry) => cleaned(entry, depth + 1));
  return kept;
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** The same document, all of its times moved by `seconds`. */
export function shifted<T extends SegmentDocument>(document: T, seconds: number): T {
  const { end_time: end, subsegments } = document;
  return {
    ...document,
    start_time: round(document.start_time + seconds),
    ...(end === undefined ? {} : { end_time: round(end + seconds) }),
    ...(subsegments === undefined ? {} : { subsegments: subsegments.map((part) => shifted(part, seconds)) }),
  };
}

/** To the microsecond, so that no digits come from the arithmetic. */
function round(seconds: number): number {
  return Math.round(seconds * 1e6) / 1e6;
}
