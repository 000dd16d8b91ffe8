import { AwsException } from "../../aws/exception.ts";
import type { Operations } from "../../aws/service.ts";
import { checkStage, findDeclaration, findPipeline } from "./engine/live.ts";
import { endRun } from "./engine/outcomes.ts";
import { selectApproval } from "./run-store.ts";

/** https://docs.aws.amazon.com/codepipeline/latest/userguide/approvals-approve-or-reject.html */
export const approvalOperations = {
  PutApprovalResult: ({ pipelineName, stageName = "", actionName = "", result, token = "" }, ctx) =>
    ctx.tx(() => {
      const pipeline = findPipeline(ctx, pipelineName);
      const declaration = findDeclaration(ctx, pipeline.name, pipeline.version);
      const run = ctx.get(selectApproval, { pipeline: pipeline.name, stage: stageName, name: actionName, token });
      if (run === undefined) {
        if (declaration !== undefined) checkStage(declaration, stageName);
        const stage = declaration?.stages.find(({ name }) => name === stageName);
        if (stage !== undefined && !stage.actions.some(({ name }) => name === actionName)) {
          throw new AwsException("ActionNotFoundException", `Stage '${stageName}' does not have an action with name '${actionName}'`);
        }
        throw new AwsException(
          "InvalidApprovalTokenException",
          "The approval token is not valid: the request was answered already, or has expired.",
        );
      }
      if (run.status !== "InProgress") {
        throw new AwsException(
          "ApprovalAlreadyCompletedException",
          `The approval action '${actionName}' has been ${run.status.toLowerCase()} already.`,
        );
      }
      const summary = result?.summary ?? "";
      const approved = result?.status === "Approved";
      const verdict = {
        by: ctx.principal.arn,
        summary,
        rule: `${ctx.principal.arn} ${approved ? "approved" : "rejected"} it${summary === "" ? "" : `: ${summary}`}`,
      };
      endRun(
        ctx,
        run,
        approved ? { status: "Succeeded" } : { status: "Failed", code: "JobFailed", message: `Rejected: ${summary}` },
        verdict,
      );
      return { approvedAt: new Date(ctx.now) };
    }),
} satisfies Operations<"codepipeline">;
