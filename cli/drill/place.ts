import { cpSync, existsSync, mkdirSync, mkdtempSync, renameSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { OrreryError } from "../../src/kernel/errors.ts";
import type { TimelineEvent } from "../../src/kernel/events.ts";
import { ask, defaultDataDir, isUp, type Target } from "../client.ts";
import { variablesFor } from "../commands/env.ts";

const SNAPSHOT = "fork-for-a-drill";

/** The cloud that a drill takes place in, reached over HTTP like any other. Its clock stands still between steps. */
export class Place {
  readonly endpoint: string;
  readonly #target: Target;
  readonly #end: () => Promise<void>;

  private constructor(endpoint: string, end: () => Promise<void>) {
    this.endpoint = endpoint;
    this.#target = { port: Number(new URL(endpoint).port) };
    this.#end = end;
  }

  /** A copy of the cloud's state in a cloud of its own, which `leave` throws away. */
  static async fork(target: Target, seed: string): Promise<Place> {
    const { folder, isSnapshot } = await copyOf(target);
    const { startOrrery } = await import("../../src/main.ts");
    const orrery = await startOrrery({ dataDir: folder, port: 0, clockMode: { mode: "hold" }, seed: `drill/${seed}`, logLevel: "error" });
    if (isSnapshot) await orrery.snapshots.load(SNAPSHOT);
    return new Place(orrery.endpoint, async () => {
      await orrery.stop();
      rmSync(folder, { recursive: true, force: true });
    });
  }

  /** The running cloud itself; its clock is held meanwhile. */
  static async live(target: Target): Promise<Place> {
    const { endpoint } = await ask(target, "GET", "status");
    const { mode } = (await ask(target, "GET", "clock")) as { mode: object };
    await ask(target, "POST", "clock/mode", { mode: "hold" });
    return new Place(String(endpoint), async () => void (await ask(target, "POST", "clock/mode", mode)));
  }

  leave(): Promise<void> {
    return this.#end();
  }

  ask(method: "GET" | "POST", path: string, body?: object): Promise<Record<string, unknown>> {
    return ask(this.#target, method, path, body);
  }

  async now(): Promise<number> {
    return Number((await this.ask("GET", "clock"))["virtual"]);
  }

  async advance(ms: number): Promise<void> {
    await this.ask("POST", "clock/advance", { ms });
  }

  async eventsAfter(position: number): Promise<TimelineEvent[]> {
    const { events } = await this.ask("GET", `timeline?after=${position}&limit=10000`);
    return events as TimelineEvent[];
  }

  get clientConfig(): { endpoint: string; region: string; credentials: { accessKeyId: string; secretAccessKey: string } } {
    return { endpoint: this.endpoint, region: "us-east-1", credentials: { accessKeyId: "test", secretAccessKey: "test" } };
  }

  get environment(): Record<string, string> {
    return variablesFor(this.endpoint, "us-east-1");
  }
}

/** A folder with the state of a server that runs, as a snapshot, or of a data folder that nobody uses. */
async function copyOf(target: Target): Promise<{ readonly folder: string; readonly isSnapshot: boolean }> {
  const folder = mkdtempSync(join(tmpdir(), "orrery-drill-"));
  if (await isUp(target)) {
    const { dataDir } = await ask(target, "GET", "status");
    await ask(target, "POST", "snapshots/save", { name: SNAPSHOT });
    mkdirSync(join(folder, "snapshots"));
    move(join(String(dataDir), "snapshots", SNAPSHOT), join(folder, "snapshots", SNAPSHOT));
    return { folder, isSnapshot: true };
  }
  const dataDir = target.data ?? defaultDataDir();
  if (!existsSync(join(dataDir, "orrery.db")))
    throw new OrreryError("UsageError", `there is no cloud to drill: no server answers, and ${dataDir} has no state`);
  // What is not state, or is made again when it is missing: workspaces and caches of builds, unpacked functions.
  const left = new Set(["snapshots", "codebuild", "lambda", "server.json", "server.log", "server.out"].map((name) => join(dataDir, name)));
  cpSync(dataDir, folder, { recursive: true, verbatimSymlinks: true, filter: (path) => !left.has(path) });
  return { folder, isSnapshot: false };
}

function move(from: string, to: string): void {
  try {
    renameSync(from, to);
  } catch (error) {
    // Another file system.
    if ((error as NodeJS.ErrnoException).code !== "EXDEV") throw error;
    cpSync(from, to, { recursive: true });
    rmSync(from, { recursive: true, force: true });
  }
}
