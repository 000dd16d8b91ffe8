import type { Context } from "../../aws/context.ts";
import type { Subscription } from "../../aws/service.ts";
import type { TimelineEvent } from "../../kernel/events.ts";
import type { Declaration } from "./definition/declaration.ts";
import { findDeclaration, findPipeline } from "./engine/live.ts";
import { type SourceAction, sourcesOf } from "./sources.ts";
import { startFor } from "./triggers.ts";
import { type Match, type Push, pushMatch } from "./triggers-filter.ts";

const text = (value: unknown): string => (typeof value === "string" ? value : "");
/** Both services' ARNs name the same connection. */
const idOf = (arn: string | undefined): string => arn?.split("/").at(-1) ?? "";

interface Decision extends Match {
  readonly type: "Webhook" | "WebhookV2";
}

/**
 * Whether a push starts the pipeline. A trigger of the source action decides alone; without one the action's own branch
 * does, unless `DetectChanges` is false. https://docs.aws.amazon.com/codepipeline/latest/userguide/pipelines-triggers.html
 */
export function decide(declaration: Pick<Declaration, "triggers">, source: SourceAction, push: Push): Decision | undefined {
  const trigger = declaration.triggers?.find(({ gitConfiguration }) => gitConfiguration?.sourceActionName === source.actionName);
  const { push: filters, pullRequest } = trigger?.gitConfiguration ?? {};
  if (filters !== undefined || pullRequest !== undefined) {
    const match = pushMatch({ push: filters }, push);
    return match === undefined ? undefined : { type: "WebhookV2", ...match };
  }
  const { BranchName: branch, DetectChanges: detects = "true" } = source.configuration;
  if (push.kind !== "branch" || push.name !== branch || detects.toLowerCase() === "false") return undefined;
  return { type: "Webhook", why: `the source action ${source.actionName} detects changes of ${branch}` };
}

/** Members of `execution-trigger`: https://docs.aws.amazon.com/codepipeline/latest/userguide/detect-state-changes-cloudwatch-events.html */
function factsOf({ detail }: TimelineEvent, push: Push): Record<string, string> {
  return {
    "full-repository-name": text(detail["fullRepositoryId"]),
    "connection-arn": text(detail["connectionArn"]),
    "commit-id": text(detail["commitId"]),
    "commit-message": text(detail["message"]),
    "author-display-name": text(detail["author"]),
    "author-email": text(detail["authorEmail"]),
    [push.kind === "tag" ? "tag-name" : "branch-name"]: push.name,
  };
}

function onPush(ctx: Context, event: TimelineEvent): void {
  const { detail } = event;
  const commit = text(detail["commitId"]);
  if (commit === "") return;
  const isNew = detail["event"] === "referenceCreated";
  const paths = Array.isArray(detail["changedPaths"]) && !isNew ? (detail["changedPaths"] as string[]) : undefined;
  const push: Push = { kind: detail["referenceType"] === "tag" ? "tag" : "branch", name: text(detail["referenceName"]), paths };
  const started = new Set<string>();
  for (const source of sourcesOf(ctx, "CodeStarSourceConnection")) {
    const { ConnectionArn, FullRepositoryId } = source.configuration;
    if (idOf(ConnectionArn) !== idOf(text(detail["connectionArn"])) || FullRepositoryId !== detail["fullRepositoryId"]) continue;
    const { name, version } = findPipeline(ctx, source.pipelineName);
    const decision = decide(findDeclaration(ctx, name, version) ?? {}, source, push);
    if (decision === undefined || started.has(name)) continue;
    started.add(name);
    startFor(ctx, {
      pipelineName: name,
      trigger: { type: decision.type, detail: ConnectionArn ?? "", facts: factsOf(event, push) },
      sourceRevisions: [{ actionName: source.actionName, revisionType: "COMMIT_ID", revisionValue: commit }],
      rule: `${decision.why}: commit ${commit.slice(0, 7)}`,
    });
  }
}

/** Pushes to what connections reach. No provider here has pull requests, so their filters never let anything through. */
export const connectionPushes: Subscription = {
  name: "codepipeline.connection-pushes",
  wants: ({ source, type }) => source === "aws.codeconnections" && type === "Repository pushed",
  handle: onPush,
};
