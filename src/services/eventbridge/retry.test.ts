import { describe, expect, it } from "vitest";
import { decideRetry } from "./retry.ts";

const failure = { code: "ThrottlingException", attempts: 0, received: 0, now: 0 };

// documented: https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-rule-retry-policy.html
describe("retries", () => {
  it("come later and later, ten minutes apart at most", () => {
    const waits = [0, 1, 5, 9, 10, 184].map((attempts) => decideRetry(undefined, { ...failure, attempts }));
    expect(waits).toEqual([
      { again: 1_000 },
      { again: 2_000 },
      { again: 32_000 },
      { again: 512_000 },
      { again: 600_000 },
      { again: 600_000 },
    ]);
  });

  it("end after 185 of them, or after the policy's number", () => {
    expect(decideRetry(undefined, { ...failure, attempts: 185 })).toEqual({ condition: "MaximumRetryAttempts" });
    expect(decideRetry({ MaximumRetryAttempts: 0 }, failure)).toEqual({ condition: "MaximumRetryAttempts" });
  });

  it("end when the event would be older than 24 hours, or than the policy says", () => {
    expect(decideRetry(undefined, { ...failure, now: 86_400_000 })).toEqual({ condition: "MaximumEventAgeInSeconds" });
    expect(decideRetry({ MaximumEventAgeInSeconds: 60 }, { ...failure, now: 59_500 })).toEqual({ condition: "MaximumEventAgeInSeconds" });
  });

  // documented: https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-rule-dlq.html
  it.each(["AccessDeniedException", "ResourceNotFoundException", "QueueDoesNotExist"])("are not made for %s", (code) => {
    expect(decideRetry(undefined, { ...failure, code })).toEqual({ condition: undefined });
  });
});
