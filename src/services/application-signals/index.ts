import { signalsOf } from "../../aws/golden-signals.ts";
import { service } from "../../aws/service.ts";
import { listEntityEvents, listServiceStates } from "./discovery/changes.ts";
import { startDiscovery } from "./discovery/enable.ts";
import { onServed } from "./discovery/served.ts";
import { getService, listServiceDependencies, listServiceDependents, listServiceOperations, listServices } from "./discovery/services.ts";
import { onMinute } from "./minute.ts";
import { permissions } from "./permissions.ts";
import { resources } from "./resources.ts";
import { batchUpdateExclusionWindows, listExclusionWindows } from "./slo/exclusions.ts";
import { batchGetBudgetReport } from "./slo/report.ts";
import {
  createServiceLevelObjective,
  deleteServiceLevelObjective,
  getServiceLevelObjective,
  listServiceLevelObjectives,
  updateServiceLevelObjective,
} from "./slo/slos.ts";
import { migrations } from "./store.ts";
import { listTagsForResource, tagResource, untagResource } from "./tags.ts";

export const applicationSignals = service({
  id: "application-signals",
  operations: {
    BatchGetServiceLevelObjectiveBudgetReport: batchGetBudgetReport,
    BatchUpdateExclusionWindows: batchUpdateExclusionWindows,
    CreateServiceLevelObjective: createServiceLevelObjective,
    DeleteServiceLevelObjective: deleteServiceLevelObjective,
    GetService: getService,
    GetServiceLevelObjective: getServiceLevelObjective,
    ListEntityEvents: listEntityEvents,
    ListServiceDependencies: listServiceDependencies,
    ListServiceDependents: listServiceDependents,
    ListServiceLevelObjectiveExclusionWindows: listExclusionWindows,
    ListServiceLevelObjectives: listServiceLevelObjectives,
    ListServiceOperations: listServiceOperations,
    ListServiceStates: listServiceStates,
    ListServices: listServices,
    ListTagsForResource: listTagsForResource,
    StartDiscovery: startDiscovery,
    TagResource: tagResource,
    UntagResource: untagResource,
    UpdateServiceLevelObjective: updateServiceLevelObjective,
  },
  partial: {
    CreateServiceLevelObjective: "No SLOs on a custom MetricName with key attributes, or on metrics of other accounts.",
    UpdateServiceLevelObjective: "As CreateServiceLevelObjective.",
    ListEntityEvents: "Changes of Lambda functions.",
    ListServiceStates: "Changes of Lambda functions, of this account only.",
    ListServices: "Of this account only.",
    ListServiceLevelObjectives: "Of this account only.",
    ListServiceDependencies: "Known and counted from the requests that X-Ray samples.",
    ListServiceDependents: "Known from the requests that X-Ray samples.",
  },
  notImplemented: ["DeleteGroupingConfiguration", "ListAuditFindings", "ListGroupingAttributeDefinitions", "PutGroupingConfiguration"],
  migrations,
  messages: { "application-signals.minute": onMinute },
  permissions,
  resources,
  start: (cloud) => {
    signalsOf(cloud).onServed = onServed;
  },
});
