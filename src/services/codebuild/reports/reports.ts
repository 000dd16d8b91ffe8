import type { CodeCoverage, Report, TestCase } from "@aws-sdk/client-codebuild";
import type { Input, Output } from "../../../aws/clients.ts";
import type { Context } from "../../../aws/context.ts";
import { AwsException } from "../../../aws/exception.ts";
import { pageOf } from "../../../aws/paging.ts";
import { invalid } from "../failures.ts";
import { homeOf } from "../policies/shared.ts";
import { findGroup, offsetOf, PAGE } from "./groups.ts";
import { type ReportRow, reports } from "./store.ts";
import type { StoredCase } from "./tests.ts";

/** A report as it is kept: the API's shape with virtual ms as instants. */
export interface ReportRecord extends Omit<Report, "created" | "expired"> {
  readonly created: number;
  readonly expired: number;
}

export type StoredCoverage = Omit<CodeCoverage, "expired" | "reportARN">;

/** `arn:…:report-group/<group>` of `arn:…:report/<group>:<id>`: permissions and policies are about groups. */
export function groupArnOf(reportArn: string): string {
  return reportArn.replace(/:report\/(.+):[^:]*$/, ":report-group/$1");
}

/** Here, or in the account that shares the report's group for the operation. */
function lookUp(ctx: Context, arn: string, operation: string): ReportRow | undefined {
  return homeOf(ctx, groupArnOf(arn), operation)?.get(reports.get, { arn });
}

/** @throws AwsException ResourceNotFoundException */
function findReport(ctx: Context, arn: string | undefined, operation: string): ReportRow {
  const row = lookUp(ctx, arn ?? "", operation);
  if (row === undefined) throw new AwsException("ResourceNotFoundException", `Report not found: ${arn ?? ""}`);
  return row;
}

export function recordOf(row: ReportRow): ReportRecord {
  return JSON.parse(row.record) as ReportRecord;
}

function batchGetReports(input: Input<"codebuild", "BatchGetReports">, ctx: Context): Output<"codebuild", "BatchGetReports"> {
  const arns = input.reportArns ?? [];
  const found = arns.flatMap((arn) => lookUp(ctx, arn, "BatchGetReports") ?? []);
  const shown = found.map((row) => {
    const record = recordOf(row);
    return { ...record, created: new Date(record.created), expired: new Date(record.expired) };
  });
  return { reports: shown, reportsNotFound: arns.filter((arn) => !found.some((row) => row.arn === arn)) };
}

interface ListInput {
  readonly nextToken?: string | undefined;
  readonly maxResults?: number | undefined;
  readonly sortOrder?: string | undefined;
  readonly filter?: { readonly status?: string | undefined } | undefined;
}

function list(ctx: Context, input: ListInput, groupArn: string | null): { reports: string[]; nextToken?: string } {
  const order = input.sortOrder === "ASCENDING" ? 1 : -1;
  const limit = input.maxResults ?? PAGE;
  const after = input.nextToken === undefined ? Number.MIN_SAFE_INTEGER : offsetOf(input.nextToken);
  const rows = ctx.all(reports.page, { groupArn, status: input.filter?.status ?? null, order, after, limit: limit + 1 });
  const { items, nextToken } = pageOf(rows, limit, ({ sequence }) => [sequence * order]);
  return { reports: items.map(({ arn }) => arn), ...(nextToken === undefined ? {} : { nextToken }) };
}

function deleteReport(input: Input<"codebuild", "DeleteReport">, ctx: Context): Output<"codebuild", "DeleteReport"> {
  ctx.run(reports.remove, { arn: input.arn ?? "" });
  return {};
}

/** Failed cases first, since they are what one looks for; those of one status in the file's order. */
function describeTestCases(input: Input<"codebuild", "DescribeTestCases">, ctx: Context): Output<"codebuild", "DescribeTestCases"> {
  const row = findReport(ctx, input.reportArn, "DescribeTestCases");
  const record = recordOf(row);
  if (record.type !== "TEST") throw invalid(`Report ${row.arn} is not a test report`);
  const { status, keyword } = input.filter ?? {};
  const cases = (JSON.parse(row.items) as StoredCase[]).filter(
    (one) => (status === undefined || one.status === status) && (keyword === undefined || contains(one, keyword)),
  );
  const after = offsetOf(input.nextToken);
  const limit = input.maxResults ?? PAGE;
  const { items, nextToken } = pageOf(cases.slice(after, after + limit + 1), limit, () => [after + limit]);
  const testCases = items.map((one): TestCase => ({ ...one, reportArn: row.arn, expired: new Date(record.expired) }));
  return { testCases, ...(nextToken === undefined ? {} : { nextToken }) };
}

/** https://docs.aws.amazon.com/codebuild/latest/APIReference/API_TestCaseFilter.html: the name or the prefix, not the suite. */
function contains({ name, prefix }: StoredCase, keyword: string): boolean {
  return [name, prefix].some((text) => text?.includes(keyword) === true);
}

