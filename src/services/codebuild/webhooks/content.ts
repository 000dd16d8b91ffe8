import type { ProjectSource } from "@aws-sdk/client-codebuild";
import type { Context } from "../../../aws/context.ts";
import { messageOf } from "../../../kernel/errors.ts";
import { changedPaths, commitInfo, resolveRef } from "../../../runtime/git/index.ts";
import { mergeBase } from "../../../runtime/git/reading.ts";
import type { BuildRecord } from "../records.ts";
import { mirrorOf } from "../sources.ts";
import type { Delivery } from "./delivery.ts";

/** Filters look at so many files of an event at most. */
const MOST_PATHS = 3_000;

/**
 * The delivery with what its host did not tell, read from the repository: the head commit's message and the files that
 * differ from before, or from where a pull request's branches parted. What cannot be read stays unknown.
 */
export async function withContent(ctx: Context, source: ProjectSource, delivery: Delivery): Promise<Delivery> {
  const { commit, before, baseRef } = delivery;
  if (commit === undefined) return delivery;
  try {
    const record: BuildRecord = { id: "", arn: "", projectName: "", startTime: ctx.now, phases: [], source };
    const repository = await mirrorOf(ctx, record, source, source.location ?? "");
    const base = baseRef === undefined ? undefined : await resolveRef(repository, baseRef);
    const from = base === undefined ? before : await mergeBase(repository, commit, base);
    const [info, paths] = await Promise.all([commitInfo(repository, commit), changedPaths(repository, from, commit)]);
    return { ...delivery, message: delivery.message ?? info?.message, paths: delivery.paths ?? paths.slice(0, MOST_PATHS) };
  } catch (error) {
    ctx.cloud.log.warn("the repository of a webhook cannot be read", { repository: delivery.repository, reason: messageOf(error) });
    return delivery;
  }
}
