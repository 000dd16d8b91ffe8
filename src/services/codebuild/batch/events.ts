import type { Context } from "../../../aws/context.ts";
import { eventTime } from "../events.ts";
import { projectArn } from "../names.ts";
import type { BatchPhaseRecord, BatchRecord } from "./records.ts";

function phaseDetail({ phaseType, phaseStatus, startTime, endTime, durationInSeconds, contexts }: BatchPhaseRecord): object {
  return {
    "phase-type": phaseType,
    ...(phaseStatus === undefined ? {} : { "phase-status": phaseStatus }),
    "start-time": eventTime(startTime),
    ...(endTime === undefined ? {} : { "end-time": eventTime(endTime), "duration-in-seconds": durationInSeconds ?? 0 }),
    ...(contexts === undefined ? {} : { "phase-context": contexts.map(({ statusCode, message }) => `${statusCode}: ${message}`) }),
  };
}

/** Puts `CodeBuild Build Batch State Change` on the bus; returns the event's id. */
export function emitBatch(ctx: Context, batch: BatchRecord, rule: string): string {
  return ctx.emit({
    source: "aws.codebuild",
    type: "CodeBuild Build Batch State Change",
    resources: [batch.arn, projectArn(ctx, batch.projectName)],
    bus: true,
    rule,
    detail: {
      "build-batch-status": batch.buildBatchStatus,
      "project-name": batch.projectName,
      "build-batch-id": batch.arn,
      "current-phase": batch.currentPhase,
      "additional-information": {
        "build-batch-number": batch.buildBatchNumber,
        "build-batch-complete": batch.complete === true,
        initiator: batch.initiator,
        "build-batch-start-time": eventTime(batch.startTime),
        ...(batch.sourceVersion === undefined ? {} : { "source-version": batch.sourceVersion }),
        source: { ...(batch.source?.location === undefined ? {} : { location: batch.source.location }), type: batch.source?.type },
        "build-groups": batch.buildGroups.map(({ identifier, currentBuildSummary }) => ({
          identifier,
          "build-id": currentBuildSummary?.arn ?? null,
          "build-status": currentBuildSummary?.buildStatus ?? null,
        })),
        phases: batch.phases.map(phaseDetail),
      },
      version: "1",
    },
  });
}
