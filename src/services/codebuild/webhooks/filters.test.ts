import { describe, expect, it } from "vitest";
import { fromBitbucket } from "./bitbucket.ts";
import { type Delivery, Payload } from "./delivery.ts";
import { decide } from "./filters.ts";
import { fromGitHub } from "./github.ts";
import { fromGitLab } from "./gitlab.ts";

const push: Delivery = {
  event: "PUSH",
  actor: "42",
  repository: "acme/shop",
  cloneUrl: undefined,
  headRef: "refs/heads/main",
  commit: "c".repeat(40),
  message: "Fix it [CodeBuild]",
  paths: ["src/a.ts", "README.md"],
};
const request: Delivery = {
  ...push,
  event: "PULL_REQUEST_CREATED",
  headRef: "refs/heads/topic",
  baseRef: "refs/heads/main",
  pullRequest: "7",
};
type Filter = readonly [type: string, pattern: string, exclude?: boolean];
const group = (...filters: Filter[]) =>
  filters.map(([type, pattern, excludeMatchedPattern]) => ({
    type: type as "EVENT",
    pattern,
    ...(excludeMatchedPattern === undefined ? {} : { excludeMatchedPattern }),
  }));
const starts = (delivery: Delivery, ...filterGroups: ReturnType<typeof group>[]) => decide({ filterGroups }, delivery).starts;

// documented: https://docs.aws.amazon.com/codebuild/latest/userguide/github-webhook-events-sdk.html
describe("filter groups", () => {
  it("pass when all of one group's filters do", () => {
    const requests = group(
      ["EVENT", "PULL_REQUEST_CREATED, PULL_REQUEST_UPDATED"],
      ["HEAD_REF", "^refs/heads/topic$"],
      ["BASE_REF", "^refs/heads/main$"],
    );
    const pushes = group(["EVENT", "PUSH"], ["HEAD_REF", "^refs/heads/main$"]);
    expect([push, request].map((one) => starts(one, requests, pushes))).toEqual([true, true]);
    expect([push, request].map((one) => starts(one, requests))).toEqual([false, true]);
    expect(starts({ ...push, headRef: "refs/heads/other" }, requests, pushes)).toBe(false);
  });

  it("exclude what matches a pattern where they say so", () => {
    const noTags = group(["EVENT", "PUSH"], ["HEAD_REF", "^refs/tags/.*", true]);
    expect(starts(push, noTags)).toBe(true);
    expect(starts({ ...push, headRef: "refs/tags/v1" }, noTags)).toBe(false);
  });

  it("look at files, the head commit's message, who did it, and names", () => {
    const on = (...filter: Filter) => starts(push, group(["EVENT", "PUSH"], filter));
    expect(on("FILE_PATH", "^src/.+|^test/.+")).toBe(true);
    expect(on("FILE_PATH", "^docs/")).toBe(false);
    expect(on("FILE_PATH", "^docs/", true)).toBe(true);
    expect(on("COMMIT_MESSAGE", "\\[CodeBuild\\]")).toBe(true);
    expect(on("ACTOR_ACCOUNT_ID", "^42$")).toBe(true);
    expect(on("REPOSITORY_NAME", "^shop$")).toBe(true);
    expect(on("ORGANIZATION_NAME", "^other$")).toBe(false);
    // A push has no base.
    expect(on("BASE_REF", ".*")).toBe(false);
    const release: Delivery = { ...push, event: "RELEASED", tagName: "v1.2", releaseName: "Spring" };
    expect(starts(release, group(["EVENT", "RELEASED"], ["TAG_NAME", "^v1"], ["RELEASE_NAME", "(?i)spring"]))).toBe(true);
  });

  it("without them a branch filter decides about pushes and open pull requests", () => {
    const on = (delivery: Delivery, branchFilter?: string) => decide(branchFilter === undefined ? {} : { branchFilter }, delivery).starts;
    expect([on(push), on(push, "^main$"), on(push, "^release/")]).toEqual([true, true, false]);
    expect([on(request, "^topic$"), on({ ...request, event: "PULL_REQUEST_MERGED" })]).toEqual([true, false]);
  });
});

