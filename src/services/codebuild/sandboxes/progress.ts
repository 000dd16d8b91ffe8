import type { StatusType } from "@aws-sdk/client-codebuild";
import type { Context } from "../../../aws/context.ts";
import type { PhaseContext } from "../../../runtime/builds/phases.ts";
import { projectArn } from "../names.ts";
import { isOver, type SandboxPhase, type SandboxPlan, type SandboxRecord } from "./records.ts";
import { type SandboxRow, sandboxes } from "./store.ts";

const MS = 1_000;
const NO_CONTEXT: PhaseContext = { statusCode: "", message: "" };

export const recordOf = (row: SandboxRow): SandboxRecord => JSON.parse(row.record) as SandboxRecord;
export const planOf = (row: SandboxRow): SandboxPlan => JSON.parse(row.plan) as SandboxPlan;

/** How a phase ended, and what comes after it. */
export interface Step {
  readonly status: StatusType;
  readonly context?: PhaseContext;
  readonly next: "PROVISIONING" | "DOWNLOAD_SOURCE" | "RUN_SANDBOX" | "COMPLETED";
  /** Of the sandbox, from now on; the next phase's name where none is given. */
  readonly sandboxStatus?: "STOPPED" | "FAILED";
  /** In a plain sentence. */
  readonly rule: string;
  readonly change?: Partial<SandboxRecord>;
}

/**
 * Ends the phase under way and begins the next one, with its event; undefined when the sandbox is over already.
 *
 *     QUEUED ─▶ PROVISIONING ─▶ DOWNLOAD_SOURCE ─▶ RUN_SANDBOX ─StopSandbox, time-out─▶ COMPLETED (STOPPED)
 *                     └───────────────┴──────────────────┴────── failure, server's end ─▶ COMPLETED (FAILED)
 */
export function step(
  ctx: Context,
  id: string,
  { status, context = NO_CONTEXT, next, sandboxStatus, rule, change }: Step,
): Context | undefined {
  return ctx.tx(() => {
    const row = ctx.get(sandboxes.get, { id });
    if (row === undefined || isOver(row)) return undefined;
    const before = recordOf(row);
    const phases = before.phases.map((phase): SandboxPhase => {
      if (phase.endTime !== undefined) return phase;
      const durationInSeconds = Math.round((ctx.now - phase.startTime) / MS);
      return { ...phase, phaseStatus: status, endTime: ctx.now, durationInSeconds, contexts: [context] };
    });
    const record: SandboxRecord = {
      ...before,
      ...change,
      // What was asked to stop meanwhile is still to stop.
      status: sandboxStatus ?? (before.status === "STOPPING" ? before.status : next),
      phases: [...phases, { phaseType: next, startTime: ctx.now }],
      ...(next === "COMPLETED" ? { ended: ctx.now } : {}),
    };
    const because = ctx.with({ cause: ctx.cause ?? row.because ?? undefined }).emit({
      source: "aws.codebuild",
      type: `Sandbox ${record.status}`,
      resources: [record.arn, projectArn(ctx, row.project)],
      detail: { id, status: record.status, ...(context.message === "" ? {} : { message: context.message }) },
      rule,
    });
    ctx.run(sandboxes.put, { id, status: record.status, record: JSON.stringify(record), because });
    return ctx.with({ cause: because });
  });
}
