import type { Context } from "../../aws/context.ts";
import { AwsException } from "../../aws/exception.ts";
import type { Credentials } from "../../aws/identity.ts";
import { uuidOf } from "./names.ts";
import { clientError } from "./phase-failure.ts";
import { checkRole } from "./project-rules.ts";
import type { BuildRecord } from "./records.ts";

/** Beyond the build's own time, for what comes before and after its commands. */
const MARGIN_SECONDS = 900;

/**
 * Temporary credentials of the service role, as the build's processes get them, and a context that acts with them.
 * @throws PhaseFailure in CodeBuild's words when the role does not let it in (any more)
 */
export async function assumeRole(ctx: Context, build: BuildRecord): Promise<{ credentials: Credentials; roleCtx: Context }> {
  const roleArn = build.serviceRole ?? "";
  try {
    await checkRole(ctx, roleArn, build.initiator?.startsWith("codepipeline/"));
  } catch (error) {
    if (!(error instanceof AwsException)) throw error;
    throw clientError(
      "CodeBuild is not authorized to perform: sts:AssumeRole on service role. Please verify that: 1) The provided service role exists, 2) The role name is case-sensitive and matches exactly, and 3) The role has the necessary trust policy configured",
    );
  }
  const seconds = (build.timeoutInMinutes ?? 60) * 60 + MARGIN_SECONDS;
  const credentials = ctx.cloud.identity.issue({ account: ctx.account, roleArn, sessionName: `AWSCodeBuild-${uuidOf(build.id)}`, seconds });
  const principal = ctx.cloud.identity.find(credentials.accessKeyId)?.principal ?? ctx.principal;
  return { credentials, roleCtx: ctx.with({ principal }) };
}