function describeCodeCoverages(
  input: Input<"codebuild", "DescribeCodeCoverages">,
  ctx: Context,
): Output<"codebuild", "DescribeCodeCoverages"> {
  const row = findReport(ctx, input.reportArn, "DescribeCodeCoverages");
  const record = recordOf(row);
  if (record.type !== "CODE_COVERAGE") throw invalid(`Report ${row.arn} is not a code coverage report`);
  const least = input.minLineCoveragePercentage ?? 0;
  const most = input.maxLineCoveragePercentage ?? 100;
  const sign = input.sortOrder === "DESCENDING" ? -1 : 1;
  const files = (JSON.parse(row.items) as StoredCoverage[])
    .filter(({ lineCoveragePercentage = 0 }) => lineCoveragePercentage >= least && lineCoveragePercentage <= most)
    .sort((a, b) => sign * byKey(a, b, input.sortBy === "LINE_COVERAGE_PERCENTAGE"));
  const after = offsetOf(input.nextToken);
  const limit = input.maxResults ?? PAGE;
  const { items, nextToken } = pageOf(files.slice(after, after + limit + 1), limit, () => [after + limit]);
  const codeCoverages = items.map((one): CodeCoverage => ({ ...one, reportARN: row.arn, expired: new Date(record.expired) }));
  return { codeCoverages, ...(nextToken === undefined ? {} : { nextToken }) };
}

function byKey(a: StoredCoverage, b: StoredCoverage, byLines: boolean): number {
  if (byLines) return (a.lineCoveragePercentage ?? 0) - (b.lineCoveragePercentage ?? 0);
  return (a.filePath ?? "") < (b.filePath ?? "") ? -1 : 1;
}

/** The figure of a report that a trend is made of; undefined where the report has none. */
const TREND: Readonly<Record<string, (record: ReportRecord) => number | undefined>> = {
  PASS_RATE: ({ testSummary }) =>
    testSummary?.total === undefined || testSummary.total === 0
      ? undefined
      : ((testSummary.statusCounts?.["SUCCEEDED"] ?? 0) * 100) / testSummary.total,
  DURATION: ({ testSummary }) =>
    testSummary?.durationInNanoSeconds === undefined ? undefined : testSummary.durationInNanoSeconds / 1_000_000_000,
  TOTAL: ({ testSummary }) => testSummary?.total,
  LINE_COVERAGE: ({ codeCoverageSummary }) => codeCoverageSummary?.lineCoveragePercentage,
  LINES_COVERED: ({ codeCoverageSummary }) => codeCoverageSummary?.linesCovered,
  LINES_MISSED: ({ codeCoverageSummary }) => codeCoverageSummary?.linesMissed,
  BRANCH_COVERAGE: ({ codeCoverageSummary }) => codeCoverageSummary?.branchCoveragePercentage,
  BRANCHES_COVERED: ({ codeCoverageSummary }) => codeCoverageSummary?.branchesCovered,
  BRANCHES_MISSED: ({ codeCoverageSummary }) => codeCoverageSummary?.branchesMissed,
};

/** https://docs.aws.amazon.com/codebuild/latest/APIReference/API_GetReportGroupTrend.html */
function getReportGroupTrend(input: Input<"codebuild", "GetReportGroupTrend">, ctx: Context): Output<"codebuild", "GetReportGroupTrend"> {
  const { arn } = findGroup(ctx, input.reportGroupArn);
  const figureOf = TREND[input.trendField ?? ""];
  if (figureOf === undefined) throw invalid(`Invalid trend field: ${String(input.trendField)}`);
  const rows = ctx.all(reports.latest, { groupArn: arn, limit: input.numOfReports ?? PAGE });
  const figures = rows.flatMap((row) => {
    const figure = figureOf(recordOf(row));
    return figure === undefined ? [] : [{ reportArn: row.arn, figure }];
  });
  if (figures.length === 0) return { rawData: [] };
  const values = figures.map(({ figure }) => figure);
  const average = values.reduce((sum, value) => sum + value, 0) / values.length;
  return {
    stats: { average: String(average), max: String(Math.max(...values)), min: String(Math.min(...values)) },
    rawData: figures.map(({ reportArn, figure }) => ({ reportArn, data: String(figure) })),
  };
}

export const reportOperations = {
  BatchGetReports: batchGetReports,
  ListReports: (input: Input<"codebuild", "ListReports">, ctx: Context) => list(ctx, input, null),
  ListReportsForReportGroup(input: Input<"codebuild", "ListReportsForReportGroup">, ctx: Context) {
    const there = homeOf(ctx, input.reportGroupArn ?? "", "ListReportsForReportGroup") ?? ctx;
    return list(there, input, findGroup(there, input.reportGroupArn).arn);
  },
  DeleteReport: deleteReport,
  DescribeTestCases: describeTestCases,
  DescribeCodeCoverages: describeCodeCoverages,
  GetReportGroupTrend: getReportGroupTrend,
};
