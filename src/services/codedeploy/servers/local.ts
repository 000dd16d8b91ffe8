import { type Cloud, Context } from "../../../aws/context.ts";
import { DEFAULT_ACCOUNT, rootPrincipal } from "../../../aws/identity.ts";
import type { LocalAnswers } from "../../../aws/service.ts";
import { OrreryError } from "../../../kernel/errors.ts";
import { AGENT_FOLDER, DEPLOYMENTS_LOG, readText } from "./agent/layout.ts";
import { allInstances, type Instance, instanceNamed, saveInstance } from "./instances.ts";
import { machinesOf } from "./machines.ts";
import { deleteInstalls, deleteInstance, selectInstalls } from "./store.ts";

type Body = Readonly<Record<string, unknown>>;

const DEFAULT_REGION = "us-east-1";
const EXEC_MS = 600_000;
/** Bytes of the log's end, and of a command's output, that are answered. */
const LOG_TAIL = 64 * 1024;

/** Instances of this machine: what there is to do with them beside AWS's operations. `account` and `region` may be given. */
export function localAnswers(cloud: Cloud): LocalAnswers {
  const machines = machinesOf(cloud);
  return {
    "GET instances": async (query) => {
      const ctx = contextOf(cloud, Object.fromEntries(query));
      const { kind, about } = await machines.driver();
      return { driver: kind, about, instances: allInstances(ctx).map((instance) => viewOf(ctx, instance)) };
    },
    "POST instances/add": async (_query, body) => {
      const ctx = contextOf(cloud, body);
      const name = stringOf(body, "name");
      const tags = Object.entries((body["tags"] ?? {}) as Record<string, string>).map(([Key, Value]) => ({ Key, Value: String(Value) }));
      const iamUserArn = `arn:aws:iam::${ctx.account}:user/AWS/CodeDeploy/${ctx.region}/${name}`;
      await ctx.call("codedeploy", "RegisterOnPremisesInstance", { instanceName: name, iamUserArn });
      if (tags.length > 0) await ctx.call("codedeploy", "AddTagsToOnPremisesInstances", { instanceNames: [name], tags });
      const { zone } = body;
      if (typeof zone === "string") {
        const full = /^[a-z]$/.test(zone) ? `${ctx.region}${zone}` : zone;
        ctx.tx(() => saveInstance(ctx, { ...known(ctx, name), zone: full }));
      }
      return viewOf(ctx, known(ctx, name));
    },
    "POST instances/remove": async (_query, body) => {
      const ctx = contextOf(cloud, body);
      const instance = known(ctx, stringOf(body, "name"));
      await machines.remove(instance);
      ctx.tx(() => removeInstance(ctx, instance));
    },
    "POST instances/exec": async (_query, body) => {
      const ctx = contextOf(cloud, body);
      const instance = known(ctx, stringOf(body, "name"));
      const argv = body["command"];
      if (!Array.isArray(argv) || argv.length === 0)
        throw new OrreryError("UsageError", '"command" must be a list of a program and its arguments');
      const machine = await machines.of(instance);
      const lines: { stream: string; text: string }[] = [];
      const release = cloud.clock.busy(`a command on ${instance.name}`);
      try {
        const outcome = await machine.run({
          argv: argv.map(String),
          variables: {},
          cwd: AGENT_FOLDER,
          timeoutMs: EXEC_MS,
          line: (stream, text) => lines.push({ stream, text }),
        });
        return { ...outcome, lines };
      } finally {
        release();
      }
    },
    "GET instances/log": async (query) => {
      const ctx = contextOf(cloud, Object.fromEntries(query));
      const instance = known(ctx, query.get("name") ?? "");
      const text = await readText(await (await machines.of(instance)).root(), DEPLOYMENTS_LOG);
      return { log: (text ?? "").slice(-LOG_TAIL) };
    },
  };
}

/** The row, what groups have on it, and the end of it in the timeline. */
export function removeInstance(ctx: Context, instance: Instance): void {
  ctx.run(deleteInstalls, { instance: instance.name });
  ctx.run(deleteInstance, { name: instance.name });
  ctx.emit({ source: "aws.codedeploy", type: "Instance removed", resources: [instance.arn], detail: { instanceName: instance.name } });
}

function contextOf(cloud: Cloud, { account, region }: Body): Context {
  const owner = typeof account === "string" ? account : DEFAULT_ACCOUNT;
  return new Context(cloud, {
    account: owner,
    region: typeof region === "string" ? region : DEFAULT_REGION,
    principal: rootPrincipal(owner),
  });
}

function known(ctx: Context, name: string): Instance {
  const instance = instanceNamed(ctx, name);
  if (instance === undefined)
    throw new OrreryError("UsageError", `there is no instance "${name}" in ${ctx.region}: 'orrery instance add ${name}' makes one`);
  return instance;
}

function stringOf(body: Body, name: string): string {
  const value = body[name];
  if (typeof value !== "string") throw new OrreryError("UsageError", `"${name}" must be a string in the request body`);
  return value;
}

function viewOf(ctx: Context, instance: Instance): object {
  const { name, arn, zone, tags, deregistered } = instance;
  const installs = ctx.all(selectInstalls, { instance: name });
  return {
    name,
    arn,
    zone,
    tags,
    registered: deregistered === null,
    up: machinesOf(ctx.cloud).isUp(instance),
    installs: installs.map(({ group_id, healthy, revision, running }) => ({
      deploymentGroupId: group_id,
      health: healthy === 1 ? "healthy" : "unhealthy",
      revision: revision === null ? null : (JSON.parse(revision) as unknown),
      running,
    })),
  };
}
