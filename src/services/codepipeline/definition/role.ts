import type { Context } from "../../../aws/context.ts";
import { AwsException } from "../../../aws/exception.ts";
import { servicePrincipal } from "../../../aws/identity.ts";

/** CodePipeline takes only a role of the account that it may assume. @throws AwsException InvalidStructureException */
export async function checkRole(ctx: Context, role: string): Promise<void> {
  const [, , , , account] = role.split(":");
  const refused = new AwsException("InvalidStructureException", `CodePipeline is not authorized to perform AssumeRole on role ${role}`);
  if (account !== ctx.account) throw refused;
  let trust: string | undefined;
  try {
    trust = (await ctx.call("iam", "GetRole", { RoleName: role.split("/").pop() ?? "" })).Role?.AssumeRolePolicyDocument;
  } catch (error) {
    if (error instanceof AwsException && error.code.startsWith("NoSuchEntity")) throw refused;
    throw error;
  }
  const judgement = ctx.cloud.identity.judge(decodeURIComponent(trust ?? "{}"), {
    principal: servicePrincipal(ctx.account, "codepipeline.amazonaws.com"),
    action: "sts:AssumeRole",
    resource: role,
    conditions: {},
  });
  if (judgement === "none" || judgement === "deny") throw refused;
}
