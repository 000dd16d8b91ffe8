import { join } from "node:path";
import type { StartBuildBatchInput, Webhook } from "@aws-sdk/client-codebuild";
import type { Cloud, Context } from "../../aws/context.ts";
import { installPrograms } from "../../runtime/builds/programs.ts";
import { startBatch } from "./batch/start.ts";
import type { Buildspec } from "./buildspec.ts";
import { gitCredentials } from "./credentials/use.ts";
import type { BuildOrigin, BuildPlan, BuildRecord } from "./records.ts";
import { type CollectedReports, collectReports } from "./reports/collect.ts";
import { forgetWebhook, webhookOf } from "./webhooks/webhooks.ts";
import { workshopOf } from "./workshop.ts";

/** What is known when the commands of a build are over, before its workspace goes. */
export interface ReportWork {
  /** Acts as the build's service role; its cause is the last phase's event. */
  readonly ctx: Context;
  readonly build: BuildRecord;
  readonly plan: Pick<BuildPlan, "variables">;
  /** CODEBUILD_SRC_DIR: globs and base directories are relative to it. */
  readonly sourceFolder: string;
  readonly buildspec: Buildspec;
  /** The build's variables, for names such as `$REPORT_GROUP_NAME`. */
  readonly variables: Readonly<Record<string, string>>;
  /** A line of the build's log, as `[Container] … <line>`. */
  log(line: string): void;
}

/** What other parts of this service add to projects and builds. */
export interface Hooks {
  /** Called in UPLOAD_ARTIFACTS when the buildspec has reports, whether or not the build failed. */
  readonly collectReports?: (work: ReportWork) => Promise<CollectedReports>;
  /** The webhook that BatchGetProjects shows. */
  readonly webhookOf?: (ctx: Context, project: string) => Webhook | undefined;
  /** Called in the transaction that deletes a project. */
  readonly projectDeleted?: (ctx: Context, project: string) => void;
  /** Starts a batch instead of a build, inside the caller's transaction. */
  readonly startBatch?: (ctx: Context, input: StartBuildBatchInput, origin: BuildOrigin) => void;
  /** Folder of programs such as `codebuild-hash-files`, which comes first in a build's PATH. */
  readonly helpers?: (cloud: Cloud) => string;
  /** Secret that opens a repository's URL: source credentials and connections. */
  readonly gitCredentials?: (ctx: Context, build: BuildRecord, url: string) => Promise<{ username: string; password: string } | undefined>;
}

export const hooks: Hooks = {
  collectReports,
  gitCredentials,
  webhookOf,
  projectDeleted: forgetWebhook,
  startBatch,
  helpers: (cloud) => installPrograms(join(workshopOf(cloud).folder, "programs")),
};
