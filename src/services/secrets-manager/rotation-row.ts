import type { Rules } from "./rotation-rules.ts";
import type { SecretRow } from "./store.ts";

/** How a secret is rotated, as it is kept. */
export interface Rotation {
  readonly enabled: boolean;
  readonly lambda: string;
  readonly rules: Rules;
  /** Plans and rotations of an older one mean nothing. */
  readonly generation: string;
  /** End of the next window, virtual ms. */
  readonly nextEnd?: number | undefined;
  /** The version that is being made. */
  readonly pending?: string | undefined;
}

export const rotationOf = (row: SecretRow): Rotation | undefined =>
  row.rotation === null ? undefined : (JSON.parse(row.rotation) as Rotation);

/** What DescribeSecret and ListSecrets say. */
export function shownRotation(row: SecretRow): object {
  const rotation = rotationOf(row);
  if (rotation === undefined) return {};
  return {
    RotationEnabled: rotation.enabled,
    RotationLambdaARN: rotation.lambda,
    RotationRules: rotation.rules,
    ...(row.rotated === null ? {} : { LastRotatedDate: new Date(row.rotated) }),
    ...(rotation.nextEnd === undefined ? {} : { NextRotationDate: new Date(rotation.nextEnd) }),
  };
}
