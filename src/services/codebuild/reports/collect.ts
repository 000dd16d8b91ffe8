import { readFileSync, statSync } from "node:fs";
import type { ReportExportConfig, ReportType } from "@aws-sdk/client-codebuild";
import type { Context } from "../../../aws/context.ts";
import type { MessageHandler } from "../../../aws/service.ts";
import { messageOf, OrreryError } from "../../../kernel/errors.ts";
import { type FoundFile, findFiles } from "../../../runtime/builds/globs.ts";
import { ownShard } from "../../../runtime/builds/programs/shards.ts";
import type { Buildspec } from "../buildspec.ts";
import type { ReportWork } from "../hooks.ts";
import { putAction, refusalOf } from "./authority.ts";
import { COVERAGE_FORMATS, type ToldCoverage } from "./coverage.ts";
import { KEPT_MS, MOST_CASES, percentage, reportId } from "./figures.ts";
import { groupArn, makeGroup } from "./groups.ts";
import { shardGroup } from "./merge.ts";
import { type ReportRecord, recordOf, type StoredCoverage } from "./reports.ts";
import { type GroupRow, groups, reports } from "./store.ts";
import { type StoredCase, TEST_FORMATS, type ToldCase } from "./tests.ts";

const LARGEST_FILE = 64 * 1024 * 1024;

/** https://docs.aws.amazon.com/codebuild/latest/userguide/limits.html#report-limits */
const LONGEST_MESSAGE = 5_000;
const LONGEST_NAME = 1_000;

type Section = Buildspec["reports"][string];

/** What became of a build's reports. */
export interface CollectedReports {
  readonly reportArns: readonly string[];
  /** What the build's role may not do: `<name>: [<why>]`. It fails the phase. */
  readonly refused: readonly string[];
}

/** Makes a report of each section of the buildspec; a file that cannot be read makes it incomplete, and fails no build. */
export async function collectReports(work: ReportWork): Promise<CollectedReports> {
  const reportArns: string[] = [];
  const refused: string[] = [];
  for (const [name, section] of Object.entries(work.buildspec.reports)) {
    work.log(`Preparing to copy ${typeOf(section)} report ${name}`);
    const { arn, refusal } = await collect(work, name, section);
    if (arn !== undefined) reportArns.push(arn);
    if (refusal !== undefined) refused.push(`${name}: [${refusal}]`);
  }
  return { reportArns, refused };
}

const typeOf = ({ fileFormat }: Section): ReportType => (fileFormat in COVERAGE_FORMATS ? "CODE_COVERAGE" : "TEST");

interface Collected {
  readonly arn?: string;
  readonly refusal?: string | undefined;
}

async function collect(work: ReportWork, name: string, section: Section): Promise<Collected> {
  const { ctx, build, log } = work;
  const { group, asked = "", refusal: noGroup } = groupOf(work, name, section);
  if (group === undefined) {
    if (noGroup === undefined) log(`Report group ${name} does not exist: its report is left out`);
    return { refusal: noGroup };
  }
  const noReport = refusalOf(ctx, "CreateReport", asked);
  if (noReport !== undefined) return { refusal: noReport };
  const { baseDirectory, files: patterns, discardPaths } = section;
  const files = findFiles(work.sourceFolder, { files: patterns, baseDirectory, discardPaths }) ?? [];
  log(`Expanding base directory path: ${baseDirectory ?? "."}`);
  log(`Found ${files.length} file(s)`);
  const type = typeOf(section);
  // A report whose results may not be put, or that may not be updated, stays as it was created: incomplete.
  const refusal = refusalOf(ctx, putAction(type), asked) ?? refusalOf(ctx, "UpdateReport", asked);
  const told = refusal === undefined ? read(files, section) : NOTHING;
  for (const problem of told.problems) log(problem);
  const arn = ctx.arn("codebuild", `report/${group.name}:${reportId(build.arn, name)}`);
  const isIncomplete = refusal !== undefined || told.problems.length > 0 || files.length === 0;
  const record: ReportRecord = {
    arn,
    name: build.id,
    reportGroupArn: group.arn,
    executionId: build.arn,
    type,
    status: isIncomplete ? "INCOMPLETE" : told.isGood ? "SUCCEEDED" : "FAILED",
    created: ctx.now,
    expired: ctx.now + KEPT_MS,
    exportConfig: JSON.parse(group.export_config) as ReportExportConfig,
    truncated: told.isTruncated,
    ...told.summary,
  };
  await exportFiles(work, record, files);
  storeReport(ctx, record, told, files.length);
  log(`Report ${name}: ${record.status ?? ""}`);
  return { arn, refusal };
}

