import { readFileSync } from "node:fs";
import { LineCounter, parseDocument } from "yaml";
import { duration } from "../../src/kernel/durations.ts";
import { OrreryError } from "../../src/kernel/errors.ts";

/** What a drill does to start its deployment. */
export type Deploy =
  | {
      /** Publishes a version of the function as it is, and has CodeDeploy shift the alias to it. */
      readonly kind: "function";
      readonly stack?: string;
      readonly application?: string;
      readonly group?: string;
      readonly function?: string;
      readonly alias?: string;
    }
  | { readonly kind: "pipeline"; readonly pipeline: string; readonly approve: boolean }
  | { readonly kind: "run"; readonly command: string };

export interface DrillLoad {
  readonly url: string;
  readonly rate: number;
  readonly requests: readonly unknown[];
  readonly versionHeader?: string;
}

export interface DrillFault {
  /** Virtual ms after the deployment began. */
  readonly at: number;
  readonly for?: number;
  readonly percent: number;
  /** A version of the deployed function: `new`, `previous`, or a number; or the calls to a service's API. */
  readonly target: { readonly version: string; readonly function?: string } | { readonly api: string; readonly operation?: string };
  readonly error?: string;
  readonly status?: number;
  readonly delayMs?: number;
}

export type Expectation =
  | { readonly kind: "deployment"; readonly outcome: "succeeded" | "rolled back" | "failed"; readonly within?: number }
  | { readonly kind: "failedRequests"; readonly atMost: number }
  | { readonly kind: "latency"; readonly quantile: "p50" | "p90" | "p99"; readonly atMostMs: number }
  | { readonly kind: "alias"; readonly version: "new" | "previous" }
  | { readonly kind: "alarm"; readonly alarm: string; readonly state: "OK" | "ALARM" | "INSUFFICIENT_DATA" }
  | { readonly kind: "pipeline"; readonly status: string };

export interface Drill {
  readonly name: string;
  readonly seed: string;
  readonly deploy: Deploy;
  readonly load?: DrillLoad;
  readonly faults: readonly DrillFault[];
  readonly expect: readonly Expectation[];
  /** Virtual ms after which the drill gives up. */
  readonly limit: number;
  /** Virtual ms that go by after the deployment's end, before what is expected is looked at. */
  readonly settle: number;
}

type Fields = Readonly<Record<string, unknown>>;
const DEFAULT_LIMIT = 2 * 3_600_000;
const DEFAULT_SETTLE = 5 * 60_000;

/** Reads a drill. @throws OrreryError UsageError naming the file, the place and what is wrong */
export function readDrill(file: string): Drill {
  const lines = new LineCounter();
  const document = parseDocument(readFileSync(file, "utf8"), { lineCounter: lines });
  const [problem] = document.errors;
  if (problem !== undefined) throw new OrreryError("UsageError", `${file}: ${problem.message}`);
  try {
    return parseDrill(document.toJS() as unknown, file);
  } catch (error) {
    if (error instanceof OrreryError) throw new OrreryError(error.code, `${file}: ${error.message}`);
    throw error;
  }
}

/** @throws OrreryError UsageError */
export function parseDrill(given: unknown, fallbackName: string): Drill {
  const drill = fields(given, "the drill");
  known(drill, "the drill", ["name", "seed", "deploy", "load", "faults", "expect", "limit", "settle"]);
  const expect = list(drill["expect"], "expect").map(expectation);
  if (expect.length === 0) throw wrong("expect", "has nothing in it: a drill that expects nothing cannot fail");
  return {
    name: text(drill["name"] ?? fallbackName, "name"),
    seed: text(drill["seed"] ?? "drill", "seed"),
    deploy: deployment(fields(drill["deploy"], "deploy")),
    ...(drill["load"] === undefined ? {} : { load: load(fields(drill["load"], "load")) }),
    faults: list(drill["faults"] ?? [], "faults").map((one) => fault(fields(one, "faults"))),
    expect,
    limit: drill["limit"] === undefined ? DEFAULT_LIMIT : time(drill["limit"], "limit"),
    settle: drill["settle"] === undefined ? DEFAULT_SETTLE : time(drill["settle"], "settle"),
  };
}

function deployment(given: Fields): Deploy {
  known(given, "deploy", ["stack", "application", "group", "function", "alias", "pipeline", "approve", "run"]);
  if (given["run"] !== undefined) return { kind: "run", command: text(given["run"], "deploy.run") };
  if (given["pipeline"] !== undefined)
    return { kind: "pipeline", pipeline: text(given["pipeline"], "deploy.pipeline"), approve: given["approve"] !== false };
  const named = ["stack", "application", "group", "function", "alias"].filter((name) => given[name] !== undefined);
  const isWhole = ["application", "group", "function", "alias"].every((name) => named.includes(name));
  if (!named.includes("stack") && !isWhole)
    throw wrong("deploy", "names neither a stack, nor application, group, function and alias, nor a pipeline, nor a command to run");
  return { kind: "function", ...Object.fromEntries(named.map((name) => [name, text(given[name], `deploy.${name}`)])) };
}

