import type { Cause, SegmentDocument } from "../segments/document.ts";
import { type Segment, subsegmentsOf, type TraceModel } from "./model.ts";
import { outcomeOf } from "./outcome.ts";

export interface RootCauseEntity {
  readonly Name: string;
  readonly Remote: boolean;
  /** Of faults and errors. */
  readonly Exceptions?: { readonly Name?: string; readonly Message?: string }[];
  /** Of response times: its share of the root's. */
  readonly Coverage?: number;
}

export interface RootCauseService {
  readonly Name: string;
  readonly Names: string[];
  readonly Type?: string;
  readonly AccountId?: string;
  readonly Inferred: boolean;
  readonly EntityPath: RootCauseEntity[];
}

export interface RootCause {
  readonly Services: RootCauseService[];
  readonly ClientImpacting: boolean;
}

export type RootCauseKind = "fault" | "error" | "responsetime";

/** Which of some callees or subsegments the cause is followed into. */
type Follow = (documents: readonly SegmentDocument[]) => SegmentDocument | undefined;

/**
 * The way from the root to where it began: through the services, and in each through its subsegments, as long as something
 * below has the same failure; for response times, into whatever took longest. At most one of each kind is told.
 * https://docs.aws.amazon.com/xray/latest/api/API_TraceSummary.html
 */
export function rootCausesOf(trace: TraceModel, account: string): Readonly<Record<RootCauseKind, RootCause[]>> {
  const { root } = trace;
  if (root === undefined) return { fault: [], error: [], responsetime: [] };
  const whole = outcomeOf(root.document).duration ?? 0;
  return {
    fault: failuresOf(trace, "fault", account),
    error: failuresOf(trace, "error", account),
    responsetime: whole > 0 ? [walk(root, slowest, { account, whole })] : [],
  };
}

function failuresOf(trace: TraceModel, kind: "fault" | "error", account: string): RootCause[] {
  const { root } = trace;
  if (root === undefined) return [];
  const failed: Follow = (documents) => documents.find((document) => outcomeOf(document)[kind]);
  if (outcomeOf(root.document)[kind]) return [{ ...walk(root, failed, { account, whole: undefined }), ClientImpacting: true }];
  // What failed below and was handled there.
  const first = trace.segments.find((segment) => segment.document.inferred !== true && outcomeOf(segment.document)[kind]);
  return first === undefined ? [] : [{ ...walk(first, failed, { account, whole: undefined }), ClientImpacting: false }];
}

/** A part that takes less than half of its parent's time explains nothing. */
const slowest: Follow = (documents) => documents.toSorted((a, b) => lengthOf(b) - lengthOf(a))[0];

function lengthOf(document: SegmentDocument): number {
  return outcomeOf(document).duration ?? 0;
}

interface Walk {
  readonly account: string;
  /** Seconds that the root took, for response times. */
  readonly whole: number | undefined;
}

function walk(from: Segment, follow: Follow, { account, whole }: Walk): RootCause {
  const Services: RootCauseService[] = [];
  let segment: Segment | undefined = from;
  while (segment !== undefined && Services.length < 50) {
    const path: SegmentDocument[] = [segment.document];
    let next: SegmentDocument | undefined = follow(segment.document.subsegments ?? []);
    while (next !== undefined && path.length < 50) {
      path.push(next);
      next = follow(next.subsegments ?? []);
    }
    const { name, type } = segment.service;
    const Type = type === undefined ? {} : { Type: type };
    const EntityPath = path.map((document) => entityOf(document, whole));
    Services.push({ Name: name, Names: [name], ...Type, AccountId: account, Inferred: segment.document.inferred === true, EntityPath });
    segment = calleeOf(segment, path, follow);
  }
  return { Services, ClientImpacting: true };
}

/** The service that was called from the path's end, or from anywhere in it. */
function calleeOf({ callees }: Segment, path: readonly SegmentDocument[], follow: Follow): Segment | undefined {
  const ids = new Set(path.map(({ id }) => id));
  const below = callees.filter(({ caller }) => caller !== undefined && ids.has(caller.via.id));
  const chosen = follow(below.map(({ document }) => document));
  return below.find(({ document }) => document === chosen);
}

function entityOf(document: SegmentDocument, whole: number | undefined): RootCauseEntity {
  const Remote = document.namespace === "remote" || document.namespace === "aws";
  if (whole !== undefined) return { Name: document.name, Coverage: Math.min(1, lengthOf(document) / whole), Remote };
  return { Name: document.name, Exceptions: exceptionsOf(document.cause), Remote };
}

function exceptionsOf(cause: string | Cause | undefined): { Name?: string; Message?: string }[] {
  if (cause === undefined || typeof cause === "string") return [];
  return (cause.exceptions ?? []).map(({ type, message }) => ({
    ...(type === undefined ? {} : { Name: type }),
    ...(message === undefined ? {} : { Message: message }),
  }));
}

/** All parts of a segment, itself first. */
export function partsOf(segment: Segment): SegmentDocument[] {
  return [segment.document, ...subsegmentsOf(segment.document)];
}
