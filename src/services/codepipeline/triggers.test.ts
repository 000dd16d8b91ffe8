import type { PipelineTriggerDeclaration } from "@aws-sdk/client-codepipeline";
import { describe, expect, test } from "vitest";
import { decide } from "./triggers-connections.ts";
import { pullRequestMatch, pushMatch } from "./triggers-filter.ts";
import { matchesGlob, passes } from "./triggers-glob.ts";

// documented: https://docs.aws.amazon.com/codepipeline/latest/userguide/syntax-glob.html
describe("patterns", () => {
  test.each([
    ["*.java", "A.java", true],
    ["*.java", "src/A.java", false],
    ["*.*", "a.b", true],
    ["*.{java,class}", "A.class", true],
    ["foo.?", "foo.c", true],
    ["foo.?", "foo.cc", false],
    ["**", "a/b/c", true],
    ["directory/**", "directory/a/b", true],
    ["directory/*", "directory/a/b", false],
    ["common/**/*.js", "common/app.js", true],
    ["common/**/*.js", "common/a/b/app.js", true],
    ["**/README.md", "README.md", true],
    ["**/README.md", "docs/README.md", true],
    ["main*", "main-2", true],
    ["v[0-9]", "v7", true],
    ["v[!0-9]", "v7", false],
    ["a\\*b", "a*b", true],
    ["a\\*b", "axb", false],
    ["a.b", "axb", false],
  ])("%s against %s: %s", (pattern, text, expected) => {
    expect(matchesGlob(pattern, text)).toBe(expected);
  });
});

// documented: https://docs.aws.amazon.com/codepipeline/latest/userguide/pipelines-triggers.html#example-filter-excludes
test("excludes win over includes", () => {
  expect(passes("feature", { includes: ["*"], excludes: ["feature"] })).toBe(false);
  expect(passes("main", { excludes: ["feature"] })).toBe(true);
  expect(passes("main", { includes: ["feature/**"] })).toBe(false);
});

// documented: https://docs.aws.amazon.com/codepipeline/latest/userguide/pipelines-triggers.html
describe("push filters", () => {
  const both = { branches: { includes: ["feature/**"] }, filePaths: { includes: ["common/**/*.js"], excludes: ["**/LICENSE.txt"] } };
  const branch = (name: string, paths?: string[]) => ({ kind: "branch" as const, name, paths });

  test("branches and file paths are AND, and each file is looked at by itself", () => {
    expect(pushMatch({ push: [both] }, branch("feature/triggers", ["common/app.js"]))).toBeDefined();
    expect(pushMatch({ push: [both] }, branch("feature/triggers", ["src/Main.java"]))).toBeUndefined();
    expect(pushMatch({ push: [both] }, branch("main", ["common/app.js"]))).toBeUndefined();
    expect(pushMatch({ push: [both] }, branch("feature/x", ["LICENSE.txt", "common/a.js"]))).toBeDefined();
  });

  test("the first push of a branch tells no files: a filter on file paths lets nothing through", () => {
    expect(pushMatch({ push: [both] }, branch("feature/new"))).toBeUndefined();
  });

  test("several filters are OR, and tags pass filters on tags alone", () => {
    const filters = { push: [{ tags: { includes: ["release-*"] } }, { branches: { includes: ["main"] } }] };
    expect(pushMatch(filters, { kind: "tag", name: "release-v1", paths: undefined })?.why).toContain("release-v1");
    expect(pushMatch(filters, { kind: "tag", name: "main", paths: undefined })).toBeUndefined();
    expect(pushMatch(filters, branch("main"))).toBeDefined();
    expect(pushMatch(filters, branch("release-v1"))).toBeUndefined();
  });

  test("a trigger decides alone; without one the action's branch does, unless changes are not to be detected", () => {
    const source = { pipelineName: "p", actionName: "Source", configuration: { BranchName: "main" } };
    const trigger: PipelineTriggerDeclaration = {
      providerType: "CodeStarSourceConnection",
      gitConfiguration: { sourceActionName: "Source", push: [{ branches: { includes: ["dev"] } }] },
    };
    expect(decide({ triggers: [trigger] }, source, branch("main"))).toBeUndefined();
    expect(decide({ triggers: [trigger] }, source, branch("dev"))).toMatchObject({ type: "WebhookV2" });
    expect(decide({}, source, branch("main"))).toMatchObject({ type: "Webhook" });
    expect(decide({}, source, branch("dev"))).toBeUndefined();
    expect(decide({}, { ...source, configuration: { BranchName: "main", DetectChanges: "false" } }, branch("main"))).toBeUndefined();
  });

  test("a pull request passes by its event, its destination and its files; without events each one will do", () => {
    // documented: https://docs.aws.amazon.com/codepipeline/latest/userguide/pipelines-triggers.html
    const filters: Parameters<typeof pullRequestMatch>[0] = {
      pullRequest: [{ events: ["OPEN", "UPDATED"], branches: { includes: ["main"] }, filePaths: { includes: ["src/**"] } }],
    };
    const request = { event: "OPEN", id: "1", destination: "main", paths: ["README.md", "src/a.ts"] };
    expect(pullRequestMatch(filters, request)?.why).toBe(
      "OPEN of pull request 1 into main and the file src/a.ts passes the trigger's filter",
    );
    expect(pullRequestMatch(filters, { ...request, event: "CLOSED" })).toBeUndefined();
    expect(pullRequestMatch(filters, { ...request, destination: "dev" })).toBeUndefined();
    expect(pullRequestMatch(filters, { ...request, paths: ["README.md"] })).toBeUndefined();
    expect(pullRequestMatch({ pullRequest: [{ branches: { includes: ["main"] } }] }, { ...request, event: "CLOSED" })).toBeDefined();
  });
});
