import type { Command } from "commander";
import pc from "picocolors";
import type { ServiceCoverage } from "../../src/introspection/coverage.ts";
import type { TimelineEvent } from "../../src/kernel/events.ts";
import { ask, request } from "../client.ts";
import { print, printJson, table, time } from "../print.ts";
import { serverCommand, targetOf } from "./server.ts";

interface TimelineOptions {
  readonly data?: string;
  readonly port?: string;
  readonly json?: boolean;
  readonly follow?: boolean;
  readonly source?: string;
  readonly type?: string;
  readonly resource?: string;
  readonly cause?: string;
  readonly limit?: string;
}

export function addLook(program: Command): void {
  serverCommand(program, "timeline", "what happened, in order, with causes")
    .option("-f, --follow", "go on printing")
    .option("--source <name>", "only events of one source, e.g. aws.cloudformation")
    .option("--type <name>", "only events of one type")
    .option("--resource <text>", "only events about resources whose ARN contains this")
    .option("--cause <id>", "only what one event or message caused")
    .option("--limit <n>", "at most this many", "1000")
    .addHelpText("after", "\nExamples:\n  orrery timeline --follow\n  orrery timeline --source aws.s3 --json")
    .action(timeline);
  serverCommand(program, "coverage [service]", "what is real, per operation")
    .option("--missing", "only what is partial or not implemented")
    .addHelpText("after", "\nExamples:\n  orrery coverage\n  orrery coverage lambda\n  orrery coverage s3 --missing --json")
    .action(coverage);
}

async function timeline(options: TimelineOptions): Promise<void> {
  const query = new URLSearchParams();
  for (const name of ["source", "type", "resource", "cause", "limit"] as const) {
    const value = options[name];
    if (value !== undefined) query.set(name, value);
  }
  if (options.follow !== true) {
    const { events } = await ask(targetOf(options), "GET", `timeline?${query}`);
    if (options.json === true) return printJson(events);
    for (const event of events as TimelineEvent[]) print(line(event));
    return;
  }
  query.set("follow", "");
  const response = await request(targetOf(options), "GET", `timeline?${query}`);
  let rest = "";
  for await (const chunk of response.body ?? []) {
    const lines = (rest + Buffer.from(chunk).toString("utf8")).split("\n");
    rest = lines.pop() ?? "";
    for (const text of lines) print(options.json === true ? text : line(JSON.parse(text) as TimelineEvent));
  }
}

function line(event: TimelineEvent): string {
  const why = event.cause === undefined ? "" : pc.dim(` ← ${event.cause}`);
  return `${pc.dim(time(event.time))}  ${pc.dim(event.id)}  ${pc.cyan(event.source)}  ${pc.bold(event.type)}  ${event.resources[0] ?? ""}${why}`;
}

async function coverage(
  name: string | undefined,
  options: { json?: boolean; missing?: boolean; data?: string; port?: string },
): Promise<void> {
  const answer = await ask(targetOf(options), "GET", "coverage");
  const services = (answer["services"] as ServiceCoverage[]).filter(({ service }) => name === undefined || service === name);
  const shown = services.map((service) => ({
    ...service,
    operations: service.operations.filter((operation) => options.missing !== true || operation.coverage !== "real"),
  }));
  if (options.json === true) return printJson({ services: shown });
  if (name === undefined)
    return print(table([["service", "real", "partial", "not implemented", "CloudFormation types"], ...services.map(summary)]));
  for (const { operations, resourceTypes } of shown) {
    print(table(operations.map(({ operation, coverage: how, missing }) => [operation, how, missing ?? ""])));
    if (resourceTypes.length > 0) print(`\nCloudFormation types: ${resourceTypes.join(", ")}`);
  }
}

function summary({ service, operations, resourceTypes }: ServiceCoverage): string[] {
  const count = (how: string): string => String(operations.filter(({ coverage: one }) => one === how).length);
  return [service, count("real"), count("partial"), count("not implemented"), String(resourceTypes.length)];
}
