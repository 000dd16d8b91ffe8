import type { Input } from "../../../aws/clients.ts";
import type { Context } from "../../../aws/context.ts";
import { validationError } from "../template/parse.ts";
import { type Operation, type Stack, saveOp } from "./model.ts";

/** Alarms that roll an operation back, and how long it is watched after its resources are done. */
export interface RollbackSettings {
  readonly minutes: number;
  readonly triggers: readonly { readonly arn: string; readonly type: string }[];
}

type Given = NonNullable<Input<"cloudformation", "CreateStack">["RollbackConfiguration"]>;

const TYPES: readonly string[] = ["AWS::CloudWatch::Alarm", "AWS::CloudWatch::CompositeAlarm"];

/**
 * What a request says, over what the stack had: triggers that are not given stay.
 * @throws AwsException ValidationError
 */
export function rollbackSettings(given: Given | undefined, current: RollbackSettings | undefined): RollbackSettings | undefined {
  if (given === undefined) return current;
  const triggers = given.RollbackTriggers?.map(({ Arn = "", Type = "" }) => ({ arn: Arn, type: Type })) ?? current?.triggers ?? [];
  const wrong = triggers.find(({ type }) => !TYPES.includes(type));
  if (wrong !== undefined)
    throw validationError(`Rollback trigger type ${wrong.type} is not supported: it must be one of ${TYPES.join(", ")}`);
  return { minutes: given.MonitoringTimeInMinutes ?? 0, triggers };
}

/** As DescribeStacks and DescribeChangeSet say it. */
export function rollbackOut(settings: RollbackSettings | undefined): Given {
  if (settings === undefined) return {};
  return {
    RollbackTriggers: settings.triggers.map(({ arn, type }) => ({ Arn: arn, Type: type })),
    MonitoringTimeInMinutes: settings.minutes,
  };
}

/**
 * Holds an operation whose resources are done until its alarms have been watched for long enough. False when nothing is to be
 * watched.
 */
export function beginMonitoring(ctx: Context, stack: Stack, op: Operation): boolean {
  const settings = stack.body.desired.rollback;
  if (settings === undefined || (settings.triggers.length === 0 && settings.minutes === 0)) return false;
  const until = ctx.now + settings.minutes * 60_000;
  saveOp(ctx, stack, { ...op, monitoring: until });
  const cause = ctx.emit({
    source: "aws.cloudformation",
    type: "Monitoring started",
    resources: [stack.id, ...settings.triggers.map(({ arn }) => arn)],
    detail: { minutes: settings.minutes, until, alarms: settings.triggers.length },
    rule: `all resources are done; ${settings.triggers.length} alarms are watched for ${settings.minutes} minutes`,
  });
  ctx.with({ cause }).send("cloudformation.monitor", { stack: stack.id, op: op.id }, { lane: `cloudformation.stack:${stack.id}` });
  return true;
}
