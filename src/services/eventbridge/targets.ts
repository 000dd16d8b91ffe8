import type { Target } from "@aws-sdk/client-eventbridge";
import { parseArn } from "../../aws/arn.ts";
import type { Context } from "../../aws/context.ts";
import { AwsException, notImplemented } from "../../aws/exception.ts";
import { pageOf } from "../../aws/paging.ts";
import type { Operations } from "../../aws/service.ts";
import { pageStart } from "./buses.ts";
import { isPath } from "./json-path.ts";
import { busArn, busReference, invalid, ruleArn } from "./names.ts";
import { NEEDS_ROLE } from "./role-senders.ts";
import { findRule } from "./rules.ts";
import { isReachable } from "./senders.ts";
import { deleteTarget, selectTarget, selectTargets, upsertTarget } from "./store.ts";
import { undefinedVariables } from "./transform.ts";

/** https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-quota.html */
const MAX_TARGETS = 5;

function checkTarget(target: Target, sourceBus: string): void {
  const arn = parseArn(target.Arn ?? "");
  if (arn === undefined) throw invalid(target.Arn ?? "", "Provided Arn is not in correct format.");
  if (!isReachable(arn)) throw notImplemented("eventbridge", "PutTargets", `a target of the service "${arn.service}" (${target.Arn})`);
  if (NEEDS_ROLE.has(arn.service) && target.RoleArn === undefined) {
    throw new AwsException("ValidationException", `RoleArn is required for target ${target.Arn}.`);
  }
  if (target.Arn === sourceBus) throw invalid("Arn", "The target event bus must not be the bus of the rule.");
  const given = [target.Input, target.InputPath, target.InputTransformer].filter((input) => input !== undefined);
  if (given.length > 1) {
    throw new AwsException(
      "ValidationException",
      `Only one of Input, InputPath, or InputTransformer must be provided for target ${target.Id}.`,
    );
  }
  if (target.InputPath !== undefined && !isPath(target.InputPath)) throw invalid("InputPath", `Invalid JSON path: ${target.InputPath}`);
  if (target.Input !== undefined && !isJson(target.Input)) {
    throw new AwsException("ValidationException", `JSON syntax error in input for target ${target.Id}.`);
  }
  checkTransformer(target);
  checkFifo(target);
}

function checkTransformer({ Id, InputTransformer: transformer }: Target): void {
  if (transformer === undefined) return;
  const paths = transformer.InputPathsMap ?? {};
  const template = transformer.InputTemplate ?? "";
  for (const [name, path] of Object.entries(paths)) {
    if (!isPath(path)) throw invalid("InputTransformer", `Invalid JSON path: ${path}`);
    if (name.startsWith("AWS") || name.startsWith("aws.events."))
      throw invalid("InputTransformer", `The variable name ${name} is reserved.`);
  }
  const [unknown] = undefinedVariables(template, paths);
  if (unknown !== undefined) {
    throw new AwsException(
      "ValidationException",
      `InputTemplate for target ${Id} contains a placeholder that is not in InputPathsMap: ${unknown}.`,
    );
  }
}

function checkFifo(target: Target): void {
  if (!(target.Arn ?? "").endsWith(".fifo") || parseArn(target.Arn ?? "")?.service !== "sqs") return;
  if (target.SqsParameters?.MessageGroupId === undefined) {
    throw invalid("SqsParameters", `MessageGroupId is required for the FIFO queue of target ${target.Id}.`);
  }
}

function isJson(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}

export const targets = {
  PutTargets: (input, ctx) => {
    const reference = busReference(ctx, input.EventBusName);
    const rule = findRule(reference, input.Rule ?? "");
    const list = input.Targets ?? [];
    for (const target of list) checkTarget(target, busArn(reference.ctx, rule.bus));
    ctx.tx(() => {
      for (const target of list) {
        ctx.run(upsertTarget, { rule: rule.id, id: target.Id ?? "", arn: target.Arn ?? "", body: JSON.stringify(target) });
      }
      if (ctx.all(selectTargets, { rule: rule.id, after: "", limit: MAX_TARGETS + 1 }).length > MAX_TARGETS) {
        throw new AwsException("LimitExceededException", "The requested resource exceeds the maximum number allowed.");
      }
      emitChange(
        reference.ctx,
        ruleArn(reference.ctx, rule),
        "Rule Targets Put",
        list.map(({ Id }) => Id),
      );
    });
    return { FailedEntryCount: 0, FailedEntries: [] };
  },

  RemoveTargets: (input, ctx) => {
    const reference = busReference(ctx, input.EventBusName);
    const rule = findRule(reference, input.Rule ?? "");
    const ids = input.Ids ?? [];
    ctx.tx(() => {
      for (const id of ids) ctx.run(deleteTarget, { rule: rule.id, id });
      emitChange(reference.ctx, ruleArn(reference.ctx, rule), "Rule Targets Removed", ids);
    });
    return { FailedEntryCount: 0, FailedEntries: [] };
  },

  ListTargetsByRule: (input, ctx) => {
    const rule = findRule(busReference(ctx, input.EventBusName), input.Rule ?? "");
    const limit = input.Limit ?? 100;
    const rows = ctx.all(selectTargets, { rule: rule.id, after: pageStart(input.NextToken), limit: limit + 1 });
    const { items, nextToken } = pageOf(rows, limit, (row) => [row.id]);
    const found = items.map((row) => JSON.parse(row.body) as Target);
    return { Targets: found, ...(nextToken === undefined ? {} : { NextToken: nextToken }) };
  },
} satisfies Operations<"eventbridge">;

function emitChange(ctx: Context, rule: string, type: string, ids: readonly (string | undefined)[]): void {
  ctx.emit({ source: "aws.events", type, resources: [rule], detail: { targets: ids } });
}

/** @returns undefined when the target was removed meanwhile */
export function readTarget(ctx: Context, rule: number, id: string): Target | undefined {
  const row = ctx.get(selectTarget, { rule, id });
  return row === undefined ? undefined : (JSON.parse(row.body) as Target);
}
