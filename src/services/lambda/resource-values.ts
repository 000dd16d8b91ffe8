import { notImplemented, unless } from "../../aws/exception.ts";
import type { Properties } from "../../aws/resource.ts";

/** Runs what may find that its object is gone already. */
export function unlessGone<T>(work: Promise<T>): Promise<T | undefined> {
  return unless("ResourceNotFoundException", work);
}

/** @throws AwsException NotImplemented for properties that would be ignored */
export function refuse(type: string, properties: Properties, names: readonly string[]): void {
  for (const name of names) if (properties[name] !== undefined) throw notImplemented("lambda", type, name);
}
