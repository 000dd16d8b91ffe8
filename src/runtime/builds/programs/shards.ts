import { createHash } from "node:crypto";

/** How a fan-out build knows which of its builds it is: set by what starts it, read by `codebuild-tests-run`. */
const INDEX = "CODEBUILD_FANOUT_SHARD_INDEX";
const TOTAL = "CODEBUILD_FANOUT_SHARD_TOTAL";

export const STRATEGIES = ["equal-distribution", "stability"] as const;
export type Strategy = (typeof STRATEGIES)[number];

/** One of `total` builds that share a list of files; `index` counts from 0. */
export interface Shard {
  readonly index: number;
  readonly total: number;
}

/** What the build of a fan-out sees of its place; AWS does not document its own names for these. */
export function shardVariables({ index, total }: Shard): Record<string, string> {
  return { [INDEX]: String(index), [TOTAL]: String(total) };
}

/** Which build of a fan-out it is, counted from 0; undefined outside of one. */
export function ownShard(variables: Readonly<Record<string, string | undefined>>): number | undefined {
  return variables[TOTAL] === undefined ? undefined : shardOf(variables).index;
}

/** A build outside of a fan-out is the only one. */
export function shardOf(variables: Readonly<Record<string, string | undefined>>): Shard {
  const total = Number(variables[TOTAL]);
  const index = Number(variables[INDEX]);
  return Number.isInteger(total) && Number.isInteger(index) && index >= 0 && index < total ? { index, total } : { index: 0, total: 1 };
}

/**
 * The files of one shard, sorted. `equal-distribution` cuts the sorted list into runs whose lengths differ by one at most;
 * `stability` gives each file to the shard that its hash with the shard's number prefers, so that a file stays where it is
 * while others come and go. https://docs.aws.amazon.com/codebuild/latest/userguide/parallel-test-splitting.html
 */
export function filesOf(files: readonly string[], { index, total }: Shard, strategy: Strategy): string[] {
  const sorted = [...new Set(files)].sort();
  if (strategy === "stability") return sorted.filter((file) => preferred(file, total) === index);
  const least = Math.floor(sorted.length / total);
  const longer = sorted.length % total;
  const from = index * least + Math.min(index, longer);
  return sorted.slice(from, from + least + (index < longer ? 1 : 0));
}

function preferred(file: string, total: number): number {
  let best = { weight: "", shard: 0 };
  for (let shard = 0; shard < total; shard++) {
    const weight = createHash("sha256").update(`${shard} ${file}`).digest("hex");
    if (weight > best.weight) best = { weight, shard };
  }
  return best.shard;
}
