import type { Context } from "../../../aws/context.ts";
import { AwsException } from "../../../aws/exception.ts";
import type { Message } from "../../../aws/service.ts";
import { lookAtAlarms } from "../alarms.ts";
import { concerned } from "../arns.ts";
import { configNamed } from "../configs.ts";
import { endDeployment, fail, halt, laneOf, running, setEvent, setTargetStatus } from "../lifecycle.ts";
import { DeploymentFault, faultOf, type Platform } from "../platform.ts";
import { type Deployment, saveDeployment, saveTarget, type Target } from "../records.ts";
import { serviceRoleContext } from "../role.ts";
import { minutesText, planText, type Shift, shiftsOf } from "../traffic.ts";
import { type LambdaSpec, parseAppSpec } from "./appspec.ts";
import { gate } from "./gate.ts";
import { askHook } from "./hooks.ts";
import { EVENTS, functionTarget, type LambdaMemory, memoryOf } from "./memory.ts";
import { revisionText } from "./revision-text.ts";

const MINUTE_MS = 60_000;

const aliasArn = (ctx: Context, { functionName, alias }: LambdaSpec): string => ctx.arn("lambda", `function:${functionName}:${alias}`);

/** Reads the revision, makes the one target, and goes on with its first lifecycle event. */
export async function begin(ctx: Context, platform: Platform, deployment: Deployment): Promise<void> {
  if (memoryOf(deployment) === undefined) {
    const spec = parseAppSpec(await revisionText(ctx, deployment));
    await checkAlias(ctx, deployment, spec);
    const routing = configNamed(ctx, deployment.body.config).trafficRoutingConfig;
    const memory: LambdaMemory = { spec, shifts: shiftsOf(routing), plan: planText(routing), done: 0 };
    ctx.tx(() => {
      const current = running(ctx, deployment.id);
      if (current === undefined) return;
      saveDeployment(ctx, current, { body: { memory: { ...memory } } });
      const events = EVENTS.map((name) => ({ name, status: "Pending" as const }));
      const body = { arn: aliasArn(ctx, spec), events };
      saveTarget(ctx, { deployment: deployment.id, target: spec.functionName, status: "InProgress", label: null, body });
    });
  }
  const { ending } = await lookAtAlarms(ctx, deployment);
  ctx.tx(() => {
    if (ending !== undefined) halt(ctx, platform, deployment.id, ending);
    else ctx.send("codedeploy.lambda", { deployment: deployment.id }, { lane: laneOf(deployment) });
  });
}

/** The alias is as the AppSpec says, and the version that it is to have is there. */
async function checkAlias(ctx: Context, deployment: Deployment, spec: LambdaSpec): Promise<void> {
  const { functionName: FunctionName, alias: Name, currentVersion, targetVersion } = spec;
  const role = serviceRoleContext(ctx, deployment);
  const there = async <T>(work: Promise<T>, message: string): Promise<T> => {
    try {
      return await work;
    } catch (error) {
      if (!(error instanceof AwsException) || error.code !== "ResourceNotFoundException") throw error;
      throw new DeploymentFault("INVALID_LAMBDA_FUNCTION", message);
    }
  };
  const found = await there(
    role.call("lambda", "GetAlias", { FunctionName, Name }),
    `The alias ${Name} of the Lambda function ${FunctionName} was not found.`,
  );
  for (const Qualifier of [currentVersion, targetVersion]) {
    await there(
      role.call("lambda", "GetFunctionConfiguration", { FunctionName, Qualifier }),
      `The version ${Qualifier} of the Lambda function ${FunctionName} was not found.`,
    );
  }
  if (deployment.body.creator === "codeDeployRollback" || found.FunctionVersion === currentVersion) return;
  throw new DeploymentFault(
    "INVALID_LAMBDA_CONFIGURATION",
    `The alias ${Name} of the Lambda function ${FunctionName} points to version ${found.FunctionVersion}, not to the current version ${currentVersion} of the AppSpec file.`,
  );
}

interface At {
  readonly ctx: Context;
  readonly deployment: Deployment;
  readonly target: Target;
  readonly memory: LambdaMemory;
}

function at(ctx: Context, id: string): At | undefined {
  const deployment = running(ctx, id);
  const target = deployment === undefined ? undefined : functionTarget(ctx, deployment);
  const memory = deployment === undefined ? undefined : memoryOf(deployment);
  return deployment === undefined || target === undefined || memory === undefined ? undefined : { ctx, deployment, target, memory };
}

/**
 * `codedeploy.lambda {deployment, shift?}`: goes on from where the deployment stands until it has to wait. What it does it
 * reads from the store, so that a message that comes twice does nothing twice.
 */
export async function advance(ctx: Context, platform: Platform, message: Message): Promise<void> {
  const id = String(message.payload["deployment"]);
  try {
    let here = at(ctx, id);
    while (here !== undefined) {
      const next = await step(here, platform);
      here = next === undefined ? undefined : at(next, id);
    }
  } catch (error) {
    const gone = error instanceof AwsException && error.code === "ResourceNotFoundException";
    const fault = gone ? new DeploymentFault("INVALID_LAMBDA_FUNCTION", error.message) : faultOf(ctx, error, message.attempt);
    if (fault === undefined) throw error;
    ctx.tx(() => fail(ctx, platform, id, fault));
  }
}

