import type { ActionRun } from "./provider.ts";

interface Shift {
  readonly version: string;
  readonly from: string;
  /** Percent of the new version. */
  readonly share: number;
  readonly why: string;
}

/** Tells the timeline of a Lambda deploy action's traffic. */
export function emitShift(run: ActionRun, { version, from, share, why }: Shift): void {
  const { FunctionName = "", FunctionAlias = "" } = run.configuration;
  run.ctx.emit({
    source: "aws.codepipeline",
    type: "Traffic shifted",
    resources: [run.ctx.arn("lambda", `function:${FunctionName}:${FunctionAlias}`), run.home.arn("codepipeline", run.pipelineName)],
    detail: {
      pipeline: run.pipelineName,
      "execution-id": run.pipelineExecutionId,
      action: run.actionName,
      "new-version": version,
      "old-version": from,
      percent: share,
    },
    rule: why,
  });
}
