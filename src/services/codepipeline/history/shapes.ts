import type { ErrorDetails } from "@aws-sdk/client-codepipeline";
import { given } from "../../../aws/properties.ts";
import type { RunRow } from "../run-store.ts";

/** The members that are there. */
export function present<T extends object>(members: T): { [K in keyof T]: T[K] } {
  return given(members) as { [K in keyof T]: T[K] };
}

export function errorOf(run: RunRow): ErrorDetails | undefined {
  if (run.error_code === null) return undefined;
  return present({ code: run.error_code, message: run.error_message ?? undefined });
}
