import { AwsException } from "../../aws/exception.ts";
import type { ActionProvider, ActionRun } from "./actions/provider.ts";
import { selectRun } from "./run-store.ts";

const SEVEN_DAYS = 7 * 24 * 60;

/**
 * The message of an approval that has a topic.
 * https://docs.aws.amazon.com/codepipeline/latest/userguide/approvals-json-format.html
 */
function messageOf(run: ActionRun, token: string, deadline: number): string {
  const console = `https://console.aws.amazon.com/codepipeline/home?region=${run.region}#/view/${run.pipelineName}`;
  const { ExternalEntityLink, CustomData } = run.configuration;
  return JSON.stringify({
    region: run.region,
    consoleLink: console,
    approval: {
      pipelineName: run.pipelineName,
      stageName: run.stageName,
      actionName: run.actionName,
      token,
      expires: `${new Date(deadline).toISOString().slice(0, "2016-07-07T20:22".length)}Z`,
      externalEntityLink: ExternalEntityLink ?? null,
      approvalReviewLink: `${console}/${run.stageName}/${run.actionName}/approve/${token}`,
      customData: CustomData ?? null,
    },
  });
}

/** Approval / AWS / Manual: asks once, then waits for PutApprovalResult or for its time-out. */
export const approval: ActionProvider = {
  category: "Approval",
  owner: "AWS",
  provider: "Manual",
  version: "1",
  inputs: { minimum: 0, maximum: 0 },
  outputs: { minimum: 0, maximum: 0 },
  configuration: [{ name: "NotificationArn" }, { name: "CustomData" }, { name: "ExternalEntityLink" }],
  timeoutMinutes: SEVEN_DAYS,
  async advance(run) {
    const row = run.home.get(selectRun, { id: run.actionExecutionId });
    const token = row?.token ?? "";
    const topic = run.configuration["NotificationArn"];
    if (topic !== undefined && run.memory === undefined) {
      try {
        await run.ctx.call("sns", "Publish", {
          TopicArn: topic,
          Subject: `APPROVAL NEEDED: AWS CodePipeline ${run.pipelineName} for action ${run.actionName}`.slice(0, 100),
          Message: messageOf(run, token, row?.deadline ?? 0),
        });
      } catch (error) {
        if (!(error instanceof AwsException)) throw error;
        return { status: "Failed", code: "ConfigurationError", message: `Could not publish to ${topic}: ${error.message}` };
      }
    }
    return { status: "InProgress", externalExecutionId: token, memory: { asked: true } };
  },
};
