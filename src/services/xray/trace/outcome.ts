import type { SegmentDocument } from "../segments/document.ts";

/** How a segment or subsegment ended. https://docs.aws.amazon.com/xray/latest/devguide/xray-concepts.html#xray-concepts-errors */
export interface Outcome {
  /** 4xx, throttling included. */
  readonly error: boolean;
  readonly throttle: boolean;
  readonly fault: boolean;
  /** None of them. */
  readonly ok: boolean;
  /** Seconds; undefined while it is under way. */
  readonly duration: number | undefined;
}

export function outcomeOf(document: SegmentDocument): Outcome {
  const throttle = document.throttle === true;
  const error = document.error === true || throttle;
  const fault = document.fault === true;
  const { start_time: start, end_time: end } = document;
  return { error, throttle, fault, ok: !error && !fault, duration: end === undefined ? undefined : Math.max(0, end - start) };
}
