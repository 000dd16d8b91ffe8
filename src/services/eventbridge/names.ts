import { parseArn } from "../../aws/arn.ts";
import type { Context } from "../../aws/context.ts";
import { AwsException } from "../../aws/exception.ts";
import type { RuleRow } from "./store.ts";

export const DEFAULT_BUS = "default";

/** A bus as a request names it: by name, or by ARN, which may be of another region or account. */
export interface BusReference {
  readonly name: string;
  /** The context of the bus's own account and region. */
  readonly ctx: Context;
}

/** @throws ValidationException for an ARN of something else */
export function busReference(ctx: Context, nameOrArn: string | undefined): BusReference {
  if (nameOrArn === undefined) return { name: DEFAULT_BUS, ctx };
  if (!nameOrArn.startsWith("arn:")) return { name: nameOrArn, ctx };
  const arn = parseArn(nameOrArn);
  const name = /^event-bus\/(.+)$/.exec(arn?.resource ?? "")?.[1];
  if (arn?.service !== "events" || name === undefined) throw invalid("EventBusName", "Provided Arn is not in correct format.");
  return { name, ctx: ctx.with({ account: arn.account, region: arn.region }) };
}

export function busArn(ctx: Context, name: string): string {
  return ctx.arn("events", `event-bus/${name}`);
}

/** `rule/<name>` on the default bus, `rule/<bus>/<name>` on others. */
export function ruleArn(ctx: Context, rule: Pick<RuleRow, "bus" | "name">): string {
  return ctx.arn("events", rule.bus === DEFAULT_BUS ? `rule/${rule.name}` : `rule/${rule.bus}/${rule.name}`);
}

export function invalid(parameter: string, reason: string): AwsException {
  return new AwsException("ValidationException", `Parameter ${parameter} is not valid. Reason: ${reason}`);
}

/** Virtual ms as events carry their time. */
export function eventTime(ms: number): string {
  return `${new Date(ms).toISOString().slice(0, 19)}Z`;
}
