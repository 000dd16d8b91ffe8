import type { Timeline, TimelineEvent } from "../kernel/events.ts";

/** More would not be read: the story of one thing is told by its own transitions and what led to them. */
const LONGEST_CHAIN = 200;

/**
 * The chain of causes of one thing, newest first: its transitions, and for each of them the events that led to it over
 * the borders of services, down to the request or the push that began it.
 *
 * @param of an event's id `evt-…`, an ARN, or any id that an ARN or an event's detail contains, e.g. `d-ABC123DEF`
 */
export function why(timeline: Timeline, of: string): TimelineEvent[] {
  const chain = new Map<string, TimelineEvent>();
  const follow = (from: TimelineEvent | undefined): void => {
    for (let event = from; event !== undefined && !chain.has(event.id) && chain.size < LONGEST_CHAIN; event = causeOf(timeline, event))
      chain.set(event.id, event);
  };
  if (/^evt-\d+$/.test(of)) follow(timeline.find(of));
  else for (const event of transitionsOf(timeline, of)) follow(event);
  return [...chain.values()].sort((a, b) => b.position - a.position);
}

function causeOf(timeline: Timeline, { cause }: TimelineEvent): TimelineEvent | undefined {
  return cause?.startsWith("evt-") === true ? timeline.find(cause) : undefined;
}

/** Newest first: what happened to the thing itself, else what concerned it, else what names it at all. */
function transitionsOf(timeline: Timeline, of: string): TimelineEvent[] {
  const concerning = timeline.about(of, LONGEST_CHAIN);
  const own = concerning.filter(({ resources }) => resources[0]?.includes(of));
  if (own.length > 0) return own;
  const named = concerning.filter(({ resources }) => resources.some((resource) => resource.includes(of)));
  return named.length > 0 ? named : concerning;
}
