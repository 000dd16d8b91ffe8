import type {
  AlarmConfiguration,
  AutoRollbackConfiguration,
  CreateDeploymentGroupCommandInput,
  DeploymentCreator,
  Diagnostics,
  ErrorCode,
  LifecycleEventStatus,
  RevisionLocation,
  RollbackInfo,
  TargetInstances,
} from "@aws-sdk/client-codedeploy";
import type { Context } from "../../aws/context.ts";
import * as store from "./store.ts";

/** What a deployment group was told to be; what AWS has a default for is filled in. */
export type GroupSettings = Omit<
  CreateDeploymentGroupCommandInput,
  "applicationName" | "deploymentGroupName" | "deploymentConfigName" | "tags"
> & {
  /** The revision of the newest deployment that succeeded. */
  readonly targetRevision?: RevisionLocation | undefined;
};

export interface Group extends Omit<store.GroupRow, "body"> {
  readonly body: GroupSettings;
}

export type DeploymentStatus = "Created" | "Queued" | "InProgress" | "Baking" | "Ready" | "Succeeded" | "Failed" | "Stopped";

/** What one deployment was asked to be and what became of it. */
export interface DeploymentBody {
  readonly config: string;
  readonly revision: RevisionLocation;
  readonly previousRevision?: RevisionLocation | undefined;
  readonly description?: string | undefined;
  readonly creator: DeploymentCreator;
  readonly ignoreApplicationStopFailures: boolean;
  readonly updateOutdatedInstancesOnly: boolean;
  readonly fileExistsBehavior: "DISALLOW" | "OVERWRITE" | "RETAIN";
  readonly targetInstances?: TargetInstances | undefined;
  /** The deployment's own, or the group's as it was when the deployment was made. */
  readonly autoRollback?: AutoRollbackConfiguration | undefined;
  readonly alarms?: AlarmConfiguration | undefined;
  readonly overrideAlarms?: AlarmConfiguration | undefined;
  /** The group's settings as they were when the deployment was made. */
  readonly settings: GroupSettings;
  readonly error?: { readonly code: ErrorCode; readonly message: string } | undefined;
  readonly rollback?: RollbackInfo | undefined;
  readonly terminationWaitStarted?: boolean | undefined;
  /** It was told to stop and the platform still has something running: how it ends once that has ended. */
  readonly stopping?: Ending | undefined;
  /** What the platform keeps of its own: ids, plans, counts. */
  readonly memory?: Readonly<Record<string, unknown>> | undefined;
}

export interface Deployment extends Omit<store.DeploymentRow, "body" | "status" | "platform"> {
  readonly status: DeploymentStatus;
  readonly platform: "Server" | "Lambda";
  readonly body: DeploymentBody;
}

/** How a deployment ends. */
export interface Ending {
  readonly status: "Succeeded" | "Failed" | "Stopped";
  /** What ended it, which decides about a rollback; absent when it succeeded. */
  readonly by?: "failure" | "alarm" | "request";
  readonly error?: { readonly code: ErrorCode; readonly message: string };
  /** `autoRollbackEnabled` of StopDeployment: wins over the group's configuration. */
  readonly rollback?: boolean;
  /** One sentence for the timeline, with the values that decided. */
  readonly rule: string;
}

export type TargetStatus = "Pending" | "InProgress" | "Succeeded" | "Failed" | "Skipped" | "Unknown" | "Ready";

/** One lifecycle event of one target; times are virtual ms. */
export interface LifecycleEventRecord {
  readonly name: string;
  readonly status: LifecycleEventStatus;
  readonly started?: number;
  readonly ended?: number;
  readonly diagnostics?: Diagnostics;
}

export interface TargetBody {
  readonly arn: string;
  readonly events: readonly LifecycleEventRecord[];
  /** What the platform keeps of its own. */
  readonly memory?: Readonly<Record<string, unknown>> | undefined;
}

export interface Target extends Omit<store.TargetRow, "body" | "status" | "label"> {
  readonly status: TargetStatus;
  readonly label: "Blue" | "Green" | null;
  readonly body: TargetBody;
}

const toDeployment = (row: store.DeploymentRow): Deployment => ({
  ...row,
  status: row.status as DeploymentStatus,
  platform: row.platform as Deployment["platform"],
  body: JSON.parse(row.body) as DeploymentBody,
});

export function deploymentById(ctx: Context, id: string): Deployment | undefined {
  const row = ctx.get(store.selectDeployment, { id });
  return row === undefined ? undefined : toDeployment(row);
}

export function activeDeployments(ctx: Context, groupId: string): Deployment[] {
  return ctx.all(store.selectActive, { group_id: groupId }).map(toDeployment);
}

/** Newest first. */
export function deploymentsBefore(
  ctx: Context,
  group: { readonly application: string; readonly name: string } | undefined,
  page: { readonly before: number; readonly limit: number },
): Deployment[] {
  const rows =
    group === undefined
      ? ctx.all(store.selectDeployments, page)
      : ctx.all(store.selectDeploymentsOfGroup, { application: group.application, grp: group.name, ...page });
  return rows.map(toDeployment);
}

type DeploymentChange = Partial<Pick<Deployment, "status" | "started" | "completed" | "because">> & {
  readonly body?: Partial<DeploymentBody>;
};

export function saveDeployment(ctx: Context, deployment: Deployment, change: DeploymentChange): Deployment {
  const next = { ...deployment, ...change, body: { ...deployment.body, ...change.body } };
  const { id, status, started, completed, because } = next;
  ctx.run(store.updateDeployment, { id, status, started, completed, because, body: JSON.stringify(next.body) });
  return next;
}

const toTarget = (row: store.TargetRow): Target => ({
  ...row,
  status: row.status as TargetStatus,
  label: row.label as Target["label"],
  body: JSON.parse(row.body) as TargetBody,
});

export function targetOf(ctx: Context, deployment: string, target: string): Target | undefined {
  const row = ctx.get(store.selectTarget, { deployment, target });
  return row === undefined ? undefined : toTarget(row);
}

export function targetsOf(ctx: Context, deployment: string): Target[] {
  return ctx.all(store.selectTargets, { deployment }).map(toTarget);
}

/** Stores a target, new or changed; its time of change is now. */
export function saveTarget(ctx: Context, target: Omit<Target, "updated">): Target {
  const { deployment, status, label, body } = target;
  ctx.run(store.upsertTarget, { deployment, target: target.target, status, label, updated: ctx.now, body: JSON.stringify(body) });
  return { ...target, updated: ctx.now };
}

const toGroup = (row: store.GroupRow): Group => ({ ...row, body: JSON.parse(row.body) as GroupSettings });

export function groupByName(ctx: Context, application: string, name: string): Group | undefined {
  const row = ctx.get(store.selectGroup, { application, name });
  return row === undefined ? undefined : toGroup(row);
}

export function groupById(ctx: Context, id: string): Group | undefined {
  const row = ctx.get(store.selectGroupById, { id });
  return row === undefined ? undefined : toGroup(row);
}

export function groupsOf(ctx: Context, application: string, page: { readonly after: string; readonly limit: number }): Group[] {
  return ctx.all(store.selectGroups, { application, ...page }).map(toGroup);
}
