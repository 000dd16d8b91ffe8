import { service } from "../../aws/service.ts";
import { onAct } from "./actions.ts";
import { deleteAlarms, disableAlarmActions, enableAlarmActions, putMetricAlarm, setAlarmState } from "./alarms.ts";
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
    DeleteDashboards: deleteDashboards,
    DescribeAlarmHistory: describeAlarmHistory,
    DescribeAlarms: describeAlarms,
    DescribeAlarmsForMetric: describeAlarmsForMetric,
    DisableAlarmActions: disableAlarmActions,
    EnableAlarmActions: enableAlarmActions,
    GetDashboard: getDashboard,
    GetMetricData: getMetricData,
    GetMetricStatistics: getMetricStatistics,
    GetMetricWidgetImage: getMetricWidgetImage,
    ListDashboards: listDashboards,
    ListMetrics: listMetrics,
    ListTagsForResource: listTagsForResource,
    PutCompositeAlarm: putCompositeAlarm,
    PutDashboard: putDashboard,
    PutMetricAlarm: putMetricAlarm,
    PutMetricData: putMetricData,
    SetAlarmState: setAlarmState,
    TagResource: tagResource,
    UntagResource: untagResource,
  },
  partial: {
    PutMetricAlarm: "No bands of anomaly detection, Metrics Insights or PromQL queries, wall clock windows or warm-up.",
    GetMetricData: "No Metrics Insights queries, anomaly bands, functions of other services or relative times in labels.",
    SetAlarmState: "SNS and Lambda actions are carried out, others are noted in the history.",
    PutMetricData: "Entities are refused; data points are kept in their first resolution.",
    PutDashboard: "The properties of chart and trace widgets are not checked.",
    TagResource: "Alarms and dashboards only.",
  },
  messages: { "cloudwatch.act": onAct, "cloudwatch.evaluate": onEvaluate, "cloudwatch.unsuppress": onUnsuppress },
  subscriptions: [onChildChange],

  notImplemented: [
    "AssociateDatasetKmsKey",
    "CreateResourceMetricsConfiguration",
    "DeleteAlarmMuteRule",
    "DeleteAnomalyDetector",
    "DeleteInsightRules",
    "DeleteMetricStream",
    "DeleteResourceMetricsConfiguration",
    "DescribeAlarmContributors",
    "DescribeAnomalyDetectors",
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
    "PutAnomalyDetector",
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
