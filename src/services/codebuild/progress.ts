import type { BuildPhaseType, StatusType } from "@aws-sdk/client-codebuild";
import type { Context } from "../../aws/context.ts";
import type { PhaseContext } from "../../runtime/builds/phases.ts";
import { emitPhase } from "./events.ts";
import type { BuildRecord, PhaseRecord } from "./records.ts";
import { builds } from "./store.ts";

const MS = 1_000;

/**
 * A build's record while it runs. Each phase that ends is stored together with its event, and what follows carries that
 * event as its cause.
 */
export class Progress {
  /** Its cause is the latest transition. */
  ctx: Context;
  record: BuildRecord;
  #beganAt: number;

  constructor(ctx: Context, record: BuildRecord) {
    this.ctx = ctx;
    this.record = record;
    this.#beganAt = ctx.cloud.clock.measure();
  }

  begin(phaseType: BuildPhaseType): void {
    this.#beganAt = this.ctx.cloud.clock.measure();
    const phase: PhaseRecord = { phaseType, startTime: this.ctx.now };
    this.change({ currentPhase: phaseType, phases: [...this.record.phases, phase] });
  }

  /** Ends the phase under way. */
  end(phaseStatus: StatusType, contexts: readonly PhaseContext[] = [{ statusCode: "", message: "" }]): void {
    const { clock } = this.ctx.cloud;
    const phase = this.record.phases.at(-1);
    if (phase === undefined) return;
    const virtual = (this.ctx.now - phase.startTime) / MS;
    // Work takes wall time; what only waits (QUEUED) takes virtual time.
    const seconds = phase.phaseType === "QUEUED" ? virtual : (clock.measure() - this.#beganAt) / MS;
    const ended: PhaseRecord = { ...phase, phaseStatus, endTime: this.ctx.now, durationInSeconds: Math.round(seconds), contexts };
    this.ctx.tx(() => {
      this.record = { ...this.record, phases: [...this.record.phases.slice(0, -1), ended] };
      const because = emitPhase(this.ctx, this.record, ended);
      this.ctx.run(builds.setBecause, { id: this.record.id, record: JSON.stringify(this.record), because });
      this.ctx = this.ctx.with({ cause: because });
    });
  }

  change(change: Partial<BuildRecord>): void {
    this.record = { ...this.record, ...change };
    this.ctx.run(builds.setRecord, { id: this.record.id, record: JSON.stringify(this.record) });
  }
}
