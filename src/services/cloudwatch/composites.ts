import type { Input, Output } from "../../aws/clients.ts";
import type { Context } from "../../aws/context.ts";
import { notImplemented } from "../../aws/exception.ts";
import type { Subscription } from "../../aws/service.ts";
import { alarmArn, alarmName, type CompositeAlarmInput, configOf, invalid } from "./alarm-config.ts";
import {
  type AlarmRow,
  deleteChildren,
  insertChild,
  selectAlarm,
  selectChildren,
  selectParents,
  updateSuppression,
} from "./alarm-store.ts";
import { alarmsOf, holds, parseRule, type Rule, RuleError } from "./composite-rule.ts";
import { awsTime } from "./doubles.ts";
import { putAlarm } from "./put-alarm.ts";
import { onSuppressorChange, suppressionForChange } from "./suppression.ts";
import { STATE_CHANGE, transition } from "./transitions.ts";

const MOST_PARENTS = 150;

function ruleOf(text: string): Rule {
  try {
    return parseRule(text);
  } catch (error) {
    if (error instanceof RuleError) throw invalid(`AlarmRule is invalid: ${error.message}`);
    throw error;
  }
}

function checkSuppressor(ctx: Context, input: CompositeAlarmInput): void {
  const { ActionsSuppressor, ActionsSuppressorWaitPeriod: wait, ActionsSuppressorExtensionPeriod: extension } = input;
  if (ActionsSuppressor === undefined) {
    if (wait === undefined && extension === undefined) return;
    throw invalid("ActionsSuppressorWaitPeriod and ActionsSuppressorExtensionPeriod need an ActionsSuppressor.");
  }
  if (wait === undefined || extension === undefined) {
    throw invalid("ActionsSuppressorWaitPeriod and ActionsSuppressorExtensionPeriod must be specified with ActionsSuppressor.");
  }
  const name = alarmName(ActionsSuppressor);
  if (ctx.get(selectAlarm, { name }) === undefined) throw invalid(`ActionsSuppressor must be an alarm that exists: ${name}`);
}

export function putCompositeAlarm(input: CompositeAlarmInput, ctx: Context): Output<"cloudwatch", "PutCompositeAlarm"> {
  const refused = (["ActionConfiguration"] as const).find((member) => member in input && input[member as never] !== undefined);
  if (refused !== undefined) throw notImplemented("cloudwatch", "PutCompositeAlarm", refused);
  const rule = ruleOf(input.AlarmRule ?? "");
  const name = input.AlarmName ?? "";
  const children = [...alarmsOf(rule)].map(alarmName);
  // One that is being made may name itself: a cycle, which AWS takes and does not evaluate.
  const missing = children.find((child) => child !== name && ctx.get(selectAlarm, { name: child }) === undefined);
  if (missing !== undefined) throw invalid(`AlarmRule must not contain an alarm that does not exist: ${missing}`);
  checkSuppressor(ctx, input);
  return ctx.tx(() => {
    const before = ctx.get(selectAlarm, { name });
    const put = putAlarm(ctx, "CompositeAlarm", input);
    // Another suppressor ends what the one before had begun.
    const same = before !== undefined && configOf(before).ActionsSuppressor === input.ActionsSuppressor;
    const row = same ? put : { ...put, suppression: null };
    if (!same) ctx.run(updateSuppression, { name, suppression: null });
    ctx.run(deleteChildren, { parent: name });
    for (const child of children) {
      ctx.run(insertChild, { child, parent: name, kind: "rule" });
      const parents = ctx.all(selectParents, { child }).filter(({ kind }) => kind === "rule");
      if (parents.length > MOST_PARENTS) throw invalid(`The alarm ${child} can be part of at most ${MOST_PARENTS} composite alarms.`);
    }
    if (input.ActionsSuppressor !== undefined) {
      ctx.run(insertChild, { child: alarmName(input.ActionsSuppressor), parent: name, kind: "suppressor" });
    }
    const verb = before === undefined ? "created" : "updated";
    evaluateComposite(ctx, row, { reason: `${alarmArn(ctx, name)} was ${verb} and its alarm rule evaluates to`, triggering: children });
    return {};
  });
}

