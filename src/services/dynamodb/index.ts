import { service } from "../../aws/service.ts";
import { backupOperations } from "./backups.ts";
import { batchOperations } from "./batch.ts";
import { itemOperations } from "./items.ts";
import { limitOperations } from "./limits.ts";
import { metered } from "./metered.ts";
import { forgetMetrics, shipMetrics } from "./metrics.ts";
import { permissions } from "./permissions.ts";
import { readOperations } from "./reads.ts";
import { resources } from "./resources.ts";
import { migrations } from "./store.ts";
import { forgetTables } from "./table.ts";
import { forgetCounts } from "./table-description.ts";
import { tableOperations } from "./tables.ts";
import { tagOperations } from "./tags.ts";
import { transactionOperations } from "./transactions.ts";
import { advanceTable } from "./transitions.ts";
import { expire, ttlOperations } from "./ttl.ts";
import { updateTableOperations } from "./update-table.ts";

export const dynamodb = service({
  id: "dynamodb",
  operations: {
    ...backupOperations,
    ...metered(batchOperations),
    ...metered(itemOperations),
    ...limitOperations,
    ...metered(readOperations),
    ...tableOperations,
    ...tagOperations,
    ...metered(transactionOperations),
    ...ttlOperations,
    ...updateTableOperations,
  },
  partial: {
    CreateTable:
      "Streams, resource policies, warm throughput, vector indexes, global table copies and keys of several attributes are refused.",
    UpdateTable: "Streams, replicas, warm throughput and vector indexes are refused.",
    UpdateContinuousBackups: "Point-in-time recovery cannot be switched on.",
  },
  notImplemented: [
    "BatchExecuteStatement",
    "CancelBulkOperation",
    "CreateBackup",
    "CreateGlobalTable",
    "DeleteBackup",
    "DeleteResourcePolicy",
    "DescribeBackup",
    "DescribeBulkOperation",
    "DescribeContributorInsights",
    "DescribeExport",
    "DescribeGlobalTable",
    "DescribeGlobalTableSettings",
    "DescribeImport",
    "DescribeKinesisStreamingDestination",
    "DescribeTableReplicaAutoScaling",
    "DisableKinesisStreamingDestination",
    "EnableKinesisStreamingDestination",
    "ExecuteStatement",
    "ExecuteTransaction",
    "ExportTableToPointInTime",
    "GetResourcePolicy",
    "ImportTable",
    "ListBackups",
    "ListBulkOperations",
    "ListContributorInsights",
    "ListExports",
    "ListGlobalTables",
    "ListImports",
    "PutResourcePolicy",
    "RestoreTableFromBackup",
    "RestoreTableToPointInTime",
    "SearchVectors",
    "StartBulkPutItems",
    "UpdateContributorInsights",
    "UpdateGlobalTable",
    "UpdateGlobalTableSettings",
    "UpdateKinesisStreamingDestination",
    "UpdateTableReplicaAutoScaling",
  ],
  migrations,
  messages: { "dynamodb.table": advanceTable, "dynamodb.expire": expire, "dynamodb.metrics": shipMetrics },
  resources,
  permissions,
  start: (cloud) => {
    cloud.lifecycle.onReset(() => {
      forgetTables(cloud);
      forgetCounts(cloud);
      forgetMetrics(cloud);
    });
  },
});
