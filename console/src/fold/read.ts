import type { TimelineEvent } from "../live/events.ts";
import type { Stated } from "./types.ts";

export const text = (value: unknown): string => (typeof value === "string" ? value : "");

export const record = (value: unknown): Readonly<Record<string, unknown>> =>
  typeof value === "object" && value !== null ? (value as Record<string, unknown>) : {};

/** A state and the event that it comes from. */
export const stated = (event: TimelineEvent, status: string): Stated => ({
  status,
  since: event.time,
  eventId: event.id,
  rule: event.rule,
});
