import { type Delivery, ignored, type Payload, type Received, type WebhookEvent } from "./delivery.ts";

/** https://docs.aws.amazon.com/codebuild/latest/userguide/bitbucket-webhook.html */
const PULL_REQUEST: Readonly<Record<string, WebhookEvent>> = {
  "pullrequest:created": "PULL_REQUEST_CREATED",
  "pullrequest:updated": "PULL_REQUEST_UPDATED",
  "pullrequest:fulfilled": "PULL_REQUEST_MERGED",
  "pullrequest:rejected": "PULL_REQUEST_CLOSED",
};

/** https://support.atlassian.com/bitbucket-cloud/docs/event-payloads/ */
export function fromBitbucket(key: string, body: Payload): Received {
  const repository = body.text("repository", "full_name") ?? "";
  const common = {
    actor: body.text("actor", "account_id") ?? "",
    repository,
    cloneUrl: body.text("repository", "links", "html", "href"),
  };
  if (key === "repo:push") return push(body, common);
  const event = PULL_REQUEST[key];
  if (event === undefined) return ignored(`events of the kind ${key} start no builds`);
  const request = body.at("pullrequest");
  const delivery: Delivery = {
    ...common,
    event,
    headRef: `refs/heads/${request.text("source", "branch", "name") ?? ""}`,
    baseRef: `refs/heads/${request.text("destination", "branch", "name") ?? ""}`,
    commit: request.text("source", "commit", "hash"),
    mergeCommit: event === "PULL_REQUEST_MERGED" ? request.text("merge_commit", "hash") : undefined,
    pullRequest: request.text("id"),
    isFork: request.text("source", "repository", "full_name") !== request.text("destination", "repository", "full_name"),
  };
  return { deliveries: [delivery] };
}

/** One delivery may tell of several refs, and tells no files. */
function push(body: Payload, common: Pick<Delivery, "actor" | "repository" | "cloneUrl">): Received {
  const deliveries = body.list("push", "changes").flatMap((change): Delivery[] => {
    const { isThere } = change.at("new");
    if (!isThere) return [];
    const kind = change.text("new", "type") === "tag" ? "tags" : "heads";
    return [
      {
        ...common,
        event: "PUSH",
        headRef: `refs/${kind}/${change.text("new", "name") ?? ""}`,
        commit: change.text("new", "target", "hash"),
        before: change.text("old", "target", "hash"),
        message: change.text("new", "target", "message"),
      },
    ];
  });
  return deliveries.length === 0 ? ignored("refs were deleted") : { deliveries };
}
