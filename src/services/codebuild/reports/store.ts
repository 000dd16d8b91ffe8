import { statement } from "../../../kernel/store.ts";

export interface GroupRow {
  readonly arn: string;
  readonly name: string;
  readonly type: string;
  readonly created: number;
  readonly modified: number;
  /** JSON: ReportExportConfig. */
  readonly export_config: string;
  /** JSON: key to value. */
  readonly tags: string;
}

export interface ReportRow {
  readonly sequence: number;
  readonly arn: string;
  readonly group_arn: string;
  readonly status: string;
  readonly created: number;
  /** JSON: ReportRecord. */
  readonly record: string;
  /** JSON: test cases or coverages. */
  readonly items: string;
}

export const REPORT_TABLES = `
  CREATE TABLE codebuild_report_groups (
    arn TEXT PRIMARY KEY, account TEXT NOT NULL, region TEXT NOT NULL, name TEXT NOT NULL, type TEXT NOT NULL, created INTEGER NOT NULL,
    modified INTEGER NOT NULL, export_config TEXT NOT NULL, tags TEXT NOT NULL
  ) STRICT;
  CREATE TABLE codebuild_reports (
    sequence INTEGER PRIMARY KEY AUTOINCREMENT, arn TEXT NOT NULL UNIQUE, account TEXT NOT NULL, region TEXT NOT NULL, group_arn TEXT NOT NULL,
    status TEXT NOT NULL, created INTEGER NOT NULL, record TEXT NOT NULL, items TEXT NOT NULL
  ) STRICT;
  CREATE INDEX codebuild_reports_by_group ON codebuild_reports (group_arn, sequence);`;

const HERE = "account = :account AND region = :region";

export const groups = {
  insert: statement<{ arn: string; name: string; type: string; created: number; exportConfig: string; tags: string }>(
    `INSERT INTO codebuild_report_groups (arn, account, region, name, type, created, modified, export_config, tags)
     VALUES (:arn, :account, :region, :name, :type, :created, :created, :exportConfig, :tags)`,
  ),
  get: statement<{ arn: string }, GroupRow>(`SELECT * FROM codebuild_report_groups WHERE ${HERE} AND arn = :arn`),
  all: statement<Record<never, never>, GroupRow>(`SELECT * FROM codebuild_report_groups WHERE ${HERE} ORDER BY name`),
  update: statement<{ arn: string; modified: number; exportConfig: string; tags: string }>(
    `UPDATE codebuild_report_groups SET modified = :modified, export_config = :exportConfig, tags = :tags WHERE ${HERE} AND arn = :arn`,
  ),
  remove: statement<{ arn: string }>(`DELETE FROM codebuild_report_groups WHERE ${HERE} AND arn = :arn`),
};

export const reports = {
  put: statement<{ arn: string; groupArn: string; status: string; created: number; record: string; items: string }>(
    `INSERT INTO codebuild_reports (arn, account, region, group_arn, status, created, record, items)
     VALUES (:arn, :account, :region, :groupArn, :status, :created, :record, :items)
     ON CONFLICT (arn) DO UPDATE SET status = :status, created = :created, record = :record, items = :items`,
  ),
  get: statement<{ arn: string }, ReportRow>(`SELECT * FROM codebuild_reports WHERE ${HERE} AND arn = :arn`),
  /** Newest first with `order` -1. */
  page: statement<
    { groupArn: string | null; status: string | null; order: number; after: number; limit: number },
    Pick<ReportRow, "sequence" | "arn">
  >(
    `SELECT sequence, arn FROM codebuild_reports
     WHERE ${HERE} AND (:groupArn IS NULL OR group_arn = :groupArn) AND (:status IS NULL OR status = :status)
       AND sequence * :order > :after
     ORDER BY sequence * :order LIMIT :limit`,
  ),
  latest: statement<{ groupArn: string; limit: number }, ReportRow>(
    `SELECT * FROM codebuild_reports WHERE ${HERE} AND group_arn = :groupArn ORDER BY sequence DESC LIMIT :limit`,
  ),
  remove: statement<{ arn: string }>(`DELETE FROM codebuild_reports WHERE ${HERE} AND arn = :arn`),
  removeOfGroup: statement<{ groupArn: string }>(`DELETE FROM codebuild_reports WHERE ${HERE} AND group_arn = :groupArn`),
};