/** One step; the context in which to take the next one, or undefined when there is something to wait for. */
async function step(here: At, platform: Platform): Promise<Context | undefined> {
  const { ctx, deployment, target } = here;
  const event = target.body.events.find(({ status }) => status === "Pending" || status === "InProgress");
  if (event === undefined) {
    ctx.tx(() => succeed(here, platform));
    return undefined;
  }
  if (event.name === "AllowTraffic") {
    if (event.status === "InProgress") return shift(here, platform);
    const rule = `the configuration ${deployment.body.config} is ${here.memory.plan}`;
    return ctx.tx(() => setEvent(ctx, deployment, target, { name: event.name, status: "InProgress", rule }).ctx);
  }
  if (event.status === "InProgress") return undefined;
  return ctx.tx(() => beginHook(here, event.name));
}

function beginHook({ ctx, deployment, target, memory }: At, name: string): Context | undefined {
  const hook = memory.spec.hooks[name as keyof LambdaSpec["hooks"]];
  if (hook === undefined) {
    const rule = deployment.body.creator === "codeDeployRollback" ? "a rollback runs no hooks" : "the AppSpec has no hook for it";
    return setEvent(ctx, deployment, target, { name, status: "Succeeded", rule }).ctx;
  }
  const begun = setEvent(ctx, deployment, target, { name, status: "InProgress" });
  askHook(begun.ctx, deployment, { target: target.target, event: name, function: hook });
  return undefined;
}

function succeed({ ctx, deployment, target, memory }: At, platform: Platform): void {
  setTargetStatus(ctx, target, "Succeeded");
  const rule = `all traffic of ${memory.spec.functionName}:${memory.spec.alias} goes to version ${memory.spec.targetVersion}, and all lifecycle events succeeded`;
  endDeployment(ctx, platform, deployment.id, { status: "Succeeded", rule });
}

/** Does the next shift when it is due; before every one but the first the alarms have a say. */
async function shift(here: At, platform: Platform): Promise<Context | undefined> {
  const { memory, deployment } = here;
  const next = memory.shifts[memory.done];
  if (next === undefined) return here.ctx.tx(() => shifted(here));
  const due = memory.firstShift === undefined ? here.ctx.now : memory.firstShift + next.minute * MINUTE_MS;
  if (here.ctx.now < due) return undefined;
  let { ctx } = here;
  if (deployment.body.creator !== "codeDeployRollback") {
    const gated = await gate(ctx, deployment, here);
    ({ ctx } = gated);
    const { ending } = gated.found;
    if (ending !== undefined) {
      ctx.tx(() => halt(ctx, platform, deployment.id, ending));
      return undefined;
    }
  }
  // An alarm may have stopped it while CloudWatch was asked.
  if (running(ctx, deployment.id) === undefined) return undefined;
  await route(ctx, deployment, memory.spec, next.percentage);
  return ctx.tx(() => recordShift({ ...here, ctx }, next));
}

/** Moves the alias: the former version stays its own until all traffic is moved. */
async function route(ctx: Context, deployment: Deployment, spec: LambdaSpec, percentage: number): Promise<void> {
  const all = percentage >= 100;
  await serviceRoleContext(ctx, deployment).call("lambda", "UpdateAlias", {
    FunctionName: spec.functionName,
    Name: spec.alias,
    FunctionVersion: all ? spec.targetVersion : spec.currentVersion,
    RoutingConfig: { AdditionalVersionWeights: all ? {} : { [spec.targetVersion]: percentage / 100 } },
  });
}

/** What was done is noted, and the next shift is sent for. Undefined when something ended the deployment meanwhile. */
function recordShift(before: At, done: Shift): Context | undefined {
  const here = at(before.ctx, before.deployment.id);
  if (here === undefined || here.memory.done !== before.memory.done) return undefined;
  const { ctx, deployment, memory, target } = here;
  const { spec, shifts } = memory;
  const number = memory.done + 1;
  const next = shifts[number];
  const firstShift = memory.firstShift ?? ctx.now;
  const cause = ctx.emit({
    source: "aws.codedeploy",
    type: "Traffic shifted",
    resources: concerned(ctx, deployment, target.body.arn),
    detail: {
      deploymentId: deployment.id,
      functionName: spec.functionName,
      alias: spec.alias,
      currentVersion: spec.currentVersion,
      currentWeight: 100 - done.percentage,
      targetVersion: spec.targetVersion,
      targetWeight: done.percentage,
      shift: number,
      shifts: shifts.length,
    },
    rule: shiftRule(memory, done, deployment),
  });
  const moved = { ...memory, done: number, firstShift, lastShift: ctx.now };
  saveDeployment(ctx, deployment, { body: { memory: moved } });
  saveTarget(ctx, target);
  const after = ctx.with({ cause });
  if (next === undefined) return after;
  const due = firstShift + next.minute * MINUTE_MS;
  after.send("codedeploy.lambda", { deployment: deployment.id, shift: number }, { at: due, lane: laneOf(deployment) });
  return undefined;
}

function shiftRule({ plan, done, shifts, spec }: LambdaMemory, shift: Shift, { body }: Deployment): string {
  if (body.creator === "codeDeployRollback")
    return `deployment ${body.rollback?.rollbackTriggeringDeploymentId} is rolled back: all traffic goes to version ${spec.targetVersion} again, at once`;
  if (shifts.length === 1) return "the configuration moves all traffic at once";
  if (done === 0) return `${plan}: the first shift is done at once`;
  return `${plan}: an interval of ${minutesText(shift.minute - (shifts[done - 1]?.minute ?? 0))} is over and no alarm is in ALARM`;
}

function shifted({ ctx, deployment, target, memory }: At): Context {
  const { length } = memory.shifts;
  const rule = length === 1 ? "the one shift is done" : `all ${length} shifts are done`;
  return setEvent(ctx, deployment, target, { name: "AllowTraffic", status: "Succeeded", rule }).ctx;
}
