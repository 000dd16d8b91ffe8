import { mkdtempSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import {
  BatchGetReportGroupsCommand,
  BatchGetReportsCommand,
  CodeBuildClient,
  CreateReportGroupCommand,
  DeleteReportGroupCommand,
  DescribeCodeCoveragesCommand,
  DescribeTestCasesCommand,
  GetReportGroupTrendCommand,
  ListReportGroupsCommand,
  ListReportsForReportGroupCommand,
  type TestCase,
} from "@aws-sdk/client-codebuild";
import {
  CreateAccessKeyCommand,
  CreateRoleCommand,
  CreateUserCommand,
  IAMClient,
  PutRolePolicyCommand,
  PutUserPolicyCommand,
} from "@aws-sdk/client-iam";
import { CreateBucketCommand, ListObjectsV2Command } from "@aws-sdk/client-s3";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { BuildTest } from "../../../../test/support/codebuild.ts";
import { parseBuildspec } from "../buildspec.ts";
import type { BuildRecord } from "../records.ts";
import { collectReports } from "./collect.ts";

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

// assumed: a build that began again after a crash shows its reports once
it("a build that tells a report again replaces it", async () => {
  await test.project("again", spec({}, {}));
  const { id = "", arn = "" } = await test.run("again");
  const buildspec = parseBuildspec(spec({}, { unit: { files: ["unit.xml"] } }));
  const sourceFolder = mkdtempSync(join(test.cloud.cloud.dataDir, "told-"));
  const build: BuildRecord = { id, arn, projectName: "again", startTime: 0, phases: [] };
  const work = { ctx: test.cloud.ctx, build, plan: { variables: {} }, sourceFolder, buildspec, variables: {}, log: () => undefined };
  writeFileSync(join(sourceFolder, "unit.xml"), suite(FAIL));
  const first = await collectReports(work);
  writeFileSync(join(sourceFolder, "unit.xml"), suite(PASS));
  expect(await collectReports(work)).toEqual(first);
  const reportGroupArn = "arn:aws:codebuild:us-east-1:000000000000:report-group/again-unit";
  expect((await test.client.send(new ListReportsForReportGroupCommand({ reportGroupArn }))).reports).toEqual(first.reportArns);
  const { reports = [] } = await test.client.send(new BatchGetReportsCommand({ reportArns: [...first.reportArns] }));
  expect(reports.map(({ status }) => status)).toEqual(["SUCCEEDED"]);
});

describe("limits of reports", () => {
  const many = (count: number) => Array.from({ length: count }, (_, i) => `<testcase name="case ${i}"/>`);

  // documented: https://docs.aws.amazon.com/codebuild/latest/userguide/limits.html (test cases of a report, length of a message)
  it("are 500 test cases, after which the report says that it is truncated, and 5,000 characters of a message", async () => {
    const text = suite(...many(501), `<testcase name="last"><failure message="${"x".repeat(6_000)}"/></testcase>`);
    await test.project("large", spec({ "unit.xml": text }, { unit: { files: ["unit.xml"] } }));
    const { reportArns = [] } = await test.run("large");
    const { reports: [report] = [] } = await test.client.send(new BatchGetReportsCommand({ reportArns }));
    expect([report?.truncated, report?.testSummary?.total]).toEqual([true, 502]);
    const { items } = await allCases(reportArns[0] ?? "");
    expect([items.length, items[0]?.name, items[0]?.message?.length]).toEqual([500, "last", 5_000]);
  });

  async function allCases(reportArn: string) {
    const items: TestCase[] = [];
    let nextToken: string | undefined;
    do {
      const page = await test.client.send(new DescribeTestCasesCommand({ reportArn, nextToken }));
      items.push(...(page.testCases ?? []));
      nextToken = page.nextToken;
    } while (nextToken !== undefined);
    return { items };
  }

  // documented: https://docs.aws.amazon.com/codebuild/latest/userguide/build-spec-ref.html#build-spec.reports (five groups)
  it("are five report groups in a buildspec", async () => {
    const sections = Object.fromEntries(["a", "b", "c", "d", "e", "f"].map((name) => [name, { files: ["x.xml"] }]));
    await test.project("six", spec({}, sections));
    const build = await test.run("six");
    expect(test.phase(build, "DOWNLOAD_SOURCE")?.contexts?.[0]?.statusCode).toBe("YAML_FILE_ERROR");
  });

  // documented: https://docs.aws.amazon.com/codebuild/latest/APIReference/API_TestCaseFilter.html
  it("a keyword is looked for in name and prefix, not in the suite's name", async () => {
    const text = '<testsuite name="suitename"><testcase name="adds" classname="Cart"/><testcase name="rounds"/></testsuite>';
    await test.project("keyword", spec({ "unit.xml": text }, { unit: { files: ["unit.xml"] } }));
    const [reportArn] = (await test.run("keyword")).reportArns ?? [];
    const names = async (keyword: string) =>
      (await test.client.send(new DescribeTestCasesCommand({ reportArn, filter: { keyword } }))).testCases?.map(({ name }) => name);
    expect([await names("Car"), await names("round"), await names("suitename")]).toEqual([["adds"], ["rounds"], []]);
  });
});

describe("what a build's role may do with reports", () => {
  const role = async (name: string, actions: readonly string[]): Promise<string> => {
    const iam = new IAMClient(test.cloud.clientConfig);
    const trust = [{ Effect: "Allow", Principal: { Service: "codebuild.amazonaws.com" }, Action: "sts:AssumeRole" }];
    const document = (Statement: object) => JSON.stringify({ Version: "2012-10-17", Statement });
    await iam.send(new CreateRoleCommand({ RoleName: name, AssumeRolePolicyDocument: document(trust) }));
    const statement = [{ Effect: "Allow", Action: ["logs:*", ...actions], Resource: "*" }];
    await iam.send(new PutRolePolicyCommand({ RoleName: name, PolicyName: "p", PolicyDocument: document(statement) }));
    return `arn:aws:iam::000000000000:role/${name}`;
  };
  const reporting = spec({ "unit.xml": suite(PASS) }, { unit: { files: ["unit.xml"] } });

  // recorded: https://github.com/aws/aws-cdk/issues/7367
  it("must allow to make the group", async () => {
    await test.project("forbidden", reporting, { serviceRole: await role("no-groups", []) });
    const build = await test.run("forbidden");
    expect(build.buildStatus).toBe("FAILED");
    expect(build.reportArns).toBeUndefined();
    const context = test.phase(build, "UPLOAD_ARTIFACTS")?.contexts?.[0];
    expect(context?.statusCode).toBe("CLIENT_ERROR");
    expect(context?.message).toMatch(
      /^Error in UPLOAD_ARTIFACTS phase: \[unit: \[error creating report group: AccessDeniedException: User: arn:aws:sts::000000000000:assumed-role\/no-groups\/AWSCodeBuild-\S+ is not authorized to perform: codebuild:CreateReportGroup on resource: arn:aws:codebuild:us-east-1:000000000000:report-group\/forbidden-unit\]\]$/,
    );
  });

  // documented: https://docs.aws.amazon.com/codebuild/latest/userguide/test-permissions.html lists the permissions
  it("leaves a report incomplete where the results may not be put", async () => {
    const serviceRole = await role("no-cases", ["codebuild:CreateReportGroup", "codebuild:CreateReport", "codebuild:UpdateReport"]);
    await test.project("caseless", reporting, { serviceRole });
    const build = await test.run("caseless");
    expect(test.phase(build, "UPLOAD_ARTIFACTS")?.contexts?.[0]?.message).toContain("perform: codebuild:BatchPutTestCases on");
    const { reports: [report] = [] } = await test.client.send(new BatchGetReportsCommand({ reportArns: build.reportArns }));
    expect(report?.status).toBe("INCOMPLETE");
  });
});

// documented: https://docs.aws.amazon.com/service-authorization/latest/reference/list_awscodebuild.html: report-group is the resource
it("what is asked of IAM about a report is about its group", async () => {
  await test.project("audited", spec({ "unit.xml": suite(PASS) }, { unit: { files: ["unit.xml"] } }));
  const [reportArn = ""] = (await test.run("audited")).reportArns ?? [];
  const iam = new IAMClient(test.cloud.clientConfig);
  await iam.send(new CreateUserCommand({ UserName: "reader" }));
  const { AccessKey } = await iam.send(new CreateAccessKeyCommand({ UserName: "reader" }));
  const credentials = { accessKeyId: AccessKey?.AccessKeyId ?? "", secretAccessKey: AccessKey?.SecretAccessKey ?? "" };
  const reader = new CodeBuildClient({ ...test.cloud.clientConfig, credentials });
  const denials = () =>
    test.cloud.cloud.timeline.read({ type: "Access Would Be Denied" }).map(({ detail }) => [detail["action"], detail["resource"]]);
  await reader.send(new DescribeTestCasesCommand({ reportArn }));
  const group = "arn:aws:codebuild:us-east-1:000000000000:report-group/audited-unit";
  expect(denials()).toEqual([["codebuild:DescribeTestCases", group]]);
  const document = JSON.stringify({
    Version: "2012-10-17",
    Statement: [{ Effect: "Allow", Action: "codebuild:DescribeTestCases", Resource: group }],
  });
  await iam.send(new PutUserPolicyCommand({ UserName: "reader", PolicyName: "p", PolicyDocument: document }));
  await reader.send(new DescribeTestCasesCommand({ reportArn }));
  expect(denials()).toHaveLength(1);
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
