import type { Command } from "commander";
import pc from "picocolors";
import { OrreryError } from "../../src/kernel/errors.ts";
import { ask } from "../client.ts";
import { print, printJson, table } from "../print.ts";
import { serverCommand, targetOf } from "./server.ts";

interface InstanceOptions {
  readonly data?: string;
  readonly port?: string;
  readonly json?: boolean;
  readonly region?: string;
  readonly account?: string;
  readonly tag?: readonly string[];
  readonly zone?: string;
}

/** As the server tells of one. */
interface InstanceView {
  readonly name: string;
  readonly arn: string;
  readonly zone: string;
  readonly tags: Readonly<Record<string, string>>;
  readonly registered: boolean;
  readonly up: boolean;
  readonly installs: readonly {
    readonly deploymentGroupId: string;
    readonly health: string;
    readonly revision: readonly (string | null)[] | null;
    readonly running: string | null;
  }[];
}

export function addInstance(program: Command): void {
  const instance = program
    .command("instance")
    .description("the servers that CodeDeploy deploys to: instances of this machine, each with its own disk and services")
    .addHelpText(
      "after",
      "\nExamples:\n  orrery instance add web1 --tag app=shop --zone a\n  orrery instance list\n  orrery instance exec web1 -- cat /etc/hostname\n  orrery instance log web1\n  orrery instance remove web1",
    );
  command(instance, "add <name>", "make one, and register it as an on-premises instance")
    .option("--tag <key=value>", "a tag that deployment groups find it by; may be repeated", collect)
    .option("--zone <zone>", "its Availability Zone, such as a or us-east-1a")
    .action(async (name: string, options: InstanceOptions) => {
      const { zone } = options;
      const body = { name, ...scopeOf(options), tags: tagsOf(options.tag ?? []), ...(zone === undefined ? {} : { zone }) };
      show([(await ask(targetOf(options), "POST", "instances/add", body)) as unknown as InstanceView], options);
    });
  command(instance, "list", "list them").action(async (options: InstanceOptions) => show(await list(options), options));
  command(instance, "show <name>", "one of them, with what is deployed to it").action(async (name: string, options: InstanceOptions) => {
    const found = (await list(options)).find((one) => one.name === name);
    if (found === undefined) throw new OrreryError("UsageError", `there is no instance "${name}"`);
    if (options.json === true) printJson(found);
    else print(details(found));
  });
  command(instance, "remove <name>", "end what runs on it, forget its disk and deregister it").action(
    async (name: string, options: InstanceOptions) => {
      await ask(targetOf(options), "POST", "instances/remove", { name, ...scopeOf(options) });
      print(`removed ${name}`);
    },
  );
  command(instance, "exec <name> <command...>", "run a program on it; put -- before the program").action(
    async (name: string, words: string[], options: InstanceOptions) => {
      const answer = await ask(targetOf(options), "POST", "instances/exec", { name, command: words, ...scopeOf(options) });
      const { lines, end, code } = answer as unknown as { lines: { stream: string; text: string }[]; end: string; code?: number };
      if (options.json === true) printJson(answer);
      else for (const { stream, text } of lines) (stream === "stderr" ? process.stderr : process.stdout).write(`${text}\n`);
      process.exitCode = end === "exit" ? (code ?? 1) : 1;
    },
  );
  command(instance, "log <name>", "what the scripts of its deployments wrote").action(async (name: string, options: InstanceOptions) => {
    const query = new URLSearchParams({ name, ...scopeOf(options) });
    const { log } = await ask(targetOf(options), "GET", `instances/log?${query}`);
    process.stdout.write(String(log));
  });
}

function command(parent: Command, name: string, description: string): Command {
  return serverCommand(parent, name, description)
    .option("--region <region>", "default: AWS_REGION, AWS_DEFAULT_REGION, else us-east-1")
    .option("--account <id>", "default: the account of the key `test`");
}

const collect = (value: string, former: readonly string[] = []): string[] => [...former, value];

function scopeOf({ region, account }: InstanceOptions): Record<string, string> {
  const chosen = region ?? process.env["AWS_REGION"] ?? process.env["AWS_DEFAULT_REGION"];
  return { ...(chosen === undefined ? {} : { region: chosen }), ...(account === undefined ? {} : { account }) };
}

function tagsOf(words: readonly string[]): Record<string, string> {
  return Object.fromEntries(
    words.map((word) => {
      const at = word.indexOf("=");
      if (at < 1) throw new OrreryError("UsageError", `"${word}" is not a tag: write key=value`);
      return [word.slice(0, at), word.slice(at + 1)];
    }),
  );
}

async function list(options: InstanceOptions): Promise<readonly InstanceView[]> {
  const { instances } = await ask(targetOf(options), "GET", `instances?${new URLSearchParams(scopeOf(options))}`);
  return instances as InstanceView[];
}

function show(instances: readonly InstanceView[], options: InstanceOptions): void {
  if (options.json === true) printJson({ instances });
  else print(instances.length === 0 ? "no instance: 'orrery instance add <name>' makes one" : table(instances.map(rowOf)));
}

const tagText = (tags: InstanceView["tags"]): string =>
  Object.entries(tags)
    .map((tag) => tag.join("="))
    .join(" ");

function rowOf({ name, zone, tags, registered, up, installs }: InstanceView): string[] {
  const state = registered ? (up ? "up" : "off") : "deregistered";
  const health = installs.map((install) => install.health).join(", ");
  return [name, zone, state, health === "" ? "nothing deployed" : health, tagText(tags)];
}

function details(instance: InstanceView): string {
  const rows = [
    ["name", instance.name],
    ["arn", instance.arn],
    ["zone", instance.zone],
    ["tags", tagText(instance.tags)],
    ["state", instance.registered ? (instance.up ? "up" : "off") : "deregistered"],
  ];
  const installs = instance.installs.map(({ deploymentGroupId, health, revision, running }) => {
    const what = revision === null ? "no revision" : revision.filter((part) => part !== null).join(" ");
    return `${health === "healthy" ? pc.green(health) : pc.red(health)}  group ${deploymentGroupId}: ${what}${running === null ? "" : `, started by ${running}`}`;
  });
  return [table(rows), ...installs].join("\n");
}
