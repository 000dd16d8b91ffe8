import type { TimelineEvent } from "../../live/events.ts";

/** What happened in a row to one thing. */
export interface Step {
  readonly id: string;
  /** What people call the resource. */
  readonly name: string;
  readonly source: string;
  /** Oldest first. */
  readonly events: readonly TimelineEvent[];
}

export interface Link {
  readonly from: string;
  readonly to: string;
  /** False where nothing but the time and the resource says that one belongs to the other. */
  readonly isCause: boolean;
}

/** A chain of causes, newest first, as the steps from the first cause to what is asked about. */
export function stepsOf(chain: readonly TimelineEvent[]): { readonly steps: readonly Step[]; readonly links: readonly Link[] } {
  const steps: { id: string; name: string; source: string; events: TimelineEvent[] }[] = [];
  const links: Link[] = [];
  for (const event of chain.toReversed()) {
    const resource = event.resources[0] ?? event.source;
    const last = steps.at(-1);
    if (last !== undefined && last.source === event.source && last.events[0]?.resources[0] === event.resources[0]) {
      last.events.push(event);
      continue;
    }
    const step = { id: event.id, name: nameOf(resource), source: event.source, events: [event] };
    if (last !== undefined) links.push({ from: last.id, to: step.id, isCause: last.events.at(-1)?.id === event.cause });
    steps.push(step);
  }
  return { steps, links };
}

/** The last part of an ARN; of a stack and a build what stands before their unique id. */
function nameOf(resource: string): string {
  const [, named] = /(?:stack|build)\/([^/:]+)[/:]/.exec(resource) ?? [];
  return named ?? (resource.split(/[:/]/).at(-1) || resource);
}
