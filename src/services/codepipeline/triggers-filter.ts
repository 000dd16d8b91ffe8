import type { GitConfiguration } from "@aws-sdk/client-codepipeline";
import { passes } from "./triggers-glob.ts";

/** A push of one ref, as far as triggers look at it. */
export interface Push {
  readonly kind: "branch" | "tag";
  /** Without `refs/heads/` or `refs/tags/`. */
  readonly name: string;
  /** Undefined for a new branch, whose changed files nobody can tell. */
  readonly paths: readonly string[] | undefined;
}

/** What happens to a pull request, as far as triggers look at it. */
export interface PullRequest {
  readonly event: string;
  readonly id: string;
  /** The branch that it is to be merged into, which the filters of branches are about. */
  readonly destination: string;
  readonly paths: readonly string[];
}

/** Why a filter lets something through: for the timeline. */
export interface Match {
  readonly why: string;
}

type PushFilter = NonNullable<GitConfiguration["push"]>[number];
type Paths = PushFilter["filePaths"];

/** Each file is looked at by itself: one that passes is enough. */
function passingPath(paths: readonly string[] | undefined, filter: Paths): string | undefined {
  return paths?.find((path) => passes(path, filter));
}

function matchPush(filter: PushFilter, push: Push): Match | undefined {
  if (push.kind === "tag") {
    if (filter.tags === undefined || !passes(push.name, filter.tags)) return undefined;
    return { why: `the tag ${push.name} passes the trigger's filter` };
  }
  if (filter.branches === undefined && filter.filePaths === undefined) return undefined;
  if (!passes(push.name, filter.branches)) return undefined;
  if (filter.filePaths === undefined) return { why: `the branch ${push.name} passes the trigger's filter` };
  const path = passingPath(push.paths, filter.filePaths);
  return path === undefined ? undefined : { why: `the branch ${push.name} and the file ${path} pass the trigger's filter` };
}

/**
 * The first filter that a push passes: between filters it is OR, within one AND.
 * https://docs.aws.amazon.com/codepipeline/latest/userguide/pipelines-triggers.html
 */
export function pushMatch(git: Pick<GitConfiguration, "push">, push: Push): Match | undefined {
  for (const filter of git.push ?? []) {
    const match = matchPush(filter, push);
    if (match !== undefined) return match;
  }
  return undefined;
}

/**
 * The first filter that a pull request passes. A filter without events wants all three.
 * https://docs.aws.amazon.com/codepipeline/latest/APIReference/API_GitPullRequestFilter.html
 */
export function pullRequestMatch(git: Pick<GitConfiguration, "pullRequest">, request: PullRequest): Match | undefined {
  for (const { events, branches, filePaths } of git.pullRequest ?? []) {
    if (events !== undefined && !events.some((event) => event === request.event)) continue;
    if (!passes(request.destination, branches)) continue;
    const path = filePaths === undefined ? undefined : passingPath(request.paths, filePaths);
    if (filePaths !== undefined && path === undefined) continue;
    const file = path === undefined ? "" : ` and the file ${path}`;
    return { why: `${request.event} of pull request ${request.id} into ${request.destination}${file} passes the trigger's filter` };
  }
  return undefined;
}
