import { existsSync, readFileSync } from "node:fs";
import { dirname, join, resolve } from "node:path";
import { messageOf, OrreryError } from "../src/kernel/errors.ts";

export const DEFAULT_PORT = 4566;

/** Where a running server is, as `up` leaves it in its data folder. */
export interface ServerRecord {
  readonly pid: number;
  readonly endpoint: string;
  readonly dataDir: string;
  readonly log: string;
}

export interface Target {
  readonly data?: string | undefined;
  readonly port?: number | undefined;
}

/** Nothing answers where a server was looked for: exit code 3. */
export class NotRunning extends OrreryError {
  constructor(endpoint: string) {
    super("UsageError", `no Orrery answers at ${endpoint}: start one with 'orrery up'`);
  }
}

/** The project's data folder: `.orrery` here or in the nearest folder above that has one. */
export function defaultDataDir(from = process.cwd()): string {
  for (let folder = resolve(from); ; folder = dirname(folder)) {
    if (existsSync(join(folder, ".orrery"))) return join(folder, ".orrery");
    if (dirname(folder) === folder) return join(resolve(from), ".orrery");
  }
}

export function recordFile(dataDir: string): string {
  return join(dataDir, "server.json");
}

export function readRecord(dataDir: string): ServerRecord | undefined {
  try {
    return JSON.parse(readFileSync(recordFile(dataDir), "utf8")) as ServerRecord;
  } catch {
    return undefined;
  }
}

/** The endpoint that a command talks to: `--port`, else ORRERY_ENDPOINT, else what the data folder says, else the default. */
export function endpointOf(target: Target): string {
  if (target.port !== undefined) return `http://127.0.0.1:${target.port}`;
  const fromEnvironment = process.env["ORRERY_ENDPOINT"];
  if (fromEnvironment !== undefined && target.data === undefined) return fromEnvironment;
  return readRecord(target.data ?? defaultDataDir())?.endpoint ?? `http://127.0.0.1:${DEFAULT_PORT}`;
}

/**
 * Asks the server's own API.
 * @throws NotRunning; OrreryError with the server's own code and message
 */
export async function ask(target: Target, method: "GET" | "POST", path: string, body?: object): Promise<Record<string, unknown>> {
  const response = await request(target, method, path, body);
  const text = await response.text();
  let answer: Record<string, unknown>;
  try {
    answer = JSON.parse(text) as Record<string, unknown>;
  } catch {
    throw new OrreryError("UsageError", `what answers at ${endpointOf(target)} is not Orrery: ${text.slice(0, 120)}`);
  }
  if (!response.ok) throw new OrreryError("UsageError", String(answer["message"] ?? `${method} ${path} answered ${response.status}`));
  return answer;
}

export async function request(target: Target, method: "GET" | "POST", path: string, body?: object): Promise<Response> {
  const endpoint = endpointOf(target);
  try {
    return await fetch(`${endpoint}/_orrery/${path}`, body === undefined ? { method } : { method, body: JSON.stringify(body) });
  } catch (error) {
    throw /fetch failed/.test(messageOf(error)) ? new NotRunning(endpoint) : error;
  }
}

/** True when a server answers. */
export async function isUp(target: Target): Promise<boolean> {
  try {
    return (await request(target, "GET", "health")).ok;
  } catch {
    return false;
  }
}
