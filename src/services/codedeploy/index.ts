import type { Input, Output } from "../../aws/clients.ts";
import type { Context } from "../../aws/context.ts";
import { service } from "../../aws/service.ts";
import { alarmEvents } from "./alarm-events.ts";
import {
  batchGetApplications,
  createApplication,
  deleteApplication,
  getApplication,
  listApplications,
  updateApplication,
} from "./applications.ts";
import { createDeploymentConfig, deleteDeploymentConfig, getDeploymentConfig, listDeploymentConfigs } from "./configs.ts";
import { batchGetDeployments, getDeployment, listDeployments } from "./deployment-views.ts";
import { continueDeployment, createDeployment, skipWaitTimeForInstanceTermination, stopDeployment } from "./deployments.ts";
import { deleteGitHubAccountToken, deleteResourcesByExternalId, listGitHubAccountTokenNames } from "./github.ts";
import {
  batchGetDeploymentGroups,
  createDeploymentGroup,
  deleteDeploymentGroup,
  getDeploymentGroup,
  listDeploymentGroups,
  updateDeploymentGroup,
} from "./groups.ts";
import { answerHook } from "./lambda/hooks.ts";
import { advanceLambda, endHook, lambda, runHook } from "./lambda/platform.ts";
import { notify } from "./notices.ts";
import { permissions } from "./permissions.ts";
import { resources } from "./resources.ts";
import {
  batchGetApplicationRevisions,
  getApplicationRevision,
  listApplicationRevisions,
  registerApplicationRevision,
} from "./revisions.ts";
import { localAnswers, serverMessages, serverOperations, startInstances } from "./servers/index.ts";
import { start } from "./start.ts";
import { migrations } from "./store.ts";
import { listTagsForResource, tagResource, untagResource } from "./tags.ts";
import { batchGetDeploymentTargets, getDeploymentTarget, listDeploymentTargets } from "./targets.ts";

export const codedeploy = service({
  id: "codedeploy",
  operations: {
    ...serverOperations,
    BatchGetApplicationRevisions: batchGetApplicationRevisions,
    BatchGetApplications: batchGetApplications,
    BatchGetDeploymentGroups: batchGetDeploymentGroups,
    BatchGetDeploymentTargets: batchGetDeploymentTargets,
    BatchGetDeployments: batchGetDeployments,
    ContinueDeployment: continueDeployment,
    CreateApplication: createApplication,
    CreateDeployment: createDeployment,
    CreateDeploymentConfig: createDeploymentConfig,
    CreateDeploymentGroup: createDeploymentGroup,
    DeleteApplication: deleteApplication,
    DeleteDeploymentConfig: deleteDeploymentConfig,
    DeleteDeploymentGroup: deleteDeploymentGroup,
    DeleteGitHubAccountToken: deleteGitHubAccountToken,
    DeleteResourcesByExternalId: deleteResourcesByExternalId,
    GetApplication: getApplication,
    GetApplicationRevision: getApplicationRevision,
    GetDeployment: getDeployment,
    GetDeploymentConfig: getDeploymentConfig,
    GetDeploymentGroup: getDeploymentGroup,
    GetDeploymentTarget: getDeploymentTarget,
    ListApplicationRevisions: listApplicationRevisions,
    ListApplications: listApplications,
    ListDeploymentConfigs: listDeploymentConfigs,
    ListDeploymentGroups: listDeploymentGroups,
    ListDeploymentTargets: listDeploymentTargets,
    ListDeployments: listDeployments,
    ListGitHubAccountTokenNames: listGitHubAccountTokenNames,
    ListTagsForResource: listTagsForResource,
    PutLifecycleEventHookExecutionStatus: putLifecycleEventHookExecutionStatus,
    RegisterApplicationRevision: registerApplicationRevision,
    SkipWaitTimeForInstanceTermination: skipWaitTimeForInstanceTermination,
    StopDeployment: stopDeployment,
    TagResource: tagResource,
    UntagResource: untagResource,
    UpdateApplication: updateApplication,
    UpdateDeploymentGroup: updateDeploymentGroup,
  },
  partial: {
    CreateApplication: "The compute platforms Lambda and Server; ECS is refused.",
    CreateDeploymentGroup: "As CreateApplication.",
    CreateDeployment: "As CreateApplication.",
  },
  notImplemented: [],
  migrations,
  messages: {
    "codedeploy.start": start,
    "codedeploy.notify": notify,
    "codedeploy.lambda": advanceLambda,
    "codedeploy.hook": runHook,
    "codedeploy.hook-timeout": endHook,
    ...serverMessages,
  },
  subscriptions: [alarmEvents],
  resources,
  permissions,
  introspection: localAnswers,
  start: startInstances,
});

function putLifecycleEventHookExecutionStatus(
  input: Input<"codedeploy", "PutLifecycleEventHookExecutionStatus">,
  ctx: Context,
): Output<"codedeploy", "PutLifecycleEventHookExecutionStatus"> {
  return answerHook(input, ctx, lambda);
}
