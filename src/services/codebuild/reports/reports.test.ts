import {
  BatchGetReportGroupsCommand,
  BatchGetReportsCommand,
  CreateReportGroupCommand,
  DeleteReportGroupCommand,
  DescribeCodeCoveragesCommand,
  DescribeTestCasesCommand,
  GetReportGroupTrendCommand,
  ListReportGroupsCommand,
  ListReportsForReportGroupCommand,
} from "@aws-sdk/client-codebuild";
import { CreateBucketCommand, ListObjectsV2Command } from "@aws-sdk/client-s3";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { BuildTest } from "../../../../test/support/codebuild.ts";

let test: BuildTest;
beforeAll(async () => {
  test = await BuildTest.start();
});
afterAll(() => test.stop());

const suite = (...cases: string[]): string => `<testsuite name="s">${cases.join("")}</testsuite>`;
const PASS = '<testcase name="adds" time="0.5"/>';
const FAIL = '<testcase name="rounds"><failure message="expected 2"/></testcase>';

/** A buildspec that writes files and reports them. */
function spec(files: Readonly<Record<string, string>>, reports: object): string {
  const commands = Object.entries(files).map(([name, text]) => `printf %s '${text}' > ${name}`);
  return JSON.stringify({ version: 0.2, phases: { build: { commands } }, reports });
}

