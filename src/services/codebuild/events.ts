import type { BuildPhaseType, EnvironmentVariable } from "@aws-sdk/client-codebuild";
import type { Context } from "../../aws/context.ts";
import { putMetrics } from "../../aws/metrics.ts";
import { projectArn } from "./names.ts";
import type { BuildRecord, PhaseRecord } from "./records.ts";

/**
 * The two events that CodeBuild puts on the bus, member by member:
 * https://docs.aws.amazon.com/codebuild/latest/userguide/sample-build-notifications-ref.html
 */
const VERSION = "1";

/** `Sep 1, 2017 4:12:29 PM`, in UTC. */
export function eventTime(ms: number): string {
  const parts = new Intl.DateTimeFormat("en-US", {
    timeZone: "UTC",
    year: "numeric",
    month: "short",
    day: "numeric",
    hour: "numeric",
    minute: "2-digit",
    second: "2-digit",
  });
  return parts.format(ms).replaceAll("\u202f", " ");
}

const contextsOf = (phase: PhaseRecord | undefined): string[] =>
  (phase?.contexts ?? []).map(({ statusCode, message }) => `${statusCode}: ${message}`);

const contextText = (phase: PhaseRecord | undefined): string => `[${contextsOf(phase).join(", ")}]`;

function phaseDetail(phase: PhaseRecord): Record<string, unknown> {
  if (phase.phaseType === "COMPLETED") return { "start-time": eventTime(phase.startTime), "phase-type": "COMPLETED" };
  return {
    ...(phase.contexts === undefined ? {} : { "phase-context": contextsOf(phase) }),
    "start-time": eventTime(phase.startTime),
    ...(phase.endTime === undefined ? {} : { "end-time": eventTime(phase.endTime), "duration-in-seconds": phase.durationInSeconds ?? 0 }),
    "phase-type": phase.phaseType,
    ...(phase.phaseStatus === undefined ? {} : { "phase-status": phase.phaseStatus }),
  };
}

const variableDetail = ({ name, value, type }: EnvironmentVariable) => ({ name, type: type ?? "PLAINTEXT", value });

function information(build: BuildRecord): Record<string, unknown> {
  const { artifacts, environment, logs, source } = build;
  return {
    ...(artifacts === undefined
      ? {}
      : {
          artifact: {
            ...(artifacts.md5sum === undefined ? {} : { md5sum: artifacts.md5sum, sha256sum: artifacts.sha256sum }),
            location: artifacts.location ?? "",
          },
        }),
    environment: {
      image: environment?.image,
      "privileged-mode": environment?.privilegedMode ?? false,
      "compute-type": environment?.computeType,
      type: environment?.type,
      "environment-variables": (environment?.environmentVariables ?? []).map(variableDetail),
    },
    "timeout-in-minutes": build.timeoutInMinutes,
    "build-complete": build.buildComplete === true,
    initiator: build.initiator,
    "build-start-time": eventTime(build.startTime),
    ...(build.sourceVersion === undefined ? {} : { "source-version": build.sourceVersion }),
    source: { ...(source?.location === undefined ? {} : { location: source.location }), type: source?.type },
    logs: { "group-name": logs?.groupName ?? null, "stream-name": logs?.streamName ?? null, "deep-link": logs?.deepLink ?? "" },
    phases: build.phases.map(phaseDetail),
  };
}

/** Puts `CodeBuild Build State Change` on the bus; returns the event's id. */
export function emitState(ctx: Context, build: BuildRecord, rule: string): string {
  const last = build.phases.at(-1);
  return ctx.emit({
    source: "aws.codebuild",
    type: "CodeBuild Build State Change",
    resources: [build.arn, projectArn(ctx, build.projectName)],
    bus: true,
    rule,
    detail: {
      "build-status": build.buildStatus,
      "project-name": build.projectName,
      "build-id": build.arn,
      "additional-information": information(build),
      "current-phase": build.currentPhase,
      "current-phase-context": contextText(last),
      version: VERSION,
    },
  });
}

/** Puts `CodeBuild Build Phase Change` on the bus for a phase that is over; returns the event's id. */
export function emitPhase(ctx: Context, build: BuildRecord, phase: PhaseRecord): string {
  const why = contextsOf(phase).filter((text) => text !== ": ");
  return ctx.emit({
    source: "aws.codebuild",
    type: "CodeBuild Build Phase Change",
    resources: [build.arn, projectArn(ctx, build.projectName)],
    bus: true,
    rule: `${phase.phaseType} ended with ${phase.phaseStatus ?? "no status"} after ${phase.durationInSeconds ?? 0} s${why.length === 0 ? "" : `: ${why.join(", ")}`}`,
    detail: {
      "completed-phase": phase.phaseType,
      "project-name": build.projectName,
      "build-id": build.arn,
      "completed-phase-context": contextText(phase),
      "additional-information": information(build),
      "completed-phase-status": phase.phaseStatus,
      "completed-phase-duration-seconds": phase.durationInSeconds ?? 0,
      version: VERSION,
      "completed-phase-start": eventTime(phase.startTime),
      "completed-phase-end": eventTime(phase.endTime ?? phase.startTime),
    },
  });
}

const METRIC_OF: Readonly<Partial<Record<BuildPhaseType, string>>> = {
  SUBMITTED: "SubmittedDuration",
  QUEUED: "QueuedDuration",
  PROVISIONING: "ProvisioningDuration",
  DOWNLOAD_SOURCE: "DownloadSourceDuration",
  INSTALL: "InstallDuration",
  PRE_BUILD: "PreBuildDuration",
  BUILD: "BuildDuration",
  POST_BUILD: "PostBuildDuration",
  UPLOAD_ARTIFACTS: "UploadArtifactsDuration",
  FINALIZING: "FinalizingDuration",
};

/** With the project and without, as CloudWatch shows them per project and per account. */
function putBoth(ctx: Context, build: BuildRecord, points: readonly { name: string; value: number; unit: "Count" | "Seconds" }[]): void {
  const dimensions = [{ ProjectName: build.projectName }, {}];
  putMetrics(
    ctx,
    "AWS/CodeBuild",
    dimensions.flatMap((dimension) => points.map((point) => ({ ...point, dimensions: dimension }))),
  );
}

export function countStart(ctx: Context, build: BuildRecord): void {
  putBoth(ctx, build, [{ name: "Builds", value: 1, unit: "Count" }]);
}

/** https://docs.aws.amazon.com/codebuild/latest/userguide/cloudwatch_metrics-codebuild.html */
export function countEnd(ctx: Context, build: BuildRecord, seconds: number): void {
  const result = build.buildStatus === "SUCCEEDED" ? "SucceededBuilds" : "FailedBuilds";
  putBoth(ctx, build, [
    { name: "Duration", value: seconds, unit: "Seconds" },
    ...(build.buildStatus === "STOPPED" ? [] : [{ name: result, value: 1, unit: "Count" as const }]),
    ...build.phases.flatMap(({ phaseType, durationInSeconds }) => {
      const name = METRIC_OF[phaseType];
      return name === undefined || durationInSeconds === undefined ? [] : [{ name, value: durationInSeconds, unit: "Seconds" as const }];
    }),
  ]);
}
