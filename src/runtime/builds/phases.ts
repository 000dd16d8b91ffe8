import { type Buildspec, type OnFailure, PHASE_NAMES, type PhaseName, type PhaseSection } from "./buildspec.ts";
import type { Sandbox } from "./driver.ts";

export type Interruption = "STOPPED" | "TIMED_OUT";

export interface PhaseContext {
  readonly statusCode: string;
  readonly message: string;
}

export interface PhaseResult {
  readonly status: "SUCCEEDED" | "FAILED" | Interruption;
  readonly contexts: readonly PhaseContext[];
}

/** What follows a build's commands: its log, and its phases as they begin and end. */
export interface PhaseListener {
  /** `[Container] <time> <line>` */
  log(line: string): void;
  begin(phase: PhaseName): void;
  end(phase: PhaseName, result: PhaseResult): void;
  /** Set once the build has to end before its commands do. */
  interrupted(): Interruption | undefined;
}

export interface CommandsResult {
  readonly status: "SUCCEEDED" | "FAILED" | Interruption;
  /** True when POST_BUILD was reached, so that artifacts are attempted. */
  readonly reachedBuild: boolean;
  /** What `on-failure: RETRY` of the failed phase asks for, when its pattern fits the message. */
  readonly retry: OnFailure | undefined;
}

const NO_CONTEXT: readonly PhaseContext[] = [{ statusCode: "", message: "" }];
export const SUCCEEDED: PhaseResult = { status: "SUCCEEDED", contexts: NO_CONTEXT };

export const containerPhase = (phase: PhaseName): "INSTALL" | "PRE_BUILD" | "BUILD" | "POST_BUILD" =>
  phase.toUpperCase() as "INSTALL" | "PRE_BUILD" | "BUILD" | "POST_BUILD";

/**
 * Runs the commands of all phases by CodeBuild's rules:
 *
 *     INSTALL ──▶ PRE_BUILD ──▶ BUILD ──▶ POST_BUILD        a failure ends the build, but
 *        └─────────────┴─ failure ─▶ end                    BUILD goes on to POST_BUILD in any case;
 *                                                           ABORT ends it always, CONTINUE never
 *
 * https://docs.aws.amazon.com/codebuild/latest/userguide/view-build-details-phases.html
 */
export async function runCommands(buildspec: Buildspec, sandbox: Sandbox, listener: PhaseListener): Promise<CommandsResult> {
  let failed = false;
  let retry: OnFailure | undefined;
  let reachedBuild = false;
  for (const name of PHASE_NAMES) {
    listener.begin(name);
    reachedBuild ||= name === "build";
    const section = buildspec.phases[name];
    if (section !== undefined) listener.log(`Entering phase ${containerPhase(name)}`);
    const result = section === undefined ? SUCCEEDED : await runPhase(section, buildspec.version, sandbox, listener);
    const interruption = listener.interrupted();
    if (interruption !== undefined) {
      listener.end(name, interruptedResult(interruption));
      return { status: interruption, reachedBuild, retry: undefined };
    }
    listener.end(name, result);
    if (result.status === "SUCCEEDED") continue;
    if (!failed) await sandbox.set("CODEBUILD_BUILD_SUCCEEDING", "0");
    failed = true;
    retry ??= retryOf(section, result);
    if (!goesOn(name, section)) break;
  }
  return { status: failed ? "FAILED" : "SUCCEEDED", reachedBuild, retry };
}

export function interruptedResult(interruption: Interruption): PhaseResult {
  const context =
    interruption === "TIMED_OUT" ? { statusCode: "BUILD_TIMED_OUT", message: "Build has timed out. " } : { statusCode: "", message: "" };
  return { status: interruption, contexts: [context] };
}

function goesOn(name: PhaseName, section: PhaseSection | undefined): boolean {
  const action = section?.onFailure?.action;
  if (action === "CONTINUE") return true;
  return action === undefined && name === "build";
}

function retryOf(section: PhaseSection | undefined, result: PhaseResult): OnFailure | undefined {
  const rule = section?.onFailure;
  if (rule?.action !== "RETRY") return undefined;
  const pattern = new RegExp(rule.pattern ?? ".*");
  return result.contexts.some(({ message }) => pattern.test(message)) ? rule : undefined;
}

/** The commands until one fails, and then those of `finally`, which run in any case. */
async function runPhase(
  section: PhaseSection,
  version: Buildspec["version"],
  sandbox: Sandbox,
  listener: PhaseListener,
): Promise<PhaseResult> {
  let failure: PhaseContext | undefined;
  for (const list of [section.commands, section.finally]) {
    for (const command of list) {
      if (listener.interrupted() !== undefined) return SUCCEEDED;
      const context = await runCommand(command, version, sandbox, listener);
      if (context === undefined) continue;
      failure ??= context;
      break;
    }
  }
  return failure === undefined ? SUCCEEDED : { status: "FAILED", contexts: [failure] };
}

async function runCommand(
  command: string,
  version: Buildspec["version"],
  sandbox: Sandbox,
  listener: PhaseListener,
): Promise<PhaseContext | undefined> {
  const text = command.trimEnd();
  listener.log(`Running command ${text}`);
  const { exitCode, reason } = await sandbox.run(command, { fresh: version === "0.1" });
  if (exitCode === 0) return undefined;
  if (listener.interrupted() === undefined) listener.log(`Command did not exit successfully ${text} ${reason}`);
  return { statusCode: "COMMAND_EXECUTION_ERROR", message: `Error while executing command: ${text}. Reason: ${reason}` };
}
