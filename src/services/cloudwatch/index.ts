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
import { getMetricData } from "./metric-data.ts";
import { listMetrics, putMetricData } from "./metrics.ts";
import { permissions } from "./permissions.ts";
import { getMetricStatistics } from "./queries.ts";
import { resources } from "./resources.ts";
import { migrations } from "./store.ts";
import { onUnsuppress } from "./suppression.ts";
import { listTagsForResource, tagResource, untagResource } from "./tags.ts";
import { watchAll } from "./watch.ts";
import { getMetricWidgetImage } from "./widget/image.ts";

export const cloudwatch = service({
  id: "cloudwatch",
  operations: {
    DeleteAlarms: deleteAlarms,
    DeleteAnomalyDetector: deleteAnomalyDetector,
    DeleteDashboards: deleteDashboards,
    DescribeAlarmHistory: describeAlarmHistory,
    DescribeAlarms: describeAlarms,
    DescribeAlarmsForMetric: describeAlarmsForMetric,
    DescribeAnomalyDetectors: describeAnomalyDetectors,
    DisableAlarmActions: disableAlarmActions,
    EnableAlarmActions: enableAlarmActions,
    GetDashboard: getDashboard,
    GetMetricData: getMetricData,
    GetMetricStatistics: getMetricStatistics,
    GetMetricWidgetImage: getMetricWidgetImage,
    ListDashboards: listDashboards,
    ListMetrics: listMetrics,
    ListTagsForResource: listTagsForResource,
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
    PutMetricAlarm: "No Metrics Insights or PromQL queries, functions of other services, wall clock windows or warm-up.",
    GetMetricData: "No Metrics Insights queries or functions of other services.",
    PutAnomalyDetector: "The model is a seasonal median with its deviation, not AWS's; metrics of other accounts are refused.",
    SetAlarmState: "SNS and Lambda actions are carried out, others are noted in the history.",
    PutMetricData: "Entities are refused; data points are kept in their first resolution.",
    PutDashboard: "The properties of chart and trace widgets are not checked.",
    TagResource: "Alarms and dashboards only.",
  },
  messages: {
    "cloudwatch.act": onAct,
    "cloudwatch.evaluate": onEvaluate,
    "cloudwatch.train": onTrain,
    "cloudwatch.unsuppress": onUnsuppress,
  },
  subscriptions: [onChildChange],

  notImplemented: [
    "AssociateDatasetKmsKey",
    "CreateResourceMetricsConfiguration",
    "DeleteAlarmMuteRule",
    "DeleteInsightRules",
    "DeleteMetricStream",
    "DeleteResourceMetricsConfiguration",
    "DescribeAlarmContributors",
    "DescribeInsightRules",
    "DisableInsightRules",
    "DisassociateDatasetKmsKey",
    "EnableInsightRules",
    "GetAlarmMuteRule",
    "GetDataset",
    "GetInsightRuleReport",
    "GetMetricStream",
    "GetOTelEnrichment",
    "GetResourceMetricsConfiguration",
    "ListAlarmMuteRules",
    "ListManagedInsightRules",
    "ListMetricStreams",
    "PutAlarmMuteRule",
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
  start: watchAll,
  resources,
  permissions,
});
