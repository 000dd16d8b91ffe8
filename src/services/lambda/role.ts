import type { Context } from "../../aws/context.ts";
import { AwsException } from "../../aws/exception.ts";
import { servicePrincipal } from "../../aws/identity.ts";
import { invalid } from "./names.ts";

const ROLE_ARN = /^arn:aws[a-zA-Z-]*:iam::\d{12}:role\/(?:.*\/)?([a-zA-Z0-9_+=,.@-]+)$/;

/** Lambda takes only a role that it may assume. @throws AwsException InvalidParameterValueException */
export async function checkRole(ctx: Context, role: string): Promise<void> {
  const name = ROLE_ARN.exec(role)?.[1];
  if (name === undefined)
    throw invalid(
      `1 validation error detected: Value '${role}' at 'role' failed to satisfy constraint: Member must satisfy regular expression pattern: arn:(aws[a-zA-Z-]*)?:iam::\\d{12}:role/?[a-zA-Z_0-9+=,.@\\-_/]+`,
    );
  const refused = invalid("The role defined for the function cannot be assumed by Lambda.");
  let trust: string | undefined;
  try {
    trust = (await ctx.call("iam", "GetRole", { RoleName: name })).Role?.AssumeRolePolicyDocument;
  } catch (error) {
    if (error instanceof AwsException && error.code.startsWith("NoSuchEntity")) throw refused;
    throw error;
  }
  const judgement = ctx.cloud.identity.judge(decodeURIComponent(trust ?? "{}"), {
    principal: servicePrincipal(ctx.account, "lambda.amazonaws.com"),
    action: "sts:AssumeRole",
    resource: role,
    conditions: {},
  });
  if (judgement === "none" || judgement === "deny") throw refused;
}
