import type { Timeline, TimelineEvent } from "../kernel/events.ts";

/** More would not be read: the story of one thing is told by its own transitions and what led to them. */
const LONGEST_CHAIN = 200;

/**
 * The chain of causes of one thing, newest first: its transitions, and for each of them the events that led to it over
 * the borders of services, down to the request or the push that began it. Where a chain ends in something that only
 * time has brought, such as an alarm that saw its datapoints, it goes on with what had happened before to what that interrupted.
 *
 * @param of an event's id `evt-…`, an ARN, or any id that an ARN or an event's detail contains, e.g. `d-ABC123DEF`
 */
export function why(timeline: Timeline, of: string): TimelineEvent[] {
  const chain = new Map<string, TimelineEvent>();
  const follow = (from: TimelineEvent | undefined): void => {
    const way: TimelineEvent[] = [];
    for (let event = from; event !== undefined && !chain.has(event.id) && chain.size < LONGEST_CHAIN; event = causeOf(timeline, event)) {
      chain.set(event.id, event);
      way.push(event);
    }
    // What a client asked for is where a story begins; what a service did by itself, such as an alarm, is not.
    const end = way.at(-1);
    if (end !== undefined && isOwnDoing(end)) follow(interruptedBy(timeline, end, way));
  };
  if (/^evt-\d+$/.test(of)) follow(timeline.find(of));
  else for (const event of transitionsOf(timeline, of)) follow(event);
  return [...chain.values()].sort((a, b) => b.position - a.position);
}

function causeOf(timeline: Timeline, { cause }: TimelineEvent): TimelineEvent | undefined {
  return cause?.startsWith("evt-") === true ? timeline.find(cause) : undefined;
}

function isOwnDoing({ actor, cause }: TimelineEvent): boolean {
  return actor.endsWith(".amazonaws.com") && (cause === undefined || !cause.startsWith("evt-"));
}

/** The last transition before `end` of the first thing on the way back that `end` is not about itself. */
function interruptedBy(timeline: Timeline, end: TimelineEvent, way: readonly TimelineEvent[]): TimelineEvent | undefined {
  const [subject] = end.resources;
  const interrupted = way.findLast(({ resources }) => resources[0] !== undefined && resources[0] !== subject)?.resources[0];
  if (interrupted === undefined) return undefined;
  return timeline
    .about(interrupted, LONGEST_CHAIN)
    .find(({ position, resources }) => position < end.position && resources[0] === interrupted);
}

/** Newest first: what happened to the thing itself, else what concerned it, else what names it at all. */
function transitionsOf(timeline: Timeline, of: string): TimelineEvent[] {
  const concerning = timeline.about(of, LONGEST_CHAIN);
  const own = concerning.filter(({ resources }) => resources[0]?.includes(of));
  if (own.length > 0) return own;
  const named = concerning.filter(({ resources }) => resources.some((resource) => resource.includes(of)));
  return named.length > 0 ? named : concerning;
}
