/** https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-rule-retry-policy.html */
const DEFAULT_RETRIES = 185;
const DEFAULT_MAX_AGE_S = 86_400;
const FIRST_RETRY_MS = 1_000;
const LONGEST_RETRY_MS = 600_000;

/** What no retry will mend: AWS drops these at once, to the dead-letter queue where there is one. eb-rule-dlq.html */
const PERMANENT =
  /^(AccessDenied|AccessDeniedException|ResourceNotFoundException|NotFound|NotFoundException|QueueDoesNotExist|.*NonExistentQueue|.*Invalid.*|ValidationException|RequestEntityTooLarge.*|RequestTooLarge.*|NotImplemented)$/;

export interface RetryPolicy {
  readonly MaximumRetryAttempts?: number | undefined;
  readonly MaximumEventAgeInSeconds?: number | undefined;
}

export interface Failure {
  /** Code of the error that the target answered. */
  readonly code: string;
  /** Retries made so far. */
  readonly attempts: number;
  /** Virtual ms: when the event came, and now. */
  readonly received: number;
  readonly now: number;
}

/** To be tried again at `again`, or given up; `condition` names the limit that was reached, as AWS does for dead letters. */
export type RetryDecision = { readonly again: number } | { readonly condition: string | undefined };

/** Waits double from a second to ten minutes, within the policy's number of retries and the event's age. */
export function decideRetry(policy: RetryPolicy | undefined, failure: Failure): RetryDecision {
  if (PERMANENT.test(failure.code)) return { condition: undefined };
  if (failure.attempts >= (policy?.MaximumRetryAttempts ?? DEFAULT_RETRIES)) return { condition: "MaximumRetryAttempts" };
  const again = failure.now + Math.min(FIRST_RETRY_MS * 2 ** failure.attempts, LONGEST_RETRY_MS);
  const oldest = failure.received + (policy?.MaximumEventAgeInSeconds ?? DEFAULT_MAX_AGE_S) * 1_000;
  return again > oldest ? { condition: "MaximumEventAgeInSeconds" } : { again };
}