function storeReport(ctx: Context, record: ReportRecord, told: Told, files: number): void {
  const { arn = "", reportGroupArn: groupArn = "", executionId = "", status = "", created } = record;
  ctx.tx(() => {
    ctx.run(reports.put, { arn, groupArn, status, created, record: JSON.stringify(record), items: JSON.stringify(told.items) });
    ctx.emit({
      source: "aws.codebuild",
      type: "Report Created",
      resources: [arn, groupArn, executionId],
      detail: { status, ...told.counts },
      rule: `${told.items.length} results were read from ${files} files`,
    });
    ctx.send("codebuild.reportExpiry", { arn }, { at: record.expired, quiet: true });
  });
}

interface Found {
  readonly group?: GroupRow;
  /** ARN of the group that the buildspec names, which the role's permissions are about. */
  readonly asked?: string;
  readonly refusal?: string;
}

/**
 * A name in a buildspec means a group `<project>-<name>`, which is made at its first report; an ARN means one that exists. A
 * build of a fan-out has one of its own beside it.
 */
function groupOf({ ctx, build, plan, variables }: ReportWork, given: string, section: Section): Found {
  const name = given.replace(/\$\{?(\w+)\}?/g, (whole, variable: string) => variables[variable] ?? whole);
  const asked = name.startsWith("arn:") ? name : groupArn(ctx, `${build.projectName}-${name}`);
  const shard = ownShard(plan.variables);
  return ctx.tx(() => {
    const known = ctx.get(groups.get, { arn: asked });
    if (known === undefined && name.startsWith("arn:")) return {};
    const wanted = asked.replace(/^.*:report-group\//, "");
    const own = shard === undefined ? wanted : shardGroup(wanted, shard);
    const group = own === wanted ? known : ctx.get(groups.get, { arn: groupArn(ctx, own) });
    if (group !== undefined) return { group, asked };
    const refusal = refusalOf(ctx, "CreateReportGroup", asked);
    if (refusal !== undefined) return { refusal };
    const settings = { type: typeOf(section), exportConfig: { exportConfigType: "NO_EXPORT" as const }, tags: {} };
    return { group: makeGroup(ctx, own, settings), asked };
  });
}

interface Told {
  readonly items: readonly (StoredCase | StoredCoverage)[];
  readonly summary: Pick<ReportRecord, "testSummary" | "codeCoverageSummary">;
  readonly counts: Readonly<Record<string, number>>;
  readonly isGood: boolean;
  /** There were more results than a report keeps. */
  readonly isTruncated: boolean;
  readonly problems: readonly string[];
}

const NOTHING: Told = { items: [], summary: {}, counts: {}, isGood: false, isTruncated: false, problems: [] };

function read(files: readonly FoundFile[], { fileFormat }: Section): Told {
  const problems: string[] = [];
  const all = <T>(parse: (source: string) => T[], keep: (item: T, file: string) => void): void => {
    for (const { path, name } of files) {
      try {
        if (statSync(path).size > LARGEST_FILE) throw new OrreryError("WorkloadFailed", "the file is over 64 MiB");
        for (const item of parse(readFileSync(path, "utf8"))) keep(item, name);
      } catch (error) {
        problems.push(`Error in report file ${name}: ${messageOf(error)}`);
      }
    }
  };
  const parseCoverage = COVERAGE_FORMATS[fileFormat];
  if (parseCoverage !== undefined) {
    const coverages: ToldCoverage[] = [];
    all(parseCoverage, (item) => coverages.push(item));
    return { ...coverageOf(coverages), problems };
  }
  const cases: (ToldCase & { readonly testRawDataPath: string })[] = [];
  all(TEST_FORMATS[fileFormat] ?? (() => []), (item, file) => cases.push({ ...item, testRawDataPath: file }));
  return { ...testsOf(cases), problems };
}

const RANK = ["FAILED", "ERROR", "UNKNOWN", "SKIPPED", "SUCCEEDED"];

function testsOf(cases: readonly (ToldCase & { readonly testRawDataPath: string })[]): Omit<Told, "problems"> {
  const statusCounts: Record<string, number> = { ERROR: 0, FAILED: 0, SKIPPED: 0, SUCCEEDED: 0, UNKNOWN: 0 };
  for (const { status } of cases) statusCounts[status] = (statusCounts[status] ?? 0) + 1;
  const durationInNanoSeconds = cases.reduce((sum, one) => sum + one.durationInNanoSeconds, 0);
  const sorted = cases.toSorted((a, b) => RANK.indexOf(a.status) - RANK.indexOf(b.status));
  return {
    items: sorted.slice(0, MOST_CASES).map(shortened),
    isTruncated: cases.length > MOST_CASES,
    summary: { testSummary: { total: cases.length, statusCounts, durationInNanoSeconds } },
    counts: { total: cases.length, ...statusCounts },
    isGood: statusCounts["FAILED"] === 0 && statusCounts["ERROR"] === 0,
  };
}

function shortened<T extends ToldCase>(told: T): T {
  const { name, message } = told;
  return { ...told, name: name.slice(0, LONGEST_NAME), ...(message === undefined ? {} : { message: message.slice(0, LONGEST_MESSAGE) }) };
}

function coverageOf(files: readonly ToldCoverage[]): Omit<Told, "problems"> {
  const sum = (of: (file: ToldCoverage) => number): number => files.reduce((total, file) => total + of(file), 0);
  const linesCovered = sum((file) => file.linesCovered);
  const linesMissed = sum((file) => file.linesMissed);
  const branchesCovered = sum((file) => file.branchesCovered);
  const branchesMissed = sum((file) => file.branchesMissed);
  const items = files.map((file) => ({
    id: file.filePath,
    ...file,
    lineCoveragePercentage: percentage(file.linesCovered, file.linesMissed),
    branchCoveragePercentage: percentage(file.branchesCovered, file.branchesMissed),
  }));
  const codeCoverageSummary = {
    linesCovered,
    linesMissed,
    branchesCovered,
    branchesMissed,
    lineCoveragePercentage: percentage(linesCovered, linesMissed),
    branchCoveragePercentage: percentage(branchesCovered, branchesMissed),
  };
  return {
    items,
    summary: { codeCoverageSummary },
    counts: { files: files.length, linesCovered, linesMissed },
    isGood: true,
    isTruncated: false,
  };
}

/** The raw files, as they are, below the report's name. */
async function exportFiles(work: ReportWork, record: ReportRecord, files: readonly FoundFile[]): Promise<void> {
  const { arn = "", exportConfig } = record;
  const { bucket, path = "" } = exportConfig?.s3Destination ?? {};
  if (exportConfig?.exportConfigType !== "S3" || bucket === undefined) return;
  const folder = [path.replace(/\/+$/, ""), arn.slice(arn.lastIndexOf("/") + 1).replace(":", "/")].filter((part) => part !== "").join("/");
  try {
    for (const file of files)
      await work.ctx.call("s3", "PutObject", { Bucket: bucket, Key: `${folder}/${file.name}`, Body: readFileSync(file.path) as never });
  } catch (error) {
    work.log(`Failed to export report ${arn}: ${messageOf(error)}`);
  }
}

export const expireReport: MessageHandler = (ctx, { payload }) => {
  const row = ctx.get(reports.get, { arn: String(payload["arn"]) });
  // One that was told again after a crash has a later message of its own.
  if (row !== undefined && recordOf(row).expired <= ctx.now) ctx.run(reports.remove, { arn: row.arn });
};
