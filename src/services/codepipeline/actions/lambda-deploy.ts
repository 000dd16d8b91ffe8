import { unless } from "../../../aws/exception.ts";
import { ActionFailure, failed } from "./failures.ts";
import { emitShift } from "./lambda-shift.ts";
import type { ActionProgress, ActionProvider, ActionRun } from "./provider.ts";
import { parseStrategy, type Strategy } from "./strategy.ts";

const MINUTE = 60_000;
const UPDATE_PAUSE_MS = 1_000;

/** Ids and numbers only: what is kept between two steps. */
interface Memory {
  readonly version: string;
  /** The version behind the alias before. */
  readonly from?: string;
  /** Index into the strategy's shares of what was shifted last; -1 before the first shift. */
  readonly step?: number;
  /** Virtual ms of the next shift. */
  readonly next?: number;
}

const invalid = (message: string): ActionFailure => new ActionFailure("ConfigurationError", message);

const functionName = (run: ActionRun): string => run.configuration["FunctionName"] ?? "";
const aliasName = (run: ActionRun): string => run.configuration["FunctionAlias"] ?? "";

/** Deploys the artifact to `$LATEST` and publishes it, unless a published version is asked for. */
async function newVersion(run: ActionRun): Promise<string> {
  const target = run.configuration["PublishedTargetVersion"];
  const FunctionName = functionName(run);
  if (target !== undefined && target !== "") {
    if (aliasName(run) === "") throw invalid("PublishedTargetVersion needs a FunctionAlias.");
    return (await run.ctx.call("lambda", "GetFunctionConfiguration", { FunctionName, Qualifier: target })).Version ?? target;
  }
  const [artifact] = run.inputs;
  if (artifact === undefined) throw invalid("PublishedTargetVersion is required when the action has no input artifact.");
  const updated = await run.ctx.call("lambda", "UpdateFunctionCode", {
    FunctionName,
    S3Bucket: artifact.bucket,
    S3Key: artifact.key,
    Publish: true,
  });
  return updated.Version ?? "";
}

/** An earlier update of the function is still under way. */
function busy(run: ActionRun): ActionProgress {
  return { status: "InProgress", again: run.home.now + UPDATE_PAUSE_MS };
}

async function begin(run: ActionRun): Promise<ActionProgress> {
  const strategy = strategyOf(run);
  const alias = aliasName(run);
  if (alias === "") {
    if ((run.configuration["DeployStrategy"] ?? "AllAtOnce") !== "AllAtOnce") throw invalid("DeployStrategy needs a FunctionAlias.");
    return succeeded(await newVersion(run));
  }
  const before = await run.ctx.call("lambda", "GetAlias", { FunctionName: functionName(run), Name: alias });
  const version = await newVersion(run);
  // A share of this very version is the first shift of a call that was broken off.
  const others = Object.keys(before.RoutingConfig?.AdditionalVersionWeights ?? {}).filter((other) => other !== version);
  if (others.length > 0) throw invalid(`The alias ${alias} must have one version behind it, and has two.`);
  return await shift(run, strategy, { version, from: before.FunctionVersion ?? "", step: -1 });
}

function strategyOf(run: ActionRun): Strategy {
  const text = run.configuration["DeployStrategy"];
  const strategy = parseStrategy(text === undefined || text === "" ? "AllAtOnce" : text);
  if (strategy === undefined) throw invalid(`Unknown DeployStrategy ${text}.`);
  return strategy;
}

function succeeded(version: string): ActionProgress {
  return { status: "Succeeded", externalExecutionSummary: `Deployed version ${version}`, variables: { FunctionVersion: version } };
}

/** Moves the next share of the traffic to the new version. */
async function shift(run: ActionRun, strategy: Strategy, memory: Memory): Promise<ActionProgress> {
  const { version, from = "" } = memory;
  const step = (memory.step ?? -1) + 1;
  const share = strategy.shares[step] ?? 100;
  const isLast = share === 100 || from === version;
  await run.ctx.call("lambda", "UpdateAlias", {
    FunctionName: functionName(run),
    Name: aliasName(run),
    FunctionVersion: isLast ? version : from,
    RoutingConfig: { AdditionalVersionWeights: isLast ? {} : { [version]: share / 100 } },
  });
  const why =
    step === 0
      ? `${run.configuration["DeployStrategy"] ?? "AllAtOnce"} begins with ${share} %`
      : `${strategy.minutes} minutes are over and no alarm of the action is in ALARM`;
  emitShift(run, { version, from, share: isLast ? 100 : share, why });
  if (isLast) return succeeded(version);
  const next = run.ctx.now + strategy.minutes * MINUTE;
  return { status: "InProgress", memory: { version, from, step, next }, again: next };
}

/** The names of the action's alarms that are in ALARM. */
async function alarming(run: ActionRun): Promise<string[]> {
  const names = (run.configuration["Alarms"] ?? "").split(",").map((name) => name.trim());
  const AlarmNames = names.filter((name) => name !== "");
  if (AlarmNames.length === 0) return [];
  const { MetricAlarms = [], CompositeAlarms = [] } = await run.ctx.call("cloudwatch", "DescribeAlarms", {
    AlarmNames,
    AlarmTypes: ["MetricAlarm", "CompositeAlarm"],
  });
  return [...MetricAlarms, ...CompositeAlarms].filter(({ StateValue }) => StateValue === "ALARM").map(({ AlarmName = "" }) => AlarmName);
}

async function back(run: ActionRun, memory: Memory, alarms: readonly string[]): Promise<ActionProgress> {
  const { from = "", version } = memory;
  await run.ctx.call("lambda", "UpdateAlias", {
    FunctionName: functionName(run),
    Name: aliasName(run),
    FunctionVersion: from,
    RoutingConfig: { AdditionalVersionWeights: {} },
  });
  const why = `${alarms.length === 1 ? "the alarm" : "the alarms"} ${alarms.join(", ")} of the action went to ALARM`;
  emitShift(run, { version, from, share: 0, why });
  return failed("JobFailed", `The deployment of version ${version} was rolled back to version ${from}: ${why}.`);
}

async function follow(run: ActionRun, memory: Memory): Promise<ActionProgress> {
  const alarms = await alarming(run);
  if (alarms.length > 0) return await back(run, memory, alarms);
  if (memory.next !== undefined && run.ctx.now < memory.next) return { status: "InProgress", memory: { ...memory }, again: memory.next };
  return await shift(run, strategyOf(run), memory);
}

/** https://docs.aws.amazon.com/codepipeline/latest/userguide/action-reference-LambdaDeploy.html */
export const lambdaDeploy: ActionProvider = {
  category: "Deploy",
  owner: "AWS",
  provider: "Lambda",
  version: "1",
  v2Only: true,
  inputs: { minimum: 0, maximum: 1 },
  outputs: { minimum: 0, maximum: 0 },
  configuration: [
    { name: "FunctionName", required: true },
    ...["FunctionAlias", "PublishedTargetVersion", "DeployStrategy", "Alarms"].map((name) => ({ name })),
  ],
  // Two days of shifting at most, and what goes before it.
  timeoutMinutes: 2 * 24 * 60 + 60,
  advance: async (run) => {
    if (run.memory === undefined) return (await unless("ResourceConflictException", begin(run))) ?? busy(run);
    // What wakes it, such as an alarm's change, is the cause of what it does next.
    const woken = { ...run, ctx: run.ctx.with({ cause: run.home.cause ?? run.ctx.cause }) };
    return await follow(woken, run.memory as unknown as Memory);
  },
};
