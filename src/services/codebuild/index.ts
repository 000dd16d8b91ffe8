import { service } from "../../aws/service.ts";
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
import { migrations } from "./store.ts";
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
    ...groupOperations,
    ...reportOperations,
  },
  partial: {
    CreateProject:
      "VPCs, file systems, fleets, Windows and macOS are refused; builds run as processes of this machine, whatever the image.",
    UpdateProject: "As CreateProject.",
    UpdateProjectVisibility: "The state is kept; there is no page on the internet that shows the builds.",
    CreateReportGroup:
      "Raw results are exported as they are: packaging as a ZIP file is refused, and the encryption key is kept, not used.",
    StartBuild: "Debug sessions and fleets are refused; the image says only which shell `sh` is.",
  },
  notImplemented: [
    "BatchGetBuildBatches",
    "BatchGetCommandExecutions",
    "BatchGetFleets",
    "BatchGetSandboxes",
    "CreateFleet",
    "CreateWebhook",
    "DeleteBuildBatch",
    "DeleteFleet",
    "DeleteWebhook",
    "ListBuildBatches",
    "ListBuildBatchesForProject",
    "ListCommandExecutionsForSandbox",
    "ListFleets",
    "ListSandboxes",
    "ListSandboxesForProject",
    "RetryBuildBatch",
    "StartBuildBatch",
    "StartCommandExecution",
    "StartSandbox",
    "StartSandboxConnection",
    "StopBuildBatch",
    "StopSandbox",
    "UpdateFleet",
    "UpdateWebhook",
  ],
  migrations,
  messages: { "codebuild.run": runMessage, "codebuild.queueTimeout": queueTimeoutMessage, "codebuild.reportExpiry": expireReport },
  permissions,
  resources,
  start: (cloud) => {
    workshopOf(cloud);
  },
});
