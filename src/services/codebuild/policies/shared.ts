import type { Context } from "../../../aws/context.ts";
import { type PolicyRow, policies } from "./store.ts";

const OWNER = /^arn:[^:]+:codebuild:([^:]*):(\d{12}):/;

function allows(ctx: Context, { arn, policy }: PolicyRow, operation: string): boolean {
  const request = { principal: ctx.principal, action: `codebuild:${operation}`, resource: arn, conditions: {} };
  const judgement = ctx.cloud.identity.judge(policy, request);
  return judgement === "allow" || judgement === "delegate";
}

/**
 * Where the project or report group of an ARN is to be looked for: here, or in the account that shares it by a policy that
 * allows the operation; undefined when it is another account's and not shared.
 * https://docs.aws.amazon.com/codebuild/latest/userguide/project-sharing.html
 */
export function homeOf(ctx: Context, arn: string, operation: string): Context | undefined {
  const [, region, account] = OWNER.exec(arn) ?? [];
  if (account === undefined || account === ctx.account) return ctx;
  const row = ctx.cloud.store.get(policies.ofAnyone, { arn });
  if (row === undefined || row.region !== region || !allows(ctx, row, operation)) return undefined;
  return ctx.with({ account, region });
}

/** ARNs of what other accounts share with the caller, with the instant at which each was shared or its policy changed. */
export function sharedWith(ctx: Context, kind: "project" | "report-group", operation: string): { arn: string; modified: number }[] {
  const rows = ctx.all(policies.ofOthers, {}).filter(({ arn }) => arn.split(":")[5]?.startsWith(`${kind}/`) === true);
  return rows.filter((row) => allows(ctx, row, operation)).map(({ arn, modified }) => ({ arn, modified }));
}

/** The policy of what is this account's own. */
export function policyOf(ctx: Context, arn: string): string | undefined {
  return ctx.get(policies.get, { arn })?.policy;
}

/** With its resource too, in whose transaction it is called then. */
export function forgetPolicy(ctx: Context, arn: string): void {
  ctx.tx(() => {
    if (ctx.run(policies.remove, { arn }) === 0) return;
    ctx.emit({ source: "aws.codebuild", type: "Resource Policy Deleted", resources: [arn], detail: {} });
  });
}
