import { commitId, type Delivery, ignored, type Payload, pathsOf, type Received, type WebhookEvent } from "./delivery.ts";

/** https://docs.aws.amazon.com/codebuild/latest/userguide/gitlab-webhook.html */
const MERGE_REQUEST: Readonly<Record<string, WebhookEvent>> = {
  open: "PULL_REQUEST_CREATED",
  update: "PULL_REQUEST_UPDATED",
  merge: "PULL_REQUEST_MERGED",
  reopen: "PULL_REQUEST_REOPENED",
  close: "PULL_REQUEST_CLOSED",
};

/** https://docs.gitlab.com/user/project/integrations/webhook_events/ */
export function fromGitLab(kind: string, body: Payload): Received {
  if (kind === "Push Hook" || kind === "Tag Push Hook") return push(body);
  if (kind === "Merge Request Hook") return mergeRequest(body);
  if (kind === "Release Hook") return release(body);
  return ignored(`events of the kind ${kind} start no builds`);
}

const common = (body: Payload): Pick<Delivery, "actor" | "repository" | "cloneUrl"> => ({
  actor: body.text("user_id") ?? body.text("user", "id") ?? "",
  repository: body.text("project", "path_with_namespace") ?? "",
  cloneUrl: body.text("project", "git_http_url"),
});

function push(body: Payload): Received {
  const commit = commitId(body.text("checkout_sha") ?? body.text("after"));
  if (commit === undefined) return ignored(`${body.text("ref") ?? "the ref"} was deleted`);
  const commits = body.list("commits");
  const head = commits.find((one) => one.text("id") === commit) ?? commits.at(-1);
  const delivery: Delivery = {
    ...common(body),
    event: "PUSH",
    headRef: body.text("ref") ?? "",
    commit,
    before: commitId(body.text("before")),
    message: head?.text("message"),
    paths: pathsOf(commits),
  };
  return { deliveries: [delivery] };
}

function mergeRequest(body: Payload): Received {
  const request = body.at("object_attributes");
  const action = request.text("action") ?? "";
  const event = MERGE_REQUEST[action];
  if (event === undefined) return ignored(`the action ${action} of a merge request starts no builds`);
  const delivery: Delivery = {
    ...common(body),
    event,
    headRef: `refs/heads/${request.text("source_branch") ?? ""}`,
    baseRef: `refs/heads/${request.text("target_branch") ?? ""}`,
    commit: commitId(request.text("last_commit", "id")),
    mergeCommit: event === "PULL_REQUEST_MERGED" ? commitId(request.text("merge_commit_sha")) : undefined,
    message: request.text("last_commit", "message"),
    pullRequest: request.text("iid"),
    isFork: request.text("source_project_id") !== request.text("target_project_id"),
  };
  return { deliveries: [delivery] };
}

function release(body: Payload): Received {
  if (!["create", "update"].includes(body.text("action") ?? "")) return ignored("only releases that are made or changed start builds");
  const tagName = body.text("tag");
  const commit = commitId(body.text("commit", "id"));
  return {
    deliveries: [
      { ...common(body), event: "RELEASED", headRef: `refs/tags/${tagName ?? ""}`, commit, tagName, releaseName: body.text("name") },
    ],
  };
}
