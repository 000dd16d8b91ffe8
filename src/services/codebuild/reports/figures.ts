import { createHash } from "node:crypto";

/** https://docs.aws.amazon.com/codebuild/latest/userguide/test-reporting.html: reports expire 30 days after they were made. */
export const KEPT_MS = 30 * 86_400_000;
/** https://docs.aws.amazon.com/codebuild/latest/userguide/limits.html#report-limits */
export const MOST_CASES = 500;

/** With two places; nothing of nothing is none. */
export function percentage(covered: number, missed: number): number {
  return covered + missed === 0 ? 0 : Math.round((covered * 10_000) / (covered + missed)) / 100;
}

/** The same whenever one build or batch tells of one thing, so that one that begins again after a crash replaces what it has told. */
export function reportId(executionArn: string, name: string): string {
  const hash = createHash("sha256").update(`${executionArn} ${name}`).digest("hex");
  return [hash.slice(0, 8), hash.slice(8, 12), hash.slice(12, 16), hash.slice(16, 20), hash.slice(20, 32)].join("-");
}
