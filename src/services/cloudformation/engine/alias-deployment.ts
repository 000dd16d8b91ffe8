import type { DeploymentInfo } from "@aws-sdk/client-codedeploy";
import type { Context } from "../../../aws/context.ts";
import { AwsException, unless } from "../../../aws/exception.ts";
import type { ResourcePending, ResourceState, ResourceType, ResourceUpdate } from "../../../aws/resource.ts";
import type { Subscription } from "../../../aws/service.ts";
import * as store from "../store.ts";
import { evaluate, type Scope } from "../template/evaluate.ts";
import type { ResourceDefinition } from "../template/graph.ts";
import { isRecord } from "../template/parse.ts";
import type { Attempt } from "./attempt.ts";
import { setResourceStatus } from "./events.ts";
import { type Resource, toResource } from "./model.ts";
import { wakeTask } from "./tasks.ts";

/** What `CodeDeployLambdaAliasUpdate` names, resolved. */
export interface AliasPolicy {
  readonly applicationName: string;
  readonly deploymentGroupName: string;
  readonly beforeHook?: string;
  readonly afterHook?: string;
}

const ALIAS = "AWS::Lambda::Alias";
/** The end of the deployment wakes the attempt; this is for an end that was missed. */
const LOOK_AGAIN_MS = 15 * 60_000;

/** https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-attribute-updatepolicy.html */
export function aliasPolicyOf(definition: ResourceDefinition, scope: Scope): AliasPolicy | undefined {
  const policy = definition.UpdatePolicy?.["CodeDeployLambdaAliasUpdate"];
  const given = definition.Type === ALIAS && policy !== undefined ? evaluate(policy, scope) : undefined;
  if (!isRecord(given)) return undefined;
  const text = (name: string): string | undefined => (typeof given[name] === "string" ? given[name] : undefined);
  const [beforeHook, afterHook] = [text("BeforeAllowTrafficHook"), text("AfterAllowTrafficHook")];
  return {
    applicationName: text("ApplicationName") ?? "",
    deploymentGroupName: text("DeploymentGroupName") ?? "",
    ...(beforeHook === undefined ? {} : { beforeHook }),
    ...(afterHook === undefined ? {} : { afterHook }),
  };
}

/** What an update of an alias works with. */
export interface AliasUpdate {
  readonly it: Attempt;
  readonly resource: Resource;
  readonly policy: AliasPolicy;
  readonly request: ResourceUpdate;
  readonly type: ResourceType;
}

/**
 * A new version of an alias is CodeDeploy's to bring: the update waits for the deployment, and fails with it. A deployment
 * that is rolled back is waited for until the traffic is back.
 */
export async function updateAlias(ctx: Context, update: AliasUpdate): Promise<ResourceState | ResourcePending> {
  const { request, type } = update;
  const id = ctx.claimed() ?? (await startDeployment(ctx, update));
  if (id === undefined) return (await type.update?.(ctx, request)) ?? { physicalId: request.physicalId };
  const info = await look(ctx, update, id, "CodeDeploy deployment started");
  if (!isOver(info)) return { again: ctx.now + LOOK_AGAIN_MS, quiet: true };
  if (info.status === "Succeeded") return (await type.update?.(ctx, request)) ?? { physicalId: request.physicalId };
  const rollback = info.rollbackInfo?.rollbackDeploymentId;
  if (rollback !== undefined && !isOver(await look(ctx, update, rollback, "CodeDeploy rollback deployment started")))
    return { again: ctx.now + LOOK_AGAIN_MS, quiet: true };
  throw new AwsException("InternalFailure", `${id} failed. ${info.errorInformation?.message ?? ""}`);
}

const isOver = ({ status }: DeploymentInfo): boolean => status === "Succeeded" || status === "Failed" || status === "Stopped";

async function deployment(ctx: Context, deploymentId: string): Promise<DeploymentInfo> {
  return (await ctx.call("codedeploy", "GetDeployment", { deploymentId })).deploymentInfo ?? {};
}

