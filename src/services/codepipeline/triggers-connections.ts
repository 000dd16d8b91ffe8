import type { GitConfiguration } from "@aws-sdk/client-codepipeline";
import type { Context } from "../../aws/context.ts";
import type { Subscription } from "../../aws/service.ts";
import type { TimelineEvent } from "../../kernel/events.ts";
import type { Declaration } from "./definition/declaration.ts";
import { findDeclaration, findPipeline } from "./engine/live.ts";
import { type SourceAction, sourcesOf } from "./sources.ts";
import { startFor } from "./triggers.ts";
import { type Match, type PullRequest, type Push, pullRequestMatch, pushMatch } from "./triggers-filter.ts";

const text = (value: unknown): string => (typeof value === "string" ? value : "");
/** Both services' ARNs name the same connection. */
const idOf = (arn: string | undefined): string => arn?.split("/").at(-1) ?? "";

interface Decision extends Match {
  readonly type: "Webhook" | "WebhookV2";
}

type Triggers = Pick<Declaration, "triggers">;

const gitOf = ({ triggers }: Triggers, { actionName }: SourceAction): Partial<GitConfiguration> =>
  triggers?.find(({ gitConfiguration }) => gitConfiguration?.sourceActionName === actionName)?.gitConfiguration ?? {};

/**
 * Whether a push starts the pipeline. A trigger of the source action decides alone; without one the action's own branch
 * does, unless `DetectChanges` is false. https://docs.aws.amazon.com/codepipeline/latest/userguide/pipelines-triggers.html
 */
export function decide(declaration: Triggers, source: SourceAction, push: Push): Decision | undefined {
  const { push: filters, pullRequest } = gitOf(declaration, source);
  if (filters !== undefined || pullRequest !== undefined) {
    const match = pushMatch({ push: filters }, push);
    return match === undefined ? undefined : { type: "WebhookV2", ...match };
  }
  const { BranchName: branch, DetectChanges: detects = "true" } = source.configuration;
  if (push.kind !== "branch" || push.name !== branch || detects.toLowerCase() === "false") return undefined;
  return { type: "Webhook", why: `the source action ${source.actionName} detects changes of ${branch}` };
}

/** Only a trigger with a filter of pull requests wants to hear of one. */
function decideRequest(declaration: Triggers, source: SourceAction, request: PullRequest): Decision | undefined {
  const match = pullRequestMatch(gitOf(declaration, source), request);
  return match === undefined ? undefined : { type: "WebhookV2", ...match };
}

/** Members of `execution-trigger`: https://docs.aws.amazon.com/codepipeline/latest/userguide/detect-state-changes-cloudwatch-events.html */
function factsOf({ detail }: TimelineEvent, place: Record<string, string>): Record<string, string> {
  return {
    "full-repository-name": text(detail["fullRepositoryId"]),
    "connection-arn": text(detail["connectionArn"]),
    "commit-id": text(detail["commitId"]),
    "commit-message": text(detail["message"]),
    "author-display-name": text(detail["author"]),
    "author-email": text(detail["authorEmail"]),
    ...place,
  };
}

/** Starts each pipeline once whose source is the event's repository and which the event is decided to start. */
function startDecided(
  ctx: Context,
  event: TimelineEvent,
  facts: Record<string, string>,
  decided: (declaration: Triggers, source: SourceAction) => Decision | undefined,
): void {
  const { connectionArn, fullRepositoryId, commitId } = event.detail;
  const commit = text(commitId);
  if (commit === "") return;
  const started = new Set<string>();
  for (const source of sourcesOf(ctx, "CodeStarSourceConnection")) {
    const { ConnectionArn, FullRepositoryId } = source.configuration;
    if (idOf(ConnectionArn) !== idOf(text(connectionArn)) || FullRepositoryId !== fullRepositoryId) continue;
    const { name, version } = findPipeline(ctx, source.pipelineName);
    const decision = decided(findDeclaration(ctx, name, version) ?? {}, source);
    if (decision === undefined || started.has(name)) continue;
    started.add(name);
    startFor(ctx, {
      pipelineName: name,
      trigger: { type: decision.type, detail: ConnectionArn ?? "", facts },
      sourceRevisions: [{ actionName: source.actionName, revisionType: "COMMIT_ID", revisionValue: commit }],
      rule: `${decision.why}: commit ${commit.slice(0, 7)}`,
    });
  }
}

const pathsOf = ({ detail }: TimelineEvent): readonly string[] =>
  Array.isArray(detail["changedPaths"]) ? (detail["changedPaths"] as string[]) : [];

function onPush(ctx: Context, event: TimelineEvent): void {
  const { detail } = event;
  const paths = detail["event"] === "referenceCreated" ? undefined : pathsOf(event);
  const push: Push = { kind: detail["referenceType"] === "tag" ? "tag" : "branch", name: text(detail["referenceName"]), paths };
  const facts = factsOf(event, { [push.kind === "tag" ? "tag-name" : "branch-name"]: push.name });
  startDecided(ctx, event, facts, (declaration, source) => decide(declaration, source, push));
}

/** The source branch is what the execution takes: its newest commit is the pull request's. */
function onPullRequest(ctx: Context, event: TimelineEvent): void {
  const { detail } = event;
  const request: PullRequest = {
    event: text(detail["event"]),
    id: text(detail["pullRequestId"]),
    destination: text(detail["destinationBranch"]),
    paths: pathsOf(event),
  };
  const facts = factsOf(event, {
    "branch-name": text(detail["sourceBranch"]),
    "pull-request-id": request.id,
    "pull-request-title": text(detail["title"]),
    "destination-branch-name": request.destination,
  });
  startDecided(ctx, event, facts, (declaration, source) => decideRequest(declaration, source, request));
}

const PUSHED = "Repository pushed";
const REQUEST = "Pull request changed";

/** Pushes and pull requests of what connections reach. */
export const connectionPushes: Subscription = {
  name: "codepipeline.connection-pushes",
  wants: ({ source, type }) => source === "aws.codeconnections" && (type === PUSHED || type === REQUEST),
  handle: (ctx, event) => (event.type === PUSHED ? onPush(ctx, event) : onPullRequest(ctx, event)),
};
