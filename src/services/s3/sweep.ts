import type { Cloud } from "../../aws/context.ts";
import { objects } from "./store.ts";

/** Ends the names of S3's files, so that they are told from those of other services. */
export const OWNER = "s3";

/**
 * Removes what a process that was killed has left: files that were complete before their row was committed, and files
 * whose last row had gone already. Before the first request, so that nothing is in the middle of being written.
 */
export function sweep(cloud: Cloud): void {
  const there = cloud.blobs.list(OWNER);
  if (there.length === 0) return;
  const named = new Set(cloud.store.all(objects.blobs, {}).map(({ blob }) => blob));
  for (const blob of there) if (!named.has(blob)) cloud.blobs.delete(blob);
}
