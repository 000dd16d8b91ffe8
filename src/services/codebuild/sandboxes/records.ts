import type { CommandExecution, LogsLocation, Sandbox, SandboxSession, SandboxSessionPhase } from "@aws-sdk/client-codebuild";
import type { PhaseContext } from "../../../runtime/builds/phases.ts";
import type { BuildPlan, BuildRecord } from "../records.ts";

/** A phase of a sandbox as it is kept, with virtual ms. */
export interface SandboxPhase extends Omit<SandboxSessionPhase, "startTime" | "endTime" | "contexts"> {
  readonly phaseType: string;
  readonly startTime: number;
  readonly endTime?: number;
  readonly contexts?: readonly PhaseContext[];
}

/** A sandbox as it is kept: a build of its project that runs no commands of its own, and how far it is. */
export interface SandboxRecord {
  readonly build: BuildRecord;
  readonly arn: string;
  readonly status: string;
  readonly session: string;
  readonly phases: readonly SandboxPhase[];
  readonly began?: number;
  readonly ended?: number;
}

export interface SandboxPlan {
  readonly build: BuildPlan;
  /** A shell into a build takes the variables of the build's buildspec too. */
  readonly withBuildspec: boolean;
}

export interface CommandRecord extends Omit<CommandExecution, "submitTime" | "startTime" | "endTime"> {
  readonly id: string;
  readonly submitTime: number;
  readonly startTime?: number;
  readonly endTime?: number;
}

/** Phases that are over do not come back. */
const OVER = new Set(["STOPPED", "FAILED", "TIMED_OUT"]);
export const isOver = ({ status }: { readonly status: string }): boolean => OVER.has(status);

const date = <K extends string>(key: K, value: number | undefined) =>
  (value === undefined ? {} : { [key]: new Date(value) }) as { [P in K]?: Date };

/** As the API gives it. */
export function sandboxOf({ build, arn, status, session, phases, began, ended }: SandboxRecord, plan: SandboxPlan): Sandbox {
  const { id, projectName, source, environment, serviceRole, encryptionKey, sourceVersion } = build;
  const current: SandboxSession = {
    id: session,
    status,
    startTime: new Date(build.startTime),
    ...date("endTime", ended),
    currentPhase: phases.at(-1)?.phaseType ?? "QUEUED",
    phases: phases.map(phaseOf),
    ...(build.resolvedSourceVersion === undefined ? {} : { resolvedSourceVersion: build.resolvedSourceVersion }),
    ...(build.logs === undefined ? {} : { logs: build.logs }),
  };
  return {
    id,
    arn,
    projectName,
    requestTime: new Date(build.startTime),
    ...date("startTime", began),
    ...date("endTime", ended),
    status,
    ...(source === undefined ? {} : { source }),
    ...(sourceVersion === undefined ? {} : { sourceVersion }),
    secondarySources: build.secondarySources ?? [],
    ...(build.secondarySourceVersions === undefined ? {} : { secondarySourceVersions: build.secondarySourceVersions }),
    ...(environment === undefined ? {} : { environment }),
    timeoutInMinutes: build.timeoutInMinutes ?? 60,
    queuedTimeoutInMinutes: build.queuedTimeoutInMinutes ?? 480,
    logConfig: plan.build.logsConfig,
    ...(encryptionKey === undefined ? {} : { encryptionKey }),
    ...(serviceRole === undefined ? {} : { serviceRole }),
    currentSession: current,
  };
}

function phaseOf({ startTime, endTime, contexts, ...rest }: SandboxPhase): SandboxSessionPhase {
  return {
    ...rest,
    startTime: new Date(startTime),
    ...date("endTime", endTime),
    ...(contexts === undefined ? {} : { contexts: contexts.map((context) => ({ ...context })) }),
  };
}

export function commandOf({ submitTime, startTime, endTime, ...rest }: CommandRecord, logs: LogsLocation | undefined): CommandExecution {
  return {
    ...rest,
    submitTime: new Date(submitTime),
    ...date("startTime", startTime),
    ...date("endTime", endTime),
    ...(logs === undefined ? {} : { logs }),
  };
}