/** Undefined when the alias points to the wanted version already. */
async function startDeployment(ctx: Context, { policy, request }: AliasUpdate): Promise<string | undefined> {
  const [FunctionName, Name, target] = ["FunctionName", "Name", "FunctionVersion"].map((name) => String(request.properties[name]));
  const { FunctionVersion: current } = await ctx.call("lambda", "GetAlias", { FunctionName, Name });
  if (current === target) return undefined;
  const { applicationName, deploymentGroupName, beforeHook, afterHook } = policy;
  const functionName = FunctionName?.split(":").at(-1) ?? "";
  const properties = { Name: functionName, Alias: Name, CurrentVersion: current, TargetVersion: target };
  const Hooks = [
    ...(beforeHook === undefined ? [] : [{ BeforeAllowTraffic: beforeHook }]),
    ...(afterHook === undefined ? [] : [{ AfterAllowTraffic: afterHook }]),
  ];
  const spec = { version: 0, Resources: [{ [functionName]: { Type: "AWS::Lambda::Function", Properties: properties } }], Hooks };
  const revision = { revisionType: "AppSpecContent", appSpecContent: { content: JSON.stringify(spec) } } as const;
  return (await ctx.call("codedeploy", "CreateDeployment", { applicationName, deploymentGroupName, revision })).deploymentId;
}

/** Has the end of a deployment wake the task, and then looks at it; what is waited for is said once. */
async function look(ctx: Context, { it, resource }: AliasUpdate, id: string, what: string): Promise<DeploymentInfo> {
  const isNew = ctx.run(store.insertWait, { id, task: it.task.id }) > 0;
  const info = await deployment(ctx, id);
  if (isNew && !isOver(info)) {
    ctx.tx(() => {
      const row = ctx.get(store.resourceByUid, { uid: resource.uid });
      const current = row === undefined ? resource : toResource(row);
      setResourceStatus(ctx, it.stack, current, { status: "UPDATE_IN_PROGRESS", reason: `${what}: ${id}` });
    });
  }
  return info;
}

/**
 * The update is given up while a deployment runs: it is stopped and rolled back first. Answers when to look again while
 * that is under way.
 */
export async function abandonDeployment(ctx: Context, task: number): Promise<ResourcePending | undefined> {
  const deploymentId = ctx.claimed();
  if (deploymentId?.startsWith("d-") !== true) return undefined;
  const again = { again: ctx.now + LOOK_AGAIN_MS, quiet: true };
  ctx.run(store.insertWait, { id: deploymentId, task });
  const info = await deployment(ctx, deploymentId);
  if (!isOver(info)) {
    const stop = ctx.call("codedeploy", "StopDeployment", { deploymentId, autoRollbackEnabled: true });
    await unless("DeploymentAlreadyCompletedException", stop);
    return again;
  }
  const rollback = info.rollbackInfo?.rollbackDeploymentId;
  if (rollback === undefined) return undefined;
  ctx.run(store.insertWait, { id: rollback, task });
  return isOver(await deployment(ctx, rollback)) ? undefined : again;
}

interface Notification {
  readonly deploymentId?: string;
  readonly state?: string;
}

/** The end of a deployment wakes the update that waits for it. */
export const deploymentEnds: Subscription = {
  name: "cloudformation.deployments",
  wants: ({ source, type, detail }) =>
    source === "aws.codedeploy" &&
    type === "CodeDeploy Deployment State-change Notification" &&
    /^(SUCCESS|FAILURE|STOP)$/.test((detail as Notification).state ?? ""),
  handle: (ctx, event) => {
    const id = (event.detail as Notification).deploymentId ?? "";
    const found = ctx.get(store.waitFor, { id });
    if (found === undefined) return;
    ctx.run(store.dropWait, { id });
    wakeTask(ctx, found.task);
  },
};
