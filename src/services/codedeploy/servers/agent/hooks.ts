import { chmod, stat } from "node:fs/promises";
import { posix } from "node:path";
import type { LifecycleErrorCode } from "@aws-sdk/client-codedeploy";
import type { Machine } from "../../../../runtime/agents/driver.ts";
import { placeOf } from "../../../../runtime/agents/rooted.ts";
import { EVENT_SECONDS, type Script } from "../appspec.ts";
import { AGENT_FOLDER, addText, archiveFolder, DEPLOYMENTS_LOG, scriptsLog } from "./layout.ts";

const EXECUTABLE = 0o111;
/** The agent keeps whole lines up to this many characters. */
const LOG_TAIL = 2_048;

/** A script did not do what it was to do: becomes the diagnostics of the lifecycle event. */
export class ScriptFault extends Error {
  override readonly name = "ScriptFault";
  readonly code: LifecycleErrorCode;
  readonly script: string;

  constructor(code: LifecycleErrorCode, script: string, message: string) {
    super(message);
    this.code = code;
    this.script = script;
  }
}

/** What scripts of one lifecycle event write, line by line: to the files that the agent keeps, and its end to the diagnostics. */
export class ScriptLog {
  readonly #lines: string[] = [];
  #written = 0;

  add(line: string): void {
    this.#lines.push(`${line}\n`);
  }

  get tail(): string {
    const tail: string[] = [];
    let left = LOG_TAIL;
    for (const line of this.#lines.toReversed()) {
      left -= line.length;
      if (left <= 0) break;
      tail.unshift(line);
    }
    return tail.join("");
  }

  /** Writes what is new to the instance's log files. */
  async write(root: string, place: { readonly folder: string; readonly deployment: string }, now: number): Promise<void> {
    const lines = this.#lines.slice(this.#written);
    this.#written = this.#lines.length;
    if (lines.length === 0) return;
    const at = new Date(now).toISOString();
    await addText(root, scriptsLog(place.folder), lines.map((line) => `${at.replace("T", " ").slice(0, 19)} ${line}`).join(""));
    await addText(
      root,
      DEPLOYMENTS_LOG,
      lines.map((line) => `[${at.replace("T", " ").slice(0, 23)}] [${place.deployment}]${line}`).join(""),
    );
  }
}

/**
 * Runs the scripts of one lifecycle event in order, each in wall time: its own, and no more than an hour for all.
 * @throws ScriptFault
 */
export async function runScripts(
  machine: Machine,
  run: {
    readonly scripts: readonly Script[];
    readonly folder: string;
    readonly event: string;
    readonly variables: Readonly<Record<string, string>>;
    readonly measure: () => number;
  },
  log: ScriptLog,
): Promise<void> {
  if (run.scripts.length === 0) return;
  const end = run.measure() + EVENT_SECONDS * 1_000;
  log.add(`LifecycleEvent - ${run.event}`);
  for (const script of run.scripts) {
    const path = posix.join(archiveFolder(run.folder), script.location);
    await makeExecutable(await machine.root(), path, script.location);
    log.add(`Script - ${script.location}`);
    const timeoutMs = Math.max(0, Math.min(script.timeout * 1_000, end - run.measure()));
    const outcome = await machine.run({
      argv: [path],
      variables: run.variables,
      cwd: AGENT_FOLDER,
      user: script.runas,
      timeoutMs,
      line: (stream, text) => log.add(`[${stream}]${text}`),
    });
    if (outcome.end === "timeout") {
      const message = `Script at specified location: ${script.location} failed to complete in ${script.timeout} seconds`;
      throw new ScriptFault("ScriptTimedOut", script.location, message);
    }
    if (outcome.code !== 0) {
      const as = script.runas === undefined ? "" : ` run as user ${script.runas}`;
      const message = `Script at specified location: ${script.location}${as} failed with exit code ${outcome.code}`;
      throw new ScriptFault("ScriptFailed", script.location, message);
    }
  }
}

async function makeExecutable(root: string, path: string, location: string): Promise<void> {
  const place = await placeOf(root, path);
  const found = await stat(place).catch(() => undefined);
  if (found === undefined) throw new ScriptFault("ScriptMissing", location, `Script does not exist at specified location: ${location}`);
  if ((found.mode & EXECUTABLE) !== 0) return;
  try {
    await chmod(place, (found.mode & 0o7777) | EXECUTABLE);
  } catch {
    throw new ScriptFault("ScriptNotExecutable", location, `Unable to set script at specified location: ${location} as executable`);
  }
}
