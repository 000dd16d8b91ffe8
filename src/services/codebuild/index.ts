import { service } from "../../aws/service.ts";
import { batchCombineMessage, batchMessage, batchStopMessage, batchTimeoutMessage } from "./batch/messages.ts";
import { batchOperations } from "./batch/operations.ts";
import { batchDeleteBuilds, batchGetBuilds, listBuilds, listBuildsForProject, retryBuild, startBuild, stopBuild } from "./builds.ts";
import { credentialsOperations } from "./credentials/credentials.ts";
import { listCuratedEnvironmentImages } from "./images.ts";
import { permissions } from "./permissions.ts";
import { policyOperations } from "./policies/policies.ts";
import {
  batchGetProjects,
  createProject,
  deleteProject,
  invalidateProjectCache,
  listProjects,
  updateProject,
  updateProjectVisibility,
} from "./projects.ts";
import { expireReport } from "./reports/collect.ts";
import { groupOperations } from "./reports/groups.ts";
import { reportOperations } from "./reports/reports.ts";
import { resources } from "./resources.ts";
import { queueTimeoutMessage, runMessage } from "./run.ts";
import { commandMessage, commandOperations } from "./sandboxes/commands.ts";
import { sandboxStopMessage, sandboxTimeoutMessage } from "./sandboxes/end.ts";
import { sandboxMessage } from "./sandboxes/provision.ts";
import { sandboxOperations } from "./sandboxes/sandboxes.ts";
import { localAnswers } from "./sandboxes/shell.ts";
import { migrations } from "./store.ts";
import { connectionEvents } from "./webhooks/connections.ts";
import { webhookPayloads } from "./webhooks/endpoint.ts";
import { webhookOperations } from "./webhooks/webhooks.ts";
import { workshopOf } from "./workshop.ts";

export const codebuild = service({
  id: "codebuild",
  operations: {
    BatchDeleteBuilds: batchDeleteBuilds,
    BatchGetBuilds: batchGetBuilds,
    BatchGetProjects: batchGetProjects,
    CreateProject: createProject,
    DeleteProject: deleteProject,
    InvalidateProjectCache: invalidateProjectCache,
    ListBuilds: listBuilds,
    ListBuildsForProject: listBuildsForProject,
    ListCuratedEnvironmentImages: listCuratedEnvironmentImages,
    ListProjects: listProjects,
    RetryBuild: retryBuild,
    StartBuild: startBuild,
    StopBuild: stopBuild,
    UpdateProject: updateProject,
    UpdateProjectVisibility: updateProjectVisibility,
    ...policyOperations,
    ...credentialsOperations,
    ...webhookOperations,
    ...batchOperations,
    ...groupOperations,
    ...reportOperations,
    ...sandboxOperations,
    ...commandOperations,
  },
  partial: {
    CreateProject:
      "VPCs, file systems, fleets, Windows and macOS are refused; builds run as processes of this machine, whatever the image.",
    UpdateProject: "As CreateProject.",
    UpdateProjectVisibility: "The state is kept; there is no page on the internet that shows the builds.",
    CreateWebhook:
      "Nothing is made at the host: its owner enters payloadUrl and secret there. Runners of workflow jobs and of Buildkite are refused; a contributor's role is what the delivery tells, else it is trusted.",
    ListCuratedEnvironmentImages: "The Linux images that projects may name, without versions: builds run with this machine's tools.",
    PutResourcePolicy: "There is no RAM: a policy alone shares a project or report group with another account.",
    StartSandbox: "As StartBuild; a sandbox whose server ends is over.",
    CreateReportGroup:
      "Raw results are exported as they are: packaging as a ZIP file is refused, and the encryption key is kept, not used.",
    StartBuildBatch: "Debug sessions and fleets are refused.",
    StartBuild: "Debug sessions and fleets are refused; the image says only which shell `sh` is.",
  },
  notImplemented: ["BatchGetFleets", "CreateFleet", "DeleteFleet", "ListFleets", "StartSandboxConnection", "UpdateFleet"],
  migrations,
  messages: {
    "codebuild.batch": batchMessage,
    "codebuild.batchStop": batchStopMessage,
    "codebuild.batchTimeout": batchTimeoutMessage,
    "codebuild.batchCombine": batchCombineMessage,
    "codebuild.run": runMessage,
    "codebuild.queueTimeout": queueTimeoutMessage,
    "codebuild.reportExpiry": expireReport,
    "codebuild.sandbox": sandboxMessage,
    "codebuild.sandboxStop": sandboxStopMessage,
    "codebuild.sandboxTimeout": sandboxTimeoutMessage,
    "codebuild.command": commandMessage,
  },
  subscriptions: [connectionEvents],
  endpoints: [webhookPayloads],
  permissions,
  resources,
  introspection: localAnswers,
  start: (cloud) => {
    workshopOf(cloud);
  },
});
