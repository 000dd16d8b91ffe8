import type { Context } from "../../../aws/context.ts";
import { AwsException } from "../../../aws/exception.ts";
import type { Principal } from "../../../aws/identity.ts";
import type { MessageHandler } from "../../../aws/service.ts";
import type { ActionProgress, ActionRun, RuleRun } from "../actions/provider.ts";
import { findProvider, findRuleProvider } from "../registry.ts";
import { type RunRow, selectRun } from "../run-store.ts";
import { scriptedProvider } from "../scripted.ts";
import { wake } from "../wake.ts";
import type { RunInput } from "./input.ts";
import { applyProgress, endRun } from "./outcomes.ts";

/** A provider that keeps failing for reasons of its own fails its action before the message is given up. */
const LAST_ATTEMPT = 6;

function roleOf(ctx: Context, roleArn: string, session: string): Principal {
  const [, , , , account = ctx.account] = roleArn.split(":");
  const name = roleArn.split("/").pop() ?? roleArn;
  return { type: "assumed-role", account, arn: `arn:aws:sts::${account}:assumed-role/${name}/${session}`, userId: `${name}:${session}` };
}

function runOf(ctx: Context, row: RunRow): ActionRun {
  const input = JSON.parse(row.input) as RunInput;
  const { revisions } = input;
  return {
    ctx: ctx.with({
      region: input.region,
      principal: roleOf(ctx, input.roleArn, row.id),
      cause: row.because ?? ctx.cause,
      request: undefined,
    }),
    home: ctx,
    pipelineName: row.pipeline,
    pipelineVersion: row.version,
    pipelineExecutionId: row.execution,
    stageName: row.stage,
    actionName: row.name,
    actionExecutionId: row.id,
    roleArn: input.roleArn,
    region: input.region,
    configuration: input.resolved,
    ...(input.commands === undefined ? {} : { commands: input.commands }),
    ...(input.environmentVariables === undefined ? {} : { environmentVariables: input.environmentVariables }),
    ...(input.outputVariables === undefined ? {} : { outputVariables: input.outputVariables }),
    inputs: input.inputArtifacts,
    outputs: input.outputArtifacts,
    encryptionKey: input.encryptionKey,
    sourceRevision: revisions?.[0],
    sourceRevisions: revisions,
    memory: row.memory === null ? undefined : (JSON.parse(row.memory) as Record<string, unknown>),
    startedAt: row.started,
  };
}

interface Driver {
  advance(): Promise<ActionProgress>;
  stop(): Promise<void> | undefined;
}

/** Whoever runs it: the script of a test, or the provider of its type. */
function driverOf(ctx: Context, row: RunRow): Driver | undefined {
  const { typeId } = JSON.parse(row.input) as RunInput;
  const run = runOf(ctx, row);
  const scripted = scriptedProvider(ctx.cloud, typeId, run);
  if (scripted !== undefined) return { advance: () => scripted(run), stop: () => undefined };
  if (row.condition !== null) {
    const rule = findRuleProvider(typeId);
    const ruleRun: RuleRun = { ...run, condition: row.condition };
    return rule === undefined ? undefined : { advance: () => rule.advance(ruleRun), stop: () => rule.stop?.(ruleRun) };
  }
  const provider = findProvider(ctx, typeId);
  return provider === undefined ? undefined : { advance: () => provider.advance(run), stop: () => provider.stop?.(run) };
}

async function ask(ctx: Context, row: RunRow, attempt: number): Promise<ActionProgress> {
  const { problem, typeId } = JSON.parse(row.input) as RunInput;
  if (problem !== undefined) return { status: "Failed", ...problem };
  const driver = driverOf(ctx, row);
  if (driver === undefined) {
    const { category, owner, provider, version } = typeId;
    const message = `The provider ${provider} (${category}, ${owner}, version ${version}) is not implemented by Orrery.`;
    return { status: "Failed", code: "ConfigurationError", message };
  }
  try {
    return await driver.advance();
  } catch (error) {
    if (error instanceof AwsException) return { status: "Failed", code: error.code, message: error.message };
    if (attempt < LAST_ATTEMPT || !ctx.isCurrent) throw error;
    const message = error instanceof Error ? error.message : String(error);
    return { status: "Failed", code: "SystemUnavailable", message: `The provider failed ${attempt} times: ${message}` };
  }
}

/** The moment has come for which a provider wanted to be asked again; an `asked` that is not the run's own is an old request. */
const onAsk: MessageHandler = (ctx, { payload }) => {
  const row = ctx.get(selectRun, { id: String(payload["actionExecutionId"]) });
  if (row !== undefined && row.asked === payload["asked"]) wake(ctx, row.id);
};

const onRun: MessageHandler = async (ctx, { payload, attempt }) => {
  const id = String(payload["actionExecutionId"]);
  const row = ctx.get(selectRun, { id });
  if (row === undefined || row.status !== "InProgress") return;
  const progress = await ask(ctx, row, attempt);
  ctx.tx(() => {
    const now = ctx.get(selectRun, { id });
    if (now?.status === "InProgress") applyProgress(ctx, now, progress);
  });
};

const onTimeout: MessageHandler = async (ctx, { payload }) => {
  const id = String(payload["actionExecutionId"]);
  const row = ctx.get(selectRun, { id });
  if (row === undefined || row.status !== "InProgress") return;
  const minutes = Math.round((row.deadline - row.started) / 60_000);
  const kind = row.condition === null ? "action" : "rule";
  ctx.tx(() => {
    const message = `The ${kind} ${row.name} did not end within its time-out of ${minutes} minutes`;
    endRun(ctx, row, { status: "Failed", code: "TimeoutError", message });
  });
  await driverOf(ctx, row)?.stop();
};

const onAbandoned: MessageHandler = async (ctx, { payload }) => {
  const row = ctx.get(selectRun, { id: String(payload["actionExecutionId"]) });
  if (row?.status === "Abandoned") await driverOf(ctx, row)?.stop();
};

export const messages: Readonly<Record<string, MessageHandler>> = {
  "codepipeline.run": onRun,
  "codepipeline.ask": onAsk,
  "codepipeline.wake": onRun,
  "codepipeline.timeout": onTimeout,
  "codepipeline.abandoned": onAbandoned,
};
