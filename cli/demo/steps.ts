import pc from "picocolors";
import { print, span } from "../print.ts";

/** The steps of the demo: each says what it does, and what it took. */
export class Steps {
  #total = 0;

  /** Wall ms of all steps together. */
  get total(): number {
    return this.#total;
  }

  /** `work` answers a note for the line's end, or nothing. */
  async run(what: string, work: () => Promise<string>): Promise<void> {
    process.stdout.write(`${what} … `);
    const started = performance.now();
    const note = await work();
    const ms = performance.now() - started;
    this.#total += ms;
    print(`${pc.green("done")} in ${span(ms)}${note === "" ? "" : pc.dim(` (${note})`)}`);
  }

  /** For what prints lines of its own. */
  async silently<T>(work: () => Promise<T>): Promise<{ readonly result: T; readonly ms: number }> {
    const started = performance.now();
    const result = await work();
    const ms = performance.now() - started;
    this.#total += ms;
    return { result, ms };
  }
}
