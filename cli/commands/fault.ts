import type { Command } from "commander";
import { duration } from "../../src/kernel/durations.ts";
import { OrreryError } from "../../src/kernel/errors.ts";
import type { Fault } from "../../src/kernel/faults.ts";
import { ask } from "../client.ts";
import { print, printJson, table } from "../print.ts";
import { serverCommand, targetOf } from "./server.ts";

interface FaultOptions {
  readonly data?: string;
  readonly port?: string;
  readonly json?: boolean;
  readonly percent: string;
  readonly delay?: string;
  readonly error?: string;
  readonly status?: string;
  readonly operation?: string;
  readonly principal?: string;
}

export function addFault(program: Command): void {
  const fault = program
    .command("fault")
    .description("make API calls or versions of functions fail or slow")
    .addHelpText(
      "after",
      "\nExamples:\n  orrery fault function chat:7 --percent 20 --error InjectedFault\n  orrery fault api dynamodb --operation Query --error ThrottlingException --status 400\n  orrery fault list\n  orrery fault remove dynamodb",
    );
  effect(serverCommand(fault, "function <name>", "strike a function, or one version of it: name or name:version")).action(
    async (name: string, options: FaultOptions) => {
      const [functionName = "", version] = name.split(":");
      await put(name, "function", { function: functionName, ...(version === undefined ? {} : { version }) }, options);
    },
  );
  effect(serverCommand(fault, "api <service>", "strike the calls that clients and functions make to a service"))
    .option("--operation <name>", "only this operation")
    .option("--principal <arn>", "only of this caller; may end with *")
    .action(async (service: string, options: FaultOptions) => {
      const { operation, principal } = options;
      await put(
        service,
        "api",
        { service, ...(operation === undefined ? {} : { operation }), ...(principal === undefined ? {} : { principal }) },
        options,
      );
    });
  serverCommand(fault, "list", "list what is injected").action(async (options: FaultOptions) => {
    const { faults } = (await ask(targetOf(options), "GET", "faults")) as unknown as { faults: Fault[] };
    if (options.json === true) printJson({ faults });
    else print(faults.length === 0 ? "no fault is injected" : table(faults.map(rowOf)));
  });
  serverCommand(fault, "remove <id>", "end one").action(async (id: string, options: FaultOptions) => {
    const { removed } = await ask(targetOf(options), "POST", "faults/remove", { id });
    if (removed !== true) throw new OrreryError("UsageError", `no fault "${id}" is injected`);
    print(`removed ${id}`);
  });
}

function effect(command: Command): Command {
  return command
    .option("--percent <n>", "share of the calls that it strikes", "100")
    .option("--error <code>", "answer with this error code")
    .option("--status <n>", "HTTP status of the error (default 500)")
    .option("--delay <duration>", "add this latency, in wall time");
}

async function put(id: string, point: string, where: object, options: FaultOptions): Promise<void> {
  const { error, status } = options;
  const delayMs = options.delay === undefined ? undefined : duration(options.delay);
  if (options.delay !== undefined && delayMs === undefined)
    throw new OrreryError("UsageError", `"${options.delay}" is not a duration: write 300ms or 2s`);
  await ask(targetOf(options), "POST", "faults/put", {
    id,
    point,
    where,
    percent: Number(options.percent),
    ...(delayMs === undefined ? {} : { delayMs }),
    ...(error === undefined ? {} : { code: error, ...(status === undefined ? {} : { status: Number(status) }) }),
  });
  print(`injected ${id}: 'orrery fault remove ${id}' ends it`);
}

function rowOf({ id, point, where, percent, effect: { error, delayMs } }: Fault): string[] {
  const what = [error === undefined ? "" : error.code, delayMs === undefined ? "" : `+${delayMs} ms`]
    .filter((text) => text !== "")
    .join(", ");
  return [
    id,
    point,
    Object.entries(where)
      .map(([key, value]) => `${key}=${value}`)
      .join(" "),
    `${percent} %`,
    what,
  ];
}
