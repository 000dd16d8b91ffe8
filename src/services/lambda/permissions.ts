import type { Input, Output } from "../../aws/clients.ts";
import type { Context } from "../../aws/context.ts";
import { AwsException, notImplemented } from "../../aws/exception.ts";
import { checkRevision, functionArn, refOf, resolve, typed } from "./names.ts";
import { getPart, type Parts, putPart, removePart } from "./store.ts";

type Policy = Parts["policy"];

const LARGEST_POLICY = 20_480;

export function addPermission(input: Input<"lambda", "AddPermission">, ctx: Context): Output<"lambda", "AddPermission"> {
  if (input.PrincipalOrgID !== undefined) throw notImplemented("lambda", "AddPermission", "PrincipalOrgID");
  const { name, qualifier } = resolve(ctx, refOf(ctx, input.FunctionName, input.Qualifier));
  return ctx.tx(() => {
    const before = getPart(ctx, "policy", name, qualifier ?? "");
    if (input.RevisionId !== undefined) checkRevision(input.RevisionId, before?.revisionId ?? "");
    const sid = input.StatementId ?? "";
    if (before?.statements.some((statement) => statement["Sid"] === sid)) {
      const message = `The statement id (${sid}) provided already exists. Please provide a new statement id, or remove the existing statement.`;
      throw new AwsException("ResourceConflictException", message, typed("User"));
    }
    const statement = statementOf(functionArn(ctx, name, qualifier), input);
    const policy: Policy = { revisionId: ctx.cloud.ids.uuid(), statements: [...(before?.statements ?? []), statement] };
    if (Buffer.byteLength(policyText(policy)) > LARGEST_POLICY) {
      throw new AwsException(
        "PolicyLengthExceededException",
        `The final policy size is bigger than the limit (${LARGEST_POLICY}).`,
        typed("User"),
      );
    }
    putPart(ctx, "policy", name, [qualifier ?? "", policy]);
    ctx.claim(sid);
    ctx.emit({ source: "aws.lambda", type: "Permission Added", resources: [functionArn(ctx, name, qualifier)], detail: { statement } });
    return { Statement: JSON.stringify(statement) };
  });
}

function statementOf(resource: string, input: Input<"lambda", "AddPermission">): Record<string, unknown> {
  const condition = conditionOf(input);
  return {
    Sid: input.StatementId,
    Effect: "Allow",
    Principal: principalOf(input.Principal ?? ""),
    Action: input.Action,
    Resource: resource,
    ...(Object.keys(condition).length === 0 ? {} : { Condition: condition }),
  };
}

/** `*`, a service's host, an account or an ARN. */
function principalOf(principal: string): unknown {
  if (principal === "*") return "*";
  if (/^[^:]+\.(amazonaws\.com(\.cn)?|aws\.internal|amazon\.com)$/.test(principal)) return { Service: principal };
  return { AWS: /^\d{12}$/.test(principal) ? `arn:aws:iam::${principal}:root` : principal };
}

function conditionOf(input: Input<"lambda", "AddPermission">): Record<string, Record<string, string>> {
  const equals: Record<string, string> = {};
  if (input.SourceAccount !== undefined) equals["AWS:SourceAccount"] = input.SourceAccount;
  if (input.EventSourceToken !== undefined) equals["lambda:EventSourceToken"] = input.EventSourceToken;
  if (input.FunctionUrlAuthType !== undefined) equals["lambda:FunctionUrlAuthType"] = input.FunctionUrlAuthType;
  return {
    ...(Object.keys(equals).length === 0 ? {} : { StringEquals: equals }),
    ...(input.SourceArn === undefined ? {} : { ArnLike: { "AWS:SourceArn": input.SourceArn } }),
    ...(input.InvokedViaFunctionUrl === undefined ? {} : { Bool: { "lambda:InvokedViaFunctionUrl": String(input.InvokedViaFunctionUrl) } }),
  };
}

export function removePermission(input: Input<"lambda", "RemovePermission">, ctx: Context): Output<"lambda", "RemovePermission"> {
  const { name, qualifier } = resolve(ctx, refOf(ctx, input.FunctionName, input.Qualifier));
  return ctx.tx(() => {
    const before = getPart(ctx, "policy", name, qualifier ?? "");
    const statements = before?.statements.filter((statement) => statement["Sid"] !== input.StatementId) ?? [];
    if (before === undefined || statements.length === before.statements.length) {
      const message = `Statement ${input.StatementId} is not found in resource policy.`;
      throw new AwsException("ResourceNotFoundException", message, typed("User"));
    }
    checkRevision(input.RevisionId, before.revisionId);
    if (statements.length === 0) removePart(ctx, "policy", name, qualifier ?? "");
    else putPart(ctx, "policy", name, [qualifier ?? "", { revisionId: ctx.cloud.ids.uuid(), statements }]);
    ctx.emit({
      source: "aws.lambda",
      type: "Permission Removed",
      resources: [functionArn(ctx, name, qualifier)],
      detail: { sid: input.StatementId },
    });
    return {};
  });
}

export function getPolicy(input: Input<"lambda", "GetPolicy">, ctx: Context): Output<"lambda", "GetPolicy"> {
  const { name, qualifier } = resolve(ctx, refOf(ctx, input.FunctionName, input.Qualifier));
  const policy = getPart(ctx, "policy", name, qualifier ?? "");
  if (policy === undefined)
    throw new AwsException("ResourceNotFoundException", "The resource you requested does not exist.", typed("User"));
  return { Policy: policyText(policy), RevisionId: policy.revisionId };
}

export function policyText(policy: Policy): string {
  return JSON.stringify({ Version: "2012-10-17", Id: "default", Statement: policy.statements });
}
