import { useSyncExternalStore } from "react";
import { TOKEN } from "../api/client.ts";
import { changed } from "../api/queries.ts";
import { apply, emptyWorld, type World } from "../fold/world.ts";
import type { ClockTold, TimelineEvent } from "./events.ts";

/** What a page can know at one moment. A new object whenever something has changed. */
export interface Snapshot {
  readonly events: readonly TimelineEvent[];
  readonly world: World;
  readonly clock: ClockTold | undefined;
  /** False until the stream has brought what was there, and while it is cut. */
  readonly connected: boolean;
  /** Position of the event at which the console stands; undefined for now. */
  readonly at: number | undefined;
}

/** One stream for the whole console: every event once, folded as it comes. */
class Live {
  #events: TimelineEvent[] = [];
  #world = emptyWorld();
  #snapshot: Snapshot = { events: [], world: this.#world, clock: undefined, connected: false, at: undefined };
  readonly #listeners = new Set<() => void>();
  #sources = new Set<string>();
  #scheduled = false;

  start(): void {
    const stream = new EventSource(`/_orrery/console/events?token=${encodeURIComponent(TOKEN)}`);
    stream.onopen = () => this.#change({ connected: true });
    stream.onerror = () => this.#change({ connected: false });
    stream.onmessage = ({ data }: MessageEvent<string>) => this.#take(JSON.parse(data) as TimelineEvent[]);
    stream.addEventListener("clock", (message) => this.#change({ clock: JSON.parse((message as MessageEvent<string>).data) as ClockTold }));
  }

  #take(events: readonly TimelineEvent[]): void {
    const known = this.#events.at(-1)?.position ?? 0;
    for (const event of events) {
      if (event.position <= known) continue;
      this.#events.push(event);
      apply(this.#world, event);
      this.#sources.add(event.source);
    }
    // Many batches come in a row at first: they are drawn once.
    if (this.#scheduled) return;
    this.#scheduled = true;
    requestAnimationFrame(() => {
      this.#scheduled = false;
      const sources = this.#sources;
      this.#sources = new Set();
      this.#change({ events: [...this.#events], world: this.#shown() });
      changed(sources);
    });
  }

  #shown(): World {
    const { at } = this.#snapshot;
    return at === undefined ? { ...this.#world } : this.#foldUpTo(at);
  }

  #foldUpTo(position: number): World {
    const world = emptyWorld();
    for (const event of this.#events) {
      if (event.position > position) break;
      apply(world, event);
    }
    return world;
  }

  /** Puts the console at the instant of an event; undefined brings it back to now. */
  scrub(at: number | undefined): void {
    this.#snapshot = { ...this.#snapshot, at };
    this.#change({ world: this.#shown() });
  }

  #change(change: Partial<Snapshot>): void {
    this.#snapshot = { ...this.#snapshot, ...change };
    for (const listener of this.#listeners) listener();
  }

  readonly subscribe = (listener: () => void): (() => void) => {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  };

  readonly snapshot = (): Snapshot => this.#snapshot;
}

export const live: Live = new Live();

export const useLive = (): Snapshot => useSyncExternalStore(live.subscribe, live.snapshot);

/** What there is, at the instant at which the console stands. */
export const useWorld = (): World => useLive().world;
