import type { Input, Output } from "../../aws/clients.ts";
import type { Context } from "../../aws/context.ts";
import { pageOf } from "../../aws/paging.ts";
import { limitOf } from "./commits.ts";
import { findPullRequest } from "./pull-request-record.ts";
import { selectPullRequestEvents } from "./pull-request-store.ts";
import { positionOf } from "./repositories.ts";

type Events = NonNullable<Output<"codecommit", "DescribePullRequestEvents">["pullRequestEvents"]>;

/** Newest first. */
export function describePullRequestEvents(
  input: Input<"codecommit", "DescribePullRequestEvents">,
  ctx: Context,
): Output<"codecommit", "DescribePullRequestEvents"> {
  const { row } = findPullRequest(ctx, input.pullRequestId);
  const limit = limitOf(input.maxResults);
  const start = positionOf(input.nextToken);
  const rows = ctx
    .all(selectPullRequestEvents, { id: row.id })
    .filter(({ type, actor }) => (input.pullRequestEventType ?? type) === type && (input.actorArn ?? actor) === actor);
  const { items, nextToken } = pageOf(rows.slice(start, start + limit + 1), limit, () => [start + limit]);
  const events = items.map(({ type, actor, time, metadata }) => ({
    pullRequestId: String(row.id),
    eventDate: new Date(time),
    pullRequestEventType: type,
    actorArn: actor,
    ...(JSON.parse(metadata) as object),
  }));
  return { pullRequestEvents: events as Events, ...(nextToken === undefined ? {} : { nextToken }) };
}
