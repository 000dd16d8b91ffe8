import type { StartBuildInput } from "@aws-sdk/client-codebuild";
import { type Cloud, Context } from "../../../aws/context.ts";
import { AwsException } from "../../../aws/exception.ts";
import { DEFAULT_ACCOUNT, DEFAULT_REGION, rootPrincipal } from "../../../aws/identity.ts";
import type { LocalAnswers } from "../../../aws/service.ts";
import { sandboxVariables } from "../../../runtime/builds/environment.ts";
import { buildNotFound } from "../failures.ts";
import { idOfBuild } from "../names.ts";
import type { BuildPlan, BuildRecord } from "../records.ts";
import { builds } from "../store.ts";
import { yardOf } from "./live.ts";
import { recordOf } from "./progress.ts";
import { provision } from "./provision.ts";
import { makeSandbox, sandboxNamed } from "./sandboxes.ts";

const HOME = /^arn:[^:]+:codebuild:([^:]+):(\d{12}):/;

/**
 * What `orrery build shell` asks: `POST /_orrery/builds/shell` with `build` (an id or ARN) and, for an id, perhaps `account` and
 * `region`. Answers a sandbox of the build's project, at the commit that the build had and with the build's variables, once it
 * is there: its id and ARN, where its source is, and the whole environment that a shell in it is to have. `POST …/builds/shell/end`
 * with `sandbox`, its ARN, takes it away.
 */
export function localAnswers(cloud: Cloud): LocalAnswers {
  return {
    "POST builds/shell": async (_query, body) => await shellInto(cloud, body),
    "POST builds/shell/end": async (_query, body) => await endShell(cloud, String(body["sandbox"] ?? "")),
  };
}

interface Shell {
  readonly id: string;
  readonly arn: string;
  readonly directory: string;
  readonly variables: Readonly<Record<string, string>>;
  readonly shell: "bash" | "sh";
}

function contextOf(cloud: Cloud, arn: string, body: Readonly<Record<string, unknown>> = {}): Context {
  const [, region = String(body["region"] ?? DEFAULT_REGION), account = String(body["account"] ?? DEFAULT_ACCOUNT)] = HOME.exec(arn) ?? [];
  return new Context(cloud, { account, region, principal: rootPrincipal(account), generation: cloud.store.generation });
}

async function endShell(cloud: Cloud, arn: string): Promise<object> {
  await contextOf(cloud, arn).call("codebuild", "StopSandbox", { id: arn });
  return {};
}

async function shellInto(cloud: Cloud, body: Readonly<Record<string, unknown>>): Promise<Shell> {
  const build = String(body["build"] ?? "");
  const ctx = contextOf(cloud, build, body);
  const row = ctx.get(builds.get, { id: idOfBuild(build) });
  if (row === undefined) throw buildNotFound(build);
  const made = makeSandbox(ctx, row.project, undefined, originOf(JSON.parse(row.record) as BuildRecord, JSON.parse(row.plan) as BuildPlan));
  await provision(ctx, made.id);
  const live = yardOf(cloud).live.get(made.arn);
  if (live === undefined) {
    const why = recordOf(sandboxNamed(ctx, made.id)).phases.flatMap(({ contexts = [] }) => contexts.map(({ message }) => message));
    throw new AwsException("InvalidInputException", `The sandbox could not be made: ${why.filter((text) => text !== "").join(", ")}`);
  }
  const { spec } = live;
  return {
    id: made.id,
    arn: made.arn,
    directory: spec.directory,
    variables: sandboxVariables(spec),
    shell: spec.shell === "sh" ? "sh" : "bash",
  };
}

/** The build's own input, at the very commit that it had. */
function originOf({ resolvedSourceVersion }: BuildRecord, plan: BuildPlan) {
  const { idempotencyToken: _, ...input } = plan.input as unknown as StartBuildInput;
  return {
    input: { ...input, ...(resolvedSourceVersion === undefined ? {} : { sourceVersion: resolvedSourceVersion }) },
    variables: plan.variables,
    withBuildspec: true,
  };
}
