import type { Context } from "../../aws/context.ts";
import { AwsException } from "../../aws/exception.ts";
import type { Subscription } from "../../aws/service.ts";
import type { TimelineEvent } from "../../kernel/events.ts";
import { type SourceAction, sourcesOf } from "./sources.ts";
import { type StartRequest, startExecution } from "./starts.ts";

/** Starts a pipeline because of a change; that it could not be started is told in the timeline. */
export function startFor(ctx: Context, request: StartRequest): void {
  try {
    startExecution(ctx, request);
  } catch (error) {
    if (!(error instanceof AwsException)) throw error;
    ctx.emit({
      source: "aws.codepipeline",
      type: "Pipeline not started",
      resources: [ctx.arn("codepipeline", request.pipelineName)],
      detail: { pipeline: request.pipelineName, "trigger-type": request.trigger.type, "error-code": error.code },
      rule: error.message,
    });
  }
}

/** Left out means that AWS polls. https://docs.aws.amazon.com/codepipeline/latest/userguide/PollForSourceChanges-defaults.html */
const isPolled = ({ configuration }: SourceAction): boolean => configuration["PollForSourceChanges"]?.toLowerCase() !== "false";

/** AWS looks about once a minute; here the change itself is the moment at which it is seen. */
function startPolled(
  ctx: Context,
  event: TimelineEvent,
  source: SourceAction,
  revision: { type: "COMMIT_ID" | "S3_OBJECT_VERSION_ID"; value: string; told: string },
): void {
  startFor(ctx, {
    pipelineName: source.pipelineName,
    trigger: { type: "PollForSourceChanges", detail: event.resources[0] ?? "" },
    sourceRevisions: [{ actionName: source.actionName, revisionType: revision.type, revisionValue: revision.value }],
    rule: `${revision.told}, which the source action ${source.actionName} polls`,
  });
}

/** One start for each pipeline, however many of its sources changed. */
function eachPipeline(sources: readonly SourceAction[]): SourceAction[] {
  return [...new Map(sources.toReversed().map((source) => [source.pipelineName, source])).values()];
}

function onPush(ctx: Context, event: TimelineEvent): void {
  const { event: kind, repositoryName, referenceType, referenceName, commitId } = event.detail;
  if (referenceType !== "branch" || kind === "referenceDeleted" || typeof commitId !== "string") return;
  const sources = sourcesOf(ctx, "CodeCommit").filter(
    (source) =>
      isPolled(source) && source.configuration["RepositoryName"] === repositoryName && source.configuration["BranchName"] === referenceName,
  );
  const told = `${String(repositoryName)} has the commit ${commitId.slice(0, 7)} on ${String(referenceName)}`;
  for (const source of eachPipeline(sources)) startPolled(ctx, event, source, { type: "COMMIT_ID", value: commitId, told });
}

function onObject(ctx: Context, event: TimelineEvent): void {
  const { name } = (event.detail["bucket"] ?? {}) as { readonly name?: string };
  const { key, "version-id": version } = (event.detail["object"] ?? {}) as { readonly key?: string; readonly "version-id"?: string };
  if (version === undefined) return;
  const sources = sourcesOf(ctx, "S3").filter(
    (source) => isPolled(source) && source.configuration["S3Bucket"] === name && source.configuration["S3ObjectKey"] === key,
  );
  const told = `s3://${name}/${key} has the version ${version}`;
  for (const source of eachPipeline(sources)) startPolled(ctx, event, source, { type: "S3_OBJECT_VERSION_ID", value: version, told });
}

const PUSH = "CodeCommit Repository State Change";
const OBJECT = "Object Created";

/** Changes of what source actions poll. */
export const polledSources: Subscription = {
  name: "codepipeline.polled-sources",
  wants: ({ source, type }) => (source === "aws.codecommit" && type === PUSH) || (source === "aws.s3" && type === OBJECT),
  handle: (ctx, event) => (event.type === PUSH ? onPush(ctx, event) : onObject(ctx, event)),
};
