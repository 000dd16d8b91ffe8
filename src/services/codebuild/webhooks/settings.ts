import type {
  PullRequestBuildApproverRole,
  PullRequestBuildPolicy,
  ScopeConfiguration,
  SourceType,
  WebhookBuildType,
  WebhookFilter,
} from "@aws-sdk/client-codebuild";
import { notImplemented } from "../../../aws/exception.ts";
import { invalid } from "../failures.ts";

/** What the owner of a webhook sets. */
export interface WebhookSettings {
  readonly branchFilter?: string;
  readonly filterGroups?: readonly (readonly WebhookFilter[])[];
  readonly buildType: WebhookBuildType;
  readonly manualCreation?: boolean;
  readonly scopeConfiguration?: ScopeConfiguration;
  readonly pullRequestBuildPolicy: PullRequestBuildPolicy;
}

export type Host = "GITHUB" | "GITLAB" | "BITBUCKET";

const HOSTS: Readonly<Partial<Record<SourceType, Host>>> = {
  GITHUB: "GITHUB",
  GITHUB_ENTERPRISE: "GITHUB",
  GITLAB: "GITLAB",
  GITLAB_SELF_MANAGED: "GITLAB",
  BITBUCKET: "BITBUCKET",
};

/** @throws AwsException InvalidInputException for a source that has no webhooks */
export function hostOf(type: SourceType | undefined): Host {
  const host = type === undefined ? undefined : HOSTS[type];
  if (host === undefined) throw invalid(`Webhooks are not supported for source type ${type ?? "NO_SOURCE"}`);
  return host;
}

const EVENTS = ["PUSH", "PULL_REQUEST_CREATED", "PULL_REQUEST_UPDATED", "PULL_REQUEST_CLOSED", "PULL_REQUEST_MERGED"];
const EVENTS_OF: Readonly<Record<Host, readonly string[]>> = {
  GITHUB: [...EVENTS, "PULL_REQUEST_REOPENED", "RELEASED", "PRERELEASED"],
  GITLAB: [...EVENTS, "PULL_REQUEST_REOPENED", "RELEASED"],
  BITBUCKET: EVENTS,
};
const SCOPED = new Set(["REPOSITORY_NAME", "ORGANIZATION_NAME"]);

/** https://docs.aws.amazon.com/codebuild/latest/userguide/pull-request-build-policy.html: the roles that approve unless others are named. */
const APPROVERS: Readonly<Record<Host, PullRequestBuildApproverRole[]>> = {
  GITHUB: ["GITHUB_ADMIN", "GITHUB_MAINTAIN", "GITHUB_WRITE"],
  GITLAB: ["GITLAB_OWNER", "GITLAB_MAINTAINER", "GITLAB_DEVELOPER"],
  BITBUCKET: ["BITBUCKET_ADMIN", "BITBUCKET_WRITE"],
};

export function policyWithDefaults(host: Host, policy: PullRequestBuildPolicy | undefined): PullRequestBuildPolicy {
  const requiresCommentApproval = policy?.requiresCommentApproval ?? "ALL_PULL_REQUESTS";
  if (requiresCommentApproval !== "DISABLED") return { requiresCommentApproval, approverRoles: policy?.approverRoles ?? APPROVERS[host] };
  if (policy?.approverRoles !== undefined) throw invalid("approverRoles are only for a policy that requires approval");
  return { requiresCommentApproval };
}

/** Events of an EVENT filter, which are divided by commas. */
export const eventsOf = (pattern: string | undefined): string[] => (pattern ?? "").split(",").map((event) => event.trim());

/** A pattern of AWS's, whose one inline flag JavaScript has as an argument. Undefined when it is none. */
export function expressionOf(pattern: string): RegExp | undefined {
  const [, flags = "", rest = ""] = /^(?:\(\?([imsu]+)\))?(.*)$/s.exec(pattern) ?? [];
  try {
    return new RegExp(rest, flags.replace("u", ""));
  } catch {
    return undefined;
  }
}

/** https://docs.aws.amazon.com/codebuild/latest/APIReference/API_WebhookFilter.html @throws AwsException InvalidInputException */
export function checkFilters(host: Host, settings: Partial<WebhookSettings>): void {
  const { branchFilter, filterGroups = [], scopeConfiguration } = settings;
  if (branchFilter !== undefined && branchFilter !== "" && filterGroups.length > 0)
    throw invalid("Only one of branchFilter and filterGroups can be given");
  if (branchFilter !== undefined && expressionOf(branchFilter) === undefined) throw invalid(`Invalid branch filter: ${branchFilter}`);
  for (const group of filterGroups) {
    if (!group.some(({ type }) => type === "EVENT")) throw invalid("Invalid filter group: at least one filter must be of type EVENT");
    for (const filter of group) checkFilter(host, filter, scopeConfiguration !== undefined);
  }
}

function checkFilter(host: Host, { type, pattern = "" }: WebhookFilter, isScoped: boolean): void {
  if (type === "WORKFLOW_NAME" || (type === "EVENT" && eventsOf(pattern).includes("WORKFLOW_JOB_QUEUED")))
    throw notImplemented("codebuild", "CreateWebhook", "runners of workflow jobs");
  if (type === "EVENT") {
    const unknown = eventsOf(pattern).find((event) => !EVENTS_OF[host].includes(event));
    if (unknown !== undefined)
      throw invalid(`Invalid filter: event type ${unknown} is not supported. Expected: ${EVENTS_OF[host].join(",")}`);
    return;
  }
  if (SCOPED.has(type ?? "") && !isScoped) throw invalid(`Invalid filter: ${type ?? ""} is only for global and organization webhooks`);
  if (expressionOf(pattern) === undefined) throw invalid(`Invalid filter: ${pattern} is not a valid regular expression`);
}