describe("reports of builds", () => {
  // documented: https://docs.aws.amazon.com/codebuild/latest/userguide/report-group-naming.html
  it("make their group at the first report, and tell failed cases first", async () => {
    await test.project("shop", spec({ "unit.xml": suite(PASS, FAIL) }, { unit: { files: ["unit.xml"] } }));
    const build = await test.run("shop");
    const [arn = ""] = build.reportArns ?? [];
    // A failed test fails no build: its command does.
    expect(build.buildStatus).toBe("SUCCEEDED");
    const { reports: [report] = [] } = await test.client.send(new BatchGetReportsCommand({ reportArns: [arn] }));
    expect(report).toMatchObject({
      type: "TEST",
      status: "FAILED",
      executionId: build.arn,
      reportGroupArn: "arn:aws:codebuild:us-east-1:000000000000:report-group/shop-unit",
      testSummary: { total: 2, statusCounts: { FAILED: 1, SUCCEEDED: 1 }, durationInNanoSeconds: 500_000_000 },
    });
    const { testCases = [] } = await test.client.send(new DescribeTestCasesCommand({ reportArn: arn }));
    expect(testCases.map(({ name, status, message }) => [name, status, message])).toEqual([
      ["rounds", "FAILED", "expected 2"],
      ["adds", "SUCCEEDED", undefined],
    ]);
    const failed = await test.client.send(new DescribeTestCasesCommand({ reportArn: arn, filter: { status: "FAILED", keyword: "round" } }));
    expect(failed.testCases?.length).toBe(1);
    const first = await test.client.send(new DescribeTestCasesCommand({ reportArn: arn, maxResults: 1 }));
    const second = await test.client.send(new DescribeTestCasesCommand({ reportArn: arn, maxResults: 1, nextToken: first.nextToken }));
    expect([first.testCases?.[0]?.name, second.testCases?.[0]?.name, second.nextToken]).toEqual(["rounds", "adds", undefined]);
  });

  it("have a trend over a group's reports", async () => {
    await test.project("trend", spec({ "unit.xml": suite(PASS, FAIL) }, { unit: { files: ["*.xml"] } }));
    await test.run("trend");
    await test.run("trend", { buildspecOverride: spec({ "unit.xml": suite(PASS) }, { unit: { files: ["*.xml"] } }) });
    const reportGroupArn = "arn:aws:codebuild:us-east-1:000000000000:report-group/trend-unit";
    const { reports = [] } = await test.client.send(new ListReportsForReportGroupCommand({ reportGroupArn }));
    const { stats, rawData = [] } = await test.client.send(new GetReportGroupTrendCommand({ reportGroupArn, trendField: "PASS_RATE" }));
    expect(stats).toEqual({ average: "75", max: "100", min: "50" });
    expect(rawData).toEqual([
      { reportArn: reports[0], data: "100" },
      { reportArn: reports[1], data: "50" },
    ]);
  });

  it("that cannot be read are incomplete, and coverage is sorted by what is asked", async () => {
    const jacoco =
      '<report><package name="p"><sourcefile name="A"><counter type="LINE" missed="1" covered="3"/></sourcefile><sourcefile name="B"><counter type="LINE" missed="4" covered="0"/></sourcefile></package></report>';
    const sections = {
      broken: { files: ["broken.xml"] },
      missing: { files: ["nothing.xml"] },
      coverage: { files: ["jacoco.xml"], "file-format": "JACOCOXML" },
    };
    await test.project("mixed", spec({ "broken.xml": "<testsuite>", "jacoco.xml": jacoco }, sections));
    const build = await test.run("mixed");
    const { reports = [] } = await test.client.send(new BatchGetReportsCommand({ reportArns: build.reportArns }));
    expect(reports.map(({ status }) => status)).toEqual(["INCOMPLETE", "INCOMPLETE", "SUCCEEDED"]);
    expect(reports[2]?.codeCoverageSummary).toMatchObject({ lineCoveragePercentage: 37.5, linesCovered: 3, linesMissed: 5 });
    const reportArn = reports[2]?.arn;
    const sorted = await test.client.send(new DescribeCodeCoveragesCommand({ reportArn, sortBy: "LINE_COVERAGE_PERCENTAGE" }));
    expect(sorted.codeCoverages?.map(({ filePath, lineCoveragePercentage }) => [filePath, lineCoveragePercentage])).toEqual([
      ["p/B", 0],
      ["p/A", 75],
    ]);
    await expect(test.client.send(new DescribeTestCasesCommand({ reportArn }))).rejects.toThrow("is not a test report");
    expect((await test.log(build)).some((line) => line.includes("Error in report file broken.xml"))).toBe(true);
  });

  it("are exported to their group's bucket, and expire after 30 days", async () => {
    await test.s3.send(new CreateBucketCommand({ Bucket: "raw" }));
    const exportConfig = { exportConfigType: "S3" as const, s3Destination: { bucket: "raw", path: "reports" } };
    const { reportGroup } = await test.client.send(new CreateReportGroupCommand({ name: "kept", type: "TEST", exportConfig }));
    await test.project("export", spec({ "unit.xml": suite(PASS) }, { [reportGroup?.arn ?? ""]: { files: ["unit.xml"] } }));
    const { reportArns = [] } = await test.run("export");
    const { Contents = [] } = await test.s3.send(new ListObjectsV2Command({ Bucket: "raw" }));
    expect(Contents.map(({ Key }) => Key)).toEqual([expect.stringMatching(/^reports\/kept\/.+\/unit\.xml$/)]);
    await test.cloud.cloud.clock.advance(31 * 86_400_000);
    expect((await test.client.send(new BatchGetReportsCommand({ reportArns }))).reportsNotFound).toEqual(reportArns);
  });
});

describe("report groups", () => {
  it("are made once, listed, and deleted with their reports only when asked to", async () => {
    const made = await test.client.send(
      new CreateReportGroupCommand({ name: "mine", type: "TEST", exportConfig: { exportConfigType: "NO_EXPORT" } }),
    );
    const arn = made.reportGroup?.arn ?? "";
    const again = test.client.send(
      new CreateReportGroupCommand({ name: "mine", type: "TEST", exportConfig: { exportConfigType: "NO_EXPORT" } }),
    );
    await expect(again).rejects.toMatchObject({ name: "ResourceAlreadyExistsException" });
    expect((await test.client.send(new ListReportGroupsCommand({}))).reportGroups).toContain(arn);
    await test.project("deleting", spec({ "unit.xml": suite(PASS) }, { [arn]: { files: ["unit.xml"] } }));
    await test.run("deleting");
    await expect(test.client.send(new DeleteReportGroupCommand({ arn }))).rejects.toMatchObject({ name: "InvalidInputException" });
    await test.client.send(new DeleteReportGroupCommand({ arn, deleteReports: true }));
    expect((await test.client.send(new BatchGetReportGroupsCommand({ reportGroupArns: [arn] }))).reportGroupsNotFound).toEqual([arn]);
  });
});
