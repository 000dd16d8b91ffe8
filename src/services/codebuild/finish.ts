import type { StartBuildInput, StatusType } from "@aws-sdk/client-codebuild";
import type { Context } from "../../aws/context.ts";
import { AwsException } from "../../aws/exception.ts";
import { buildEnded } from "./batch/advance.ts";
import { countEnd, emitState } from "./events.ts";
import { type BuildPlan, type BuildRecord, isOver } from "./records.ts";
import { startBuild } from "./start.ts";
import { builds } from "./store.ts";

const MS = 1_000;

/** What is known of a build that is over. */
export interface Ending {
  readonly status: StatusType;
  /** Of `on-failure: RETRY`: how often in all. */
  readonly retries?: number | undefined;
  /** Wall seconds that it worked. */
  readonly seconds: number;
}

/**
 * The end of a build, as one: its last state and event, the build that tries again, and a place for those that wait. What
 * is over already stays as it is.
 */
export function finish(ctx: Context, record: BuildRecord, plan: BuildPlan, ending: Ending): BuildRecord {
  return ctx.tx(() => {
    const row = ctx.get(builds.get, { id: record.id });
    if (row === undefined || row.state === "OVER") return record;
    const ended: BuildRecord = {
      ...record,
      buildStatus: ending.status,
      buildComplete: true,
      currentPhase: "COMPLETED",
      endTime: ctx.now,
      phases: [...record.phases, { phaseType: "COMPLETED", startTime: ctx.now }],
    };
    const because = emitState(ctx, ended, ruleOf(ended));
    const next = ctx.with({ cause: because });
    ctx.run(builds.setState, { id: record.id, state: "OVER", record: JSON.stringify(ended), because });
    // Over already, so that it takes no place from the one that tries again.
    const { final, retry } = retried(next, ended, plan, ending);
    if (final !== ended) ctx.run(builds.setRecord, { id: record.id, record: JSON.stringify(final) });
    countEnd(ctx, final, ending.seconds);
    buildEnded(next, final, retry);
    admitWaiting(next);
    return final;
  });
}

function ruleOf(build: BuildRecord): string {
  if (build.buildStatus === "SUCCEEDED") return "all phases succeeded";
  if (build.buildStatus === "STOPPED") return "it was asked to stop";
  const phase = build.phases.find(({ phaseStatus }) => phaseStatus !== undefined && phaseStatus !== "SUCCEEDED");
  const context = phase?.contexts?.find(({ statusCode }) => statusCode !== "");
  return `${phase?.phaseType ?? "a phase"} ended with ${phase?.phaseStatus ?? "a failure"}${context === undefined ? "" : `: ${context.statusCode}: ${context.message}`}`;
}

interface Retried {
  readonly final: BuildRecord;
  /** The build that tries again. */
  readonly retry?: BuildRecord;
}

/** https://docs.aws.amazon.com/codebuild/latest/userguide/auto-retry-build.html */
function retried(ctx: Context, build: BuildRecord, plan: BuildPlan, { retries }: Ending): Retried {
  if (build.buildStatus !== "FAILED" && build.buildStatus !== "FAULT" && build.buildStatus !== "TIMED_OUT") return { final: build };
  const { autoRetryConfig, initiator, buildBatchArn: arn } = build;
  const number = (autoRetryConfig?.autoRetryNumber ?? 0) + 1;
  const automatic = number <= (autoRetryConfig?.autoRetryLimit ?? 0);
  const tried = (plan.retries ?? 0) + 1;
  if (!automatic && !(retries !== undefined && tried <= retries)) return { final: build };
  const { idempotencyToken: _, ...input } = plan.input as unknown as StartBuildInput;
  const retryOf = { id: build.id, arn: build.arn, ...(automatic ? { automatic: number } : {}) };
  try {
    const retry = startBuild(ctx, input, {
      retryOf,
      variables: plan.variables,
      ...(arn === undefined ? {} : { batch: { arn, identifier: plan.variables["CODEBUILD_BATCH_BUILD_IDENTIFIER"] ?? "" } }),
      ...(initiator === undefined ? {} : { initiator }),
      ...(automatic ? {} : { retries: tried }),
    });
    if (!automatic || autoRetryConfig === undefined) return { final: build, retry };
    return { final: { ...build, autoRetryConfig: { ...autoRetryConfig, nextAutoRetry: retry.arn } }, retry };
  } catch (error) {
    // The project is gone, or has no place for another build.
    if (error instanceof AwsException) return { final: build };
    throw error;
  }
}

/** Those that wait ask again; who comes first gets the place. */
function admitWaiting(ctx: Context): void {
  for (const { id, account, region, because } of ctx.cloud.store.all(builds.queuedHere, {})) {
    ctx.with({ account, region, cause: because ?? ctx.cause }).send("codebuild.run", { id });
  }
}

/** Ends a build that never ran. */
export function finishQueued(ctx: Context, id: string, status: "STOPPED" | "TIMED_OUT"): void {
  ctx.tx(() => {
    const row = ctx.get(builds.get, { id });
    if (row === undefined || row.state !== "QUEUED") return;
    const record = JSON.parse(row.record) as BuildRecord;
    if (isOver(record)) return;
    const queued = record.phases.at(-1);
    const message = status === "TIMED_OUT" ? `Build was queued for longer than ${record.queuedTimeoutInMinutes ?? 0} minutes` : "";
    const phases = [
      ...record.phases.slice(0, -1),
      ...(queued === undefined
        ? []
        : [
            {
              ...queued,
              phaseStatus: status,
              endTime: ctx.now,
              durationInSeconds: Math.round((ctx.now - queued.startTime) / MS),
              contexts: [{ statusCode: status === "TIMED_OUT" ? "BUILD_TIMED_OUT" : "", message }],
            },
          ]),
    ];
    finish(ctx.with({ cause: ctx.cause ?? row.because ?? undefined }), { ...record, phases }, JSON.parse(row.plan) as BuildPlan, {
      status,
      seconds: 0,
    });
  });
}