/** True when an alarm depends on itself, by however many others: AWS evaluates it no more. */
function isInCycle(ctx: Context, name: string): boolean {
  const seen = new Set<string>();
  const open = [name];
  for (let next = open.pop(); next !== undefined; next = open.pop()) {
    for (const { child, kind } of ctx.all(selectChildren, { parent: next })) {
      if (kind !== "rule") continue;
      if (child === name) return true;
      if (!seen.has(child)) open.push(child);
      seen.add(child);
    }
  }
  return false;
}

interface Occasion {
  /** Without the state, for what was put; whole, for what a child did. */
  readonly reason: string;
  readonly triggering: readonly string[];
  readonly isWhole?: boolean;
}

/** `ALARM(a) is true, OK(b) is false` for the alarms of a rule. */
function toldStates(ctx: Context, rule: Rule): string {
  const told = [...alarmsOf(rule)].map(
    (name) => `${alarmName(name)} is ${ctx.get(selectAlarm, { name: alarmName(name) })?.state ?? "gone"}`,
  );
  return told.join(", ");
}

function evaluateComposite(ctx: Context, row: AlarmRow, occasion: Occasion): void {
  if (isInCycle(ctx, row.name)) return;
  const text = configOf(row).AlarmRule ?? "";
  const rule = parseRule(text);
  const state = holds(rule, (name) => ctx.get(selectAlarm, { name: alarmName(name) })?.state) ? "ALARM" : "OK";
  if (state === row.state) return;
  const triggeringAlarms = occasion.triggering.flatMap((name) => {
    const child = ctx.get(selectAlarm, { name });
    if (child === undefined) return [];
    return { arn: alarmArn(ctx, name), state: { value: child.state, timestamp: awsTime(child.transitioned) } };
  });
  const reason = occasion.isWhole === true ? occasion.reason : `${occasion.reason} ${state}`;
  const told = toldStates(ctx, rule);
  const change = {
    state,
    reason,
    reasonData: JSON.stringify({ triggeringAlarms }),
    rule: `${text} is ${state === "ALARM" ? "true" : "false"}${told === "" ? "" : `: ${told}`}`,
  };
  const suppression = suppressionForChange(ctx, row);
  const after = transition(ctx, { ...row, suppression: suppression.stored }, change);
  suppression.begin(after);
}

/** `Friday 22 July, 2022 15:57:45 UTC` */
function longTime(time: number): string {
  const date = new Date(time);
  const part = (options: Intl.DateTimeFormatOptions): string => date.toLocaleString("en-US", { timeZone: "UTC", ...options });
  const day = String(date.getUTCDate()).padStart(2, "0");
  const clock = date.toISOString().slice(11, 19);
  return `${part({ weekday: "long" })} ${day} ${part({ month: "long" })}, ${date.getUTCFullYear()} ${clock} UTC`;
}

/** Composite alarms follow their children; a change of a suppressor holds their actions back or lets them go. */
export const onChildChange: Subscription = {
  name: "cloudwatch.composites",
  wants: ({ source, type }) => source === "aws.cloudwatch" && type === STATE_CHANGE,
  handle(ctx, event) {
    const child = String(event.detail["alarmName"]);
    const state = (event.detail["state"] as { value?: string } | undefined)?.value ?? "";
    for (const { parent, kind } of ctx.all(selectParents, { child })) {
      const row = ctx.get(selectAlarm, { name: parent });
      if (row === undefined) continue;
      if (kind === "suppressor") onSuppressorChange(ctx, row, state);
      else {
        const reason = `${alarmArn(ctx, child)} transitioned to ${state} at ${longTime(event.time)}`;
        evaluateComposite(ctx, row, { reason, triggering: [child], isWhole: true });
      }
    }
  },
};

/** @throws AwsException ValidationError where AWS keeps an alarm */
export function checkDeletion(input: Input<"cloudwatch", "DeleteAlarms">, ctx: Context): void {
  const names = input.AlarmNames ?? [];
  const composites = names.filter((name) => ctx.get(selectAlarm, { name })?.type === "CompositeAlarm");
  if (composites.length > 1) throw invalid("DeleteAlarms can delete at most one composite alarm at a time.");
  for (const name of names) {
    const parents = ctx.all(selectParents, { child: name }).map(({ parent }) => parent);
    const other = parents.find((parent) => parent !== name && !names.includes(parent));
    if (other !== undefined) throw invalid(`Cannot delete ${name} as there are composite alarm(s) depending on it.`);
  }
}
