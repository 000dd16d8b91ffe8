import { parseArn } from "../../aws/arn.ts";
import type { Input } from "../../aws/clients.ts";
import type { Context } from "../../aws/context.ts";
import { AwsException, notImplemented } from "../../aws/exception.ts";
import type { AuthorizationRequest } from "../../aws/identity.ts";
import type { Operations } from "../../aws/service.ts";
import { tagsOfList } from "../../aws/tags.ts";
import { credentialsShape, packedSize, sessionInput } from "./sessions.ts";

const DEFAULT_SECONDS = 3600;
/** A role that was itself assumed with a role's credentials: https://docs.aws.amazon.com/IAM/latest/UserGuide/id_roles.html#iam-term-role-chaining */
const MAX_CHAINED_SECONDS = 3600;

type AssumeRoleInput = Input<"sts", "AssumeRole">;

export const assumeRoleOperations = {
  AssumeRole: async (input, ctx) => {
    if (input.SerialNumber !== undefined || input.TokenCode !== undefined)
      throw notImplemented("sts", "AssumeRole", "SerialNumber and TokenCode");
    if ((input.ProvidedContexts ?? []).length > 0) throw notImplemented("sts", "AssumeRole", "ProvidedContexts");
    const arn = input.RoleArn ?? "";
    const sessionName = input.RoleSessionName ?? "";
    const role = await roleBehind(ctx, arn);
    if (role === undefined || !mayAssume(ctx, input, role.trust)) throw denied(ctx, arn);
    const seconds = durationOf(ctx, input, role.maxSession);
    const session = sessionInput(ctx, input);
    const tags = tagsOfList(input.Tags);
    const sessionArn = `arn:aws:sts::${role.account}:assumed-role/${role.name}/${sessionName}`;
    const credentials = ctx.tx(() => {
      const issued = ctx.cloud.identity.issue({
        account: role.account,
        roleArn: arn,
        sessionName,
        seconds,
        ...session,
        ...(Object.keys(tags).length === 0 ? {} : { tags, transitiveTagKeys: input.TransitiveTagKeys ?? [] }),
        ...(input.SourceIdentity === undefined ? {} : { sourceIdentity: input.SourceIdentity }),
      });
      const detail = { accessKeyId: issued.accessKeyId, seconds };
      ctx.emit({ source: "aws.sts", type: "role assumed", resources: [arn, sessionArn], detail });
      return issued;
    });
    return {
      Credentials: credentialsShape(credentials),
      AssumedRoleUser: { AssumedRoleId: `${role.id}:${sessionName}`, Arn: sessionArn },
      ...packedSize(session, tags),
      ...(input.SourceIdentity === undefined ? {} : { SourceIdentity: input.SourceIdentity }),
    };
  },
} satisfies Operations<"sts">;

interface Role {
  readonly account: string;
  readonly name: string;
  readonly id: string;
  readonly trust: string;
  readonly maxSession: number;
}

/** Undefined for a role that does not exist: STS answers AccessDenied then, and tells nobody which of both it is. */
async function roleBehind(ctx: Context, roleArn: string): Promise<Role | undefined> {
  const arn = parseArn(roleArn);
  if (arn === undefined) throw new AwsException("ValidationError", `${roleArn} is invalid`, { status: 400 });
  if (arn.service !== "iam" || !arn.resource.startsWith("role/")) return undefined;
  try {
    const name = arn.resource.split("/").at(-1) ?? "";
    const { Role: role } = await ctx.with({ account: arn.account }).call("iam", "GetRole", { RoleName: name });
    if (role === undefined || role.Arn !== roleArn) return undefined;
    const trust = decodeURIComponent(role.AssumeRolePolicyDocument ?? "");
    return {
      account: arn.account,
      name: role.RoleName ?? name,
      id: role.RoleId ?? "",
      trust,
      maxSession: role.MaxSessionDuration ?? DEFAULT_SECONDS,
    };
  } catch (error) {
    if (error instanceof AwsException && error.code === "NoSuchEntityException") return undefined;
    throw error;
  }
}

/**
 * The trust policy decides; where it names the caller's account and not the caller, or the caller comes from another account,
 * the caller's own policies have to allow it as well.
 * https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_evaluation-logic-cross-account.html
 */
function mayAssume(ctx: Context, input: AssumeRoleInput, trust: string): boolean {
  const conditions: Record<string, string[]> = { "sts:RoleSessionName": [input.RoleSessionName ?? ""] };
  if (input.ExternalId !== undefined) conditions["sts:ExternalId"] = [input.ExternalId];
  if (input.SourceIdentity !== undefined) conditions["sts:SourceIdentity"] = [input.SourceIdentity];
  if (ctx.request !== undefined) conditions["aws:SourceIp"] = [ctx.request.sourceIp];
  const tags = input.Tags ?? [];
  for (const { Key = "", Value = "" } of tags) conditions[`aws:RequestTag/${Key}`] = [Value];
  if (tags.length > 0) conditions["aws:TagKeys"] = tags.map(({ Key = "" }) => Key);
  if (input.TransitiveTagKeys !== undefined) conditions["sts:TransitiveTagKeys"] = input.TransitiveTagKeys;
  const request: AuthorizationRequest = { principal: ctx.principal, action: "sts:AssumeRole", resource: input.RoleArn ?? "", conditions };
  const actions = ["sts:AssumeRole"];
  if (tags.length > 0) actions.push("sts:TagSession");
  if (input.SourceIdentity !== undefined) actions.push("sts:SetSourceIdentity");
  return actions.every((action) => trusts(ctx, trust, { ...request, action }));
}

function trusts(ctx: Context, trust: string, request: AuthorizationRequest): boolean {
  const { identity } = ctx.cloud;
  const said = identity.judge(trust, request);
  if (said === "none" || said === "deny") return false;
  const foreign = parseArn(request.resource)?.account !== ctx.principal.account;
  return said === "allow" && !foreign ? true : identity.decide(request).allowed;
}

function durationOf(ctx: Context, input: AssumeRoleInput, maxSession: number): number {
  const seconds = input.DurationSeconds ?? DEFAULT_SECONDS;
  if (ctx.principal.type === "assumed-role" && seconds > MAX_CHAINED_SECONDS) {
    throw new AwsException(
      "ValidationError",
      "The requested DurationSeconds exceeds the 1 hour session limit for roles assumed by role chaining.",
      { status: 400 },
    );
  }
  if (seconds > maxSession) {
    throw new AwsException("ValidationError", "The requested DurationSeconds exceeds the MaxSessionDuration set for this role.", {
      status: 400,
    });
  }
  return seconds;
}

function denied(ctx: Context, arn: string): AwsException {
  return new AwsException("AccessDenied", `User: ${ctx.principal.arn} is not authorized to perform: sts:AssumeRole on resource: ${arn}`, {
    status: 403,
  });
}
