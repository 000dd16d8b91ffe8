import type { IncomingMessage, ServerResponse } from "node:http";
import type { Orrery } from "../../compose.ts";
import { clockOf } from "../endpoints.ts";

const BATCH = 500;
/** Proxies and browsers give up silent connections later than that. */
const HEARTBEAT_MS = 25_000;
/** The clock is told at most that often. */
const CLOCK_PAUSE_MS = 250;

/**
 * Server-Sent Events: the timeline in batches, each an array whose id is its last position, and `clock` when the clock's mode, its
 * timers or what runs may have changed. A slow reader holds up its own stream alone. It ends with the client or the server.
 */
export function live(orrery: Orrery, after: number, request: IncomingMessage, response: ServerResponse): Promise<void> {
  const { timeline, clock, lifecycle } = orrery.cloud;
  response.writeHead(200, { "content-type": "text/event-stream", "cache-control": "no-store", "x-accel-buffering": "no" });
  let position = after;
  let full = false;
  let clockDue: (() => void) | undefined;
  const write = (text: string): void => {
    full = !response.write(text);
  };
  const flush = (): void => {
    while (!full) {
      const events = timeline.read({ after: position, limit: BATCH });
      const last = events.at(-1);
      if (last === undefined) return;
      position = last.position;
      write(`id: ${position}\ndata: ${JSON.stringify(events)}\n\n`);
    }
  };
  const tellClock = (): void => {
    clockDue ??= clock.wallTimeout(CLOCK_PAUSE_MS, () => {
      clockDue = undefined;
      write(`event: clock\ndata: ${JSON.stringify(clockOf(orrery))}\n\n`);
    });
  };
  const changed = (): void => {
    flush();
    tellClock();
  };
  write(`event: clock\ndata: ${JSON.stringify(clockOf(orrery))}\n\n`);
  flush();
  response.on("drain", () => {
    full = false;
    flush();
  });
  return new Promise((resolve) => {
    let cancelBeat: () => void;
    const beat = (): void => {
      cancelBeat = clock.wallTimeout(HEARTBEAT_MS, () => {
        write(": here\n\n");
        beat();
      });
    };
    beat();
    const ends = [timeline.listen(changed), clock.listen(tellClock)];
    const close = (): void => {
      for (const end of ends) end();
      forget();
      cancelBeat();
      clockDue?.();
      response.end();
      resolve();
    };
    request.on("close", close);
    const forget = lifecycle.onStop("a console", close);
  });
}
