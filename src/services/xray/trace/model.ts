import { createHash } from "node:crypto";
import { GATEWAY_SDK } from "../../../aws/tracing.ts";
import type { SegmentDocument } from "../segments/document.ts";

/** A node of the service graph. https://docs.aws.amazon.com/xray/latest/api/API_ServiceId.html */
export interface ServiceName {
  readonly name: string;
  /** `AWS::Lambda::Function`, `remote`; undefined for programs that do not say where they run. */
  readonly type: string | undefined;
}

/** A segment with all of its subsegments, and what called it. */
export interface Segment {
  readonly document: SegmentDocument;
  readonly service: ServiceName;
  /** The segment whose subsegment (or which itself) called this one. */
  readonly caller: { readonly segment: Segment; readonly via: SegmentDocument } | undefined;
  readonly callees: readonly Segment[];
}

export interface TraceModel {
  readonly id: string;
  readonly revision: number;
  readonly segments: readonly Segment[];
  /** The first of those without a caller. */
  readonly root: Segment | undefined;
  /** Seconds since the epoch. */
  readonly start: number;
  readonly end: number;
  /** Something of it is under way, or has been announced and has not come. */
  readonly partial: boolean;
}

interface Mutable {
  document: SegmentDocument;
  readonly service: ServiceName;
  caller: { readonly segment: Mutable; readonly via: SegmentDocument } | undefined;
  readonly callees: Mutable[];
}

/** Puts a trace together from the documents that came, in whatever order, and infers the segments of who sends none. */
export function modelOf(trace: { readonly id: string; readonly revision: number }, documents: readonly SegmentDocument[]): TraceModel {
  const whole = merged(documents);
  const segments = whole.map((document): Mutable => ({ document, service: serviceOf(document), caller: undefined, callees: [] }));
  const owners = ownersOf(segments);
  for (const segment of segments) {
    const via = owners.get(segment.document.parent_id ?? "");
    if (via !== undefined && via.segment !== segment) link(segment, via);
  }
  const called = new Set(segments.map(({ document }) => document.parent_id));
  let partial = segments.some(({ document }) => document.end_time === undefined || document.type === "subsegment");
  for (const segment of [...segments]) {
    for (const via of subsegmentsOf(segment.document)) {
      partial ||= via.end_time === undefined;
      if (called.has(via.id) || via.namespace === undefined) continue;
      if (via.http?.request?.traced === true) partial = true;
      else segments.push(link(inferredOf(trace.id, via), { segment, via }));
    }
  }
  const times = segments.map(({ document }) => document);
  const start = Math.min(...times.map((document) => document.start_time));
  const end = Math.max(...times.map((document) => document.end_time ?? document.start_time));
  const root = segments
    .filter(({ caller }) => caller === undefined)
    .toSorted(
      (a, b) => Number(a.document.parent_id !== undefined) - Number(b.document.parent_id !== undefined) || startOf(a) - startOf(b),
    )[0];
  return { ...trace, segments, root, start, end, partial };
}

function startOf(segment: Segment): number {
  return segment.document.start_time;
}

function link(segment: Mutable, caller: { readonly segment: Mutable; readonly via: SegmentDocument }): Mutable {
  segment.caller = caller;
  caller.segment.callees.push(segment);
  return segment;
}

/** All of its subsegments, those of subsegments too. */
export function subsegmentsOf(document: SegmentDocument): SegmentDocument[] {
  return (document.subsegments ?? []).flatMap((part) => [part, ...subsegmentsOf(part)]);
}

function ownersOf(segments: readonly Mutable[]): Map<string, { readonly segment: Mutable; readonly via: SegmentDocument }> {
  const owners = new Map<string, { readonly segment: Mutable; readonly via: SegmentDocument }>();
  for (const segment of segments) {
    owners.set(segment.document.id, { segment, via: segment.document });
    for (const via of subsegmentsOf(segment.document)) owners.set(via.id, { segment, via });
  }
  return owners;
}

