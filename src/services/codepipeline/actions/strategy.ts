/** How traffic goes from one version to another: the share of the new one after each wait. */
export interface Strategy {
  /** The shares in percent, one after the other; the last one is 100. */
  readonly shares: readonly number[];
  /** Minutes between two of them. */
  readonly minutes: number;
}

const MAX_MINUTES = 2 * 24 * 60;

/**
 * `AllAtOnce`, `Canary<n>Percent<m>Minutes` and `Linear<n>PercentEvery<m>Minute(s)`, any numbers; undefined when it is none
 * of them, or takes more than two days.
 * https://docs.aws.amazon.com/codepipeline/latest/userguide/action-reference-LambdaDeploy.html
 */
export function parseStrategy(text: string): Strategy | undefined {
  if (text === "AllAtOnce") return { shares: [100], minutes: 0 };
  const canary = /^Canary(\d+)Percent(\d+)Minutes?$/.exec(text);
  const linear = /^Linear(\d+)PercentEvery(\d+)Minutes?$/.exec(text);
  const [, percent, every] = canary ?? linear ?? [];
  const share = Number(percent);
  const minutes = Number(every);
  if (!(share > 0 && share < 100 && minutes > 0)) return undefined;
  const shares = canary !== null ? [share, 100] : linearShares(share);
  return (shares.length - 1) * minutes > MAX_MINUTES ? undefined : { shares, minutes };
}

function linearShares(step: number): number[] {
  const shares: number[] = [];
  for (let share = step; share < 100; share += step) shares.push(share);
  return [...shares, 100];
}
