import {
  BatchGetBuildBatchesCommand,
  BatchGetReportGroupsCommand,
  BatchGetReportsCommand,
  DescribeCodeCoveragesCommand,
  DescribeTestCasesCommand,
  StartBuildBatchCommand,
} from "@aws-sdk/client-codebuild";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { BUILD_ROLE, BuildTest } from "../../../../test/support/codebuild.ts";

let test: BuildTest;
beforeAll(async () => {
  test = await BuildTest.start();
});
afterAll(() => test.stop());

/** Two builds that share the files a, b and c; the commands see the files of theirs as $CODEBUILD_CURRENT_SHARD_FILES. */
async function run(name: string, testCommand: string, reports: object) {
  const command = `codebuild-tests-run --files-search 'printf "a\\nb\\nc\\n"' --test-command '${testCommand}'`;
  const batch = { "build-fanout": { parallelism: 2 } };
  const buildspec = JSON.stringify({ version: 0.2, batch, phases: { build: { commands: [command] } }, reports });
  await test.project(name, buildspec, { buildBatchConfig: { serviceRole: BUILD_ROLE } });
  const { buildBatch } = await test.client.send(new StartBuildBatchCommand({ projectName: name }));
  await test.cloud.cloud.clock.idle();
  const { buildBatches } = await test.client.send(new BatchGetBuildBatchesCommand({ ids: [buildBatch?.id ?? ""] }));
  const reportArns = buildBatches?.[0]?.reportArns ?? [];
  const { reports: merged = [] } = await test.client.send(new BatchGetReportsCommand({ reportArns }));
  return { batch: buildBatches?.[0], merged };
}

const group = (name: string) => `arn:aws:codebuild:us-east-1:000000000000:report-group/${name}`;
const suite = (one: string) =>
  `{ echo "<testsuite name=\\"s\\">"; for f in $CODEBUILD_CURRENT_SHARD_FILES; do echo "<testcase name=\\"$f\\" time=\\"1\\">${one}</testcase>"; done; echo "</testsuite>"; } > unit.xml`;

// documented: https://docs.aws.amazon.com/codebuild/latest/userguide/parallel-test-auto-merge.html
describe("reports of a fan-out", () => {
  it("are in groups of their own, and one in the group that the buildspec names", async () => {
    const { batch, merged } = await run("split", suite(""), { unit: { files: ["unit.xml"] } });
    expect(batch?.buildBatchStatus).toBe("SUCCEEDED");
    expect(merged).toMatchObject([
      {
        status: "SUCCEEDED",
        executionId: batch?.arn,
        reportGroupArn: group("split-unit"),
        testSummary: { total: 3, statusCounts: { SUCCEEDED: 3, FAILED: 0 }, durationInNanoSeconds: 2_000_000_000 },
      },
    ]);
    const { testCases = [] } = await test.client.send(new DescribeTestCasesCommand({ reportArn: merged[0]?.arn }));
    expect(testCases.map(({ name }) => name)).toEqual(["a", "b", "c"]);
    const reportGroupArns = [0, 1].map((shard) => group(`split-unitBuildFanoutShard${shard}`));
    expect((await test.client.send(new BatchGetReportGroupsCommand({ reportGroupArns }))).reportGroupsNotFound).toEqual([]);
  });

  it("are failed when one is, and incomplete when one is missing", async () => {
    const failing = await run("failing", suite('$([ "$f" = c ] && echo "<failure/>")'), { unit: { files: ["unit.xml"] } });
    expect(failing.merged.map(({ status }) => status)).toEqual(["FAILED"]);
    const partly = await run("partly", `case $CODEBUILD_CURRENT_SHARD_FILES in c) ;; *) ${suite("")};; esac`, {
      unit: { files: ["unit.xml"] },
    });
    expect(partly.merged.map(({ status }) => status)).toEqual(["INCOMPLETE"]);
  });

  it("of coverage take of each file what covers most of it", async () => {
    const counter = (missed: number, covered: number) => `<counter type=LINE missed=${missed} covered=${covered}/>`;
    const file = (figures: string) => `<report><package name=p><sourcefile name=A>${figures}</sourcefile></package></report>`;
    // Attributes get their quotes where no shell takes them away.
    const print = (text: string) => `echo "${text}" | sed -E "s/=([A-Za-z0-9]+)/=\\"\\1\\"/g" > jacoco.xml`;
    const command = `case $CODEBUILD_CURRENT_SHARD_FILES in c) ${print(file(counter(1, 3)))};; *) ${print(file(counter(3, 1)))};; esac`;
    const { merged } = await run("coverage", command, { all: { files: ["jacoco.xml"], "file-format": "JACOCOXML" } });
    expect(merged[0]).toMatchObject({
      status: "SUCCEEDED",
      codeCoverageSummary: { linesCovered: 4, linesMissed: 4, lineCoveragePercentage: 50 },
    });
    const { codeCoverages } = await test.client.send(new DescribeCodeCoveragesCommand({ reportArn: merged[0]?.arn }));
    expect(codeCoverages?.map(({ filePath, linesCovered }) => [filePath, linesCovered])).toEqual([["p/A", 3]]);
  });
});
