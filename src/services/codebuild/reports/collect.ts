import { readFileSync, statSync } from "node:fs";
import type { ReportExportConfig, ReportType } from "@aws-sdk/client-codebuild";
import type { MessageHandler } from "../../../aws/service.ts";
import { messageOf, OrreryError } from "../../../kernel/errors.ts";
import { type FoundFile, findFiles } from "../../../runtime/builds/globs.ts";
import type { Buildspec } from "../buildspec.ts";
import type { ReportWork } from "../hooks.ts";
import { COVERAGE_FORMATS, type ToldCoverage } from "./coverage.ts";
import { groupArn, makeGroup } from "./groups.ts";
import type { ReportRecord, StoredCoverage } from "./reports.ts";
import { groups, reports } from "./store.ts";
import { type StoredCase, TEST_FORMATS, type ToldCase } from "./tests.ts";

/** https://docs.aws.amazon.com/codebuild/latest/userguide/test-reporting.html: reports expire 30 days after they were made. */
const KEPT_MS = 30 * 86_400_000;
const LARGEST_FILE = 64 * 1024 * 1024;

type Section = Buildspec["reports"][string];

/** Makes a report of each section of the buildspec; a file that cannot be read makes it incomplete, and fails no build. */
export async function collectReports(work: ReportWork): Promise<string[]> {
  const arns: string[] = [];
  for (const [name, section] of Object.entries(work.buildspec.reports)) {
    work.log(`Preparing to copy ${typeOf(section)} report ${name}`);
    const arn = await collect(work, name, section);
    if (arn !== undefined) arns.push(arn);
  }
  return arns;
}

const typeOf = ({ fileFormat }: Section): ReportType => (fileFormat in COVERAGE_FORMATS ? "CODE_COVERAGE" : "TEST");

async function collect(work: ReportWork, name: string, section: Section): Promise<string | undefined> {
  const { ctx, build, log } = work;
  const group = groupOf(work, name, section);
  if (group === undefined) {
    log(`Report group ${name} does not exist: its report is left out`);
    return undefined;
  }
  const { baseDirectory, files: patterns, discardPaths } = section;
  const files = findFiles(work.sourceFolder, { files: patterns, baseDirectory, discardPaths }) ?? [];
  log(`Expanding base directory path: ${baseDirectory ?? "."}`);
  log(`Found ${files.length} file(s)`);
  const told = read(files, section);
  for (const problem of told.problems) log(problem);
  const arn = ctx.arn("codebuild", `report/${group.name}:${ctx.cloud.ids.uuid()}`);
  const exportConfig = JSON.parse(group.export_config) as ReportExportConfig;
  const record: ReportRecord = {
    arn,
    name: build.id,
    reportGroupArn: group.arn,
    executionId: build.arn,
    type: typeOf(section),
    status: told.problems.length > 0 || files.length === 0 ? "INCOMPLETE" : told.isGood ? "SUCCEEDED" : "FAILED",
    created: ctx.now,
    expired: ctx.now + KEPT_MS,
    exportConfig,
    truncated: false,
    ...told.summary,
  };
  await exportFiles(work, exportConfig, arn, files);
  ctx.tx(() => {
    const items = JSON.stringify(told.items);
    ctx.run(reports.insert, {
      arn,
      groupArn: group.arn,
      status: record.status ?? "",
      created: ctx.now,
      record: JSON.stringify(record),
      items,
    });
    ctx.emit({
      source: "aws.codebuild",
      type: "Report Created",
      resources: [arn, group.arn, build.arn],
      detail: { status: record.status, ...told.counts },
      rule: `${told.items.length} results were read from ${files.length} files`,
    });
    ctx.send("codebuild.reportExpiry", { arn }, { at: record.expired, quiet: true });
  });
  log(`Report ${name}: ${record.status ?? ""}`);
  return arn;
}

/** A name in a buildspec means a group `<project>-<name>`, which is made at its first report; an ARN means one that exists. */
function groupOf({ ctx, build, variables }: ReportWork, given: string, section: Section) {
  const name = given.replace(/\$\{?(\w+)\}?/g, (whole, variable: string) => variables[variable] ?? whole);
  if (name.startsWith("arn:")) return ctx.get(groups.get, { arn: name });
  const full = `${build.projectName}-${name}`;
  return ctx.tx(
    () =>
      ctx.get(groups.get, { arn: groupArn(ctx, full) }) ??
      makeGroup(ctx, full, { type: typeOf(section), exportConfig: { exportConfigType: "NO_EXPORT" }, tags: {} }),
  );
}

interface Told {
  readonly items: readonly (StoredCase | StoredCoverage)[];
  readonly summary: Pick<ReportRecord, "testSummary" | "codeCoverageSummary">;
  readonly counts: Readonly<Record<string, number>>;
  readonly isGood: boolean;
  readonly problems: readonly string[];
}

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
  return {
    items: cases.toSorted((a, b) => RANK.indexOf(a.status) - RANK.indexOf(b.status)),
    summary: { testSummary: { total: cases.length, statusCounts, durationInNanoSeconds } },
    counts: { total: cases.length, ...statusCounts },
    isGood: statusCounts["FAILED"] === 0 && statusCounts["ERROR"] === 0,
  };
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
  return { items, summary: { codeCoverageSummary }, counts: { files: files.length, linesCovered, linesMissed }, isGood: true };
}

function percentage(covered: number, missed: number): number {
  return covered + missed === 0 ? 0 : Math.round((covered * 10_000) / (covered + missed)) / 100;
}

/** The raw files, as they are, below the report's name. */
async function exportFiles(work: ReportWork, config: ReportExportConfig, arn: string, files: readonly FoundFile[]): Promise<void> {
  const { bucket, path = "" } = config.s3Destination ?? {};
  if (config.exportConfigType !== "S3" || bucket === undefined) return;
  const folder = [path.replace(/\/+$/, ""), arn.slice(arn.lastIndexOf("/") + 1).replace(":", "/")].filter((part) => part !== "").join("/");
  try {
    for (const file of files)
      await work.ctx.call("s3", "PutObject", { Bucket: bucket, Key: `${folder}/${file.name}`, Body: readFileSync(file.path) as never });
  } catch (error) {
    work.log(`Failed to export report ${arn}: ${messageOf(error)}`);
  }
}

export const expireReport: MessageHandler = (ctx, { payload }) => {
  ctx.run(reports.remove, { arn: String(payload["arn"]) });
};
