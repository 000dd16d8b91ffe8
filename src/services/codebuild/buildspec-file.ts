import { readFileSync } from "node:fs";
import { join } from "node:path";
import type { Context } from "../../aws/context.ts";
import { PhaseFailure } from "./phase-failure.ts";
import { isInline } from "./project-rules.ts";
import { fetchObject, splitLocation } from "./s3.ts";

const DEFAULT_BUILDSPEC = "buildspec.yml";

/** True when the buildspec is a file of the source. */
export const isFile = (given: string | undefined): boolean => given === undefined || !(isInline(given) || given.startsWith("arn:"));

/**
 * Inline, an object of S3 by its ARN, or a file of the source.
 * @param ctx Acts as the service role.
 * @param log Is told where it is.
 * @throws PhaseFailure YAML_FILE_ERROR
 */
export async function readBuildspec(
  ctx: Context,
  given: string | undefined,
  sourceFolder: string,
  log: (line: string) => void = () => undefined,
): Promise<string> {
  if (given !== undefined && isInline(given)) return given;
  if (given?.startsWith("arn:") === true) {
    const { bucket, key } = splitLocation(given);
    log(`YAML location is ${given}`);
    return (await fetchObject(ctx, bucket, key, undefined)).bytes.toString("utf8");
  }
  const path = join(sourceFolder, given === undefined || given === "" ? DEFAULT_BUILDSPEC : given);
  log(`YAML location is ${path}`);
  try {
    return readFileSync(path, "utf8");
  } catch {
    throw new PhaseFailure("YAML_FILE_ERROR", `stat ${path}: no such file or directory`);
  }
}
