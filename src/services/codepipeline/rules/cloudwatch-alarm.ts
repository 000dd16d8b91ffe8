import { ActionFailure, failed } from "../actions/failures.ts";
import type { RuleProvider, RuleRun } from "../actions/provider.ts";

const MINUTE = 60_000;
const STATES = ["ALARM", "OK", "INSUFFICIENT_DATA"];

/**
 * The states that meet the rule: those of the configuration, else ALARM for a stage that failed and the others for one that
 * succeeded. https://docs.aws.amazon.com/codepipeline/latest/userguide/concepts-how-it-works-conditions.html
 */
function wantedStates({ configuration, condition }: RuleRun): string[] {
  const given = (configuration["AlarmStates"] ?? "")
    .split(",")
    .map((state) => state.trim())
    .filter((state) => state !== "");
  const unknown = given.find((state) => !STATES.includes(state));
  if (unknown !== undefined)
    throw new ActionFailure("ConfigurationError", `AlarmStates are ALARM, OK and INSUFFICIENT_DATA, not ${unknown}.`);
  if (given.length > 0) return given;
  return condition === "onFailure" ? ["ALARM"] : ["OK", "INSUFFICIENT_DATA"];
}

async function stateOf(run: RuleRun, name: string): Promise<{ readonly state: string; readonly reason: string }> {
  const { MetricAlarms = [], CompositeAlarms = [] } = await run.ctx.call("cloudwatch", "DescribeAlarms", {
    AlarmNames: [name],
    AlarmTypes: ["MetricAlarm", "CompositeAlarm"],
  });
  const [alarm] = [...MetricAlarms, ...CompositeAlarms];
  if (alarm === undefined) throw new ActionFailure("ConfigurationError", `The alarm ${name} does not exist.`);
  return { state: alarm.StateValue ?? "INSUFFICIENT_DATA", reason: alarm.StateReason ?? "" };
}

/**
 * Met as soon as the alarm is in a wanted state; failed when it is in none after `WaitTime` minutes. The alarm's changes
 * wake it. https://docs.aws.amazon.com/codepipeline/latest/userguide/rule-reference-CloudWatchAlarm.html
 */
export const cloudwatchAlarm: RuleProvider = {
  provider: "CloudWatchAlarm",
  version: "1",
  inputs: { minimum: 0, maximum: 0 },
  configuration: [{ name: "AlarmName", required: true }, { name: "AlarmStates" }, { name: "WaitTime" }],
  advance: async (run) => {
    const name = run.configuration["AlarmName"] ?? "";
    const minutes = Number(run.configuration["WaitTime"] ?? 0);
    if (!(minutes >= 0))
      throw new ActionFailure("ConfigurationError", `WaitTime is a number of minutes, not ${run.configuration["WaitTime"]}.`);
    const wanted = wantedStates(run);
    const { state, reason } = await stateOf(run, name);
    const told = `The alarm ${name} is in ${state}: ${reason}`;
    if (wanted.includes(state)) return { status: "Succeeded", externalExecutionSummary: told };
    const end = run.startedAt + minutes * MINUTE;
    if (run.ctx.now < end) return { status: "InProgress", externalExecutionSummary: told, memory: { waiting: name }, again: end };
    const waited = minutes === 0 ? "" : ` after ${minutes} ${minutes === 1 ? "minute" : "minutes"}`;
    return failed("JobFailed", `The alarm ${name} is in ${state}${waited}, and not in ${wanted.join(" or ")}: ${reason}`);
  },
};
