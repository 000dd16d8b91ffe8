import type { ReportType } from "@aws-sdk/client-codebuild";
import type { Context } from "../../../aws/context.ts";

/** What CodeBuild does with a report as the build's role. */
export type ReportAction = "CreateReportGroup" | "CreateReport" | "UpdateReport" | "BatchPutTestCases" | "BatchPutCodeCoverages";

/** In the words that a phase of a build shows when it is refused. */
const DOING: Readonly<Record<ReportAction, string>> = {
  CreateReportGroup: "creating report group",
  CreateReport: "creating report",
  UpdateReport: "updating report",
  BatchPutTestCases: "uploading test cases",
  BatchPutCodeCoverages: "uploading code coverages",
};

export const putAction = (type: ReportType): ReportAction => (type === "CODE_COVERAGE" ? "BatchPutCodeCoverages" : "BatchPutTestCases");

/**
 * Why the role may not do something with a report group; undefined when it may.
 * https://docs.aws.amazon.com/codebuild/latest/userguide/test-permissions.html
 */
export function refusalOf(ctx: Context, action: ReportAction, groupArn: string): string | undefined {
  const { principal } = ctx;
  const request = { principal, action: `codebuild:${action}`, resource: groupArn, conditions: {} };
  if (ctx.cloud.identity.decide(request).allowed) return undefined;
  return `error ${DOING[action]}: AccessDeniedException: User: ${principal.arn} is not authorized to perform: codebuild:${action} on resource: ${groupArn}`;
}
