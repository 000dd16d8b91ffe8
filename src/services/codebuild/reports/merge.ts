import type { CodeCoverageReportSummary, TestReportSummary } from "@aws-sdk/client-codebuild";
import type { Context } from "../../../aws/context.ts";
import type { BuildRecord } from "../records.ts";
import { builds } from "../store.ts";
import { KEPT_MS, MOST_CASES, percentage, reportId } from "./figures.ts";
import { groupArn, makeGroup } from "./groups.ts";
import { type ReportRecord, recordOf, type StoredCoverage } from "./reports.ts";
import { groups, type ReportRow, reports } from "./store.ts";
import type { StoredCase } from "./tests.ts";

const SUFFIX = /BuildFanoutShard\d+$/;

/** Each build of a fan-out has a group of its own beside the one that its buildspec names. */
export const shardGroup = (name: string, shard: number): string => `${name}BuildFanoutShard${shard}`;

/** What is merged, and how many builds should have told of it. */
interface Batch {
  readonly id: string;
  readonly arn: string;
  /** ARNs of its builds. */
  readonly builds: readonly string[];
}

/**
 * The reports of a fan-out's builds as one for each group that the buildspec names. Inside the transaction that ends the batch;
 * answers their ARNs. https://docs.aws.amazon.com/codebuild/latest/userguide/parallel-test-auto-merge.html
 */
export function mergeReports(ctx: Context, batch: Batch): string[] {
  const records = batch.builds.flatMap((arn) => {
    const row = ctx.get(builds.get, { id: arn.replace(/^.*:build\//, "") });
    return row === undefined ? [] : [JSON.parse(row.record) as BuildRecord];
  });
  const rows = records.flatMap(({ reportArns = [] }) => reportArns.flatMap((arn) => ctx.get(reports.get, { arn }) ?? []));
  const byGroup = Map.groupBy(
    rows.filter(({ group_arn }) => SUFFIX.test(group_arn)),
    ({ group_arn }) => group_arn.replace(SUFFIX, ""),
  );
  return [...byGroup].map(([arn, parts]) => merge(ctx, batch, arn, parts));
}

function merge(ctx: Context, batch: Batch, baseArn: string, parts: readonly ReportRow[]): string {
  const records = parts.map(recordOf);
  const type = records[0]?.type ?? "TEST";
  const name = baseArn.replace(/^.*:report-group\//, "");
  const exportConfig = { exportConfigType: "NO_EXPORT" as const };
  const group = ctx.get(groups.get, { arn: groupArn(ctx, name) }) ?? makeGroup(ctx, name, { type, exportConfig, tags: {} });
  const arn = ctx.arn("codebuild", `report/${name}:${reportId(batch.arn, name)}`);
  const told = type === "TEST" ? mergedTests(parts, records) : mergedCoverage(parts, records);
  const record: ReportRecord = {
    arn,
    name: batch.id,
    reportGroupArn: group.arn,
    executionId: batch.arn,
    type,
    status: statusOf(records, batch.builds.length),
    created: ctx.now,
    expired: ctx.now + KEPT_MS,
    exportConfig,
    truncated: told.isTruncated || records.some(({ truncated }) => truncated === true),
    ...told.summary,
  };
  const { status = "", created } = record;
  ctx.run(reports.put, { arn, groupArn: group.arn, status, created, record: JSON.stringify(record), items: JSON.stringify(told.items) });
  ctx.emit({
    source: "aws.codebuild",
    type: "Report Created",
    resources: [arn, group.arn, batch.arn],
    detail: { status },
    rule: `the reports of ${parts.length} of ${batch.builds.length} builds were merged`,
  });
  ctx.send("codebuild.reportExpiry", { arn }, { at: record.expired, quiet: true });
  return arn;
}

function statusOf(records: readonly ReportRecord[], wanted: number): "SUCCEEDED" | "FAILED" | "INCOMPLETE" {
  if (records.some(({ status }) => status === "FAILED")) return "FAILED";
  return records.length < wanted || records.some(({ status }) => status !== "SUCCEEDED") ? "INCOMPLETE" : "SUCCEEDED";
}

interface Merged {
  readonly items: readonly (StoredCase | StoredCoverage)[];
  readonly summary: Pick<ReportRecord, "testSummary" | "codeCoverageSummary">;
  readonly isTruncated: boolean;
}

const itemsOf = <T>(parts: readonly ReportRow[]): T[] => parts.flatMap(({ items }) => JSON.parse(items) as T[]);

/** They ran side by side: the longest is how long it took. */
function mergedTests(parts: readonly ReportRow[], records: readonly ReportRecord[]): Merged {
  const summaries = records.map(({ testSummary }) => testSummary).filter((one): one is TestReportSummary => one !== undefined);
  const statusCounts: Record<string, number> = {};
  for (const one of summaries)
    for (const [status, count] of Object.entries(one.statusCounts ?? {})) statusCounts[status] = (statusCounts[status] ?? 0) + count;
  const items = itemsOf<StoredCase>(parts);
  return {
    items: items.slice(0, MOST_CASES),
    isTruncated: items.length > MOST_CASES,
    summary: {
      testSummary: {
        total: summaries.reduce((sum, { total = 0 }) => sum + total, 0),
        statusCounts,
        durationInNanoSeconds: Math.max(0, ...summaries.map(({ durationInNanoSeconds = 0 }) => durationInNanoSeconds)),
      },
    },
  };
}

type Counted = "linesCovered" | "linesMissed" | "branchesCovered" | "branchesMissed";

function mergedCoverage(parts: readonly ReportRow[], records: readonly ReportRecord[]): Merged {
  const summaries = records.map(({ codeCoverageSummary }) => codeCoverageSummary ?? ({} as CodeCoverageReportSummary));
  const sum = (figure: Counted): number => summaries.reduce((total, one) => total + (one[figure] ?? 0), 0);
  const [linesCovered, linesMissed] = [sum("linesCovered"), sum("linesMissed")];
  const [branchesCovered, branchesMissed] = [sum("branchesCovered"), sum("branchesMissed")];
  const byFile = new Map<string, StoredCoverage>();
  for (const file of itemsOf<StoredCoverage>(parts)) {
    const known = byFile.get(file.filePath ?? "");
    if (known === undefined || isBetter(file, known)) byFile.set(file.filePath ?? "", file);
  }
  const codeCoverageSummary = {
    linesCovered,
    linesMissed,
    branchesCovered,
    branchesMissed,
    lineCoveragePercentage: percentage(linesCovered, linesMissed),
    branchCoveragePercentage: percentage(branchesCovered, branchesMissed),
  };
  return { items: [...byFile.values()], summary: { codeCoverageSummary }, isTruncated: false };
}

/** By lines, and where those are alike by branches. */
function isBetter(one: StoredCoverage, other: StoredCoverage): boolean {
  const lines = (one.lineCoveragePercentage ?? 0) - (other.lineCoveragePercentage ?? 0);
  return lines !== 0 ? lines > 0 : (one.branchCoveragePercentage ?? 0) > (other.branchCoveragePercentage ?? 0);
}