function load(given: Fields): DrillLoad {
  known(given, "load", ["url", "rate", "requests", "versionHeader"]);
  return {
    url: text(given["url"], "load.url"),
    rate: number(given["rate"] ?? 1, "load.rate"),
    requests: list(given["requests"] ?? [{}], "load.requests"),
    ...(given["versionHeader"] === undefined ? {} : { versionHeader: text(given["versionHeader"], "load.versionHeader") }),
  };
}

function fault(given: Fields): DrillFault {
  known(given, "faults", ["at", "for", "percent", "version", "function", "api", "operation", "error", "status", "delay"]);
  if (given["error"] === undefined && given["delay"] === undefined) throw wrong("faults", "has one with neither an error nor a delay");
  const optional = (name: string, key: string, read: (value: unknown, place: string) => unknown): object =>
    given[name] === undefined ? {} : { [key]: read(given[name], `faults.${name}`) };
  return {
    at: given["at"] === undefined ? 0 : time(given["at"], "faults.at"),
    percent: number(given["percent"] ?? 100, "faults.percent"),
    target: (given["api"] === undefined
      ? { version: text(given["version"] ?? "new", "faults.version"), ...optional("function", "function", text) }
      : { api: text(given["api"], "faults.api"), ...optional("operation", "operation", text) }) as DrillFault["target"],
    ...optional("for", "for", time),
    ...optional("error", "error", text),
    ...optional("status", "status", number),
    ...optional("delay", "delayMs", time),
  };
}

function expectation(given: unknown): Expectation {
  const one = fields(given, "expect");
  known(one, "expect", ["deployment", "within", "failedRequests", "p50", "p90", "p99", "alias", "alarm", "state", "pipeline"]);
  if (one["deployment"] !== undefined) {
    const outcome = choice(one["deployment"], "expect.deployment", ["succeeded", "rolled back", "failed"]);
    return { kind: "deployment", outcome, ...(one["within"] === undefined ? {} : { within: time(one["within"], "expect.within") }) };
  }
  if (one["failedRequests"] !== undefined) return { kind: "failedRequests", atMost: percentage(one["failedRequests"]) };
  for (const quantile of ["p50", "p90", "p99"] as const)
    if (one[quantile] !== undefined) return { kind: "latency", quantile, atMostMs: time(one[quantile], `expect.${quantile}`) };
  if (one["alias"] !== undefined) return { kind: "alias", version: choice(one["alias"], "expect.alias", ["new", "previous"]) };
  if (one["pipeline"] !== undefined) return { kind: "pipeline", status: text(one["pipeline"], "expect.pipeline") };
  if (one["alarm"] === undefined) throw wrong("expect", `cannot tell what ${JSON.stringify(given)} expects`);
  const state = choice(one["state"] ?? "OK", "expect.state", ["OK", "ALARM", "INSUFFICIENT_DATA"]);
  return { kind: "alarm", alarm: text(one["alarm"], "expect.alarm"), state };
}

/** `2 %`, `2%`, `<= 2 %` or 2. */
function percentage(given: unknown): number {
  const match = /^(?:<=|≤)?\s*(\d+(?:\.\d+)?)\s*%?$/.exec(String(given));
  if (match === null) throw wrong("expect.failedRequests", `is "${String(given)}": write a percentage such as 2%`);
  return Number(match[1]);
}

function fields(given: unknown, place: string): Fields {
  if (typeof given !== "object" || given === null || Array.isArray(given)) throw wrong(place, "is not a mapping");
  return given as Fields;
}

function known(given: Fields, place: string, names: readonly string[]): void {
  const other = Object.keys(given).find((name) => !names.includes(name));
  if (other !== undefined) throw wrong(place, `does not know "${other}": it has ${names.join(", ")}`);
}

function list(given: unknown, place: string): unknown[] {
  if (Array.isArray(given)) return given as unknown[];
  throw wrong(place, "is not a list");
}

function text(given: unknown, place: string): string {
  if (typeof given === "string" || typeof given === "number") return String(given);
  throw wrong(place, "is not a text");
}

function number(given: unknown, place: string): number {
  const value = Number(typeof given === "string" ? given.replace(/\s*%$/, "") : given);
  if (Number.isFinite(value)) return value;
  throw wrong(place, `is "${String(given)}", which is no number`);
}

function time(given: unknown, place: string): number {
  const ms = duration(String(given).replaceAll(" ", ""));
  if (ms === undefined) throw wrong(place, `is "${String(given)}", which is no duration: write 300ms, 90s, 5m or 1h30m`);
  return ms;
}

function choice<T extends string>(given: unknown, place: string, choices: readonly T[]): T {
  const found = choices.find((one) => one === given);
  if (found === undefined) throw wrong(place, `is "${String(given)}": choose ${choices.join(", ")}`);
  return found;
}

function wrong(place: string, problem: string): OrreryError {
  return new OrreryError("UsageError", `${place} ${problem}`);
}
