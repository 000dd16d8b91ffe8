import type { StartBuildInput } from "@aws-sdk/client-codebuild";
import type { PipelineVariable, SourceRevisionOverride } from "@aws-sdk/client-codepipeline";
import { parseArn } from "../../aws/arn.ts";
import type { Context } from "../../aws/context.ts";
import { AwsException, unless } from "../../aws/exception.ts";
import type { Parcel } from "./senders.ts";

/** These have no policy of their own: the rule acts as a role. https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-targets.html */
export const NEEDS_ROLE: ReadonlySet<string> = new Set(["codebuild", "codepipeline"]);

const denied = (message: string): AwsException => new AwsException("AccessDeniedException", message);

/**
 * The context as the target's role, which must trust events.amazonaws.com and may do the action.
 * @throws AwsException AccessDeniedException
 */
async function asRole(ctx: Context, { target, ruleArn }: Parcel, action: string): Promise<Context> {
  const { RoleArn = "", Arn: resource = "" } = target;
  const home = ctx.with({ account: parseArn(RoleArn)?.account ?? ctx.account });
  const RoleName = RoleArn.split("/").at(-1) ?? "";
  const { Role } = (await unless("NoSuchEntityException", home.call("iam", "GetRole", { RoleName }))) ?? {};
  const request = { principal: ctx.principal, action: "sts:AssumeRole", resource: RoleArn, conditions: {} };
  const trust = decodeURIComponent(Role?.AssumeRolePolicyDocument ?? "{}");
  if (Role === undefined || ctx.cloud.identity.judge(trust, request) !== "allow") {
    throw denied(`events.amazonaws.com cannot assume the role ${RoleArn} of the target`);
  }
  const session = "AWSEvents";
  const principal = {
    type: "assumed-role",
    account: home.account,
    arn: `arn:aws:sts::${home.account}:assumed-role/${RoleName}/${session}`,
    userId: `${Role.RoleId}:${session}`,
    via: { service: "events.amazonaws.com", source: ruleArn },
  } as const;
  const decision = ctx.cloud.identity.decide({ principal, action, resource, conditions: {} });
  if (!decision.allowed) throw denied(`User: ${principal.arn} is not authorized to perform: ${action} on resource: ${resource}`);
  return ctx.with({ principal });
}

/** What a target's own input says; the event itself, and what is no JSON object, says nothing. */
function inputOf({ target, text }: Parcel): Record<string, unknown> {
  if (target.Input === undefined && target.InputTransformer === undefined && target.InputPath === undefined) return {};
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === "object" && value !== null && !Array.isArray(value) ? (value as Record<string, unknown>) : {};
  } catch {
    return {};
  }
}

const listOf = <T>(value: unknown): T[] => (Array.isArray(value) ? (value as T[]) : value === undefined ? [] : [value as T]);

/**
 * Starts the pipeline; an input may give `sourceRevisions` and `variables`, one or a list.
 * https://docs.aws.amazon.com/codepipeline/latest/userguide/pipelines-trigger-source-overrides.html
 */
export async function codepipeline(ctx: Context, parcel: Parcel): Promise<void> {
  const acting = await asRole(ctx, parcel, "codepipeline:StartPipelineExecution");
  const input = inputOf(parcel);
  const sourceRevisions = listOf<SourceRevisionOverride>(input["sourceRevisions"]);
  const variables = listOf<PipelineVariable>(input["variables"]);
  await acting.call("codepipeline", "StartPipelineExecution", {
    name: parcel.arn.resource,
    clientRequestToken: tokenOf(parcel),
    ...(sourceRevisions.length === 0 ? {} : { sourceRevisions }),
    ...(variables.length === 0 ? {} : { variables }),
  });
}

/**
 * Starts a build; an input gives members of StartBuild.
 * https://docs.aws.amazon.com/codebuild/latest/userguide/sample-build-notifications.html
 */
export async function codebuild(ctx: Context, parcel: Parcel): Promise<void> {
  const acting = await asRole(ctx, parcel, "codebuild:StartBuild");
  const { projectName: _project, ...overrides } = inputOf(parcel) as Partial<StartBuildInput>;
  const projectName = parcel.arn.resource.replace(/^project\//, "");
  await acting.call("codebuild", "StartBuild", { idempotencyToken: tokenOf(parcel), ...overrides, projectName });
}

/** One start for one event, however often it has to be sent. */
const tokenOf = ({ event, target }: Parcel): string => `${event.id}-${target.Id}`.replace(/[^a-zA-Z0-9-]/g, "-").slice(0, 64);
