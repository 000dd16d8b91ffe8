import type { Context } from "../../../aws/context.ts";
import type { Subscription } from "../../../aws/service.ts";
import type { TimelineEvent } from "../../../kernel/events.ts";
import { connectionOf } from "../credentials/use.ts";
import type { Delivery, WebhookEvent } from "./delivery.ts";
import { webhooks } from "./store.ts";
import { isOf, receive, targetOf } from "./trigger.ts";

const PUSHED = "Repository pushed";
const REQUEST = "Pull request changed";
const REQUEST_EVENTS: Readonly<Record<string, WebhookEvent>> = {
  OPEN: "PULL_REQUEST_CREATED",
  UPDATED: "PULL_REQUEST_UPDATED",
  CLOSED: "PULL_REQUEST_CLOSED",
};

const text = (value: unknown): string => (typeof value === "string" ? value : "");
const known = (value: unknown): string | undefined => (typeof value === "string" && value !== "" ? value : undefined);
/** ARNs of either of its two names mean the same connection. */
const idOf = (arn: string | undefined): string => arn?.split("/").at(-1) ?? "";

function deliveryOf({ type, detail }: TimelineEvent): Delivery | undefined {
  const commit = known(detail["commitId"]);
  if (commit === undefined) return undefined;
  const common = {
    actor: text(detail["authorEmail"]),
    repository: text(detail["fullRepositoryId"]),
    cloneUrl: undefined,
    commit,
    message: known(detail["message"]),
    paths: Array.isArray(detail["changedPaths"]) ? (detail["changedPaths"] as string[]) : [],
  };
  if (type === PUSHED)
    return { ...common, event: "PUSH", headRef: text(detail["referenceFullName"]), before: known(detail["oldCommitId"]) };
  const event = REQUEST_EVENTS[text(detail["event"])];
  if (event === undefined) return undefined;
  return {
    ...common,
    event,
    headRef: `refs/heads/${text(detail["sourceBranch"])}`,
    baseRef: `refs/heads/${text(detail["destinationBranch"])}`,
    pullRequest: String(detail["pullRequestId"] ?? ""),
  };
}

/**
 * Every webhook whose project has this repository: by the connection that told of it, or because Orrery serves it. Several
 * connections may tell of the same change; it counts once.
 */
function onEvent(ctx: Context, event: TimelineEvent): void {
  const delivery = deliveryOf(event);
  if (delivery === undefined) return;
  const told = `${event.time} ${delivery.event} ${delivery.headRef} ${delivery.commit ?? ""}`;
  for (const row of ctx.all(webhooks.all, {})) {
    const target = targetOf(ctx, row);
    if (target === undefined || row.told === told || !isOf(target.source, delivery.repository)) continue;
    const connection = connectionOf(ctx, target.source);
    const isServed = target.source.location?.startsWith(`${ctx.cloud.endpoint}/_git/`) === true;
    if (!isServed && (connection === undefined || idOf(connection) !== idOf(event.resources[0]))) continue;
    ctx.run(webhooks.setTold, { project: row.project, told });
    receive(ctx, target, delivery, { initiator: "CodeConnections", byCommit: true });
  }
}

/** Pushes to repositories of connections, which are what the local git provider serves. */
export const connectionEvents: Subscription = {
  name: "codebuild.connection-events",
  wants: ({ source, type }) => source === "aws.codeconnections" && (type === PUSHED || type === REQUEST),
  handle: onEvent,
};
