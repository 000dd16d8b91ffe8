import type { TimelineEvent } from "../../kernel/events.ts";

/** One kind of event that a notification rule may name. */
export interface EventType {
  readonly id: string;
  readonly service: "CodeCommit" | "CodeBuild" | "CodeDeploy" | "CodePipeline";
  readonly resourceType: "Repository" | "Project" | "Application" | "Pipeline";
  readonly name: string;
  /** `detail-type`s of the events that are of this kind. */
  readonly detailTypes: readonly string[];
  /** Member of `detail` and the values that make it this kind. */
  readonly member: string;
  readonly values: readonly string[];
}

type Rows = readonly (readonly [id: string, name: string, member: string, values: readonly string[], detailTypes: readonly string[]])[];

const REFS = ["CodeCommit Repository State Change"];
const PULLS = ["CodeCommit Pull Request State Change"];
const APPROVED = ["pullRequestApprovalStateChanged"];
const COMMENTS = ["Created", "Updated", "Deleted"];

const CODECOMMIT: Rows = [
  [
    "comments-on-commits",
    "Comments: On commits",
    "event",
    COMMENTS.map((what) => `commentOnCommit${what}`),
    ["CodeCommit Comment on Commit"],
  ],
  [
    "comments-on-pull-requests",
    "Comments: On pull requests",
    "event",
    COMMENTS.map((what) => `commentOnPullRequest${what}`),
    ["CodeCommit Comment on Pull Request"],
  ],
  ["approvals-status-changed", "Approvals: Status changed", "event", APPROVED, PULLS],
  ["approvals-rule-override", "Approvals: Rule override", "event", ["pullRequestApprovalRuleOverridden"], PULLS],
  ["pull-request-created", "Pull request: Created", "event", ["pullRequestCreated"], PULLS],
  ["pull-request-source-updated", "Pull request: Source updated", "event", ["pullRequestSourceBranchUpdated"], PULLS],
  ["pull-request-status-changed", "Pull request: Status changed", "event", ["pullRequestStatusChanged"], PULLS],
  ["pull-request-merged", "Pull request: Merged", "event", ["pullRequestMergeStatusUpdated"], PULLS],
  ["branches-and-tags-created", "Branches and tags: Created", "event", ["referenceCreated"], REFS],
  ["branches-and-tags-deleted", "Branches and tags: Deleted", "event", ["referenceDeleted"], REFS],
  ["branches-and-tags-updated", "Branches and tags: Updated", "event", ["referenceUpdated"], REFS],
];

const BUILDS = ["CodeBuild Build State Change"];
const PHASES = ["CodeBuild Build Phase Change"];
const PHASE_FAILURES = ["FAILED", "FAULT", "TIMED_OUT", "CLIENT_ERROR", "STOPPED"];

const CODEBUILD: Rows = [
  ["build-state-failed", "Build state: Failed", "build-status", ["FAILED", "FAULT", "TIMED_OUT"], BUILDS],
  ["build-state-succeeded", "Build state: Succeeded", "build-status", ["SUCCEEDED"], BUILDS],
  ["build-state-in-progress", "Build state: In-progress", "build-status", ["IN_PROGRESS"], BUILDS],
  ["build-state-stopped", "Build state: Stopped", "build-status", ["STOPPED"], BUILDS],
  ["build-phase-failure", "Build phase: Failure", "completed-phase-status", PHASE_FAILURES, PHASES],
  ["build-phase-success", "Build phase: Success", "completed-phase-status", ["SUCCEEDED"], PHASES],
];

const DEPLOYMENTS = ["CodeDeploy Deployment State-change Notification"];

const CODEDEPLOY: Rows = [
  ["deployment-failed", "Deployment: Failed", "state", ["FAILURE"], DEPLOYMENTS],
  ["deployment-succeeded", "Deployment: Succeeded", "state", ["SUCCESS"], DEPLOYMENTS],
  ["deployment-started", "Deployment: Started", "state", ["START"], DEPLOYMENTS],
];

const executions = (what: "Action" | "Stage" | "Pipeline"): readonly string[] => [`CodePipeline ${what} Execution State Change`];

function states(what: "Action" | "Stage" | "Pipeline", names: readonly string[]): Rows {
  const prefix = `${what.toLowerCase()}-execution`;
  return names.map((name) => [`${prefix}-${name}`, `${what} execution: ${capital(name)}`, "state", [name.toUpperCase()], executions(what)]);
}

const capital = (word: string): string => word.charAt(0).toUpperCase() + word.slice(1);

const APPROVALS = [
  ["failed", "FAILED"],
  ["needed", "STARTED"],
  ["succeeded", "SUCCEEDED"],
] as const;

const CODEPIPELINE: Rows = [
  ...states("Action", ["succeeded", "failed", "canceled", "started"]),
  ...states("Stage", ["started", "succeeded", "resumed", "canceled", "failed"]),
  ...states("Pipeline", ["failed", "canceled", "started", "resumed", "succeeded", "superseded"]),
  ...APPROVALS.map(([id, state]): Rows[number] => [
    `manual-approval-${id}`,
    `Manual approval: ${capital(id)}`,
    "state",
    [state],
    executions("Action"),
  ]),
];

function typesOf(service: EventType["service"], resourceType: EventType["resourceType"], rows: Rows): EventType[] {
  const prefix = `${service.toLowerCase()}-${resourceType.toLowerCase()}`;
  return rows.map(([id, name, member, values, detailTypes]) => {
    return { id: `${prefix}-${id}`, service, resourceType, name, member, values, detailTypes };
  });
}

/** https://docs.aws.amazon.com/dtconsole/latest/userguide/concepts.html#concepts-api: all that there are. */
export const EVENT_TYPES: readonly EventType[] = [
  ...typesOf("CodeCommit", "Repository", CODECOMMIT),
  ...typesOf("CodeBuild", "Project", CODEBUILD),
  ...typesOf("CodeDeploy", "Application", CODEDEPLOY),
  ...typesOf("CodePipeline", "Pipeline", CODEPIPELINE),
];

const BY_ID = new Map(EVENT_TYPES.map((type) => [type.id, type]));

export const eventType = (id: string): EventType | undefined => BY_ID.get(id);

const DETAIL_TYPES = new Set(EVENT_TYPES.flatMap(({ detailTypes }) => detailTypes));

export const isNotifiable = ({ type }: TimelineEvent): boolean => DETAIL_TYPES.has(type);

/** True when an event is of the kind. Approvals are actions, and are told of as such too. */
export function isOfType(type: EventType, event: TimelineEvent): boolean {
  if (!type.detailTypes.includes(event.type) || !type.values.includes(String(event.detail[type.member]))) return false;
  if (!type.id.startsWith("codepipeline-pipeline-manual-approval-"))
    return type.id.endsWith("-merged") ? event.detail["isMerged"] === "True" : true;
  return (event.detail["type"] as { readonly category?: string } | undefined)?.category === "Approval";
}

const BUILD_PROJECT = /^project\/(.+)$/;
const APPLICATION = /^application:(.+)$/;

/** What of a service a rule may be for. */
export function serviceOf(service: string, resource: string): EventType["service"] | undefined {
  if (service === "codecommit") return "CodeCommit";
  if (service === "codebuild" && BUILD_PROJECT.test(resource)) return "CodeBuild";
  if (service === "codedeploy" && APPLICATION.test(resource)) return "CodeDeploy";
  return service === "codepipeline" ? "CodePipeline" : undefined;
}
