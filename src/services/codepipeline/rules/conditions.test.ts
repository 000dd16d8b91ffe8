import type { ActionDeclaration, RuleDeclaration } from "@aws-sdk/client-codepipeline";
import { afterAll, beforeAll, expect, test } from "vitest";
import { writeZip } from "../../../runtime/processes/zip.ts";
import { action, PIPELINE_ROLE, PipelineTest } from "../test-pipelines.ts";

let own: PipelineTest;
let deploy: ActionDeclaration;
beforeAll(async () => {
  own = await PipelineTest.start();
  await own.cloud.ctx.call("s3", "CreateBucket", { Bucket: "site" });
  await own.upload({ "a.txt": "1" });
  deploy = action("Deploy/S3", { configuration: { BucketName: "site", Extract: "true" }, in: ["App"] });
  await own.cloud.ctx.call("cloudwatch", "PutMetricAlarm", {
    AlarmName: "errors",
    Namespace: "Test",
    MetricName: "Errors",
    Statistic: "Sum",
    Period: 60,
    EvaluationPeriods: 1,
    Threshold: 1,
    ComparisonOperator: "GreaterThanThreshold",
    TreatMissingData: "ignore",
  });
});
afterAll(() => own.cloud.stop());

const state = async (StateValue: "OK" | "ALARM"): Promise<void> => {
  await own.cloud.ctx.call("cloudwatch", "SetAlarmState", { AlarmName: "errors", StateValue, StateReason: `is ${StateValue}` });
  await own.idle();
};

/** A pipeline whose second stage is entered only when one rule is met. */
async function guarded(name: string, provider: string, configuration: Record<string, string>): Promise<void> {
  const rule: RuleDeclaration = { name: "Rule", ruleTypeId: { category: "Rule", owner: "AWS", provider, version: "1" }, configuration };
  const beforeEntry = { conditions: [{ result: "FAIL" as const, rules: [rule] }] };
  await own.cloud.ctx.call("codepipeline", "CreatePipeline", {
    pipeline: {
      name,
      roleArn: PIPELINE_ROLE,
      pipelineType: "V2",
      artifactStore: { type: "S3", location: "artifacts" },
      stages: [
        { name: "Source", actions: [own.source()] },
        { name: "Deploy", actions: [deploy], beforeEntry },
      ],
    },
  });
  await own.idle();
}

async function ruleOf(pipelineName: string) {
  const { ruleExecutionDetails = [] } = await own.cloud.ctx.call("codepipeline", "ListRuleExecutions", { pipelineName });
  return ruleExecutionDetails[0];
}

const statusOf = async (name: string): Promise<string | undefined> => (await own.executions(name))[0]?.status;

// documented: https://docs.aws.amazon.com/codepipeline/latest/userguide/rule-reference-CloudWatchAlarm.html
test("an alarm's rule waits for the alarm to be OK, is woken by it, and fails when its time is over", async () => {
  await state("ALARM");
  await guarded("alarmed", "CloudWatchAlarm", { AlarmName: "errors", WaitTime: "20" });
  expect((await ruleOf("alarmed"))?.status).toBe("InProgress");
  await own.advance(5);
  await state("OK");
  expect(await statusOf("alarmed")).toBe("Succeeded");
  const ended = own.cloud.cloud.timeline.read({ source: "aws.codepipeline" }).at(-1);
  expect(own.causes(ended).map(({ type }) => type)).toContain("CloudWatch Alarm State Change");
  await state("ALARM");
  await own.start("alarmed");
  await own.advance(20);
  expect(await statusOf("alarmed")).toBe("Failed");
  expect((await ruleOf("alarmed"))?.output?.executionResult?.errorDetails?.message).toContain(
    "The alarm errors is in ALARM after 20 minutes",
  );
});

// documented: https://docs.aws.amazon.com/codepipeline/latest/userguide/rule-reference-VariableCheck.html
test("a variable is checked with its value put in", async () => {
  await guarded("checked", "VariableCheck", { Variable: "#{Src.BucketName}", Value: "source", Operator: "EQ" });
  expect(await statusOf("checked")).toBe("Succeeded");
  await guarded("unchecked", "VariableCheck", { Variable: "#{Src.BucketName}", Value: "sink", Operator: "EQ" });
  expect(await statusOf("unchecked")).toBe("Failed");
});

// documented: https://docs.aws.amazon.com/codepipeline/latest/userguide/rule-reference-LambdaInvoke.html
test("a function decides a rule by a job's result", async () => {
  const source = `const { CodePipelineClient, PutJobFailureResultCommand } = require("@aws-sdk/client-codepipeline");
    exports.handler = async ({ "CodePipeline.job": job }) => {
      await new CodePipelineClient({}).send(new PutJobFailureResultCommand({ jobId: job.id, failureDetails: { type: "JobFailed", message: "not today" } }));
    };`;
  await own.cloud.ctx.call("lambda", "CreateFunction", {
    FunctionName: "judge",
    Role: PIPELINE_ROLE,
    Runtime: "nodejs24.x",
    Handler: "index.handler",
    Code: { ZipFile: writeZip({ "index.js": source }) },
  });
  await own.idle();
  await guarded("judged", "LambdaInvoke", { FunctionName: "judge" });
  expect(await statusOf("judged")).toBe("Failed");
  expect((await ruleOf("judged"))?.output?.executionResult?.errorDetails?.message).toBe("not today");
});
