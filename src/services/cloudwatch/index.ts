import { service } from "../../aws/service.ts";
import { onAct } from "./actions.ts";
import { deleteAlarms, disableAlarmActions, enableAlarmActions, putMetricAlarm, setAlarmState } from "./alarms.ts";
import { deleteAnomalyDetector, describeAnomalyDetectors, putAnomalyDetector } from "./anomaly/detectors.ts";
import { onTrain } from "./anomaly/training.ts";
import { onChildChange, putCompositeAlarm } from "./composites.ts";
import { deleteDashboards, getDashboard, listDashboards, putDashboard } from "./dashboards/operations.ts";
import { describeAlarms, describeAlarmsForMetric } from "./describe-alarms.ts";
import { onEvaluate } from "./evaluate-alarms.ts";
import { describeAlarmHistory } from "./history.ts";
import { describeAlarmContributors } from "./insights-sql/contributors.ts";
import { getMetricData } from "./metric-data.ts";
import { listMetrics, putMetricData } from "./metrics.ts";
import { deleteAlarmMuteRule, getAlarmMuteRule, listAlarmMuteRules, onMute, putAlarmMuteRule } from "./mute-rules/operations.ts";
import { permissions } from "./permissions.ts";
import { getMetricStatistics } from "./queries.ts";
import { resources } from "./resources.ts";
import { keepAll, onRetain } from "./retention/roll-up.ts";
import { migrations } from "./store.ts";
import { onUnsuppress } from "./suppression.ts";
import { listTagsForResource, tagResource, untagResource } from "./tags.ts";
import { watchAll } from "./watch.ts";
import type { getMetricWidgetImage } from "./widget/image.ts";

/** What draws is only loaded when there is something to draw. */
const draw: typeof getMetricWidgetImage = async (input, ctx) => (await import("./widget/image.ts")).getMetricWidgetImage(input, ctx);

export const cloudwatch = service({
  id: "cloudwatch",
  operations: {
    DeleteAlarmMuteRule: deleteAlarmMuteRule,
    DeleteAlarms: deleteAlarms,
    DeleteAnomalyDetector: deleteAnomalyDetector,
    DeleteDashboards: deleteDashboards,
    DescribeAlarmContributors: describeAlarmContributors,
    DescribeAlarmHistory: describeAlarmHistory,
    DescribeAlarms: describeAlarms,
    DescribeAlarmsForMetric: describeAlarmsForMetric,
    DescribeAnomalyDetectors: describeAnomalyDetectors,
    DisableAlarmActions: disableAlarmActions,
    EnableAlarmActions: enableAlarmActions,
    GetAlarmMuteRule: getAlarmMuteRule,
    GetDashboard: getDashboard,
    GetMetricData: getMetricData,
    GetMetricStatistics: getMetricStatistics,
    GetMetricWidgetImage: draw,
    ListAlarmMuteRules: listAlarmMuteRules,
    ListDashboards: listDashboards,
    ListMetrics: listMetrics,
    ListTagsForResource: listTagsForResource,
    PutAlarmMuteRule: putAlarmMuteRule,
    PutAnomalyDetector: putAnomalyDetector,
    PutCompositeAlarm: putCompositeAlarm,
    PutDashboard: putDashboard,
    PutMetricAlarm: putMetricAlarm,
    PutMetricData: putMetricData,
    SetAlarmState: setAlarmState,
    TagResource: tagResource,
    UntagResource: untagResource,
  },
  partial: {
    PutMetricAlarm:
      "No PromQL queries, resource tags in Metrics Insights queries, functions of other services, wall clock windows or warm-up.",
    GetMetricData: "No resource tags in Metrics Insights queries, or functions of other services.",
    PutAnomalyDetector: "The model is a seasonal median with its deviation, not AWS's; metrics of other accounts are refused.",
    SetAlarmState: "SNS and Lambda actions are carried out, others are noted in the history.",
    PutMetricData: "Entities are refused.",
    PutDashboard: "The properties of chart and trace widgets are not checked.",
    TagResource: "Alarms, mute rules and dashboards only.",
  },
  messages: {
    "cloudwatch.act": onAct,
    "cloudwatch.evaluate": onEvaluate,
    "cloudwatch.mute": onMute,
    "cloudwatch.retain": onRetain,
    "cloudwatch.train": onTrain,
    "cloudwatch.unsuppress": onUnsuppress,
  },
  subscriptions: [onChildChange],

  notImplemented: [
    "AssociateDatasetKmsKey",
    "CreateResourceMetricsConfiguration",
    "DeleteInsightRules",
    "DeleteMetricStream",
    "DeleteResourceMetricsConfiguration",
    "DescribeInsightRules",
    "DisableInsightRules",
    "DisassociateDatasetKmsKey",
    "EnableInsightRules",
    "GetDataset",
    "GetInsightRuleReport",
    "GetMetricStream",
    "GetOTelEnrichment",
    "GetResourceMetricsConfiguration",
    "ListManagedInsightRules",
    "ListMetricStreams",
    "PutInsightRule",
    "PutLogAlarm",
    "PutManagedInsightRules",
    "PutMetricStream",
    "StartMetricStreams",
    "StartOTelEnrichment",
    "StopMetricStreams",
    "StopOTelEnrichment",
    "UpdateOTelEnrichment",
    "UpdateResourceMetricsConfiguration",
  ],
  migrations,
  start(cloud) {
    watchAll(cloud);
    keepAll(cloud);
  },
  resources,
  permissions,
});
