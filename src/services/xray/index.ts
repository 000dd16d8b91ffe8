import { service } from "../../aws/service.ts";
import { tracingOf } from "../../aws/tracing.ts";
import { startDaemon } from "./daemon/daemon.ts";
import { getServiceGraph, getTimeSeriesServiceStatistics, getTraceGraph } from "./graph/operations.ts";
import { createGroup, deleteGroup, getGroup, getGroups, updateGroup } from "./groups.ts";
import { onInsights } from "./insights/evaluate.ts";
import { getInsight, getInsightEvents, getInsightImpactGraph, getInsightSummaries } from "./insights/operations.ts";
import { deleteResourcePolicy, listResourcePolicies, putResourcePolicy } from "./policies.ts";
import { resources } from "./resources.ts";
import { createSamplingRule, deleteSamplingRule, getSamplingRules, isSampled, updateSamplingRule } from "./sampling/rules.ts";
import { getSamplingStatisticSummaries, getSamplingTargets } from "./sampling/targets.ts";
import { onExpire, putTraceSegments } from "./segments/put.ts";
import {
  getEncryptionConfig,
  getIndexingRules,
  getTraceSegmentDestination,
  putEncryptionConfig,
  updateIndexingRule,
  updateTraceSegmentDestination,
} from "./settings.ts";
import { migrations } from "./store.ts";
import { listTagsForResource, tagResource, untagResource } from "./tags.ts";
import { putTelemetryRecords } from "./telemetry.ts";
import { batchGetTraces, getTraceSummaries } from "./trace/operations.ts";
import { cancelTraceRetrieval, getRetrievedTracesGraph, listRetrievedTraces, startTraceRetrieval } from "./trace/retrieval.ts";

export const xray = service({
  id: "xray",
  operations: {
    BatchGetTraces: batchGetTraces,
    CancelTraceRetrieval: cancelTraceRetrieval,
    CreateGroup: createGroup,
    CreateSamplingRule: createSamplingRule,
    DeleteGroup: deleteGroup,
    DeleteResourcePolicy: deleteResourcePolicy,
    DeleteSamplingRule: deleteSamplingRule,
    GetEncryptionConfig: getEncryptionConfig,
    GetGroup: getGroup,
    GetGroups: getGroups,
    GetIndexingRules: getIndexingRules,
    GetInsight: getInsight,
    GetInsightEvents: getInsightEvents,
    GetInsightImpactGraph: getInsightImpactGraph,
    GetInsightSummaries: getInsightSummaries,
    GetRetrievedTracesGraph: getRetrievedTracesGraph,
    GetSamplingRules: getSamplingRules,
    GetSamplingStatisticSummaries: getSamplingStatisticSummaries,
    GetSamplingTargets: getSamplingTargets,
    GetServiceGraph: getServiceGraph,
    GetTimeSeriesServiceStatistics: getTimeSeriesServiceStatistics,
    GetTraceGraph: getTraceGraph,
    GetTraceSegmentDestination: getTraceSegmentDestination,
    GetTraceSummaries: getTraceSummaries,
    ListResourcePolicies: listResourcePolicies,
    ListRetrievedTraces: listRetrievedTraces,
    ListTagsForResource: listTagsForResource,
    PutEncryptionConfig: putEncryptionConfig,
    PutResourcePolicy: putResourcePolicy,
    PutTelemetryRecords: putTelemetryRecords,
    PutTraceSegments: putTraceSegments,
    StartTraceRetrieval: startTraceRetrieval,
    TagResource: tagResource,
    UntagResource: untagResource,
    UpdateGroup: updateGroup,
    UpdateIndexingRule: updateIndexingRule,
    UpdateSamplingRule: updateSamplingRule,
    UpdateTraceSegmentDestination: updateTraceSegmentDestination,
  },
  partial: {
    CreateSamplingRule: "No boost of the sampling rate.",
    GetInsightSummaries: "Of fault rates, by a simple model: see the service's README.",
    GetTimeSeriesServiceStatistics: "No forecasts.",
    PutEncryptionConfig: "The key is checked and told; documents are not encrypted with it.",
    PutResourcePolicy: "Kept and told; requests are not judged by it.",
    UpdateIndexingRule: "Every trace is indexed, whatever the percentage.",
  },
  notImplemented: [],
  migrations,
  messages: { "xray.expire": onExpire, "xray.insights": onInsights },
  resources,
  start: async (cloud) => {
    tracingOf(cloud).sampler = isSampled;
    await startDaemon(cloud);
  },
});
