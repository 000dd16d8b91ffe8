import type { Cloud } from "../../aws/context.ts";
import { objects } from "./store.ts";

/** Files that are being read, by number of readers. Nothing is lost when it is empty: who reads has died with it. */
const readers = new WeakMap<Cloud, Map<string, number>>();

/** Keeps files in place until what it returns is called, though no row names them any more by then. */
export function holdBlobs(cloud: Cloud, blobs: readonly string[]): () => void {
  const counts = readers.get(cloud) ?? new Map<string, number>();
  readers.set(cloud, counts);
  for (const blob of blobs) counts.set(blob, (counts.get(blob) ?? 0) + 1);
  let held = true;
  return () => {
    if (!held) return;
    held = false;
    for (const blob of blobs) {
      const left = (counts.get(blob) ?? 1) - 1;
      if (left > 0) counts.set(blob, left);
      else {
        counts.delete(blob);
        deleteUnnamed(cloud, blob);
      }
    }
  };
}

/** Deletes a file that no row names and nobody reads; its last reader does it otherwise. */
export function deleteUnnamed(cloud: Cloud, blob: string): void {
  if (readers.get(cloud)?.has(blob) === true) return;
  // A reader may end after the cloud has been stopped; the next start sweeps.
  if (!cloud.store.isOpen) return;
  if ((cloud.store.get(objects.users, { blob })?.n ?? 0) === 0) cloud.blobs.delete(blob);
}