describe("deliveries", () => {
  // documented: https://docs.aws.amazon.com/codebuild/latest/userguide/github-webhook.html
  it("of GitHub are events by header and action", () => {
    const events = [
      ["opened", "PULL_REQUEST_CREATED"],
      ["reopened", "PULL_REQUEST_REOPENED"],
      ["synchronize", "PULL_REQUEST_UPDATED"],
      ["closed", "PULL_REQUEST_CLOSED"],
      ["labeled", undefined],
    ];
    const head = { ref: "topic", sha: "a".repeat(40), repo: { full_name: "fork/shop" } };
    const body = { number: 7, head, base: { ref: "main", repo: { full_name: "acme/shop" } }, author_association: "NONE" };
    for (const [action, event] of events) {
      const { deliveries } = fromGitHub("pull_request", new Payload({ action, pull_request: body, sender: { id: 42 } }));
      expect(deliveries[0]?.event).toBe(event);
    }
    const merged = fromGitHub("pull_request", new Payload({ action: "closed", pull_request: { ...body, merged: true } }));
    expect(merged.deliveries).toMatchObject([
      { event: "PULL_REQUEST_MERGED", headRef: "refs/heads/topic", baseRef: "refs/heads/main", isFork: true, role: "GITHUB_READ" },
    ]);
    const gone = { ref: "refs/heads/topic", after: "0".repeat(40), deleted: true };
    expect(fromGitHub("push", new Payload(gone)).deliveries).toEqual([]);
    expect(fromGitHub("ping", new Payload({})).ignored).toBe("pong");
    expect(fromGitHub("push", new Payload("nothing")).deliveries).toEqual([]);
  });

  // documented: https://docs.aws.amazon.com/codebuild/latest/userguide/gitlab-webhook.html
  it("of GitLab are pushes, merge requests and releases", () => {
    const sha = "b".repeat(40);
    const pushed = {
      ref: "refs/heads/main",
      before: "a".repeat(40),
      after: sha,
      checkout_sha: sha,
      user_id: 5,
      project: { path_with_namespace: "group/shop" },
      commits: [{ id: sha, message: "Say it", added: ["x"], modified: ["y"], removed: [] }],
    };
    expect(fromGitLab("Push Hook", new Payload(pushed)).deliveries).toMatchObject([
      { event: "PUSH", actor: "5", repository: "group/shop", message: "Say it", paths: ["x", "y"], commit: sha },
    ]);
    const attributes = {
      action: "merge",
      iid: 3,
      source_branch: "t",
      target_branch: "main",
      last_commit: { id: sha },
      merge_commit_sha: "c".repeat(40),
    };
    expect(fromGitLab("Merge Request Hook", new Payload({ object_attributes: attributes })).deliveries).toMatchObject([
      { event: "PULL_REQUEST_MERGED", pullRequest: "3", mergeCommit: "c".repeat(40), baseRef: "refs/heads/main" },
    ]);
    expect(fromGitLab("Release Hook", new Payload({ action: "create", tag: "v1", name: "One" })).deliveries).toMatchObject([
      { event: "RELEASED", tagName: "v1", releaseName: "One", headRef: "refs/tags/v1" },
    ]);
  });

  // documented: https://docs.aws.amazon.com/codebuild/latest/userguide/bitbucket-webhook.html
  it("of Bitbucket may tell of several refs, and not what was deleted", () => {
    const changes = [
      { new: { type: "branch", name: "main", target: { hash: "b", message: "m" } }, old: { target: { hash: "a" } } },
      { new: { type: "tag", name: "v1", target: { hash: "b" } }, old: null },
      { new: null, old: { target: { hash: "a" } } },
    ];
    const body = { actor: { account_id: "ada" }, repository: { full_name: "acme/shop" }, push: { changes } };
    expect(fromBitbucket("repo:push", new Payload(body)).deliveries.map(({ headRef, before }) => [headRef, before])).toEqual([
      ["refs/heads/main", "a"],
      ["refs/tags/v1", undefined],
    ]);
    const pullrequest = { id: 9, source: { branch: { name: "t" }, commit: { hash: "c" } }, destination: { branch: { name: "main" } } };
    expect(fromBitbucket("pullrequest:rejected", new Payload({ pullrequest })).deliveries).toMatchObject([
      { event: "PULL_REQUEST_CLOSED", pullRequest: "9", commit: "c" },
    ]);
  });
});
