import { commitId, type Delivery, ignored, type Payload, pathsOf, type Received, type WebhookEvent } from "./delivery.ts";

/** https://docs.aws.amazon.com/codebuild/latest/userguide/github-webhook.html */
const PULL_REQUEST: Readonly<Record<string, WebhookEvent>> = {
  opened: "PULL_REQUEST_CREATED",
  reopened: "PULL_REQUEST_REOPENED",
  synchronize: "PULL_REQUEST_UPDATED",
};
const RELEASE: Readonly<Record<string, WebhookEvent>> = { released: "RELEASED", prereleased: "PRERELEASED" };
/** A delivery tells a contributor's association, not the role that it comes with. */
const ROLES: Readonly<Record<string, string>> = { OWNER: "GITHUB_ADMIN", MEMBER: "GITHUB_WRITE", COLLABORATOR: "GITHUB_WRITE" };
const APPROVAL = /^\s*\/codebuild_run\(([0-9a-f]{7,40})\)\s*$/m;

const roleOf = (association: string | undefined): string | undefined =>
  association === undefined ? undefined : (ROLES[association] ?? "GITHUB_READ");

/** https://docs.github.com/en/webhooks/webhook-events-and-payloads: deliveries of GitHub and GitHub Enterprise Server. */
export function fromGitHub(kind: string, body: Payload): Received {
  if (kind === "push") return push(body);
  if (kind === "pull_request") return pullRequest(body);
  if (kind === "release") return release(body);
  if (kind === "issue_comment") return comment(body);
  return ignored(kind === "ping" ? "pong" : `events of the kind ${kind} start no builds`);
}

const common = (body: Payload): Pick<Delivery, "actor" | "repository" | "cloneUrl"> => ({
  actor: body.text("sender", "id") ?? "",
  repository: body.text("repository", "full_name") ?? "",
  cloneUrl: body.text("repository", "clone_url"),
});

function push(body: Payload): Received {
  const commit = commitId(body.text("after"));
  if (body.flag("deleted") || commit === undefined) return ignored(`${body.text("ref") ?? "the ref"} was deleted`);
  const delivery: Delivery = {
    ...common(body),
    event: "PUSH",
    headRef: body.text("ref") ?? "",
    commit,
    before: commitId(body.text("before")),
    message: body.text("head_commit", "message"),
    paths: pathsOf(body.list("commits")),
  };
  return { deliveries: [delivery] };
}

function pullRequest(body: Payload): Received {
  const request = body.at("pull_request");
  const action = body.text("action") ?? "";
  const closed: WebhookEvent = request.flag("merged") ? "PULL_REQUEST_MERGED" : "PULL_REQUEST_CLOSED";
  const event = action === "closed" ? closed : PULL_REQUEST[action];
  if (event === undefined) return ignored(`the action ${action} of a pull request starts no builds`);
  const delivery: Delivery = {
    ...common(body),
    event,
    headRef: `refs/heads/${request.text("head", "ref") ?? ""}`,
    baseRef: `refs/heads/${request.text("base", "ref") ?? ""}`,
    commit: commitId(request.text("head", "sha")),
    pullRequest: request.text("number") ?? body.text("number"),
    role: roleOf(request.text("author_association")),
    isFork: request.text("head", "repo", "full_name") !== request.text("base", "repo", "full_name"),
  };
  return { deliveries: [delivery] };
}

function release(body: Payload): Received {
  const event = RELEASE[body.text("action") ?? ""];
  if (event === undefined) return ignored("only releases and prereleases start builds");
  const tagName = body.text("release", "tag_name");
  const releaseName = body.text("release", "name");
  return { deliveries: [{ ...common(body), event, headRef: `refs/tags/${tagName ?? ""}`, commit: undefined, tagName, releaseName }] };
}

/** https://docs.aws.amazon.com/codebuild/latest/userguide/pull-request-build-policy.html */
function comment(body: Payload): Received {
  const [, commit] = APPROVAL.exec(body.text("comment", "body") ?? "") ?? [];
  const pullRequest = body.text("issue", "number");
  if (body.text("action") !== "created" || !body.at("issue", "pull_request").isThere || commit === undefined || pullRequest === undefined)
    return ignored("the comment approves no pull request");
  return { deliveries: [], approval: { pullRequest, commit, role: roleOf(body.text("comment", "author_association")) } };
}
