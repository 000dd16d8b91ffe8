import type { ProjectSource, StartBuildInput } from "@aws-sdk/client-codebuild";
import type { Context } from "../../../aws/context.ts";
import { AwsException } from "../../../aws/exception.ts";
import { hooks } from "../hooks.ts";
import { projectArn } from "../names.ts";
import type { BuildOrigin, ProjectSettings } from "../records.ts";
import { startBuild } from "../start.ts";
import { projects } from "../store.ts";
import type { Approval, Delivery } from "./delivery.ts";
import { decide } from "./filters.ts";
import type { WebhookSettings } from "./settings.ts";
import { unapproved, type WebhookRow } from "./store.ts";

/** Who speaks: as the build's initiator it stands for the caller. */
export interface Sender {
  /** `GitHub-Hookshot/1a2b3c4`, as AWS shows it. */
  readonly initiator: string;
  /** The commit to be built where the host's own name of a pull request cannot be fetched. */
  readonly byCommit?: boolean;
}

interface Target {
  readonly row: WebhookRow;
  readonly settings: WebhookSettings;
  readonly source: ProjectSource;
}

/** The project's webhook with what decides; undefined when its project is gone. */
export function targetOf(ctx: Context, row: WebhookRow): Target | undefined {
  const project = ctx.get(projects.get, { name: row.project });
  if (project === undefined) return undefined;
  const { source = { type: "NO_SOURCE" } } = JSON.parse(project.settings) as ProjectSettings;
  return { row, settings: JSON.parse(row.settings) as WebhookSettings, source };
}

/** Decides about one event and starts what it is to start; answers why. To be called in a transaction. */
export function receive(ctx: Context, target: Target, delivery: Delivery, sender: Sender): string {
  const { row, settings, source } = target;
  if (settings.scopeConfiguration === undefined && !isOf(source, delivery.repository))
    return tell(ctx, row, false, `${delivery.repository} is not the repository of project ${row.project}`).why;
  const { starts, why } = decide(settings, delivery);
  if (!starts) return tell(ctx, row, false, why).why;
  if (!isApproved(settings, delivery)) {
    ctx.run(unapproved.put, { project: row.project, number: delivery.pullRequest ?? "", delivery: JSON.stringify(delivery) });
    return tell(ctx, row, false, "Pull request approval required for starting a build").why;
  }
  const told = tell(ctx, row, true, why);
  start(ctx.with({ cause: told.event }), target, delivery, sender);
  return why;
}

/** Somebody's comment lets a pull request be built that waited for it. */
export function approve(ctx: Context, target: Target, approval: Approval, sender: Sender): string {
  const { row, settings } = target;
  const { pullRequest: number, commit, role } = approval;
  const waiting = ctx.get(unapproved.get, { project: row.project, number });
  const delivery = waiting === undefined ? undefined : (JSON.parse(waiting.delivery) as Delivery);
  if (delivery?.commit?.startsWith(commit) !== true)
    return tell(ctx, row, false, `commit ${commit} of pull request ${number} waits for no approval`).why;
  if (!isTrusted(settings, role)) return tell(ctx, row, false, "who wrote the comment may approve no pull request").why;
  const told = tell(ctx, row, true, `commit ${commit} of pull request ${number} was approved`);
  start(ctx.with({ cause: told.event }), target, delivery, sender);
  return told.why;
}

function tell(ctx: Context, row: WebhookRow, accepted: boolean, why: string): { event: string; why: string } {
  const event = ctx.emit({
    source: "aws.codebuild",
    type: "Webhook Received",
    resources: [projectArn(ctx, row.project)],
    detail: { project: row.project, accepted },
    rule: why,
  });
  return { event, why };
}

/** `https://github.com/owner/name.git` is `owner/name`. */
export function isOf({ location = "" }: ProjectSource, repository: string): boolean {
  const path = location
    .replace(/\/+$/, "")
    .replace(/\.git$/, "")
    .toLowerCase();
  return repository !== "" && (path.endsWith(`/${repository.toLowerCase()}`) || path.endsWith(`:${repository.toLowerCase()}`));
}

/** A host that does not tell the contributor's role is taken to have asked for it itself. */
const isTrusted = ({ pullRequestBuildPolicy: { approverRoles } }: WebhookSettings, role: string | undefined): boolean =>
  role === undefined || (approverRoles ?? []).some((one) => one === role);

/** https://docs.aws.amazon.com/codebuild/latest/userguide/pull-request-build-policy.html */
function isApproved(settings: WebhookSettings, { pullRequest, isFork, role }: Delivery): boolean {
  const { requiresCommentApproval } = settings.pullRequestBuildPolicy;
  if (pullRequest === undefined || requiresCommentApproval === "DISABLED") return true;
  if (requiresCommentApproval === "FORK_PULL_REQUESTS" && isFork !== true) return true;
  return isTrusted(settings, role);
}

function start(ctx: Context, { row, settings, source }: Target, delivery: Delivery, { initiator, byCommit }: Sender): void {
  const sourceVersion = versionOf(source, delivery, byCommit === true);
  const scoped = settings.scopeConfiguration !== undefined && delivery.cloneUrl !== undefined;
  const input: StartBuildInput = {
    projectName: row.project,
    ...(sourceVersion === undefined ? {} : { sourceVersion }),
    ...(scoped ? { sourceLocationOverride: delivery.cloneUrl } : {}),
  };
  const origin: BuildOrigin = { initiator, variables: variablesOf(delivery) };
  try {
    if (settings.buildType !== "BUILD_BATCH") startBuild(ctx, input, origin);
    else if (hooks.startBatch !== undefined) hooks.startBatch(ctx, input, origin);
    else throw new AwsException("InvalidInputException", "batch builds cannot be started by a webhook");
  } catch (error) {
    if (!(error instanceof AwsException)) throw error;
    ctx.emit({
      source: "aws.codebuild",
      type: "Build Not Started",
      resources: [projectArn(ctx, row.project)],
      detail: { project: row.project, "error-code": error.code },
      rule: error.message,
    });
  }
}

/** GitHub gives each pull request a ref of its own; elsewhere its commit is what is built. */
function versionOf(
  { type }: ProjectSource,
  { pullRequest, commit, headRef, mergeCommit }: Delivery,
  byCommit: boolean,
): string | undefined {
  const hasRefs = type === "GITHUB" || type === "GITHUB_ENTERPRISE";
  if (pullRequest !== undefined && hasRefs && !byCommit) return `pr/${pullRequest}`;
  return mergeCommit ?? commit ?? headRef;
}

/** https://docs.aws.amazon.com/codebuild/latest/userguide/build-env-ref-env-vars.html */
function variablesOf(delivery: Delivery): Record<string, string> {
  const [, kind = "", name = ""] = /^refs\/(heads|tags)\/(.*)$/.exec(delivery.headRef) ?? [];
  const trigger = delivery.pullRequest === undefined ? `${kind === "tags" ? "tag" : "branch"}/${name}` : `pr/${delivery.pullRequest}`;
  const values: Readonly<Record<string, string | undefined>> = {
    ACTOR_ACCOUNT_ID: delivery.actor,
    BASE_REF: delivery.baseRef,
    EVENT: delivery.event,
    HEAD_REF: delivery.headRef,
    MERGE_COMMIT: delivery.mergeCommit,
    PREV_COMMIT: delivery.before,
    TRIGGER: trigger,
  };
  return Object.fromEntries(
    Object.entries(values).flatMap(([key, value]) => (value === undefined ? [] : [[`CODEBUILD_WEBHOOK_${key}`, value]])),
  );
}
