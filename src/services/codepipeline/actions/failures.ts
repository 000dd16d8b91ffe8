import { AwsException } from "../../../aws/exception.ts";
import { ZipError } from "../../../runtime/processes/zip.ts";
import type { ActionProgress } from "./provider.ts";

/** The codes by which AWS tells of an action that failed: https://docs.aws.amazon.com/codepipeline/latest/APIReference/API_FailureDetails.html */
export type FailureCode =
  | "JobFailed"
  | "ConfigurationError"
  | "PermissionError"
  | "RevisionOutOfSync"
  | "RevisionUnavailable"
  | "SystemUnavailable";

type Failed = Extract<ActionProgress, { status: "Failed" }>;
type Told = Pick<Failed, "externalExecutionId" | "externalExecutionUrl" | "externalExecutionSummary">;

export function failed(code: FailureCode, message: string, told: Told = {}): Failed {
  return { status: "Failed", code, message, ...told };
}

/** Ends a provider's work from within: `guarded` turns it into the failure of the action. */
export class ActionFailure extends Error {
  override readonly name = "ActionFailure";
  readonly code: FailureCode;

  constructor(code: FailureCode, message: string) {
    super(message);
    this.code = code;
  }
}

const DENIED = /^(AccessDenied|AccessDeniedException|UnauthorizedOperation|UnrecognizedClientException)$/;
const PASSING = /Throttl|TooManyRequests|RequestLimitExceeded|ServiceUnavailable|InternalServer|InternalError|InternalFailure|SlowDown/;

/**
 * What another service refused, as the failure of the action; what may pass is thrown on, so that the message is tried again.
 * @throws whatever is no answer to a wrong request
 */
export function failureOf(error: unknown): ActionProgress {
  if (error instanceof ActionFailure) return failed(error.code, error.message);
  if (error instanceof ZipError) return failed("ConfigurationError", `An artifact could not be read: ${error.message}`);
  if (!(error instanceof AwsException) || PASSING.test(error.code)) throw error;
  const code = DENIED.test(error.code) ? "PermissionError" : error.code === "NotImplemented" ? "SystemUnavailable" : "ConfigurationError";
  return failed(code, `${error.message} (${error.code})`);
}
