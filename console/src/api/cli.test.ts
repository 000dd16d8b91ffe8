import { expect, it } from "vitest";
import { cliCommand } from "./cli.ts";

// documented: https://docs.aws.amazon.com/cli/latest/reference/
it("spells a call as the AWS CLI does", () => {
  expect(cliCommand("codepipeline", "GetPipelineState", { name: "my shop" })).toBe("aws codepipeline get-pipeline-state --name 'my shop'");
  expect(cliCommand("cloudwatch-logs", "FilterLogEvents", { logGroupName: "/aws/x", limit: 5 }, "eu-west-1")).toBe(
    "aws logs filter-log-events --log-group-name /aws/x --limit 5 --region eu-west-1",
  );
  expect(cliCommand("codedeploy", "StopDeployment", { deploymentId: "d-1", autoRollbackEnabled: true })).toBe(
    "aws deploy stop-deployment --deployment-id d-1 --auto-rollback-enabled",
  );
  expect(cliCommand("codebuild", "BatchGetBuilds", { ids: ["a:1", "b:2"], filter: undefined })).toBe(
    "aws codebuild batch-get-builds --ids a:1 b:2",
  );
  expect(cliCommand("sqs", "SendMessage", { QueueUrl: "u", MessageAttributes: { a: { DataType: "String" } } })).toContain(
    `--message-attributes '{"a":{"DataType":"String"}}'`,
  );
});
