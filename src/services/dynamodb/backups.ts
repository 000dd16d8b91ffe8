import type { Context } from "../../aws/context.ts";
import { AwsException, notImplemented } from "../../aws/exception.ts";
import type { Operations } from "../../aws/service.ts";
import { findTable, type Table, tableName } from "./table.ts";

/** Point-in-time recovery is not there: it can be asked about and switched off, and that is the truth. */
export const backupOperations: Operations<"dynamodb"> = {
  DescribeContinuousBackups: (input, ctx) => {
    tableForBackups(ctx, input.TableName);
    return { ContinuousBackupsDescription: NO_RECOVERY };
  },
  UpdateContinuousBackups: (input, ctx) => {
    if (input.PointInTimeRecoverySpecification?.PointInTimeRecoveryEnabled === true) {
      throw notImplemented("dynamodb", "UpdateContinuousBackups", "PointInTimeRecoveryEnabled");
    }
    tableForBackups(ctx, input.TableName);
    return { ContinuousBackupsDescription: NO_RECOVERY };
  },
};

const NO_RECOVERY = {
  ContinuousBackupsStatus: "ENABLED",
  PointInTimeRecoveryDescription: { PointInTimeRecoveryStatus: "DISABLED" },
} as const;

function tableForBackups(ctx: Context, nameOrArn: string | undefined): Table {
  const table = findTable(ctx, nameOrArn);
  if (table === undefined) throw new AwsException("TableNotFoundException", `Table not found: ${tableName(ctx, nameOrArn)}`);
  return table;
}