/** Subsegments that were sent by themselves are put where they belong; those whose parent has not come stay as they are. */
function merged(documents: readonly SegmentDocument[]): SegmentDocument[] {
  const loose = new Map<string, SegmentDocument[]>();
  const known = new Map<string, SegmentDocument>();
  for (const document of documents) for (const part of [document, ...subsegmentsOf(document)]) known.set(part.id, part);
  const stays: SegmentDocument[] = [];
  for (const document of documents) {
    const { parent_id: parent = "" } = document;
    if (document.type !== "subsegment" || !known.has(parent) || parent === document.id) stays.push(document);
    else if (!isToldTwice(document, known.get(parent))) loose.set(parent, [...(loose.get(parent) ?? []), document]);
  }
  if (loose.size === 0) return stays;
  return stays.map((document) => withLoose(document, loose, new Set()));
}

/** The gateway tells of a call only for programs that do not tell it themselves. */
function isToldTwice(document: SegmentDocument, parent: SegmentDocument | undefined): boolean {
  return document.aws?.xray?.sdk === GATEWAY_SDK && parent?.namespace === "aws";
}

function withLoose(document: SegmentDocument, loose: ReadonlyMap<string, readonly SegmentDocument[]>, seen: Set<string>): SegmentDocument {
  if (seen.has(document.id)) return document;
  seen.add(document.id);
  const own = loose.get(document.id) ?? [];
  const parts = [...(document.subsegments ?? []), ...own.map(({ trace_id: _, parent_id: __, type: ___, ...part }) => part)];
  if (parts.length === 0) return document;
  const subsegments = parts.map((part) => withLoose(part, loose, seen)).toSorted((a, b) => a.start_time - b.start_time);
  return { ...document, subsegments };
}

/** https://docs.aws.amazon.com/xray/latest/devguide/xray-api-segmentdocuments.html#api-segmentdocuments-http */
function inferredOf(trace: string, via: SegmentDocument): Mutable {
  const id = createHash("sha256").update(`${trace}/${via.id}`).digest("hex").slice(0, 16);
  const { subsegments: _, annotations: __, metadata: ___, namespace, type: ____, ...told } = via;
  const origin = namespace === "aws" ? awsType(via) : via.sql === undefined ? undefined : "Database::SQL";
  const document = { ...told, id, trace_id: trace, parent_id: via.id, inferred: true, ...(origin === undefined ? {} : { origin }) };
  const type = origin ?? "remote";
  return {
    document,
    service: { name: (namespace === "aws" ? resourceOf(via) : undefined) ?? via.name, type },
    caller: undefined,
    callees: [],
  };
}

/** Names under which SDKs call services, and the type of the resource that such a call is for. */
const TYPES: Readonly<Record<string, string>> = {
  DynamoDB: "AWS::DynamoDB::Table",
  S3: "AWS::S3::Bucket",
  SQS: "AWS::SQS::Queue",
  SNS: "AWS::SNS",
  Lambda: "AWS::Lambda",
  EventBridge: "AWS::Events",
  Events: "AWS::Events",
};

function awsType({ name }: SegmentDocument): string {
  const plain = name.replace(/^(AWS::)?/, "");
  return TYPES[plain] ?? `AWS::${plain}`;
}

function resourceOf({ aws }: SegmentDocument): string | undefined {
  return aws?.table_name ?? aws?.bucket_name ?? aws?.queue_url ?? aws?.topic_arn ?? aws?.function_name ?? aws?.resource_names?.[0];
}

function serviceOf(document: SegmentDocument): ServiceName {
  return { name: document.name, type: document.origin ?? (document.inferred === true ? "remote" : undefined) };
}

/** Name and type as one text. */
export function keyOf({ name, type }: ServiceName): string {
  return `${name}\n${type ?? ""}`;
}
